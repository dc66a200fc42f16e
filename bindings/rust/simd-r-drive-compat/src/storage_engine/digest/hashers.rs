//! Hashers for maps of keys and of key hashes.

use super::compute_hash;
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

/// XXH3 of the bytes that were written last.
#[derive(Default)]
pub struct Xxh3Hasher {
    hash: u64,
}

impl Hasher for Xxh3Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.hash = compute_hash(bytes);
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}

/// Builds [`Xxh3Hasher`]s.
#[derive(Default, Clone)]
pub struct Xxh3BuildHasher;

impl BuildHasher for Xxh3BuildHasher {
    type Hasher = Xxh3Hasher;

    fn build_hasher(&self) -> Xxh3Hasher {
        Xxh3Hasher::default()
    }
}

/// For keys that are hashes already: the hash of a `u64` is itself.
#[derive(Default)]
pub struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only for u64 keys");
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Builds [`IdentityHasher`]s.
pub type IdentityBuildHasher = BuildHasherDefault<IdentityHasher>;
