use crate::temp::{TempFolder, new_store};
use simdr::{LogLevel, Mode, OpenOptions, Status, Store};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn a_store_is_what_it_was_after_reopening() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    let tail = store.file_size();
    store.close().unwrap();
    let path = folder.file("test.simdr");
    assert_eq!(fs::metadata(&path).unwrap().len(), tail);
    let store = OpenOptions::new().mode(Mode::Existing).open(&path).unwrap();
    assert_eq!(store.get("key").unwrap().unwrap(), "value");
    assert_eq!(store.path(), path);
    assert_eq!(store.generation(), "aligned-64");
    assert_eq!(store.alignment(), 64);
    assert_eq!(store.recovered_from(), None);
}

#[test]
fn dropping_closes_and_gives_the_lock_back() {
    let (folder, store) = new_store();
    drop(store);
    Store::open(folder.file("test.simdr")).unwrap();
}

#[test]
fn modes_say_what_must_be_there() {
    let folder = TempFolder::new();
    let path = folder.file("new.simdr");
    let mut options = OpenOptions::new();
    assert_eq!(options.mode(Mode::Existing).open(&path).unwrap_err().status(), Status::NO_SUCH_FILE);
    assert_eq!(options.mode(Mode::ReadOnly).open(&path).unwrap_err().status(), Status::NO_SUCH_FILE);
    options.mode(Mode::CreateNew).open(&path).unwrap();
    assert_eq!(options.mode(Mode::CreateNew).open(&path).unwrap_err().status(), Status::EXISTS);
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    let path = folder.file("test.simdr");
    assert_eq!(Store::open(&path).unwrap_err().status(), Status::LOCKED);
    let waited = OpenOptions::new().lock_timeout(Duration::from_millis(20)).open(&path);
    assert_eq!(waited.unwrap_err().status(), Status::LOCKED);
    let reader = OpenOptions::new().mode(Mode::ReadOnly).open(&path).unwrap();
    assert!(reader.is_read_only());
    assert_eq!(reader.get("key").unwrap().unwrap(), "value");
    assert_eq!(reader.put("key", "other").unwrap_err().status(), Status::READ_ONLY);
}

#[test]
fn what_is_no_store_is_refused_and_not_touched() {
    let folder = TempFolder::new();
    let path = folder.file("text");
    fs::write(&path, "This is some text and no store. ".repeat(40)).unwrap();
    let before = fs::read(&path).unwrap();
    let error = Store::open(&path).unwrap_err();
    assert_eq!(error.status(), Status::NOT_A_STORE);
    assert!(error.to_string().contains("text"), "names the file: {error}");
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn a_damaged_end_is_told_and_logged() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    store.close().unwrap();
    let path = folder.file("test.simdr");
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"torn").unwrap();
    let messages = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&messages);
    let mut options = OpenOptions::new();
    options.log(move |level, text| log.lock().unwrap().push((level, text.to_owned())));
    let store = options.open(&path).unwrap();
    assert_eq!(store.get("key").unwrap().unwrap(), "value");
    let told = store.recovered_from().expect("the end is damaged");
    assert!(!told.is_empty());
    assert!(!messages.lock().unwrap().is_empty());
    store.close().unwrap();
}

#[test]
fn a_panic_in_the_log_goes_no_further() {
    let (folder, store) = new_store();
    store.put("key", "value").unwrap();
    store.close().unwrap();
    let path = folder.file("test.simdr");
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"torn").unwrap();
    let store = OpenOptions::new().log(|_, _| panic!("in the log")).open(&path).unwrap();
    assert_eq!(store.get("key").unwrap().unwrap(), "value");
}

#[test]
fn the_log_is_released_with_the_store() {
    let (folder, store) = new_store();
    drop(store);
    let path = folder.file("test.simdr");
    let held = Arc::new(());
    let log = Arc::clone(&held);
    let mut options = OpenOptions::new();
    options.log(move |_, _| drop(Arc::clone(&log)));
    options.open(&path).unwrap().close().unwrap();
    drop(options.open(&path).unwrap());
    drop(options);
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn a_created_file_has_the_permissions_asked_for() {
    let folder = TempFolder::new();
    let path = folder.file("private.simdr");
    OpenOptions::new().file_mode(0o600).open(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn options_that_cannot_be_are_refused_with_words() {
    let folder = TempFolder::new();
    let error = OpenOptions::new().layout(48, 20).open(folder.file("x")).unwrap_err();
    assert_eq!(error.status(), Status::INVALID_ARGUMENT);
    assert!(error.to_string().contains("layout_alignment"), "names the member: {error}");
    let error = OpenOptions::new().window_size(1).open(folder.file("x")).unwrap_err();
    assert_eq!(error.status(), Status::INVALID_ARGUMENT);
    assert!(!folder.file("x").exists());
}

#[test]
fn direct_writes_and_small_windows_store_the_same() {
    let folder = TempFolder::new();
    let mut options = OpenOptions::new();
    options.window_size(64 << 10).reserve_size(1 << 30);
    for (name, is_direct) in [("mapped", false), ("direct", true)] {
        let store = options.direct_writes(is_direct).open(folder.file(name)).unwrap();
        store.put("key", vec![7; 100_000]).unwrap();
        store.close().unwrap();
    }
    assert_eq!(fs::read(folder.file("mapped")).unwrap(), fs::read(folder.file("direct")).unwrap());
}

#[test]
fn an_index_file_is_saved_by_a_writer_and_used_by_a_reader() {
    const COUNT: usize = 300;
    let folder = TempFolder::new();
    let (path, index) = (folder.file("test.simdr"), folder.file("test.simdr.index"));
    let mut options = OpenOptions::new();
    let store = options.index_file(true).open(&path).unwrap();
    for i in 0..COUNT {
        store.put(format!("key {i}").as_str(), format!("value {i}")).unwrap();
    }
    assert!(!index.exists());
    store.close().unwrap();
    assert!(index.exists());

    let messages = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&messages);
    options.mode(Mode::ReadOnly).log(move |level, text| log.lock().unwrap().push((level, text.to_owned())));
    let reader = options.open(&path).unwrap();
    let told = messages.lock().unwrap();
    let used = "/test.simdr.index: used, the store was not walked";
    assert!(matches!(&told[..], [(LogLevel::Info, text)] if text.ends_with(used)), "{told:?}");
    assert_eq!(reader.len(), COUNT as u64);
    for i in 0..COUNT {
        assert_eq!(reader.get(format!("key {i}").as_str()).unwrap().unwrap(), format!("value {i}").as_str());
    }
}
