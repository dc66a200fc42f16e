//! Reading one value or many.

use crate::key::by_key;
use crate::{Entry, EntryInfo, Error, Key, KeyHash, Result, Status, Store, call};
use simdr_sys::*;
use std::ptr::{self, NonNull};

/// What [`Store::read_at`] copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadAt {
    /// Bytes that were copied.
    pub copied: usize,
    /// Bytes that the whole value has.
    pub value_size: u64,
}

/// Reads. An absent key is `None`; [`Status::CORRUPT`] is only for a store opened with
/// [`OpenOptions::verify_reads`](crate::OpenOptions::verify_reads).
impl Store {
    /// The newest value under `key`.
    pub fn get<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<Entry>> {
        let key = key.into();
        // SAFETY: reads key during the call, and hands out one reference.
        self.entry(|out, err| unsafe {
            by_key!(key, simdr_store_get, simdr_store_get_hashed, (self.as_ptr()), (out, err))
        })
    }

    /// The live entry that was written last. `None` in an empty store.
    pub fn last_entry(&self) -> Result<Option<Entry>> {
        // SAFETY: hands out one reference.
        self.entry(|out, err| unsafe { simdr_store_last_entry(self.as_ptr(), out, err) })
    }

    /// Many at once, in the order of the keys and by one call, their cache misses overlapped.
    pub fn get_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<Vec<Option<Entry>>> {
        let keys = call::raw_all(keys);
        // SAFETY: reads keys during the call, and hands out as many references or NULLs.
        self.entries(keys.len(), |out, err| unsafe {
            simdr_store_get_many(self.as_ptr(), keys.as_ptr(), keys.len(), out, ptr::null_mut(), err)
        })
    }

    /// As [`Store::get_many`].
    pub fn get_many_hashed(&self, hashes: &[KeyHash]) -> Result<Vec<Option<Entry>>> {
        self.many_hashed(hashes, &[])
    }

    /// As [`Store::get_many_hashed`]; a key that does not hash to the number at its place counts as absent. As many keys as
    /// hashes: else [`Status::LENGTH_MISMATCH`].
    pub fn get_many_verified<K: AsRef<[u8]>>(&self, hashes: &[KeyHash], keys: &[K]) -> Result<Vec<Option<Entry>>> {
        if keys.is_empty() && !hashes.is_empty() {
            // To the library no keys at all mean that none is to be checked.
            return Err(Error::new(Status::LENGTH_MISMATCH, "keys: none are given, but there are hashes"));
        }
        self.many_hashed(hashes, &call::raw_all(keys))
    }

    /// Whether there is a live entry.
    pub fn contains<'k>(&self, key: impl Into<Key<'k>>) -> Result<bool> {
        let (key, mut exists) = (key.into(), 0);
        // SAFETY: reads key during the call.
        call::require(|err| unsafe {
            by_key!(key, simdr_store_exists, simdr_store_exists_hashed, (self.as_ptr()), (&mut exists, err))
        })?;
        Ok(exists != 0)
    }

    /// What the file says of the newest value, without a handle.
    pub fn info<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<EntryInfo>> {
        let (key, mut info) = (key.into(), simdr_entry_info::INIT);
        // SAFETY: reads key during the call; writes as much as `size` says.
        let is_found = call::unless(Status::NOT_FOUND, |err| unsafe {
            by_key!(key, simdr_store_metadata, simdr_store_metadata_hashed, (self.as_ptr()), (&mut info, err))
        })?;
        Ok(is_found.then(|| info.into()))
    }

    /// Copies from `value_offset` on, by reading the file and not the mapping: a failing disk is an error and not a signal.
    pub fn read_at(&self, key: impl AsRef<[u8]>, value_offset: u64, into: &mut [u8]) -> Result<Option<ReadAt>> {
        let key = call::raw(key.as_ref());
        let (mut copied, mut value_size) = (0, 0);
        // SAFETY: reads key and writes into `into` during the call.
        let is_found = call::unless(Status::NOT_FOUND, |err| unsafe {
            let (buffer, capacity) = (into.as_mut_ptr().cast(), into.len());
            let sizes: (*mut usize, *mut u64) = (&mut copied, &mut value_size);
            simdr_store_read(self.as_ptr(), key.data, key.size, value_offset, buffer, capacity, sizes.0, sizes.1, err)
        })?;
        Ok(is_found.then_some(ReadAt { copied, value_size }))
    }

    fn many_hashed(&self, hashes: &[KeyHash], keys: &[simdr_bytes]) -> Result<Vec<Option<Entry>>> {
        let verify = if keys.is_empty() { ptr::null() } else { keys.as_ptr() };
        // SAFETY: reads hashes and keys during the call, and hands out as many references or NULLs as there are hashes.
        self.entries(hashes.len(), |out, err| unsafe {
            let (data, count) = call::raw_hashes(hashes);
            simdr_store_get_many_hashed(self.as_ptr(), data, count, verify, keys.len(), out, ptr::null_mut(), err)
        })
    }

    fn entry(
        &self,
        get: impl FnOnce(*mut *mut simdr_entry, *mut simdr_error) -> simdr_status,
    ) -> Result<Option<Entry>> {
        let mut entry = ptr::null_mut();
        call::unless(Status::NOT_FOUND, |err| get(&mut entry, err))?;
        // SAFETY: what it handed out is ours.
        Ok(NonNull::new(entry).map(|raw| unsafe { Entry::from_raw(raw) }))
    }

    fn entries(
        &self,
        count: usize,
        get: impl FnOnce(*mut *mut simdr_entry, *mut simdr_error) -> simdr_status,
    ) -> Result<Vec<Option<Entry>>> {
        let mut entries = vec![ptr::null_mut(); count];
        call::require(|err| get(entries.as_mut_ptr(), err))?;
        // SAFETY: what it handed out is ours.
        Ok(entries.into_iter().map(|raw| NonNull::new(raw).map(|raw| unsafe { Entry::from_raw(raw) })).collect())
    }
}
