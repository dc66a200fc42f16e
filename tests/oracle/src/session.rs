//! One store under test: carries out one operation of a history through the crate's public API.

use crate::script::Op;
use simd_r_drive::DataStore;
use simd_r_drive::traits::{DataStoreReader, DataStoreWriter};
use std::io::{Error, Read, Result};
use std::path::{Path, PathBuf};

pub struct Session {
    path: PathBuf,
    /// Empty only after an open inside the history failed.
    store: Option<DataStore>,
}

impl Session {
    /// Creates the file if there is none.
    pub fn open(path: &Path) -> Result<Self> {
        let store = Some(DataStore::open(path)?);
        Ok(Self { path: path.to_owned(), store })
    }

    /// The tail that the crate returned, which `copy` reports for the target. `compact` and `reopen`
    /// report the length of the file afterwards.
    pub fn run(&mut self, op: &Op) -> Result<u64> {
        match op {
            Op::Reopen => return self.reopen(),
            Op::Compact => return self.compact(),
            _ => {}
        }
        let store = self.store()?;
        match op {
            Op::Put(key, payload) => store.write(key, &payload.bytes()),
            Op::PutHash(hash, payload) => store.write_with_key_hash(*hash, &payload.bytes()),
            Op::Batch(entries) => {
                let values: Vec<Vec<u8>> = entries.iter().map(|(_, payload)| payload.bytes()).collect();
                let pairs: Vec<(&[u8], &[u8])> =
                    entries.iter().zip(&values).map(|((key, _), value)| (&key[..], &value[..])).collect();
                store.batch_write(&pairs)
            }
            Op::BatchHash(entries) => {
                let values: Vec<Vec<u8>> = entries.iter().map(|(_, payload)| payload.bytes()).collect();
                let pairs = entries.iter().zip(&values).map(|((hash, _), value)| (*hash, &value[..])).collect();
                store.batch_write_with_key_hashes(pairs, false)
            }
            Op::Stream(key, payload, chunk) => {
                store.write_stream(key, &mut Chunks { bytes: &payload.bytes(), chunk: *chunk })
            }
            Op::Delete(key) => store.delete(key),
            Op::BatchDelete(keys) => {
                let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).collect();
                store.batch_delete(&keys)
            }
            Op::DeleteHashes(hashes) => store.batch_delete_key_hashes(hashes),
            Op::Rename(old, new) => store.rename(old, new),
            Op::Copy(key, target) => store.copy(key, &DataStore::open(Path::new(target))?),
            Op::Transfer(key, target) => store.transfer(key, &DataStore::open(Path::new(target))?),
            Op::Compact | Op::Reopen => unreachable!("handled above"),
        }
    }

    fn store(&mut self) -> Result<&mut DataStore> {
        self.store.as_mut().ok_or_else(|| Error::other("the store is not open"))
    }

    fn reopen(&mut self) -> Result<u64> {
        // The old handle goes first: dropping it writes out what its buffer still holds.
        self.store = None;
        self.store.insert(DataStore::open(&self.path)?).file_size()
    }

    /// The handle that compacted keeps writing to the file that is now unlinked, so it cannot be used again.
    fn compact(&mut self) -> Result<u64> {
        let result = self.store()?.compact();
        let length = self.reopen();
        result.and(length)
    }
}

/// A source that hands out at most `chunk` bytes at a time.
struct Chunks<'a> {
    bytes: &'a [u8],
    chunk: usize,
}

impl Read for Chunks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let limit = self.chunk.min(buffer.len());
        self.bytes.read(&mut buffer[..limit])
    }
}
