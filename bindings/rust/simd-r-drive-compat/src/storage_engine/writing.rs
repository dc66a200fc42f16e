use super::constants::NULL_BYTE;
use super::data_store::DataStore;
use super::traits::DataStoreWriter;
use simdr::{KeyHash, Status};
use std::io::{self, Error, ErrorKind, Read, Result};

impl DataStoreWriter for DataStore {
    fn write_stream<R: Read>(&self, key: &[u8], reader: &mut R) -> Result<u64> {
        Ok(self.store.put_reader(key, reader)?)
    }

    fn write_stream_with_key_hash<R: Read>(&self, key_hash: u64, reader: &mut R) -> Result<u64> {
        let mut writer = self.store.writer(KeyHash(key_hash))?;
        io::copy(reader, &mut writer)?;
        Ok(writer.commit()?)
    }

    fn write(&self, key: &[u8], payload: &[u8]) -> Result<u64> {
        Ok(self.store.put(key, payload)?)
    }

    fn write_with_key_hash(&self, key_hash: u64, payload: &[u8]) -> Result<u64> {
        Ok(self.store.put(KeyHash(key_hash), payload)?)
    }

    fn batch_write(&self, entries: &[(&[u8], &[u8])]) -> Result<u64> {
        Ok(self.store.put_many(entries)?)
    }

    fn batch_write_with_key_hashes(&self, prehashed_keys: Vec<(u64, &[u8])>, allow_null_bytes: bool) -> Result<u64> {
        let pairs: Vec<(KeyHash, &[u8])> =
            prehashed_keys.into_iter().map(|(hash, payload)| (KeyHash(hash), payload)).collect();
        if allow_null_bytes && pairs.iter().any(is_deletion) {
            return self.write_and_delete(&pairs);
        }
        Ok(self.store.put_many_hashed(&pairs)?)
    }

    fn rename(&self, old_key: &[u8], new_key: &[u8]) -> Result<u64> {
        self.store.rename(old_key, new_key)?.ok_or_else(|| Error::new(ErrorKind::NotFound, "Old key not found"))
    }

    fn copy(&self, key: &[u8], target: &DataStore) -> Result<u64> {
        self.copied(key, self.store.copy_to(&target.store, key))
    }

    fn transfer(&self, key: &[u8], target: &DataStore) -> Result<u64> {
        self.copied(key, self.store.transfer_to(&target.store, key))
    }

    fn delete(&self, key: &[u8]) -> Result<u64> {
        self.batch_delete(&[key])
    }

    fn batch_delete(&self, keys: &[&[u8]]) -> Result<u64> {
        Ok(self.store.remove_many(keys)?.1)
    }

    fn batch_delete_key_hashes(&self, prehashed_keys: &[u64]) -> Result<u64> {
        let hashes: Vec<KeyHash> = prehashed_keys.iter().copied().map(KeyHash).collect();
        Ok(self.store.remove_many_hashed(&hashes)?.1)
    }
}

impl DataStore {
    /// A batch that both stores and deletes, in its order. The library has no such batch: each run of the one or the other is one,
    /// and what would be refused is found before the first of them.
    fn write_and_delete(&self, pairs: &[(KeyHash, &[u8])]) -> Result<u64> {
        for (hash, payload) in pairs {
            if payload.is_empty() {
                return Err(simdr::Error::from(Status::EMPTY_PAYLOAD).into());
            }
            if KeyHash::RESERVED.contains(hash) {
                return Err(simdr::Error::from(Status::RESERVED_HASH).into());
            }
        }
        let mut tail = self.store.file_size();
        for run in pairs.chunk_by(|one, next| is_deletion(one) == is_deletion(next)) {
            tail = if is_deletion(&run[0]) {
                let hashes: Vec<KeyHash> = run.iter().map(|(hash, _)| *hash).collect();
                self.store.remove_many_hashed(&hashes)?.1
            } else {
                self.store.put_many_hashed(run)?
            };
        }
        Ok(tail)
    }

    /// The words are those that simd-r-drive begins with: its users may look for them.
    fn copied(&self, key: &[u8], result: simdr::Result<Option<u64>>) -> Result<u64> {
        match result {
            Ok(Some(tail)) => Ok(tail),
            Ok(None) => {
                Err(Error::new(ErrorKind::NotFound, format!("Key not found: {:?}", String::from_utf8_lossy(key))))
            }
            Err(error) if error.status() == Status::SAME_STORE => Err(Error::new(
                ErrorKind::InvalidInput,
                format!("Cannot copy entry to the same storage ({:?}). {error}", self.path),
            )),
            Err(error) => Err(error.into()),
        }
    }
}

fn is_deletion((_, payload): &(KeyHash, &[u8])) -> bool {
    *payload == NULL_BYTE
}
