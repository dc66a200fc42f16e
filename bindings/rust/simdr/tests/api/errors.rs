use crate::temp::{TempFolder, new_store};
use simdr::{Error, Status, Store};
use std::error::Error as _;
use std::io::{self, ErrorKind};
use std::path::Path;

fn kind_of(path: impl AsRef<Path>) -> (Status, ErrorKind) {
    let error = Store::open(path).unwrap_err();
    (error.status(), error.kind())
}

#[test]
fn the_systems_errors_have_their_kinds() {
    let (folder, _store) = new_store();
    assert_eq!(kind_of(&*folder), (Status::IS_DIRECTORY, ErrorKind::IsADirectory));
    assert_eq!(kind_of(folder.file("no/such/folder")), (Status::NO_SUCH_FILE, ErrorKind::NotFound));
    assert_eq!(kind_of(folder.file("test.simdr")), (Status::LOCKED, ErrorKind::ResourceBusy));
    assert_eq!(kind_of("/dev/null"), (Status::NOT_REGULAR_FILE, ErrorKind::InvalidInput));
    assert_eq!(kind_of("has\0zero"), (Status::INVALID_ARGUMENT, ErrorKind::InvalidInput));
}

#[test]
fn an_error_carries_the_librarys_words() {
    let folder = TempFolder::new();
    let error = Store::open(folder.file("missing/store")).unwrap_err();
    assert!(error.to_string().contains("missing/store"), "{error}");
    assert_eq!(error.os_error(), Some(2));
    assert!(error.source().is_none());
}

#[test]
fn an_error_becomes_an_io_error_and_stays_inside() {
    fn open(path: &Path) -> io::Result<Store> {
        Ok(Store::open(path)?)
    }
    let folder = TempFolder::new();
    let error = open(&folder.file("missing/store")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let inner = error.get_ref().unwrap().downcast_ref::<Error>().unwrap();
    assert_eq!(inner.status(), Status::NO_SUCH_FILE);
    assert_eq!(error.to_string(), inner.to_string());
}

#[test]
fn statuses_have_the_librarys_names() {
    assert_eq!(Status::LOCKED.name(), "ERR_LOCKED");
    assert_eq!(Status::NOT_FOUND.name(), "NOT_FOUND");
    assert!(!Status::NOT_FOUND.is_error());
    assert!(Status::INTERNAL.is_error());
    assert_eq!(Status::LOCKED.text(), Status::LOCKED.to_string());
    assert_eq!(format!("{:?}", Status::OK), "OK (0)");
}

#[test]
fn an_error_is_small() {
    assert!(size_of::<Error>() <= 48);
}
