use crate::temp::{TempFolder, new_store};
use simdr::{Mode, OpenOptions, Status};
use std::borrow::Cow;
use std::fs;

#[test]
fn a_payload_is_a_slice_of_numbers_in_place() {
    let (_folder, store) = new_store();
    let numbers = [1.0f32, 2.5, -3.0];
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    store.put("key", &bytes).unwrap();
    let entry = store.get("key").unwrap().unwrap();
    let typed = entry.typed::<f32>().unwrap();
    assert_eq!(typed, numbers);
    assert_eq!(typed.as_ptr().cast(), entry.as_slice().as_ptr());
    assert!(matches!(entry.typed_or_copy::<u32>().unwrap(), Cow::Borrowed(_)));
    assert_eq!(entry.typed::<[u16; 3]>().unwrap().len(), 2);
    assert_eq!(entry.typed::<u64>().unwrap_err().status(), Status::PARTIAL_ELEMENT);
    assert_eq!(entry.typed_or_copy::<u64>().unwrap_err().status(), Status::PARTIAL_ELEMENT);
    assert_eq!(entry.typed::<[u8; 0]>().unwrap_err().status(), Status::INVALID_ARGUMENT);
}

/// An entry of the oldest generations, whose payloads start anywhere: 3 bytes and a trailer of 20, then 8 bytes.
#[test]
fn a_payload_that_is_not_aligned_is_copied() {
    let (folder, store) = new_store();
    store.put("first", "abc").unwrap();
    store.put("second", 7u64.to_ne_bytes()).unwrap();
    store.close().unwrap();
    let aligned = fs::read(folder.file("test.simdr")).unwrap();
    let packed = [&aligned[..23], &aligned[64..]].concat();
    let old = TempFolder::new();
    let path = old.file("packed");
    fs::write(&path, packed).unwrap();
    let store = OpenOptions::new().mode(Mode::ReadOnly).layout(1, 20).open(&path).unwrap();
    assert_eq!(store.generation(), "packed-20");
    let entry = store.get("second").unwrap().unwrap();
    assert_eq!(entry.typed::<u64>().unwrap_err().status(), Status::MISALIGNED);
    let copied = entry.typed_or_copy::<u64>().unwrap();
    assert!(matches!(copied, Cow::Owned(_)));
    assert_eq!(copied[0], 7);
    assert_eq!(entry.typed_or_copy::<u16>().unwrap().len(), 4);
}
