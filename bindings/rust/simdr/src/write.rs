//! Writing.

use crate::key::by_key;
use crate::stream;
use crate::{Durability, Entry, Key, KeyHash, Reservation, Result, Status, Store, ValueWriter, call};
use simdr_sys::*;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd};
use std::path::Path;

/// A store together with how durable its writes are when they return: what [`Store::durably`] gives.
///
/// Every write returns the file's tail after it; what returns `Option` is `None` when an ordinary outcome kept it from writing. All
/// writes of a store happen one after the other. One that fails has changed nothing, with one exception: where the data were
/// written and only the sync failed ([`Status::WRITER_FAILED`], [`Status::IO`]), they may or may not be there after reopening.
#[derive(Clone, Copy, Debug)]
pub struct Durably<'s> {
    store: &'s Store,
    durability: Durability,
}

impl<'s> Durably<'s> {
    /// See [`Store::put`].
    pub fn put<'k>(&self, key: impl Into<Key<'k>>, value: impl AsRef<[u8]>) -> Result<u64> {
        let (key, value) = (key.into(), value.as_ref());
        // SAFETY: reads key and value during the call.
        self.written(|tail, err| unsafe {
            let (data, size) = (value.as_ptr().cast(), value.len());
            by_key!(key, simdr_store_put, simdr_store_put_hashed, (self.raw()), (data, size, self.flags(), tail, err))
        })
    }

    /// See [`Store::put_many`].
    pub fn put_many<K: AsRef<[u8]>, V: AsRef<[u8]>>(&self, pairs: &[(K, V)]) -> Result<u64> {
        let keys: Vec<_> = pairs.iter().map(|(key, _)| call::raw(key.as_ref())).collect();
        let values = raw_values(pairs);
        // SAFETY: reads keys and values during the call.
        self.written(|tail, err| unsafe {
            let (keys, values) = ((keys.as_ptr(), keys.len()), (values.as_ptr(), values.len()));
            simdr_store_put_many(self.raw(), keys.0, keys.1, values.0, values.1, self.flags(), tail, err)
        })
    }

    /// See [`Store::put_many_hashed`].
    pub fn put_many_hashed<V: AsRef<[u8]>>(&self, pairs: &[(KeyHash, V)]) -> Result<u64> {
        let hashes: Vec<u64> = pairs.iter().map(|(hash, _)| hash.0).collect();
        let values = raw_values(pairs);
        // SAFETY: reads hashes and values during the call.
        self.written(|tail, err| unsafe {
            let (hashes, values) = ((hashes.as_ptr(), hashes.len()), (values.as_ptr(), values.len()));
            simdr_store_put_many_hashed(self.raw(), hashes.0, hashes.1, values.0, values.1, self.flags(), tail, err)
        })
    }

    /// See [`Store::put_if_absent`].
    pub fn put_if_absent(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Option<u64>> {
        let (key, value) = (call::raw(key.as_ref()), call::raw(value.as_ref()));
        // SAFETY: reads key and value during the call.
        self.written_unless(Status::EXISTS, |tail, err| unsafe {
            let (data, size) = (value.data, value.size);
            simdr_store_put_if_absent(self.raw(), key.data, key.size, data, size, self.flags(), tail, err)
        })
    }

    /// See [`Store::put_if_entry`].
    pub fn put_if_entry(&self, expected: &Entry, value: impl AsRef<[u8]>) -> Result<Option<u64>> {
        let value = call::raw(value.as_ref());
        // SAFETY: reads value during the call; `expected` is alive.
        self.written_unless(Status::CHANGED, |tail, err| unsafe {
            let expected = expected.as_raw();
            simdr_store_put_if_entry(self.raw(), expected, value.data, value.size, self.flags(), tail, err)
        })
    }

    /// See [`Store::remove`].
    pub fn remove<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<u64>> {
        let key = key.into();
        // SAFETY: reads key during the call.
        self.written_unless(Status::NOT_FOUND, |tail, err| unsafe {
            by_key!(key, simdr_store_remove, simdr_store_remove_hashed, (self.raw()), (self.flags(), tail, err))
        })
    }

    /// See [`Store::remove_many`].
    pub fn remove_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<(usize, u64)> {
        let (keys, mut removed) = (call::raw_all(keys), 0);
        // SAFETY: reads keys during the call.
        let tail = self.written(|tail, err| unsafe {
            simdr_store_remove_many(self.raw(), keys.as_ptr(), keys.len(), self.flags(), &mut removed, tail, err)
        })?;
        Ok((removed, tail))
    }

    /// See [`Store::remove_many_hashed`].
    pub fn remove_many_hashed(&self, hashes: &[KeyHash]) -> Result<(usize, u64)> {
        let mut removed = 0;
        // SAFETY: reads hashes during the call.
        let tail = self.written(|tail, err| unsafe {
            let (data, count) = call::raw_hashes(hashes);
            simdr_store_remove_many_hashed(self.raw(), data, count, self.flags(), &mut removed, tail, err)
        })?;
        Ok((removed, tail))
    }

    /// See [`Store::rename`].
    pub fn rename(&self, old_key: impl AsRef<[u8]>, new_key: impl AsRef<[u8]>) -> Result<Option<u64>> {
        let (old, new) = (call::raw(old_key.as_ref()), call::raw(new_key.as_ref()));
        // SAFETY: reads both keys during the call.
        self.written_unless(Status::NOT_FOUND, |tail, err| unsafe {
            simdr_store_rename(self.raw(), old.data, old.size, new.data, new.size, self.flags(), tail, err)
        })
    }

    /// See [`Store::rename`].
    pub fn rename_hashed(&self, old_key: KeyHash, new_key: KeyHash) -> Result<Option<u64>> {
        // SAFETY: takes numbers.
        self.written_unless(Status::NOT_FOUND, |tail, err| unsafe {
            simdr_store_rename_hashed(self.raw(), old_key.0, new_key.0, self.flags(), tail, err)
        })
    }

    /// See [`Store::copy_to`].
    pub fn copy_to<'k>(&self, target: &Store, key: impl Into<Key<'k>>) -> Result<Option<u64>> {
        let (key, target) = (key.into(), target.as_ptr());
        // SAFETY: reads key during the call; both stores are open.
        self.written_unless(Status::NOT_FOUND, |tail, err| unsafe {
            by_key!(key, simdr_store_copy, simdr_store_copy_hashed, (self.raw()), (target, self.flags(), tail, err))
        })
    }

    /// See [`Store::transfer_to`].
    pub fn transfer_to<'k>(&self, target: &Store, key: impl Into<Key<'k>>) -> Result<Option<u64>> {
        let (key, target) = (key.into(), target.as_ptr());
        // SAFETY: reads key during the call; both stores are open.
        self.written_unless(Status::NOT_FOUND, |tail, err| unsafe {
            let flags = self.flags();
            by_key!(key, simdr_store_transfer, simdr_store_transfer_hashed, (self.raw()), (target, flags, tail, err))
        })
    }

    /// See [`Store::writer`].
    pub fn writer<'k>(&self, key: impl Into<Key<'k>>) -> Result<ValueWriter<'s>> {
        ValueWriter::open(self.store, key.into(), self.flags())
    }

    /// See [`Store::put_reader`].
    pub fn put_reader(&self, key: impl AsRef<[u8]>, reader: impl Read) -> Result<u64> {
        stream::put_reader(self.store, key.as_ref(), reader, self.flags())
    }

    /// See [`Store::put_fd`].
    pub fn put_fd(&self, key: impl AsRef<[u8]>, fd: impl AsFd) -> Result<u64> {
        let (key, fd) = (call::raw(key.as_ref()), fd.as_fd().as_raw_fd());
        // SAFETY: reads key during the call; the descriptor stays open during it.
        self.written(|tail, err| unsafe {
            simdr_store_put_fd(self.raw(), key.data, key.size, fd, self.flags(), tail, err)
        })
    }

    /// See [`Store::put_file`].
    pub fn put_file(&self, key: impl AsRef<[u8]>, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let file = std::fs::File::open(path).map_err(|error| {
            crate::Error::new(Status::SOURCE, format!("{}: {error}", path.display())).with_source(error)
        })?;
        self.put_fd(key, file)
    }

    /// See [`Store::reserve`].
    pub fn reserve(&self, key: impl AsRef<[u8]>, value_size: usize) -> Result<Reservation<'s>> {
        Reservation::open(self.store, key.as_ref(), value_size, self.flags())
    }

    fn raw(&self) -> *mut simdr_store {
        self.store.as_ptr()
    }

    fn flags(&self) -> u32 {
        self.durability.raw()
    }

    fn written(&self, write: impl FnOnce(*mut u64, *mut simdr_error) -> simdr_status) -> Result<u64> {
        let mut tail = 0;
        call::require(|err| write(&mut tail, err))?;
        Ok(tail)
    }

    fn written_unless(
        &self,
        expected: Status,
        write: impl FnOnce(*mut u64, *mut simdr_error) -> simdr_status,
    ) -> Result<Option<u64>> {
        let mut tail = 0;
        let is_written = call::unless(expected, |err| write(&mut tail, err))?;
        Ok(is_written.then_some(tail))
    }
}

/// Writes, as durable as the store was opened. [`Durably`] has the same ones.
impl Store {
    /// Writes that are as durable as this says when they return.
    pub fn durably(&self, durability: Durability) -> Durably<'_> {
        Durably { store: self, durability }
    }

    /// Stores `value` as the newest under `key`.
    pub fn put<'k>(&self, key: impl Into<Key<'k>>, value: impl AsRef<[u8]>) -> Result<u64> {
        self.by_default().put(key, value)
    }

    /// Stores all values or none, in order, by one call. A key given twice keeps its last value.
    pub fn put_many<K: AsRef<[u8]>, V: AsRef<[u8]>>(&self, pairs: &[(K, V)]) -> Result<u64> {
        self.by_default().put_many(pairs)
    }

    /// As [`Store::put_many`].
    pub fn put_many_hashed<V: AsRef<[u8]>>(&self, pairs: &[(KeyHash, V)]) -> Result<u64> {
        self.by_default().put_many_hashed(pairs)
    }

    /// `None`, and nothing is written, when the key has a live entry.
    pub fn put_if_absent(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Option<u64>> {
        self.by_default().put_if_absent(key, value)
    }

    /// `None`, and nothing is written, when `expected`, read from this store, is no longer the newest under its key.
    pub fn put_if_entry(&self, expected: &Entry, value: impl AsRef<[u8]>) -> Result<Option<u64>> {
        self.by_default().put_if_entry(expected, value)
    }

    /// `None` when there is nothing to remove.
    pub fn remove<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<u64>> {
        self.by_default().remove(key)
    }

    /// Removes all that are there or, on an error, none. Returns how many, and the tail.
    pub fn remove_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<(usize, u64)> {
        self.by_default().remove_many(keys)
    }

    /// As [`Store::remove_many`].
    pub fn remove_many_hashed(&self, hashes: &[KeyHash]) -> Result<(usize, u64)> {
        self.by_default().remove_many_hashed(hashes)
    }

    /// Moves the newest value of `old_key` to `new_key`, in one atomic batch. `None` when there is none.
    pub fn rename(&self, old_key: impl AsRef<[u8]>, new_key: impl AsRef<[u8]>) -> Result<Option<u64>> {
        self.by_default().rename(old_key, new_key)
    }

    /// As [`Store::rename`].
    pub fn rename_hashed(&self, old_key: KeyHash, new_key: KeyHash) -> Result<Option<u64>> {
        self.by_default().rename_hashed(old_key, new_key)
    }

    /// Stores the newest value of `key` in `target` too. `None` when there is none; the tail is the target's.
    pub fn copy_to<'k>(&self, target: &Store, key: impl Into<Key<'k>>) -> Result<Option<u64>> {
        self.by_default().copy_to(target, key)
    }

    /// Copies, then removes here. `None` when there is none; the tail is this store's.
    pub fn transfer_to<'k>(&self, target: &Store, key: impl Into<Key<'k>>) -> Result<Option<u64>> {
        self.by_default().transfer_to(target, key)
    }

    /// A value of unknown size: write it, then [`ValueWriter::commit`]. Nothing of it is in the store before.
    pub fn writer<'k>(&self, key: impl Into<Key<'k>>) -> Result<ValueWriter<'_>> {
        self.by_default().writer(key)
    }

    /// Stores all that `reader` yields. When it fails, nothing is stored, and the error has its error as the source.
    pub fn put_reader(&self, key: impl AsRef<[u8]>, reader: impl Read) -> Result<u64> {
        self.by_default().put_reader(key, reader)
    }

    /// Stores all that the descriptor yields from its position to its end.
    pub fn put_fd(&self, key: impl AsRef<[u8]>, fd: impl AsFd) -> Result<u64> {
        self.by_default().put_fd(key, fd)
    }

    /// Stores the contents of the file `path`.
    pub fn put_file(&self, key: impl AsRef<[u8]>, path: impl AsRef<Path>) -> Result<u64> {
        self.by_default().put_file(key, path)
    }

    /// `value_size` writable bytes in the mapped file, for a value that is built in place. All other writers of the store wait until
    /// it is committed or dropped; a write by the same thread is [`Status::BAD_STATE`].
    pub fn reserve(&self, key: impl AsRef<[u8]>, value_size: usize) -> Result<Reservation<'_>> {
        self.by_default().reserve(key, value_size)
    }

    /// Makes all that was acknowledged before survive a power cut. `Commit` or `Strict`.
    pub fn sync(&self, durability: Durability) -> Result<()> {
        // SAFETY: takes a number.
        call::require(|err| unsafe { simdr_store_sync(self.as_ptr(), durability.raw(), err) })
    }

    fn by_default(&self) -> Durably<'_> {
        self.durably(Durability::Default)
    }
}

fn raw_values<K, V: AsRef<[u8]>>(pairs: &[(K, V)]) -> Vec<simdr_bytes> {
    pairs.iter().map(|(_, value)| call::raw(value.as_ref())).collect()
}
