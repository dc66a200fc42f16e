use crate::temp::new_store;
use simdr::{Entry, KeyHash, Store};
use std::fs::{self, File};
use std::io::{BufRead, Read, Seek, SeekFrom};
use std::thread;

fn assert_send_and_sync<T: Send + Sync>() {}

#[test]
fn stores_and_entries_go_to_other_threads() {
    assert_send_and_sync::<Store>();
    assert_send_and_sync::<Entry>();
    assert_send_and_sync::<simdr::Snapshot<'_>>();
    assert_send_and_sync::<simdr::View<'_>>();
    assert_send_and_sync::<simdr::OpenOptions>();
    assert_send_and_sync::<simdr::Error>();
}

#[test]
fn an_entry_outlives_its_store() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    let entry = store.get("key").unwrap().unwrap();
    store.close().unwrap();
    assert_eq!(entry, "value");
    assert!(entry.checksum_ok());
    assert_eq!(entry.key_hash(), KeyHash::of("key"));
    thread::spawn(move || assert_eq!(&entry[..], b"value")).join().unwrap();
}

#[test]
fn the_pointer_of_an_entry_is_that_of_its_bytes() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    let entry = store.get("key").unwrap().unwrap();
    assert_eq!(entry.as_ptr(), entry.as_slice().as_ptr());
}

#[test]
fn an_entry_outlives_the_next_value_a_compaction_and_the_file() {
    let (folder, store) = new_store();
    store.put("key", "old").unwrap();
    let entry = store.get("key").unwrap().unwrap();
    store.put("key", "new").unwrap();
    store.compact().unwrap();
    assert_eq!(entry, "old");
    let after = store.get("key").unwrap().unwrap();
    assert_ne!(entry.mapping_id(), after.mapping_id());
    drop(store);
    fs::remove_file(folder.file("test.simdr")).unwrap();
    assert_eq!(entry, "old");
    assert_eq!(after, "new");
}

#[test]
fn a_clone_is_the_same_bytes() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    let entry = store.get("key").unwrap().unwrap();
    let copy = entry.clone();
    assert_eq!(copy.as_ptr_range(), entry.as_ptr_range());
    drop(entry);
    assert_eq!(copy, "value");
}

#[test]
fn an_entry_says_where_it_is() {
    let (folder, store) = new_store();
    store.put("first", "1").unwrap();
    store.put("key", "123456789").unwrap();
    let entry = store.get("key").unwrap().unwrap();
    assert_eq!(entry.offsets(), 64..73);
    assert_eq!(entry.size_with_metadata(), 29);
    assert_eq!(entry.checksum(), 0xcbf4_3926);
    assert_eq!(entry.checksum_bytes(), 0xcbf4_3926u32.to_le_bytes());
    assert_eq!(entry.as_slice().as_ptr() as usize % 64, 0);
    assert_eq!(entry.mapping_id(), store.get("first").unwrap().unwrap().mapping_id());
    drop(store);
    assert_eq!(&fs::read(folder.file("test.simdr")).unwrap()[64..73], &entry[..]);
}

#[test]
fn an_entry_is_read_as_a_file_is() {
    let (_folder, store) = new_store();
    store.put("key", "one\ntwo\n").unwrap();
    let mut reader = store.get("key").unwrap().unwrap().into_reader();
    drop(store);
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert_eq!(line, "one\n");
    reader.seek(SeekFrom::Current(-2)).unwrap();
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"e\ntwo\n");
}

#[test]
fn an_entry_is_written_to_a_descriptor() {
    let (folder, store) = new_store();
    let value = vec![3; 200_000];
    store.put("key", &value).unwrap();
    let entry = store.get("key").unwrap().unwrap();
    let path = folder.file("out");
    entry.write_fd(File::create(&path).unwrap()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), value);
    let error = entry.write_fd(File::open(&path).unwrap()).unwrap_err();
    assert_eq!(error.status(), simdr::Status::SINK);
    assert!(error.os_error().is_some());
}

#[test]
fn namespaces_make_keys_of_sixteen_bytes() {
    let key = simdr::namespaced_key("users", "42");
    assert_eq!(key[..8], KeyHash::of("users").0.to_le_bytes());
    assert_eq!(key[8..], KeyHash::of("42").0.to_le_bytes());
}
