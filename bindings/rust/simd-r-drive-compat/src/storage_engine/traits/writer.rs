use super::answer::methods;
use crate::storage_engine::DataStore;
use std::io::{Read, Result};

/// Writing. Each call returns where the file's last entry then ends; one that fails has changed nothing.
pub trait DataStoreWriter {
    /// Stores all that `reader` yields; nothing when it fails.
    fn write_stream<R: Read>(&self, key: &[u8], reader: &mut R) -> Result<u64>;
    /// As `write_stream`, by the key's hash.
    fn write_stream_with_key_hash<R: Read>(&self, key_hash: u64, reader: &mut R) -> Result<u64>;
    /// Stores `payload` as the newest value.
    fn write(&self, key: &[u8], payload: &[u8]) -> Result<u64>;
    /// As `write`, by the key's hash.
    fn write_with_key_hash(&self, key_hash: u64, payload: &[u8]) -> Result<u64>;
    /// Stores all or none.
    fn batch_write(&self, entries: &[(&[u8], &[u8])]) -> Result<u64>;
    /// As `batch_write`, by the keys' hashes. With `allow_null_bytes` the payload `0x00` deletes its key.
    fn batch_write_with_key_hashes(&self, prehashed_keys: Vec<(u64, &[u8])>, allow_null_bytes: bool) -> Result<u64>;
    /// Moves the newest value to another key.
    fn rename(&self, old_key: &[u8], new_key: &[u8]) -> Result<u64>;
    /// Stores the newest value in `target` too; returns the target's tail.
    fn copy(&self, key: &[u8], target: &DataStore) -> Result<u64>;
    /// Copies, then deletes here.
    fn transfer(&self, key: &[u8], target: &DataStore) -> Result<u64>;
    /// Deletes a key; an absent one is passed over.
    fn delete(&self, key: &[u8]) -> Result<u64>;
    /// Deletes all that are there.
    fn batch_delete(&self, keys: &[&[u8]]) -> Result<u64>;
    /// As `batch_delete`, by the keys' hashes.
    fn batch_delete_key_hashes(&self, prehashed_keys: &[u64]) -> Result<u64>;
}

/// [`DataStoreWriter`], asynchronous. Nothing here implements it; the attribute `#[async_trait]` on an implementation fits.
pub trait AsyncDataStoreWriter {
    methods! {
        /// See [`DataStoreWriter::write_stream`].
        write_stream<'life0, 'life1, 'life2; R>((key: &'life1 [u8]) (reader: &'life2 mut R)) -> u64;
        /// See [`DataStoreWriter::write_stream_with_key_hash`].
        write_stream_with_key_hash<'life0, 'life1; R>((key_hash: u64) (reader: &'life1 mut R)) -> u64;
        /// See [`DataStoreWriter::write`].
        write<'life0, 'life1, 'life2>((key: &'life1 [u8]) (payload: &'life2 [u8])) -> u64;
        /// See [`DataStoreWriter::write_with_key_hash`].
        write_with_key_hash<'life0, 'life1>((key_hash: u64) (payload: &'life1 [u8])) -> u64;
        /// See [`DataStoreWriter::batch_write`].
        batch_write<'life0, 'life1, 'life2, 'life3>((entries: &'life1 [(&'life2 [u8], &'life3 [u8])])) -> u64;
        /// See [`DataStoreWriter::batch_write_with_key_hashes`].
        batch_write_with_key_hashes<'life0, 'life1>(
            (prehashed_keys: Vec<(u64, &'life1 [u8])>)
            (allow_null_bytes: bool)
        ) -> u64;
        /// See [`DataStoreWriter::rename`].
        rename<'life0, 'life1, 'life2>((old_key: &'life1 [u8]) (new_key: &'life2 [u8])) -> u64;
        /// See [`DataStoreWriter::copy`].
        copy<'life0, 'life1, 'life2>((key: &'life1 [u8]) (target: &'life2 DataStore)) -> u64;
        /// See [`DataStoreWriter::transfer`].
        transfer<'life0, 'life1, 'life2>((key: &'life1 [u8]) (target: &'life2 DataStore)) -> u64;
        /// See [`DataStoreWriter::delete`].
        delete<'life0, 'life1>((key: &'life1 [u8])) -> u64;
        /// See [`DataStoreWriter::batch_delete`].
        batch_delete<'life0, 'life1, 'life2>((keys: &'life1 [&'life2 [u8]])) -> u64;
        /// See [`DataStoreWriter::batch_delete_key_hashes`].
        batch_delete_key_hashes<'life0, 'life1>((prehashed_keys: &'life1 [u64])) -> u64;
    }
}
