use crate::temp::TempFolder;
use simd_r_drive::traits::{DataStoreReader, DataStoreWriter};
use simd_r_drive::{
    DataStore, EntryHandle, EntryMetadata, EntryStream, PAYLOAD_ALIGNMENT, compute_checksum, compute_hash,
};
use std::fs;
use std::io::Read;

fn stored(value: &[u8]) -> (TempFolder, EntryHandle) {
    let folder = TempFolder::new();
    let store = DataStore::open(&folder.file("store.bin")).unwrap();
    store.write(b"first", b"1").unwrap();
    store.write(b"key", value).unwrap();
    let handle = store.read(b"key").unwrap().unwrap();
    (folder, handle)
}

#[test]
fn a_handle_says_what_the_file_has() {
    let (folder, handle) = stored(b"123456789");
    let file = fs::read(folder.file("store.bin")).unwrap();
    assert_eq!(&file[handle.offset_range()], b"123456789");
    assert_eq!((handle.start_offset(), handle.end_offset(), handle.size(), handle.file_size()), (64, 73, 9, 29));
    let metadata = EntryMetadata::deserialize(&file[handle.end_offset()..]);
    assert_eq!(metadata.serialize(), handle.metadata().serialize());
    assert_eq!(metadata.serialize(), file[73..93]);
    assert_eq!(metadata.prev_offset, 21);
    assert_eq!(handle.key_hash(), compute_hash(b"key"));
    assert_eq!((handle.checksum(), handle.raw_checksum()), (0xcbf4_3926, compute_checksum(b"123456789")));
    assert!(handle.is_valid_checksum());
}

#[test]
fn the_public_members_may_be_narrowed() {
    let (_folder, mut handle) = stored(b"0123456789");
    handle.range = handle.range.start + 2..handle.range.end - 3;
    assert_eq!(handle.as_slice(), b"23456");
    assert_eq!(handle.address_range().start as usize % 64, 2);
    assert!(!handle.is_valid_checksum());
    handle.metadata.checksum = compute_checksum(b"23456");
    assert!(handle.is_valid_checksum());
    let mut text = String::new();
    EntryStream::from(handle.clone_arc()).read_to_string(&mut text).unwrap();
    assert_eq!(text, "23456");
}

#[test]
#[should_panic]
fn a_range_outside_of_the_entry_is_refused() {
    let (_folder, mut handle) = stored(b"0123456789");
    handle.range = 0..handle.range.end;
    handle.as_slice();
}

#[test]
fn a_value_that_is_in_no_store_is_a_handle_too() {
    for size in [0, 1, 63, 64, 65, 1000] {
        let bytes: Vec<u8> = (0..size).map(|i| i as u8).collect();
        let handle = EntryHandle::from_owned_bytes_anon(&bytes, 42).unwrap();
        assert_eq!(handle, bytes);
        assert_eq!(handle.address_range().start as u64 % PAYLOAD_ALIGNMENT, 0);
        assert_eq!((handle.key_hash(), handle.offset_range()), (42, 0..size));
        assert!(handle.is_valid_checksum());
        assert_eq!(handle.clone().address_range(), handle.address_range());
    }
}

#[test]
fn handles_compare_with_bytes() {
    let (_folder, handle) = stored(b"value");
    assert_eq!(handle, b"value"[..]);
    assert_eq!(handle, &b"value"[..]);
    assert_eq!(handle, b"value".to_vec());
    assert_eq!(handle.as_ref(), b"value");
    assert_eq!(handle.len(), 5);
    assert!(format!("{handle:?}").contains("EntryHandle"));
}

#[cfg(debug_assertions)]
#[test]
fn the_mapping_for_testing_is_the_file() {
    let folder = TempFolder::new();
    let path = folder.file("store.bin");
    let store = DataStore::open(&path).unwrap();
    assert!(store.get_mmap_arc_for_testing().is_empty());
    store.batch_write(&[(b"a", b"1"), (b"b", b"22")]).unwrap();
    let mapping = store.get_mmap_arc_for_testing();
    assert_eq!(mapping.as_ptr(), store.arc_ptr());
    drop(store);
    assert_eq!(mapping[..], fs::read(&path).unwrap()[..mapping.len()]);
    assert_eq!(mapping.len(), 66);
}

#[cfg(feature = "arrow")]
#[test]
fn a_buffer_is_made_without_a_copy_and_keeps_the_bytes() {
    let (_folder, handle) = stored(b"value");
    let address = handle.address_range().start;
    let buffer = handle.as_arrow_buffer();
    assert_eq!(buffer.as_ptr(), address);
    let buffer = (buffer, handle.into_arrow_buffer()).1;
    assert_eq!((buffer.as_ptr(), buffer.as_slice()), (address, &b"value"[..]));
}

#[cfg(feature = "memmap2")]
mod mapped {
    use super::*;
    use memmap2::Mmap;
    use simd_r_drive::EntryIterator;
    use std::path::Path;
    use std::sync::Arc;

    fn map(path: &Path) -> Arc<Mmap> {
        // SAFETY: nobody changes the file while the test looks at it.
        Arc::new(unsafe { Mmap::map(&fs::File::open(path).unwrap()).unwrap() })
    }

    fn values(entries: impl Iterator<Item = EntryHandle>) -> Vec<(Vec<u8>, u64, std::ops::Range<usize>)> {
        entries.map(|handle| (handle.to_vec(), handle.key_hash(), handle.offset_range())).collect()
    }

    fn filled(path: &Path) -> DataStore {
        let store = DataStore::open(path).unwrap();
        for i in 0..50u32 {
            store.write(&(i % 20).to_le_bytes(), &vec![i as u8; 2 + i as usize * 7]).unwrap();
        }
        store.delete(&3u32.to_le_bytes()).unwrap();
        store.write(b"zeros", &[0; 100]).unwrap();
        store
    }

    #[test]
    fn a_handle_is_made_of_a_mapping_without_a_copy() {
        let (folder, stored) = stored(b"123456789");
        let mapping = map(&folder.file("store.bin"));
        let handle = EntryHandle::from_arc_mmap(Arc::clone(&mapping), stored.offset_range(), stored.metadata().clone());
        assert_eq!(handle.as_slice(), stored.as_slice());
        assert_eq!(handle.address_range().start, mapping[64..].as_ptr());
        assert!(handle.is_valid_checksum());
        assert_eq!((handle.size(), handle.file_size(), handle.start_offset()), (9, 29, 64));
        let copy = handle.clone_arc();
        drop((handle, mapping));
        assert_eq!(copy, b"123456789".to_vec());
    }

    #[test]
    fn an_iterator_over_a_mapping_gives_what_the_store_does() {
        let folder = TempFolder::new();
        let path = folder.file("store.bin");
        let store = filled(&path);
        let expected = values(store.iter_entries());
        let tail = store.file_size().unwrap();
        assert_eq!(expected.len(), 20);
        // Ending in its guard, and where the last entry ends.
        let open = map(&path);
        assert_eq!(values(EntryIterator::new(Arc::clone(&open), open.len() as u64)), expected);
        assert_eq!(values(EntryIterator::new(open, tail)), expected);
        drop(store);
        let closed = map(&path);
        assert_eq!(closed.len() as u64, tail);
        assert_eq!(values(EntryIterator::new(Arc::clone(&closed), tail)), expected);
        assert!(EntryIterator::new(Arc::clone(&closed), tail).all(|handle| handle.is_valid_checksum()));
        // Below the deletion, what it deleted is there.
        let below = values(EntryIterator::new(Arc::clone(&closed), expected[1].2.end as u64 + 20));
        assert!(below.len() == 20 && below[0] == expected[1]);
        for elsewhere in [0, 1, 19, tail + 1, u64::MAX] {
            assert!(EntryIterator::new(Arc::clone(&closed), elsewhere).next().is_none());
        }
    }

    #[test]
    fn an_iterator_over_bytes_that_are_no_store_ends() {
        let folder = TempFolder::new();
        let path = folder.file("store.bin");
        drop(filled(&path));
        let whole = fs::read(&path).unwrap();
        for round in 0..2000u64 {
            let mut bytes = whole.clone();
            let mut x = round.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
            for _ in 0..20 {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                let place = x as usize % bytes.len();
                bytes[place] = (x >> 32) as u8;
            }
            fs::write(&path, &bytes).unwrap();
            let mapping = map(&path);
            for tail in [mapping.len() as u64, x % mapping.len() as u64] {
                assert!(
                    EntryIterator::new(Arc::clone(&mapping), tail).filter(|handle| !handle.is_empty()).count() <= 51
                );
            }
        }
    }
}

#[cfg(feature = "parallel")]
#[test]
fn handles_come_in_parallel_and_may_be_kept() {
    use rayon::iter::ParallelIterator;
    let folder = TempFolder::new();
    let store = DataStore::open(&folder.file("store.bin")).unwrap();
    store.batch_write(&[(b"a", b"1"), (b"b", b"2"), (b"c", b"3")]).unwrap();
    let mut kept: Vec<EntryHandle> = store.par_iter_entries().filter(|handle| **handle != b"2"[..]).collect();
    drop(store);
    kept.sort_by_key(EntryHandle::start_offset);
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[1].as_slice(), b"3");
}
