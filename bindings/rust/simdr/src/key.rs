//! Keys, their hashes, and namespaces.

use simdr_sys::*;
use std::fmt;

/// A key's identity in the file: the 64-bit XXH3 hash of its bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(transparent)]
pub struct KeyHash(pub u64);

impl KeyHash {
    /// The format's own hashes, which no value can be stored under.
    pub const RESERVED: &[KeyHash] = &[KeyHash(SIMDR_RESERVED_KEY_HASH), KeyHash(SIMDR_RESERVED_KEY_HASH_2)];

    /// The hash of a key of any size, also 0.
    pub fn of(key: impl AsRef<[u8]>) -> Self {
        let key = key.as_ref();
        // SAFETY: reads `key` only.
        Self(unsafe { simdr_key_hash(key.as_ptr().cast(), key.len()) })
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyHash({:#018x})", self.0)
    }
}

/// What names a value: bytes, of which the library takes the hash, or the hash itself.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// Any bytes, also none.
    Bytes(&'a [u8]),
    /// The hash of bytes that the caller knows or does not know.
    Hash(KeyHash),
}

impl<'a, T: AsRef<[u8]> + ?Sized> From<&'a T> for Key<'a> {
    fn from(bytes: &'a T) -> Self {
        Key::Bytes(bytes.as_ref())
    }
}

impl From<KeyHash> for Key<'_> {
    fn from(hash: KeyHash) -> Self {
        Key::Hash(hash)
    }
}

/// A key of 16 bytes that no other namespace shares: the hash of `namespace`, then that of `key`.
pub fn namespaced_key(namespace: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> [u8; 16] {
    let (namespace, key) = (namespace.as_ref(), key.as_ref());
    let mut out = [0; 16];
    // SAFETY: reads both ranges and writes 16 bytes.
    unsafe {
        simdr_namespaced_key(
            namespace.as_ptr().cast(),
            namespace.len(),
            key.as_ptr().cast(),
            key.len(),
            out.as_mut_ptr(),
        );
    }
    out
}

/// Calls the one of two sister functions that takes the key: `by_key!(key, get, get_hashed, (store), (out, err))`.
macro_rules! by_key {
    ($key:expr, $plain:path, $hashed:path, ($($before:expr),*), ($($after:expr),*)) => {
        match $key {
            $crate::Key::Bytes(key) => $plain($($before,)* key.as_ptr().cast(), key.len(), $($after),*),
            $crate::Key::Hash(hash) => $hashed($($before,)* hash.0, $($after),*),
        }
    };
}
pub(crate) use by_key;
