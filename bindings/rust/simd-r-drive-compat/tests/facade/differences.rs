use crate::temp::TempFolder;
use simd_r_drive::traits::{DataStoreReader, DataStoreWriter};
use simd_r_drive::{DataStore, compute_hash};
use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};

fn new_store() -> (TempFolder, DataStore) {
    let folder = TempFolder::new();
    let store = DataStore::open(&folder.file("store.bin")).unwrap();
    (folder, store)
}

/// What the published `test_recovery_from_interrupted_write` looks at, but for the file's size right after the opening.
#[test]
fn an_interrupted_write_is_left_out_and_the_file_is_cut_by_the_next_write() {
    let (folder, store) = new_store();
    store.write(b"key", b"value").unwrap();
    drop(store);
    let path = folder.file("store.bin");
    let whole = fs::read(&path).unwrap();
    OpenOptions::new().append(true).open(&path).unwrap().write_all(b"CORRUPT").unwrap();
    let damaged = fs::read(&path).unwrap();
    let store = DataStore::open(&path).unwrap();
    assert_eq!(store.read(b"key").unwrap().unwrap().as_slice(), b"value");
    assert_eq!(store.file_size().unwrap(), whole.len() as u64);
    drop(store);
    assert_eq!(fs::read(&path).unwrap(), damaged);
    let store = DataStore::open(&path).unwrap();
    store.write(b"new", b"more").unwrap();
    drop(store);
    let store = DataStore::open(&path).unwrap();
    assert_eq!(store.read(b"key").unwrap().unwrap().as_slice(), b"value");
    assert_eq!(store.read(b"new").unwrap().unwrap().as_slice(), b"more");
}

#[test]
fn what_is_no_store_is_refused_and_not_emptied() {
    let folder = TempFolder::new();
    let path = folder.file("text");
    fs::write(&path, "This is some text and no store. ".repeat(40)).unwrap();
    let error = DataStore::open(&path).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert_eq!(fs::read(&path).unwrap().len(), 40 * 32);
}

/// Yields some bytes and then fails.
struct Broken(bool);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.0, true) {
            return Err(io::Error::new(ErrorKind::ConnectionReset, "the line is dead"));
        }
        buffer[..4].copy_from_slice(b"half");
        Ok(4)
    }
}

#[test]
fn a_stream_that_fails_half_way_stores_nothing() {
    let (_folder, store) = new_store();
    let error = store.write_stream(b"key", &mut Broken(false)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let error = store.write_stream_with_key_hash(7, &mut Broken(false)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert!(store.is_empty().unwrap());
    assert_eq!(store.file_size().unwrap(), 0);
}

#[test]
fn a_stream_of_zeros_is_a_value() {
    let (_folder, store) = new_store();
    store.write_stream(b"key", &mut [0u8; 100].as_slice()).unwrap();
    store.write_stream_with_key_hash(7, &mut [0u8; 2].as_slice()).unwrap();
    assert_eq!(store.read(b"key").unwrap().unwrap().as_slice(), [0; 100]);
    let error = store.write_stream_with_key_hash(7, &mut [0u8].as_slice()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_deleted_key_counts_nowhere() {
    let (folder, store) = new_store();
    store.batch_write(&[(b"a", b"1"), (b"b", b"2")]).unwrap();
    let tail = store.delete(b"b").unwrap();
    assert_eq!(store.delete(b"b").unwrap(), tail);
    drop(store);
    let store = DataStore::open(&folder.file("store.bin")).unwrap();
    assert_eq!(store.len().unwrap(), 1);
    assert_eq!(store.read_last_entry().unwrap().unwrap().as_slice(), b"1");
    assert_eq!(store.delete(b"b").unwrap(), tail);
}

#[test]
fn a_batch_may_store_and_delete_in_its_order() {
    let (_folder, store) = new_store();
    store.write(b"old", b"value").unwrap();
    let [a, b, old, absent] = [b"a".as_slice(), b"b", b"old", b"absent"].map(compute_hash);
    let batch = vec![(a, b"1".as_slice()), (old, b"\0"), (absent, b"\0"), (b, b"2"), (a, b"\0"), (a, b"3")];
    let tail = store.batch_write_with_key_hashes(batch, true).unwrap();
    assert_eq!(tail, store.file_size().unwrap());
    assert_eq!(store.read(b"a").unwrap().unwrap().as_slice(), b"3");
    assert_eq!(store.read(b"b").unwrap().unwrap().as_slice(), b"2");
    assert!(!store.exists(b"old").unwrap());
    assert_eq!(store.len().unwrap(), 2);
}

#[test]
fn a_refused_batch_changes_nothing() {
    let (_folder, store) = new_store();
    let tail = store.write(b"old", b"value").unwrap();
    let old = compute_hash(b"old");
    let reserved = simdr::KeyHash::RESERVED[0].0;
    for (hash, payload) in [(7, b"".as_slice()), (reserved, b"value"), (reserved, b"\0")] {
        let batch = vec![(old, b"\0".as_slice()), (8, b"new"), (hash, payload)];
        let error = store.batch_write_with_key_hashes(batch, true).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(!error.to_string().is_empty());
    }
    let error = store.batch_write_with_key_hashes(vec![(7, b"\0")], false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(store.file_size().unwrap(), tail);
    assert_eq!(store.batch_write(&[]).unwrap(), tail);
    assert_eq!(store.batch_write_with_key_hashes(Vec::new(), true).unwrap(), tail);
}

#[test]
fn a_key_that_does_not_hash_to_the_number_is_absent_and_lengths_must_agree() {
    let (_folder, store) = new_store();
    store.write(b"real", b"value").unwrap();
    let hash = compute_hash(b"real");
    assert!(store.batch_read_hashed_keys(&[hash], Some(&[b"fake"])).unwrap()[0].is_none());
    for keys in [&[][..], &[b"real".as_slice(), b"more"]] {
        let error = store.batch_read_hashed_keys(&[hash], Some(keys)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[test]
fn what_is_missing_is_not_found() {
    let (folder, store) = new_store();
    let target = DataStore::open(&folder.file("target.bin")).unwrap();
    let errors = [
        store.rename(b"missing", b"new").unwrap_err(),
        store.copy(b"missing", &target).unwrap_err(),
        store.transfer(b"missing", &target).unwrap_err(),
        DataStore::open_existing(&folder.file("none")).map(|_| ()).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    }
    let error = DataStore::open_existing(&folder).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}
