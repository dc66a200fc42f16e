//! The keys of the benchmark and the orders in which they are used. All are made before the clock starts.

use crate::rng::Xorshift64;

pub type Key = [u8; 16];

const READ_ORDER_SEED: u64 = 88_172_645_463_325_252;

/// Key number `i`: `i`, then `i * 0x9E3779B97F4A7C15` modulo 2^64, both as 8 little-endian bytes.
pub fn key(i: u64) -> Key {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&i.to_le_bytes());
    bytes[8..].copy_from_slice(&i.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    bytes
}

pub fn in_order(count: usize) -> Vec<Key> {
    (0..count as u64).map(key).collect()
}

/// `draws` out of `0..count`: some keys come up more than once, some never.
pub fn shuffled(count: usize, draws: usize) -> Vec<Key> {
    shuffled_from(0, count, draws)
}

/// The same draws, moved past the keys that are stored.
pub fn absent(count: usize, draws: usize) -> Vec<Key> {
    shuffled_from(count as u64, count, draws)
}

fn shuffled_from(first: u64, count: usize, draws: usize) -> Vec<Key> {
    let mut rng = Xorshift64::new(READ_ORDER_SEED);
    (0..draws).map(|_| key(first + rng.next() % count as u64)).collect()
}
