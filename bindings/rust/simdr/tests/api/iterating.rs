use crate::temp::{TempFolder, new_store};
use simdr::{Entry, Iterate, Status, Store};
use std::fs::File;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn values(entries: impl Iterator<Item = simdr::Result<Entry>>) -> Vec<String> {
    entries.map(|entry| String::from_utf8(entry.unwrap().to_vec()).unwrap()).collect()
}

#[test]
fn live_entries_come_newest_first() {
    let (_folder, store) = new_store();
    store.put_many(&[("a", "1"), ("b", "2"), ("c", "3")]).unwrap();
    store.put("a", "4").unwrap();
    store.remove("b").unwrap();
    assert_eq!(values(store.iter()), ["4", "3"]);
    assert_eq!(values((&store).into_iter()), ["4", "3"]);
    let everything = Iterate { all_versions: true, ..Iterate::default() };
    assert_eq!(values(store.iter_with(everything)), ["4", "3", "2", "1"]);
    assert_eq!(values(store.versions("a")), ["4", "1"]);
    assert_eq!(values(store.versions(simdr::KeyHash::of("b"))), ["2"]);
}

#[test]
fn an_exhausted_iterator_stays_at_its_end() {
    let (_folder, store) = new_store();
    let mut entries = store.iter();
    assert!(entries.next().is_none());
    store.put("key", "value").unwrap();
    assert!(entries.next().is_none());
}

#[test]
fn an_iterator_sees_the_store_as_it_was() {
    let (_folder, store) = new_store();
    store.put_many(&[("a", "1"), ("b", "2")]).unwrap();
    let mut entries = store.iter();
    store.put("a", "3").unwrap();
    store.put("c", "4").unwrap();
    store.compact().unwrap();
    assert_eq!(values(entries.by_ref()), ["2", "1"]);
}

#[test]
fn a_shared_iterator_keeps_its_store_open() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    let entries = Arc::new(store).iter_shared();
    assert_eq!(Store::open(folder.file("test.simdr")).unwrap_err().status(), Status::LOCKED);
    assert_eq!(values(entries), ["value"]);
    Store::open(folder.file("test.simdr")).unwrap();
}

#[test]
fn a_verifying_walk_tells_a_bad_entry_and_goes_on() {
    let folder = TempFolder::new();
    let path = folder.file("damaged.simdr");
    let store = Store::open(&path).unwrap();
    store.put_many(&[("a", "1"), ("b", "2"), ("c", "3")]).unwrap();
    let offset = store.info("b").unwrap().unwrap().payload_offset;
    store.close().unwrap();
    File::options().write(true).open(&path).unwrap().write_all_at(b"x", offset).unwrap();
    let store = Store::open(&path).unwrap();
    let walk = store.iter_with(Iterate { verify: true, ..Iterate::default() });
    let found: Vec<Result<Entry, Status>> = walk.map(|entry| entry.map_err(|error| error.status())).collect();
    assert_eq!(found.len(), 3);
    assert_eq!(found[0].as_ref().unwrap(), "3");
    assert_eq!(*found[1].as_ref().unwrap_err(), Status::CORRUPT);
    assert_eq!(found[2].as_ref().unwrap(), "1");
    let visited = store.for_each_with(1, true, |_| ControlFlow::Continue(()));
    assert_eq!(visited.unwrap_err().status(), Status::CORRUPT);
}

#[test]
fn a_snapshot_is_a_slice_of_what_was_live() {
    let (_folder, store) = new_store();
    let pairs: Vec<(String, String)> = (0..3000).map(|i| (format!("key {i}"), format!("value {i}"))).collect();
    store.put_many(&pairs).unwrap();
    let snapshot = store.snapshot().unwrap();
    store.put("key 0", "changed").unwrap();
    store.compact().unwrap();
    assert_eq!(snapshot.len(), 3000);
    assert_eq!(snapshot.as_slice()[0], "value 2999");
    assert!(snapshot.iter().rev().zip(&pairs).all(|(view, (_, value))| view == *value));
    assert!(Store::snapshot(&new_store().1).unwrap().is_empty());
}

#[test]
fn every_live_entry_is_visited_once_by_several_threads() {
    let (_folder, store) = new_store();
    let pairs: Vec<(String, [u8; 8])> = (0..5000u64).map(|i| (format!("{i}"), (i + 1).to_le_bytes())).collect();
    store.put_many(&pairs).unwrap();
    let sum = AtomicU64::new(0);
    let flow = store.for_each(4, |view| {
        sum.fetch_add(u64::from_le_bytes(view.as_slice().try_into().unwrap()), Ordering::Relaxed);
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    assert_eq!(sum.into_inner(), 5000 * 5001 / 2);
    let stopped = store.for_each(2, |_| ControlFlow::Break(()));
    assert_eq!(stopped.unwrap(), ControlFlow::Break(()));
}

#[test]
fn a_panic_in_a_visit_comes_out_where_it_was_called() {
    let (_folder, store) = new_store();
    store.put_many(&[("a", "1"), ("b", "2")]).unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| store.for_each(2, |_| panic!("in a visit")))).unwrap_err();
    assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "in a visit");
    assert_eq!(store.len(), 2);
}
