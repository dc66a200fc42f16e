use super::answer::methods;
use crate::storage_engine::EntryMetadata;
use std::io::Result;

/// Reading. An absent or deleted key is `None`.
pub trait DataStoreReader {
    /// What a value is handed out as.
    type EntryHandleType;

    /// Whether there is a live entry.
    fn exists(&self, key: &[u8]) -> Result<bool>;
    /// As `exists`, by the key's hash.
    fn exists_with_key_hash(&self, prehashed_key: u64) -> Result<bool>;
    /// The newest value.
    fn read(&self, key: &[u8]) -> Result<Option<Self::EntryHandleType>>;
    /// As `read`, by the key's hash.
    fn read_with_key_hash(&self, prehashed_key: u64) -> Result<Option<Self::EntryHandleType>>;
    /// The live entry that was written last.
    fn read_last_entry(&self) -> Result<Option<Self::EntryHandleType>>;
    /// Many, in the order of the keys.
    fn batch_read(&self, keys: &[&[u8]]) -> Result<Vec<Option<Self::EntryHandleType>>>;
    /// Many by their hashes. With keys, as many as hashes, a key that does not hash to its number counts as absent.
    fn batch_read_hashed_keys(
        &self,
        prehashed_keys: &[u64],
        non_hashed_keys: Option<&[&[u8]]>,
    ) -> Result<Vec<Option<Self::EntryHandleType>>>;
    /// What the file says of the newest value.
    fn read_metadata(&self, key: &[u8]) -> Result<Option<EntryMetadata>>;
    /// How many live entries there are.
    fn len(&self) -> Result<usize>;
    /// Whether there is none.
    fn is_empty(&self) -> Result<bool>;
    /// Bytes up to the end of the last entry.
    fn file_size(&self) -> Result<u64>;
}

/// [`DataStoreReader`], asynchronous. Nothing here implements it; the attribute `#[async_trait]` on an implementation fits.
pub trait AsyncDataStoreReader {
    /// What a value is handed out as.
    type EntryHandleType;

    methods! {
        /// See [`DataStoreReader::exists`].
        exists<'life0, 'life1>((key: &'life1 [u8])) -> bool;
        /// See [`DataStoreReader::exists_with_key_hash`].
        exists_with_key_hash<'life0>((prehashed_key: u64)) -> bool;
        /// See [`DataStoreReader::read`].
        read<'life0, 'life1>((key: &'life1 [u8])) -> Option<Self::EntryHandleType>;
        /// See [`DataStoreReader::read_with_key_hash`].
        read_with_key_hash<'life0>((prehashed_key: u64)) -> Option<Self::EntryHandleType>;
        /// See [`DataStoreReader::read_last_entry`].
        read_last_entry<'life0>() -> Option<Self::EntryHandleType>;
        /// See [`DataStoreReader::batch_read`].
        batch_read<'life0, 'life1, 'life2>((keys: &'life1 [&'life2 [u8]])) -> Vec<Option<Self::EntryHandleType>>;
        /// See [`DataStoreReader::batch_read_hashed_keys`].
        batch_read_hashed_keys<'life0, 'life1, 'life2, 'life3>(
            (prehashed_keys: &'life1 [u64])
            (non_hashed_keys: Option<&'life2 [&'life3 [u8]]>)
        ) -> Vec<Option<Self::EntryHandleType>>;
        /// See [`DataStoreReader::read_metadata`].
        read_metadata<'life0, 'life1>((key: &'life1 [u8])) -> Option<EntryMetadata>;
        /// See [`DataStoreReader::len`].
        len<'life0>() -> usize;
        /// See [`DataStoreReader::is_empty`].
        is_empty<'life0>() -> bool;
        /// See [`DataStoreReader::file_size`].
        file_size<'life0>() -> u64;
    }
}
