/// The 64-bit XXH3 hash of a key: its identity in the file.
pub fn compute_hash(key: &[u8]) -> u64 {
    simdr::KeyHash::of(key).0
}

/// The hashes of many keys, in their order.
///
/// ```
/// use simd_r_drive::{compute_hash, compute_hash_batch};
///
/// assert_eq!(compute_hash_batch(&[b"alice", b"bob"]), [compute_hash(b"alice"), compute_hash(b"bob")]);
/// ```
pub fn compute_hash_batch(keys: &[&[u8]]) -> Vec<u64> {
    keys.iter().map(|key| compute_hash(key)).collect()
}
