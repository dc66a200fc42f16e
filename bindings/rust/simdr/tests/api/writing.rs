use crate::temp::{TempFolder, new_store};
use simdr::{Durability, KeyHash, Status, Store};

#[test]
fn a_put_replaces_what_was_there() {
    let (_folder, store) = new_store();
    let first = store.put("key", "one").unwrap();
    let second = store.put("key", "two").unwrap();
    assert!(second > first);
    assert_eq!(store.file_size(), second);
    assert_eq!(store.get("key").unwrap().unwrap(), "two");
    assert_eq!(store.len(), 1);
}

#[test]
fn keys_are_any_bytes_or_their_hash() {
    let (_folder, store) = new_store();
    let owned = String::from("owned");
    store.put("text", "1").unwrap();
    store.put(b"array", "2").unwrap();
    store.put(&owned, "3").unwrap();
    store.put(&vec![0, 255], "4").unwrap();
    store.put("", "5").unwrap();
    store.put(KeyHash(42), "6").unwrap();
    assert_eq!(store.get(KeyHash::of("text")).unwrap().unwrap(), "1");
    assert_eq!(store.get(b"array").unwrap().unwrap(), "2");
    assert_eq!(store.get("owned").unwrap().unwrap(), "3");
    assert_eq!(store.get(&[0u8, 255]).unwrap().unwrap(), "4");
    assert_eq!(store.get("").unwrap().unwrap(), "5");
    assert_eq!(store.get(KeyHash(42)).unwrap().unwrap().key_hash(), KeyHash(42));
}

#[test]
fn what_the_format_cannot_hold_is_refused_and_changes_nothing() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    let tail = store.file_size();
    assert_eq!(store.put("key", "").unwrap_err().status(), Status::EMPTY_PAYLOAD);
    assert_eq!(store.put("key", [0u8]).unwrap_err().status(), Status::TOMBSTONE_PAYLOAD);
    for hash in KeyHash::RESERVED {
        assert_eq!(store.put(*hash, "value").unwrap_err().status(), Status::RESERVED_HASH);
    }
    let batch = [("a", &b"good"[..]), ("b", b"")];
    assert_eq!(store.put_many(&batch).unwrap_err().status(), Status::EMPTY_PAYLOAD);
    assert_eq!(store.file_size(), tail);
    assert!(!store.contains("a").unwrap());
}

#[test]
fn a_batch_keeps_the_last_of_equal_keys() {
    let (_folder, store) = new_store();
    let tail = store.put_many(&[("a", "1"), ("b", "2"), ("a", "3")]).unwrap();
    assert_eq!(tail, store.file_size());
    assert_eq!(store.get("a").unwrap().unwrap(), "3");
    let owned: Vec<(String, Vec<u8>)> = (0..100).map(|i| (format!("key {i}"), vec![i; 10])).collect();
    store.put_many(&owned).unwrap();
    store.put_many_hashed(&[(KeyHash(1), "x"), (KeyHash(2), "y")]).unwrap();
    assert_eq!(store.len(), 104);
    assert_eq!(store.put_many::<&str, &str>(&[]).unwrap(), store.file_size());
}

#[test]
fn put_if_absent_writes_once() {
    let (_folder, store) = new_store();
    assert!(store.put_if_absent("key", "one").unwrap().is_some());
    assert_eq!(store.put_if_absent("key", "two").unwrap(), None);
    assert_eq!(store.get("key").unwrap().unwrap(), "one");
}

#[test]
fn put_if_entry_notices_a_change() {
    let (_folder, store) = new_store();
    store.put("key", "one").unwrap();
    let seen = store.get("key").unwrap().unwrap();
    assert!(store.put_if_entry(&seen, "two").unwrap().is_some());
    assert_eq!(store.put_if_entry(&seen, "three").unwrap(), None);
    assert_eq!(store.get("key").unwrap().unwrap(), "two");
}

#[test]
fn removing_tells_whether_there_was_something() {
    let (_folder, store) = new_store();
    store.put_many(&[("a", "1"), ("b", "2"), ("c", "3")]).unwrap();
    store.put(KeyHash(9), "4").unwrap();
    assert!(store.remove("a").unwrap().is_some());
    assert_eq!(store.remove("a").unwrap(), None);
    assert!(store.remove(KeyHash(9)).unwrap().is_some());
    let (removed, tail) = store.remove_many(&["a", "b", "b", "d"]).unwrap();
    assert_eq!((removed, tail), (1, store.file_size()));
    assert_eq!(store.remove_many_hashed(&[KeyHash::of("c"), KeyHash(8)]).unwrap().0, 1);
    assert!(store.is_empty());
}

#[test]
fn a_rename_moves_the_value() {
    let (_folder, store) = new_store();
    store.put("old", "value").unwrap();
    assert!(store.rename("old", "new").unwrap().is_some());
    assert_eq!(store.rename("old", "new").unwrap(), None);
    assert_eq!(store.rename("new", "new").unwrap_err().status(), Status::SAME_KEY);
    assert!(store.rename_hashed(KeyHash::of("new"), KeyHash(7)).unwrap().is_some());
    assert_eq!(store.get(KeyHash(7)).unwrap().unwrap(), "value");
    assert_eq!(store.len(), 1);
}

#[test]
fn copies_and_transfers_go_to_another_store() {
    let (folder, store) = new_store();
    let target = Store::open(folder.file("target.simdr")).unwrap();
    store.put("a", "1").unwrap();
    store.put("b", "2").unwrap();
    assert_eq!(store.copy_to(&target, "a").unwrap(), Some(target.file_size()));
    assert_eq!(store.transfer_to(&target, KeyHash::of("b")).unwrap(), Some(store.file_size()));
    assert_eq!(store.copy_to(&target, "missing").unwrap(), None);
    assert_eq!(store.copy_to(&store, "a").unwrap_err().status(), Status::SAME_STORE);
    assert_eq!((store.len(), target.len()), (1, 2));
    assert_eq!(target.get("b").unwrap().unwrap(), "2");
}

#[test]
fn durable_writes_are_synced_and_others_are_not() {
    let (_folder, store) = new_store();
    store.put("key", "value").unwrap();
    let before = store.stats().unwrap().sync_count;
    let tail = store.durably(Durability::Commit).put("key", "value").unwrap();
    let stats = store.stats().unwrap();
    assert_eq!(stats.sync_count, before + 1);
    assert!(stats.durable_offset >= tail);
    let strict = store.durably(Durability::Strict);
    strict.put_many(&[("a", "1")]).unwrap();
    strict.remove("a").unwrap();
    store.put("key", "value").unwrap();
    store.sync(Durability::Commit).unwrap();
    assert_eq!(store.stats().unwrap().durable_offset, store.file_size());
}

#[test]
fn a_sync_that_makes_nothing_durable_is_refused() {
    let (_folder, store) = new_store();
    assert_eq!(store.sync(Durability::None).unwrap_err().status(), Status::INVALID_ARGUMENT);
}

#[test]
fn the_default_durability_is_that_of_the_open() {
    let folder = TempFolder::new();
    let mut options = simdr::OpenOptions::new();
    let store = options.durability(Durability::Commit).open(folder.file("durable.simdr")).unwrap();
    let tail = store.put("key", "value").unwrap();
    assert!(store.stats().unwrap().durable_offset >= tail);
}
