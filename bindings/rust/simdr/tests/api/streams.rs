use crate::temp::new_store;
use simdr::{KeyHash, Status};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[test]
fn a_written_value_is_there_after_the_commit_and_not_before() {
    let (_folder, store) = new_store();
    let mut writer = store.writer("key").unwrap();
    for part in 0..1000u32 {
        writer.write_all(&part.to_le_bytes()).unwrap();
    }
    writer.flush().unwrap();
    assert!(!store.contains("key").unwrap());
    let tail = writer.commit().unwrap();
    assert_eq!(tail, store.file_size());
    let entry = store.get("key").unwrap().unwrap();
    assert!(entry.chunks_exact(4).zip(0u32..).all(|(part, i)| part == i.to_le_bytes()));
    assert_eq!(entry.len(), 4000);
}

#[test]
fn a_dropped_writer_leaves_nothing() {
    let (_folder, store) = new_store();
    store.writer(KeyHash(1)).unwrap().write_all(b"part").unwrap();
    assert_eq!(store.file_size(), 0);
}

#[test]
fn nothing_and_a_lone_zero_are_refused() {
    let (_folder, store) = new_store();
    assert_eq!(store.writer("key").unwrap().commit().unwrap_err().status(), Status::EMPTY_PAYLOAD);
    assert_eq!(store.put_reader("key", io::empty()).unwrap_err().status(), Status::EMPTY_PAYLOAD);
    let error = store.put_reader("key", &[0u8][..]).unwrap_err();
    assert_eq!(error.status(), Status::TOMBSTONE_PAYLOAD);
    assert_eq!(store.file_size(), 0);
}

#[test]
fn writers_do_not_wait_for_each_other() {
    let (_folder, store) = new_store();
    let (mut first, mut second) = (store.writer("first").unwrap(), store.writer("second").unwrap());
    first.write_all(b"1").unwrap();
    second.write_all(b"2").unwrap();
    store.put("third", "3").unwrap();
    second.commit().unwrap();
    first.commit().unwrap();
    assert_eq!(store.len(), 3);
}

#[test]
fn a_reader_is_stored_whole() {
    let (_folder, store) = new_store();
    let value: Vec<u8> = (0..300_000u32).map(|i| (i % 251) as u8).collect();
    let mut reader = &value[..];
    store.put_reader("key", &mut reader).unwrap();
    assert!(reader.is_empty());
    assert_eq!(store.get("key").unwrap().unwrap(), value);
}

/// Yields one byte, is interrupted once, and then does what it is told.
struct Reader<F>(u32, F);

impl<F: FnMut(&mut [u8]) -> io::Result<usize>> Read for Reader<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 += 1;
        match self.0 {
            1 => {
                buffer[0] = b'x';
                Ok(1)
            }
            2 => Err(ErrorKind::Interrupted.into()),
            _ => self.1(buffer),
        }
    }
}

#[test]
fn an_interrupted_reader_is_asked_again() {
    let (_folder, store) = new_store();
    store.put_reader("key", Reader(0, |_: &mut [u8]| Ok(0))).unwrap();
    assert_eq!(store.get("key").unwrap().unwrap(), "x");
}

#[test]
fn a_reader_that_fails_stores_nothing_and_is_the_source_of_the_error() {
    let (_folder, store) = new_store();
    let broken = Reader(0, |_: &mut [u8]| Err(io::Error::new(ErrorKind::ConnectionReset, "the line is dead")));
    let error = store.put_reader("key", broken).unwrap_err();
    assert_eq!((error.status(), error.kind()), (Status::SOURCE, ErrorKind::ConnectionReset));
    assert_eq!(error.source().unwrap().to_string(), "the line is dead");
    assert!(error.to_string().contains("the line is dead"));
    assert_eq!(store.file_size(), 0);
    store.put("key", "value").unwrap();
}

#[test]
fn a_reader_that_lies_about_its_size_is_refused() {
    let (_folder, store) = new_store();
    let liar = Reader(0, |buffer: &mut [u8]| Ok(buffer.len() + 1));
    assert_eq!(store.put_reader("key", liar).unwrap_err().status(), Status::SOURCE);
    assert_eq!(store.file_size(), 0);
}

#[test]
fn a_panic_in_a_reader_comes_out_and_stores_nothing() {
    let (_folder, store) = new_store();
    let panicking = Reader(0, |_: &mut [u8]| panic!("in a reader"));
    let panic = catch_unwind(AssertUnwindSafe(|| store.put_reader("key", panicking))).unwrap_err();
    assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "in a reader");
    assert_eq!(store.file_size(), 0);
    store.put("key", "value").unwrap();
}

#[test]
fn descriptors_and_files_are_stored_from_where_they_are() {
    let (folder, store) = new_store();
    let path = folder.file("source");
    fs::write(&path, "0123456789").unwrap();
    let mut file = File::open(&path).unwrap();
    file.seek(SeekFrom::Start(4)).unwrap();
    store.put_fd("rest", &file).unwrap();
    assert_eq!(store.get("rest").unwrap().unwrap(), "456789");
    store.put_file("all", &path).unwrap();
    assert_eq!(store.get("all").unwrap().unwrap(), "0123456789");
    let error = store.put_file("none", folder.file("missing")).unwrap_err();
    assert_eq!((error.status(), error.kind()), (Status::SOURCE, ErrorKind::NotFound));
    let write_only = File::create(folder.file("out")).unwrap();
    assert_eq!(store.put_fd("none", write_only).unwrap_err().status(), Status::SOURCE);
}

#[test]
fn a_reserved_value_is_built_in_place() {
    let (_folder, store) = new_store();
    let mut room = store.reserve("key", 1000).unwrap();
    assert_eq!(room.len(), 1000);
    assert_eq!(room.as_ptr() as usize % 64, 0);
    room.fill(7);
    assert!(!store.contains("key").unwrap());
    assert_eq!(store.put("other", "value").unwrap_err().status(), Status::BAD_STATE);
    let tail = room.commit().unwrap();
    assert_eq!(tail, store.file_size());
    assert_eq!(store.get("key").unwrap().unwrap(), vec![7; 1000]);
}

#[test]
fn a_dropped_or_refused_reservation_leaves_nothing() {
    let (_folder, store) = new_store();
    drop(store.reserve("key", 100).unwrap());
    assert_eq!(store.file_size(), 0);
    let mut room = store.reserve("key", 1).unwrap();
    room[0] = 0;
    assert_eq!(room.commit().unwrap_err().status(), Status::TOMBSTONE_PAYLOAD);
    assert_eq!(store.reserve("key", 0).unwrap_err().status(), Status::EMPTY_PAYLOAD);
    store.put("key", "value").unwrap();
}

#[test]
fn a_reservation_is_committed_by_another_thread() {
    let (_folder, store) = new_store();
    let mut room = store.reserve("key", 3).unwrap();
    room.copy_from_slice(b"abc");
    std::thread::scope(|scope| {
        scope.spawn(move || room.commit().unwrap());
    });
    assert_eq!(store.get("key").unwrap().unwrap(), "abc");
    store.put("other", "value").unwrap();
}

#[test]
fn a_store_of_direct_writes_has_nothing_to_reserve() {
    let folder = crate::temp::TempFolder::new();
    let store = simdr::OpenOptions::new().direct_writes(true).open(folder.file("direct")).unwrap();
    assert_eq!(store.reserve("key", 10).unwrap_err().status(), Status::UNSUPPORTED);
}
