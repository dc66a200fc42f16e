//! A map of key hashes to offsets, for callers who build an index of their own. Stores do not use it: libsimdr has its own.

use super::digest::{IdentityBuildHasher, compute_hash};
use std::collections::HashMap;
use std::collections::hash_map::{Entry, Values};

const TAG_SHIFT: u32 = 48;
const OFFSET_MASK: u64 = (1 << TAG_SHIFT) - 1;

/// Maps each key hash to an offset below 2^48, packed with the hash's upper 16 bits as a tag.
pub struct KeyIndexer {
    packed: HashMap<u64, u64, IdentityBuildHasher>,
}

impl KeyIndexer {
    /// An empty one with room for so many.
    pub fn with_capacity(estimated_entries: usize) -> Self {
        Self { packed: HashMap::with_capacity_and_hasher(estimated_entries, IdentityBuildHasher::default()) }
    }

    /// The tag of a hash.
    pub fn tag_from_hash(key_hash: u64) -> u16 {
        (key_hash >> TAG_SHIFT) as u16
    }

    /// The tag of a key.
    pub fn tag_from_key(key: &[u8]) -> u16 {
        Self::tag_from_hash(compute_hash(key))
    }

    /// Tag and offset in one number.
    ///
    /// # Panics
    /// In debug builds, when the offset is 2^48 or more.
    pub fn pack(tag: u16, offset: u64) -> u64 {
        debug_assert!(offset <= OFFSET_MASK, "the offset has more than 48 bits");
        u64::from(tag) << TAG_SHIFT | offset
    }

    /// What [`KeyIndexer::pack`] packed.
    pub fn unpack(packed: u64) -> (u16, u64) {
        ((packed >> TAG_SHIFT) as u16, packed & OFFSET_MASK)
    }

    /// Removes everything and keeps the room.
    pub fn clear(&mut self) {
        self.packed.clear();
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, additional: usize) {
        self.packed.reserve(additional);
    }

    /// Sets the offset and returns the one before; `Err` when the tags of the two differ.
    pub fn insert(&mut self, key_hash: u64, new_offset: u64) -> Result<Option<u64>, &'static str> {
        let tag = Self::tag_from_hash(key_hash);
        let packed = Self::pack(tag, new_offset);
        match self.packed.entry(key_hash) {
            Entry::Vacant(place) => {
                place.insert(packed);
                Ok(None)
            }
            Entry::Occupied(place) if Self::unpack(*place.get()).0 != tag => {
                Err("Hash collision detected: tag mismatch on write")
            }
            Entry::Occupied(mut place) => Ok(Some(Self::unpack(place.insert(packed)).1)),
        }
    }

    /// Sets the offset of a hash that has none.
    pub fn insert_if_absent(&mut self, key_hash: u64, offset: u64) {
        self.packed.entry(key_hash).or_insert(Self::pack(Self::tag_from_hash(key_hash), offset));
    }

    /// Tag and offset of a hash.
    pub fn get_packed(&self, key_hash: &u64) -> Option<&u64> {
        self.packed.get(key_hash)
    }

    /// The offset of a hash.
    pub fn get_offset(&self, key_hash: &u64) -> Option<u64> {
        self.get_packed(key_hash).map(|packed| Self::unpack(*packed).1)
    }

    /// Removes a hash and returns its offset.
    pub fn remove(&mut self, key_hash: &u64) -> Option<u64> {
        self.packed.remove(key_hash).map(|packed| Self::unpack(packed).1)
    }

    /// How many hashes there are.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// Tags and offsets, in no order.
    pub fn values(&self) -> Values<'_, u64, u64> {
        self.packed.values()
    }
}
