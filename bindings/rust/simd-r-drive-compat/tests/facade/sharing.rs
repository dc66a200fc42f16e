use crate::temp::TempFolder;
use simd_r_drive::DataStore;
use simd_r_drive::traits::{DataStoreReader, DataStoreWriter};
use std::fs;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

#[test]
fn two_handles_of_one_file_are_one_store() {
    let folder = TempFolder::new();
    let path = folder.file("store.bin");
    let first = DataStore::open(&path).unwrap();
    let second = DataStore::open_existing(&path).unwrap();
    first.write(b"key", b"value").unwrap();
    assert_eq!(second.read(b"key").unwrap().unwrap().as_slice(), b"value");
    drop(first);
    second.write(b"more", b"value").unwrap();
    assert_eq!(second.len().unwrap(), 2);
}

#[test]
fn another_name_of_the_file_is_the_same_store() {
    let folder = TempFolder::new();
    let (path, link) = (folder.file("store.bin"), folder.file("link.bin"));
    let store = DataStore::open(&path).unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let linked = DataStore::open(&link).unwrap();
    linked.write(b"key", b"value").unwrap();
    assert!(store.exists(b"key").unwrap());
    assert_eq!(linked.get_path(), link);
    let error = store.copy(b"key", &linked).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_store_is_opened_again_after_a_compaction_as_its_users_do() {
    let folder = TempFolder::new();
    let path = folder.file("store.bin");
    let mut store = DataStore::open(&path).unwrap();
    for i in 0..50u8 {
        store.write(b"key", &[i + 1; 100]).unwrap();
    }
    let before = store.read(b"key").unwrap().unwrap();
    store.compact().unwrap();
    let again = DataStore::open(&path).unwrap();
    again.write(b"new", b"value").unwrap();
    // The handle that compacted goes on.
    store.write(b"other", b"value").unwrap();
    assert_eq!(again.len().unwrap(), 3);
    assert_eq!(before.as_slice(), [50; 100]);
    drop((store, again));
    assert_eq!(DataStore::open(&path).unwrap().len().unwrap(), 3);
    assert_eq!(fs::read_dir(&*folder).unwrap().count(), 1);
}

#[test]
fn an_iterator_that_consumed_its_store_keeps_it() {
    let folder = TempFolder::new();
    let path = folder.file("store.bin");
    let store = DataStore::from(path.clone());
    store.batch_write(&[(b"a", b"1"), (b"b", b"2")]).unwrap();
    let mut entries = store.into_iter();
    assert_eq!(entries.next().unwrap().as_slice(), b"2");
    let again = DataStore::open(&path).unwrap();
    again.write(b"c", b"3").unwrap();
    assert_eq!(entries.next().unwrap().as_slice(), b"1");
    assert!(entries.next().is_none());
}

#[test]
fn opening_and_dropping_on_many_threads_never_finds_it_locked() {
    let folder = TempFolder::new();
    let path = folder.file("store.bin");
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..4u8 {
            let (path, failed) = (&path, &failed);
            scope.spawn(move || {
                for i in 0..100u8 {
                    match DataStore::open(path) {
                        Ok(store) => drop(store.write(&[thread, i], b"value").unwrap()),
                        Err(error) => {
                            eprintln!("{error}");
                            failed.store(true, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    assert!(!failed.into_inner());
    assert_eq!(DataStore::open(&path).unwrap().len().unwrap(), 400);
}

#[test]
fn a_writer_outside_of_this_process_is_an_error() {
    let folder = TempFolder::new();
    let path = folder.file("store.bin");
    // To the registry of shared stores this is as foreign as another process: it was not opened through it.
    let foreign = simdr::Store::open(&path).unwrap();
    let error = DataStore::open(&path).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResourceBusy);
    drop(foreign);
    DataStore::open(&path).unwrap();
}
