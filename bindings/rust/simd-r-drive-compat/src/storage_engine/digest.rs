//! Hashes of keys and checksums of payloads.

mod checksum;
mod hashers;
mod key_hash;

pub use checksum::compute_checksum;
pub use hashers::{IdentityBuildHasher, IdentityHasher, Xxh3BuildHasher, Xxh3Hasher};
pub use key_hash::{compute_hash, compute_hash_batch};
