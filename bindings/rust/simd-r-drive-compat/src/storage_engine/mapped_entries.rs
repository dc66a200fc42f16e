//! The chain of entries in a mapping of the caller's: the one place of the binding that reads the file format by itself, since the library
//! opens files and not memory.

use super::constants::{METADATA_SIZE, NULL_BYTE, PAYLOAD_ALIGNMENT};
use super::digest::Xxh3BuildHasher;
use super::entry_handle::EntryHandle;
use super::entry_metadata::EntryMetadata;
use memmap2::Mmap;
use simdr::KeyHash;
use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

pub(super) struct MappedEntries {
    mapping: Arc<Mmap>,
    /// Where the next entry ends.
    tail: u64,
    seen: HashSet<u64, Xxh3BuildHasher>,
}

impl MappedEntries {
    pub(super) fn new(mapping: Arc<Mmap>, tail: u64) -> Self {
        Self { mapping, tail, seen: HashSet::with_hasher(Xxh3BuildHasher) }
    }

    /// The entry that ends at the tail, a deletion too; None where none can. Its link leads down, so that a walk ends whatever the file
    /// holds.
    fn entry_at_tail(&self) -> Option<(Range<usize>, EntryMetadata)> {
        let tail = usize::try_from(self.tail).ok()?;
        let end = tail.checked_sub(METADATA_SIZE)?;
        let metadata = EntryMetadata::deserialize(self.mapping.get(end..tail)?);
        let previous = usize::try_from(metadata.prev_offset).ok().filter(|&previous| previous < end)?;
        // A deletion takes no pad.
        let start = if self.mapping[previous..end] == NULL_BYTE {
            previous
        } else {
            previous.next_multiple_of(PAYLOAD_ALIGNMENT as usize)
        };
        (start < end).then_some((start..end, metadata))
    }
}

impl Iterator for MappedEntries {
    type Item = EntryHandle;

    fn next(&mut self) -> Option<EntryHandle> {
        while let Some((range, metadata)) = self.entry_at_tail() {
            self.tail = metadata.prev_offset;
            // A file that is open for writing ends in a guard, which is a link and nobody's value.
            let is_guard = KeyHash::RESERVED.contains(&KeyHash(metadata.key_hash));
            if is_guard || !self.seen.insert(metadata.key_hash) || self.mapping[range.clone()] == NULL_BYTE {
                continue;
            }
            return Some(EntryHandle::from_arc_mmap(Arc::clone(&self.mapping), range, metadata));
        }
        self.tail = 0;
        None
    }
}
