//! What leaks does not lead to a use after free: a store that something may still use is not closed.

use crate::temp::new_store;
use simdr::{Status, Store};
use std::io::Write;
use std::mem;
use std::sync::Arc;

/// The store refuses to be closed, and its file stays locked.
fn assert_stays_open(folder: &crate::temp::TempFolder, store: Store) {
    let error = store.close().unwrap_err();
    assert_eq!(error.status(), Status::BAD_STATE);
    assert!(error.to_string().contains("leaked"), "{error}");
    assert_eq!(Store::open(folder.file("test.simdr")).unwrap_err().status(), Status::LOCKED);
}

#[test]
fn a_leaked_iterator_keeps_the_store_open() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    mem::forget(store.iter());
    assert_stays_open(&folder, store);
}

#[test]
fn a_leaked_writer_keeps_the_store_open() {
    let (folder, store) = new_store();
    let mut writer = store.writer("key").unwrap();
    writer.write_all(b"part").unwrap();
    mem::forget(writer);
    assert_stays_open(&folder, store);
}

#[test]
fn a_leaked_reservation_keeps_the_store_open() {
    let (folder, store) = new_store();
    mem::forget(store.reserve("key", 10).unwrap());
    assert_stays_open(&folder, store);
}

#[test]
fn a_leaked_snapshot_keeps_the_store_open_when_it_is_dropped() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    mem::forget(store.snapshot().unwrap());
    drop(store);
    assert_eq!(Store::open(folder.file("test.simdr")).unwrap_err().status(), Status::LOCKED);
}

#[test]
fn a_leaked_entry_keeps_its_bytes_and_not_the_store() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    let entry = store.get("key").unwrap().unwrap();
    let bytes: &'static [u8] = mem::ManuallyDrop::new(entry.clone()).as_slice().to_vec().leak();
    mem::forget(entry);
    store.close().unwrap();
    assert_eq!(bytes, b"value");
    Store::open(folder.file("test.simdr")).unwrap();
}

#[test]
fn leaked_views_forbid_compaction_and_nothing_else() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    mem::forget(store.views());
    assert_eq!(store.compact().unwrap_err().status(), Status::BAD_STATE);
    assert_eq!(store.views().get("key").unwrap().unwrap(), "value");
    store.close().unwrap();
}

#[test]
fn a_shared_iterator_is_freed_before_the_store_it_keeps() {
    let (folder, store) = new_store();
    store.put_many(&[("a", "1"), ("b", "2")]).unwrap();
    let store = Arc::new(store);
    let mut entries = store.iter_shared();
    drop(store);
    let kept = entries.next().unwrap().unwrap();
    drop(entries);
    assert_eq!(kept, "2");
    Store::open(folder.file("test.simdr")).unwrap();
}
