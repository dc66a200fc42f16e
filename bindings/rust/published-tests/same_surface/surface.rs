// Included by main.rs once for each of the two; `it` is the one.

use it::storage_engine::{constants, digest, traits};
use it::traits::{AsyncDataStoreReader, AsyncDataStoreWriter, DataStoreReader, DataStoreWriter};
use it::utils::{self, NamespaceHasher};
use it::{DataStore, EntryHandle, EntryIterator, EntryMetadata, EntryStream, KeyIndexer};
use memmap2::Mmap;
use std::borrow::Cow;
use std::io::{Read, Result};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Every public function, coerced to the type that its users may have written down.
pub fn names_and_signatures() {
    stores();
    handles();
    helpers_by_name();
    reading::<DataStore>();
    writing::<DataStore>();
    assert_shared::<DataStore>();
    assert_shared::<EntryHandle>();
}

fn assert_shared<T: Send + Sync + 'static>() {}

fn assert_comparable<T: PartialEq<[u8]> + for<'a> PartialEq<&'a [u8]> + PartialEq<Vec<u8>>>() {}

fn stores() {
    let _: fn(&Path) -> Result<DataStore> = DataStore::open;
    let _: fn(&Path) -> Result<DataStore> = DataStore::open_existing;
    let _: fn(PathBuf) -> DataStore = DataStore::from;
    let _: fn(&DataStore) -> PathBuf = DataStore::get_path;
    let _: fn(&DataStore) -> EntryIterator = DataStore::iter_entries;
    let _: fn(DataStore) -> EntryIterator = DataStore::into_iter;
    let _: fn(&DataStore) -> u64 = DataStore::estimate_compaction_savings;
    let _: fn(&mut DataStore) -> Result<()> = DataStore::compact;
    let _: fn(&mut EntryIterator) -> Option<EntryHandle> = EntryIterator::next;
    let _: fn(Arc<Mmap>, u64) -> EntryIterator = EntryIterator::new;
    let _: fn(EntryHandle) -> EntryStream = EntryStream::from;
    let _: fn(&mut EntryStream, &mut [u8]) -> Result<usize> = EntryStream::read;
    #[cfg(debug_assertions)]
    let _: fn(&DataStore) -> *const u8 = DataStore::arc_ptr;
    fn in_parallel(store: &DataStore) -> impl rayon::iter::ParallelIterator<Item = EntryHandle> {
        store.par_iter_entries()
    }
    let _ = in_parallel;
}

fn handles() {
    let _: fn(&[u8], u64) -> Result<EntryHandle> = EntryHandle::from_owned_bytes_anon;
    let _: fn(Arc<Mmap>, Range<usize>, EntryMetadata) -> EntryHandle = EntryHandle::from_arc_mmap;
    let _: fn(&EntryHandle) -> &[u8] = EntryHandle::as_slice;
    let _: fn(&EntryHandle) -> EntryHandle = EntryHandle::clone_arc;
    let _: fn(&EntryHandle) -> EntryHandle = EntryHandle::clone;
    let _: fn(&EntryHandle) -> &EntryMetadata = EntryHandle::metadata;
    let _: fn(&EntryHandle) -> usize = EntryHandle::size;
    let _: fn(&EntryHandle) -> usize = EntryHandle::file_size;
    let _: fn(&EntryHandle) -> u64 = EntryHandle::key_hash;
    let _: fn(&EntryHandle) -> u32 = EntryHandle::checksum;
    let _: fn(&EntryHandle) -> [u8; 4] = EntryHandle::raw_checksum;
    let _: fn(&EntryHandle) -> bool = EntryHandle::is_valid_checksum;
    let _: fn(&EntryHandle) -> usize = EntryHandle::start_offset;
    let _: fn(&EntryHandle) -> usize = EntryHandle::end_offset;
    let _: fn(&EntryHandle) -> Range<usize> = EntryHandle::offset_range;
    let _: fn(&EntryHandle) -> Range<*const u8> = EntryHandle::address_range;
    let _: fn(&EntryHandle) -> &[u8] = <EntryHandle as AsRef<[u8]>>::as_ref;
    let _: fn(&EntryHandle) -> &[u8] = <EntryHandle as std::ops::Deref>::deref;
    assert_comparable::<EntryHandle>();
    let _ = |handle: EntryHandle| -> (Range<usize>, EntryMetadata) { (handle.range, handle.metadata) };
    let _: fn(u64, u64, [u8; 4]) -> EntryMetadata = EntryMetadata::new;
    let _: fn(&EntryMetadata) -> [u8; 20] = EntryMetadata::serialize;
    let _: fn(&[u8]) -> EntryMetadata = EntryMetadata::deserialize;
    let EntryMetadata { key_hash: _, prev_offset: _, checksum: _ } = EntryMetadata::new(1, 2, [3; 4]);
}

fn helpers_by_name() {
    let _: fn(&[u8]) -> u64 = digest::compute_hash;
    let _: fn(&[&[u8]]) -> Vec<u64> = digest::compute_hash_batch;
    let _: fn(&[u8]) -> [u8; 4] = it::compute_checksum;
    let _: fn() -> digest::Xxh3BuildHasher = Default::default;
    let _: fn() -> digest::Xxh3Hasher = Default::default;
    let _: fn() -> it::IdentityHasher = Default::default;
    let _: fn() -> it::IdentityBuildHasher = Default::default;
    let _: fn(&[u8]) -> NamespaceHasher = NamespaceHasher::new;
    let _: fn(&NamespaceHasher, &[u8]) -> Vec<u8> = NamespaceHasher::namespace;
    let _: fn(&[u8], fn([u8; 4]) -> f32) -> Cow<'_, [f32]> = utils::align_or_copy::<f32, 4>;
    let _: fn(&Path, &str) -> PathBuf = utils::append_extension;
    let _: fn(u64) -> String = utils::format_bytes;
    let _: fn(&str) -> std::result::Result<usize, String> = utils::parse_buffer_size;
    let _: fn(&Path) -> Result<()> = utils::verify_file_existence;
    let _: fn(usize) -> KeyIndexer = KeyIndexer::with_capacity;
    let _: fn(u64) -> u16 = KeyIndexer::tag_from_hash;
    let _: fn(&[u8]) -> u16 = KeyIndexer::tag_from_key;
    let _: fn(u16, u64) -> u64 = KeyIndexer::pack;
    let _: fn(u64) -> (u16, u64) = KeyIndexer::unpack;
    let _: fn(&mut KeyIndexer) = KeyIndexer::clear;
    let _: fn(&mut KeyIndexer, usize) = KeyIndexer::reserve;
    let _: fn(&mut KeyIndexer, u64, u64) -> std::result::Result<Option<u64>, &'static str> = KeyIndexer::insert;
    let _: fn(&mut KeyIndexer, u64, u64) = KeyIndexer::insert_if_absent;
    let _: fn(&KeyIndexer, &u64) -> Option<u64> = KeyIndexer::get_offset;
    let _: for<'a> fn(&'a KeyIndexer, &u64) -> Option<&'a u64> = KeyIndexer::get_packed;
    let _: fn(&mut KeyIndexer, &u64) -> Option<u64> = KeyIndexer::remove;
    let _: fn(&KeyIndexer) -> usize = KeyIndexer::len;
    let _: fn(&KeyIndexer) -> bool = KeyIndexer::is_empty;
    let _: fn(&KeyIndexer) -> std::collections::hash_map::Values<'_, u64, u64> = KeyIndexer::values;
    let _: ([u8; 1], usize, usize, usize) =
        (it::NULL_BYTE, it::WRITE_STREAM_BUFFER_SIZE, it::INDEX_BASELINE_CAPACITY, it::RECOVERY_WINDOW_SIZE);
    let _: (Range<usize>, Range<usize>, Range<usize>) =
        (constants::KEY_HASH_RANGE, constants::PREV_OFFSET_RANGE, constants::CHECKSUM_RANGE);
    let _: (usize, usize, u8, u64) = (
        constants::METADATA_SIZE,
        constants::CHECKSUM_LEN,
        constants::PAYLOAD_ALIGN_LOG2,
        constants::PAYLOAD_ALIGNMENT,
    );
}

fn reading<S: traits::DataStoreReader<EntryHandleType = EntryHandle>>() {
    let _: fn(&S, &[u8]) -> Result<bool> = S::exists;
    let _: fn(&S, u64) -> Result<bool> = S::exists_with_key_hash;
    let _: fn(&S, &[u8]) -> Result<Option<EntryHandle>> = S::read;
    let _: fn(&S, u64) -> Result<Option<EntryHandle>> = S::read_with_key_hash;
    let _: fn(&S) -> Result<Option<EntryHandle>> = S::read_last_entry;
    let _: fn(&S, &[&[u8]]) -> Result<Vec<Option<EntryHandle>>> = S::batch_read;
    let _: fn(&S, &[u64], Option<&[&[u8]]>) -> Result<Vec<Option<EntryHandle>>> = S::batch_read_hashed_keys;
    let _: fn(&S, &[u8]) -> Result<Option<EntryMetadata>> = S::read_metadata;
    let _: fn(&S) -> Result<usize> = S::len;
    let _: fn(&S) -> Result<bool> = S::is_empty;
    let _: fn(&S) -> Result<u64> = S::file_size;
}

fn writing<S: traits::DataStoreWriter>() {
    let _: fn(&S, &[u8], &mut std::fs::File) -> Result<u64> = S::write_stream;
    let _: fn(&S, u64, &mut std::fs::File) -> Result<u64> = S::write_stream_with_key_hash;
    let _: fn(&S, &[u8], &[u8]) -> Result<u64> = S::write;
    let _: fn(&S, u64, &[u8]) -> Result<u64> = S::write_with_key_hash;
    let _: fn(&S, &[(&[u8], &[u8])]) -> Result<u64> = S::batch_write;
    let _: fn(&S, Vec<(u64, &[u8])>, bool) -> Result<u64> = S::batch_write_with_key_hashes;
    let _: fn(&S, &[u8], &[u8]) -> Result<u64> = S::rename;
    let _: fn(&S, &[u8], &DataStore) -> Result<u64> = S::copy;
    let _: fn(&S, &[u8], &DataStore) -> Result<u64> = S::transfer;
    let _: fn(&S, &[u8]) -> Result<u64> = S::delete;
    let _: fn(&S, &[&[u8]]) -> Result<u64> = S::batch_delete;
    let _: fn(&S, &[u64]) -> Result<u64> = S::batch_delete_key_hashes;
}

/// Answers every question with how long its arguments are.
struct Elsewhere;

#[async_trait::async_trait]
impl AsyncDataStoreReader for Elsewhere {
    type EntryHandleType = usize;

    async fn exists(&self, key: &[u8]) -> Result<bool> {
        Ok(key.len() == 1)
    }
    async fn exists_with_key_hash(&self, prehashed_key: u64) -> Result<bool> {
        Ok(prehashed_key == 1)
    }
    async fn read(&self, key: &[u8]) -> Result<Option<usize>> {
        Ok(Some(key.len()))
    }
    async fn read_with_key_hash(&self, _: u64) -> Result<Option<usize>> {
        Ok(None)
    }
    async fn read_last_entry(&self) -> Result<Option<usize>> {
        Ok(Some(9))
    }
    async fn batch_read(&self, keys: &[&[u8]]) -> Result<Vec<Option<usize>>> {
        Ok(keys.iter().map(|key| Some(key.len())).collect())
    }
    async fn batch_read_hashed_keys(
        &self,
        prehashed_keys: &[u64],
        non_hashed_keys: Option<&[&[u8]]>,
    ) -> Result<Vec<Option<usize>>> {
        Ok(vec![Some(prehashed_keys.len()), non_hashed_keys.map(|keys| keys.len())])
    }
    async fn read_metadata(&self, key: &[u8]) -> Result<Option<EntryMetadata>> {
        Ok(Some(EntryMetadata::new(key.len() as u64, 0, [0; 4])))
    }
    async fn len(&self) -> Result<usize> {
        Ok(3)
    }
    async fn is_empty(&self) -> Result<bool> {
        Ok(false)
    }
    async fn file_size(&self) -> Result<u64> {
        Ok(4)
    }
}

#[async_trait::async_trait]
impl AsyncDataStoreWriter for Elsewhere {
    async fn write_stream<R: Read>(&self, key: &[u8], _: &mut R) -> Result<u64> {
        Ok(key.len() as u64)
    }
    async fn write_stream_with_key_hash<R: Read>(&self, key_hash: u64, _: &mut R) -> Result<u64> {
        Ok(key_hash)
    }
    async fn write(&self, key: &[u8], payload: &[u8]) -> Result<u64> {
        Ok((key.len() + payload.len()) as u64)
    }
    async fn write_with_key_hash(&self, key_hash: u64, payload: &[u8]) -> Result<u64> {
        Ok(key_hash + payload.len() as u64)
    }
    async fn batch_write(&self, entries: &[(&[u8], &[u8])]) -> Result<u64> {
        Ok(entries.len() as u64)
    }
    async fn batch_write_with_key_hashes(&self, prehashed_keys: Vec<(u64, &[u8])>, _: bool) -> Result<u64> {
        Ok(prehashed_keys.len() as u64)
    }
    async fn rename(&self, old_key: &[u8], new_key: &[u8]) -> Result<u64> {
        Ok((old_key.len() * new_key.len()) as u64)
    }
    async fn copy(&self, key: &[u8], _: &DataStore) -> Result<u64> {
        Ok(key.len() as u64)
    }
    async fn transfer(&self, key: &[u8], _: &DataStore) -> Result<u64> {
        Ok(key.len() as u64)
    }
    async fn delete(&self, key: &[u8]) -> Result<u64> {
        Ok(key.len() as u64)
    }
    async fn batch_delete(&self, keys: &[&[u8]]) -> Result<u64> {
        Ok(keys.len() as u64)
    }
    async fn batch_delete_key_hashes(&self, prehashed_keys: &[u64]) -> Result<u64> {
        Ok(prehashed_keys.len() as u64)
    }
}

#[tokio::main(flavor = "current_thread")]
pub async fn answers_of_the_asynchronous_traits() -> Vec<u64> {
    fn assert_send<T: Send>(future: T) -> T {
        future
    }
    let there = Elsewhere;
    let read = assert_send(AsyncDataStoreReader::read(&there, b"123")).await.unwrap().unwrap();
    let many = there.batch_read_hashed_keys(&[1, 2], Some(&[b"1"])).await.unwrap();
    let written = assert_send(AsyncDataStoreWriter::write(&there, b"123", b"4567")).await.unwrap();
    let streamed = there.write_stream(b"12", &mut std::io::empty()).await.unwrap();
    let batched = there.batch_write(&[(b"1", b"2"), (b"3", b"4")]).await.unwrap();
    vec![read as u64, many.iter().flatten().sum::<usize>() as u64, written, streamed, batched]
}

pub fn helpers() -> Vec<String> {
    let sizes = [0, 1023, 1024, 1 << 20, 3 << 30, u64::MAX];
    let words = ["7", " 2K ", "3mb", "4G", "x", "5 k", "", "1kk"];
    let paths = ["a.bin", "a", "a.b/c", ".hidden", "dir/"];
    let keys: [&[u8]; 3] = [b"", b"key", &[255; 1000]];
    let mut all = vec![format!("{:?}", it::compute_hash_batch(&keys))];
    all.extend(sizes.map(utils::format_bytes));
    all.extend(words.map(|word| format!("{:?}", utils::parse_buffer_size(word))));
    all.extend(paths.map(|path| format!("{:?}", utils::append_extension(Path::new(path), "bk"))));
    all.extend(
        keys.map(|key| format!("{:?} {:?}", it::compute_checksum(key), NamespaceHasher::new(key).namespace(b"k"))),
    );
    all
}

/// Entries of all kinds; what the calls told.
pub fn write_some(path: &Path) -> Vec<u64> {
    let store = DataStore::open(path).unwrap();
    let mut told = vec![
        store.write(b"one", b"1").unwrap(),
        store.write_with_key_hash(42, &[7; 100]).unwrap(),
        store.batch_write(&[(b"two", b"22"), (b"three", b"333"), (b"two", b"again")]).unwrap(),
        store.write_stream(b"stream", &mut [5u8; 200_000].as_slice()).unwrap(),
        store.delete(b"one").unwrap(),
        store.rename(b"three", b"four").unwrap(),
        store.batch_write_with_key_hashes(vec![(8, b"8"), (42, b"\0"), (9, b"9")], true).unwrap(),
    ];
    told.extend([store.len().unwrap() as u64, store.file_size().unwrap()]);
    told
}

/// Hash, offsets, checksum and previous tail of each live entry, newest first.
pub fn read_all(path: &Path) -> Vec<(u64, Range<usize>, u32, u64, bool)> {
    let store = DataStore::open_existing(path).unwrap();
    let of = |entry: EntryHandle| {
        let valid = entry.is_valid_checksum();
        (entry.key_hash(), entry.offset_range(), entry.checksum(), entry.metadata().prev_offset, valid)
    };
    store.iter_entries().map(of).collect()
}
