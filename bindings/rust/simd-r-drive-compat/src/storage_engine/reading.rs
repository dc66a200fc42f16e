use super::data_store::DataStore;
use super::entry_handle::EntryHandle;
use super::entry_metadata::EntryMetadata;
use super::traits::DataStoreReader;
use simdr::{Entry, KeyHash};
use std::io::Result;

impl DataStoreReader for DataStore {
    type EntryHandleType = EntryHandle;

    fn exists(&self, key: &[u8]) -> Result<bool> {
        Ok(self.store.contains(key)?)
    }

    fn exists_with_key_hash(&self, prehashed_key: u64) -> Result<bool> {
        Ok(self.store.contains(KeyHash(prehashed_key))?)
    }

    fn read(&self, key: &[u8]) -> Result<Option<EntryHandle>> {
        Ok(self.store.get(key)?.map(EntryHandle::from))
    }

    fn read_with_key_hash(&self, prehashed_key: u64) -> Result<Option<EntryHandle>> {
        Ok(self.store.get(KeyHash(prehashed_key))?.map(EntryHandle::from))
    }

    fn read_last_entry(&self) -> Result<Option<EntryHandle>> {
        Ok(self.store.last_entry()?.map(EntryHandle::from))
    }

    fn batch_read(&self, keys: &[&[u8]]) -> Result<Vec<Option<EntryHandle>>> {
        Ok(handles(self.store.get_many(keys)?))
    }

    fn batch_read_hashed_keys(
        &self,
        prehashed_keys: &[u64],
        non_hashed_keys: Option<&[&[u8]]>,
    ) -> Result<Vec<Option<EntryHandle>>> {
        let hashes: Vec<KeyHash> = prehashed_keys.iter().copied().map(KeyHash).collect();
        let entries = match non_hashed_keys {
            Some(keys) => self.store.get_many_verified(&hashes, keys)?,
            None => self.store.get_many_hashed(&hashes)?,
        };
        Ok(handles(entries))
    }

    fn read_metadata(&self, key: &[u8]) -> Result<Option<EntryMetadata>> {
        Ok(self.store.info(key)?.map(EntryMetadata::from))
    }

    fn len(&self) -> Result<usize> {
        Ok(self.store.len() as usize)
    }

    fn is_empty(&self) -> Result<bool> {
        Ok(self.store.is_empty())
    }

    fn file_size(&self) -> Result<u64> {
        Ok(self.store.file_size())
    }
}

fn handles(entries: Vec<Option<Entry>>) -> Vec<Option<EntryHandle>> {
    entries.into_iter().map(|entry| entry.map(EntryHandle::from)).collect()
}
