use simd_r_drive::utils::{align_or_copy, append_extension, format_bytes, parse_buffer_size};
use simd_r_drive::{IdentityBuildHasher, KeyIndexer, Xxh3BuildHasher, compute_checksum, compute_hash};
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::path::Path;

/// Bit by bit, as the definition has it.
fn slow_checksum(data: &[u8]) -> [u8; 4] {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    let crc = data.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step));
    (!crc).to_le_bytes()
}

#[test]
fn checksums_are_crc_32_of_every_size() {
    let data: Vec<u8> = (0..300u32).map(|i| (i * 7 + i / 13) as u8).collect();
    for size in 0..data.len() {
        assert_eq!(compute_checksum(&data[..size]), slow_checksum(&data[..size]), "{size} bytes");
    }
}

#[test]
fn elements_are_in_place_or_decoded() {
    let bytes: Vec<u8> = (0..33).collect();
    let start = bytes.as_ptr().align_offset(8);
    assert!(matches!(align_or_copy::<u64, 8>(&bytes[start..start + 16], u64::from_le_bytes), Cow::Borrowed(_)));
    let decoded = align_or_copy::<u64, 8>(&bytes[start + 1..start + 17], u64::from_le_bytes);
    assert!(matches!(decoded, Cow::Owned(_)));
    assert_eq!(decoded[1], u64::from_le_bytes(bytes[start + 9..start + 17].try_into().unwrap()));
}

#[test]
#[should_panic(expected = "Mismatched size")]
fn elements_of_another_size_are_refused() {
    align_or_copy::<u64, 4>(&[0; 4], |_| 0);
}

#[test]
fn sizes_are_parsed_and_printed() {
    assert_eq!(parse_buffer_size(" 64k "), Ok(64 << 10));
    assert_eq!(parse_buffer_size("2MB"), Ok(2 << 20));
    for bad in ["", "k", "1x", "-1", "99999999999999999999", "99999999999999999G"] {
        assert!(parse_buffer_size(bad).is_err(), "{bad}");
    }
    let printed = [512, 1536, 10 << 20, 2 << 30].map(format_bytes);
    assert_eq!(printed, ["512 bytes", "1.50 KB", "10.00 MB", "2.00 GB"]);
}

#[test]
fn extensions_are_added() {
    assert_eq!(append_extension(Path::new("a/b.tar"), "gz"), Path::new("a/b.tar.gz"));
    assert_eq!(append_extension(Path::new("a/b"), "bk"), Path::new("a/b.bk"));
}

#[test]
fn hashers_hash_as_the_store_does() {
    let mut hasher = Xxh3BuildHasher.build_hasher();
    hasher.write(b"key");
    assert_eq!(hasher.finish(), compute_hash(b"key"));
    let mut map = HashMap::<u64, u8, IdentityBuildHasher>::default();
    map.insert(7, 1);
    assert_eq!(map.hasher().hash_one(7u64), 7);
}

#[test]
fn an_index_packs_tags_and_offsets() {
    let mut index = KeyIndexer::with_capacity(4);
    let hash = compute_hash(b"key");
    assert_eq!(KeyIndexer::tag_from_key(b"key"), KeyIndexer::tag_from_hash(hash));
    assert_eq!(KeyIndexer::unpack(KeyIndexer::pack(7, 9)), (7, 9));
    assert_eq!(index.insert(hash, 100), Ok(None));
    assert_eq!(index.insert(hash, 200), Ok(Some(100)));
    index.insert_if_absent(hash, 300);
    index.insert_if_absent(1, 400);
    assert_eq!((index.get_offset(&hash), index.get_offset(&1), index.len()), (Some(200), Some(400), 2));
    assert_eq!(index.get_packed(&hash).copied(), Some(KeyIndexer::pack(KeyIndexer::tag_from_hash(hash), 200)));
    assert_eq!(index.values().count(), 2);
    assert_eq!(index.remove(&hash), Some(200));
    index.reserve(10);
    index.clear();
    assert!(index.is_empty());
}
