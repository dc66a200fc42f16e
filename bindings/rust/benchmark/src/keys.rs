//! The keys, the values and the orders of `bench/peers/keys.h`.

pub type Key = [u8; 16];

struct Xorshift64(u64);

impl Xorshift64 {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn key(number: u64) -> Key {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&number.to_le_bytes());
    key[8..].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes());
    key
}

pub fn in_order(count: usize) -> Vec<Key> {
    (0..count as u64).map(key).collect()
}

/// `count` draws: some keys come up more than once, some never.
pub fn at_random(count: usize) -> Vec<Key> {
    let mut random = Xorshift64(88_172_645_463_325_252);
    (0..count).map(|_| key(random.next() % count as u64)).collect()
}

pub fn value_of_size(size: usize) -> Vec<u8> {
    let mut random = Xorshift64(1);
    let words = (0..size.div_ceil(8)).flat_map(|_| random.next().to_le_bytes());
    words.take(size).collect()
}
