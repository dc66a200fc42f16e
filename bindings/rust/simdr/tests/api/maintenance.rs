use crate::temp::{TempFolder, new_store};
use simdr::{Durability, ImportOptions, KeyHash, Mode, OpenOptions, Status, Store, namespaced_key};
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn a_compacted_store_is_smaller_and_the_handle_goes_on() {
    let (folder, store) = new_store();
    for value in 0..100 {
        store.put("key", [value + 1; 1000]).unwrap();
    }
    let (before, savings) = (store.file_size(), store.compaction_savings());
    let mut last = (0, 0);
    let flow = store.compact_with(|done, total| {
        last = (done, total);
        ControlFlow::Continue(())
    });
    assert_eq!(flow.unwrap(), ControlFlow::Continue(()));
    assert_eq!(last.0, last.1);
    assert!(store.file_size() + savings <= before);
    store.put("after", "value").unwrap();
    store.close().unwrap();
    let store = Store::open(folder.file("test.simdr")).unwrap();
    assert_eq!(store.get("key").unwrap().unwrap(), [100; 1000]);
    assert_eq!(store.len(), 2);
}

#[test]
fn a_stopped_compaction_changes_nothing() {
    let (_folder, store) = new_store();
    store.put("key", "one").unwrap();
    store.put("key", "two").unwrap();
    let before = store.file_size();
    assert_eq!(store.compact_with(|_, _| ControlFlow::Break(())).unwrap(), ControlFlow::Break(()));
    let panic = catch_unwind(AssertUnwindSafe(|| store.compact_with(|_, _| panic!("in the progress")))).unwrap_err();
    assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "in the progress");
    assert_eq!(store.file_size(), before);
    store.compact().unwrap();
    assert_eq!(store.get("key").unwrap().unwrap(), "two");
}

#[test]
fn verification_counts_and_tells_faults() {
    let folder = TempFolder::new();
    let path = folder.file("damaged.simdr");
    let store = Store::open(&path).unwrap();
    store.put_many(&[("a", "1"), ("b", "2")]).unwrap();
    let sound = store.verify(|fault| panic!("{fault:?}")).unwrap();
    assert_eq!((sound.entry_count, sound.fault_count), (2, 0));
    let offset = store.info("a").unwrap().unwrap().payload_offset;
    store.close().unwrap();
    File::options().write(true).open(&path).unwrap().write_all_at(b"x", offset).unwrap();
    let store = Store::open(&path).unwrap();
    let mut faults = Vec::new();
    let damaged = store.verify(|fault| faults.push(fault)).unwrap();
    assert_eq!((damaged.fault_count, faults.len()), (1, 1));
    assert_eq!(faults[0].key_hash, Some(KeyHash::of("a")));
    assert!(!faults[0].what.is_empty());
    let stopped = store.verify_with(|_| ControlFlow::Break(()), |_, _| ControlFlow::Continue(()));
    assert_eq!(stopped.unwrap(), None);
    assert_eq!(store.compact().unwrap_err().status(), Status::CORRUPT);
}

#[test]
fn a_repair_keeps_what_is_intact() {
    let folder = TempFolder::new();
    let path = folder.file("damaged.simdr");
    let store = Store::open(&path).unwrap();
    store.put_many(&[("a", "1"), ("b", "2"), ("c", "3")]).unwrap();
    let offset = store.info("b").unwrap().unwrap().payload_offset;
    store.close().unwrap();
    File::options().write(true).open(&path).unwrap().write_all_at(b"x", offset).unwrap();
    let mut fault_count = 0;
    let repaired = simdr::repair(&path, folder.file("repaired"), |_| {
        fault_count += 1;
        ControlFlow::Continue(())
    });
    let repaired = repaired.unwrap().unwrap();
    assert_eq!(repaired.kept_count, 2);
    assert!(fault_count >= 1);
    let store = Store::open(folder.file("repaired")).unwrap();
    assert_eq!(store.get("a").unwrap().unwrap(), "1");
    assert!(store.get("b").unwrap().is_none());
    let again = simdr::repair(&path, folder.file("repaired"), |_| ControlFlow::Continue(()));
    assert_eq!(again.unwrap_err().status(), Status::EXISTS);
}

#[test]
fn a_backup_is_a_store_of_its_own() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    store.backup(folder.file("backup")).unwrap();
    assert_eq!(store.backup(folder.file("backup")).unwrap_err().status(), Status::EXISTS);
    store.put("key", "changed").unwrap();
    assert_eq!(Store::open(folder.file("backup")).unwrap().get("key").unwrap().unwrap(), "value");
}

#[test]
fn an_upgrade_rewrites_an_older_generation() {
    let (folder, store) = new_store();
    store.put("first", "abc").unwrap();
    store.put("second", "defg").unwrap();
    store.close().unwrap();
    let aligned = fs::read(folder.file("test.simdr")).unwrap();
    fs::write(folder.file("packed"), [&aligned[..23], &aligned[64..]].concat()).unwrap();
    let mut options = OpenOptions::new();
    let refused = options.layout(1, 20).open(folder.file("packed")).unwrap_err();
    assert_eq!((refused.status(), refused.kind()), (Status::OLD_GENERATION, std::io::ErrorKind::Unsupported));
    options.mode(Mode::ReadOnly);
    simdr::upgrade(folder.file("packed"), folder.file("upgraded"), &options).unwrap();
    assert_eq!(fs::read(folder.file("upgraded")).unwrap(), aligned);
}

#[test]
fn a_directory_is_imported_by_relative_paths() {
    let (folder, store) = new_store();
    let tree = folder.file("tree");
    fs::create_dir_all(tree.join("sub")).unwrap();
    fs::write(tree.join("one"), "1").unwrap();
    fs::write(tree.join("sub/two"), "22").unwrap();
    fs::write(tree.join("empty"), "").unwrap();
    let mut told = Vec::new();
    let options = ImportOptions { durability: Durability::Commit, ..ImportOptions::default() };
    let imported = store.import_directory(&tree, options, |file| {
        told.push((file.path.to_owned(), file.size, file.status));
        ControlFlow::Continue(())
    });
    let imported = imported.unwrap().unwrap();
    assert_eq!((imported.file_count, imported.stored_size, imported.skipped_count), (2, 3, 1));
    assert_eq!(told.len(), 3);
    assert!(told.iter().any(|(path, size, status)| path.ends_with("two") && *size == 2 && *status == Status::OK));
    assert_eq!(store.get("sub/two").unwrap().unwrap(), "22");
    let options = ImportOptions { namespace: Some(b"ns"), ..ImportOptions::default() };
    store.import_directory(&tree, options, |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(store.get(&namespaced_key("ns", "one")).unwrap().unwrap(), "1");
    let stopped = store.import_directory(&tree, ImportOptions::default(), |_| ControlFlow::Break(()));
    assert_eq!(stopped.unwrap(), None);
    let missing = store.import_directory(folder.file("none"), ImportOptions::default(), |_| ControlFlow::Continue(()));
    assert_eq!(missing.unwrap_err().status(), Status::NO_SUCH_FILE);
}

#[test]
fn stats_count_what_was_done() {
    let (_folder, store) = new_store();
    store.put_many(&[("a", "1"), ("b", "2")]).unwrap();
    store.remove("a").unwrap();
    let _ = store.get("b").unwrap();
    let stats = store.stats().unwrap();
    assert_eq!((stats.live_count, stats.total_count, stats.tombstone_count), (1, 3, 1));
    assert_eq!((stats.put_count, stats.get_hits), (3, 1));
    assert_eq!(stats.tail_offset, store.file_size());
    assert!(stats.index_load > 0.0);
}
