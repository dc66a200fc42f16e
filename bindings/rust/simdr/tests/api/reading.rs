use crate::temp::{TempFolder, new_store};
use simdr::{KeyHash, OpenOptions, Status, Store};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;

#[test]
fn an_absent_key_is_none() {
    let (_folder, store) = new_store();
    assert!(store.get("key").unwrap().is_none());
    assert!(store.last_entry().unwrap().is_none());
    assert!(store.info("key").unwrap().is_none());
    assert!(store.read_at("key", 0, &mut [0; 4]).unwrap().is_none());
    assert!(!store.contains("key").unwrap());
    assert!(!store.contains(KeyHash(3)).unwrap());
}

#[test]
fn many_are_read_in_the_order_of_the_keys() {
    let (_folder, store) = new_store();
    store.put_many(&[("a", "1"), ("b", "2")]).unwrap();
    let found = store.get_many(&["b", "missing", "a", "b"]).unwrap();
    let found: Vec<Option<&[u8]>> = found.iter().map(Option::as_deref).collect();
    assert_eq!(found, [Some(&b"2"[..]), None, Some(b"1"), Some(b"2")]);
    let found = store.get_many_hashed(&[KeyHash::of("a"), KeyHash(1)]).unwrap();
    assert_eq!(found[0].as_deref(), Some(&b"1"[..]));
    assert!(found[1].is_none());
    assert!(store.get_many::<&str>(&[]).unwrap().is_empty());
}

#[test]
fn a_key_that_does_not_hash_to_the_number_is_absent() {
    let (_folder, store) = new_store();
    store.put("real", "value").unwrap();
    let hash = KeyHash::of("real");
    assert!(store.get_many_verified(&[hash], &["real"]).unwrap()[0].is_some());
    assert!(store.get_many_verified(&[hash], &["fake"]).unwrap()[0].is_none());
    for keys in [&[][..], &["real", "more"][..]] {
        let error = store.get_many_verified(&[hash], keys).unwrap_err();
        assert_eq!(error.status(), Status::LENGTH_MISMATCH);
    }
    assert!(store.get_many_verified::<&str>(&[], &[]).unwrap().is_empty());
}

#[test]
fn a_part_is_read_past_the_mapping() {
    let (_folder, store) = new_store();
    store.put("key", "0123456789").unwrap();
    let mut buffer = [0; 4];
    let read = store.read_at("key", 8, &mut buffer).unwrap().unwrap();
    assert_eq!((read.copied, read.value_size), (2, 10));
    assert_eq!(&buffer[..2], b"89");
    assert_eq!(store.read_at("key", 10, &mut buffer).unwrap().unwrap().copied, 0);
    assert_eq!(store.read_at("key", u64::MAX, &mut buffer).unwrap().unwrap().copied, 0);
    assert_eq!(store.read_at("key", 0, &mut []).unwrap().unwrap().value_size, 10);
}

#[test]
fn the_last_entry_is_the_live_one_that_was_written_last() {
    let (_folder, store) = new_store();
    store.put("a", "1").unwrap();
    store.put("b", "2").unwrap();
    assert_eq!(store.last_entry().unwrap().unwrap(), "2");
    store.remove("b").unwrap();
    assert_eq!(store.last_entry().unwrap().unwrap(), "1");
}

#[test]
fn info_is_what_the_file_says() {
    let (_folder, store) = new_store();
    store.put("a", "123").unwrap();
    let tail = store.put("b", "value").unwrap();
    let info = store.info("b").unwrap().unwrap();
    assert_eq!(info.key_hash, KeyHash::of("b"));
    assert_eq!((info.prev_tail, info.payload_offset, info.payload_size), (23, 64, 5));
    assert_eq!((info.trailer_offset, info.tail_offset), (69, tail));
    assert_eq!(store.get("b").unwrap().unwrap().info(), info);
    assert_eq!(store.info(KeyHash::of("b")).unwrap().unwrap(), info);
}

#[test]
fn verifying_reads_refuse_damaged_bytes() {
    let folder = TempFolder::new();
    let path = folder.file("damaged.simdr");
    let store = Store::open(&path).unwrap();
    store.put("key", "value").unwrap();
    store.put("good", "other").unwrap();
    store.close().unwrap();
    let file = File::options().write(true).open(&path).unwrap();
    file.write_all_at(b"V", 0).unwrap();
    let store = OpenOptions::new().verify_reads(true).open(&path).unwrap();
    assert_eq!(store.get("key").unwrap_err().status(), Status::CORRUPT);
    assert_eq!(store.views().get("key").unwrap_err().status(), Status::CORRUPT);
    assert_eq!(store.get("good").unwrap().unwrap(), "other");
    drop(store);
    let store = Store::open(&path).unwrap();
    let entry = store.get("key").unwrap().unwrap();
    assert_eq!(entry, "Value");
    assert!(!entry.checksum_ok());
    assert!(fs::metadata(&path).is_ok());
}
