//! A value that was read, or one that never was in a store.

use super::constants::METADATA_SIZE;
use super::digest::compute_checksum;
use super::entry_metadata::EntryMetadata;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// One value. It keeps its bytes by itself, also after the store is gone; a clone is one more reference to the same bytes.
#[derive(Debug, Clone)]
pub struct EntryHandle {
    payload: Payload,
    /// Where the bytes are in the file; a part of what the entry has is allowed.
    pub range: Range<usize>,
    /// What the file says of it.
    pub metadata: EntryMetadata,
}

#[derive(Debug, Clone)]
enum Payload {
    /// Starts at this offset in the file.
    Stored {
        entry: simdr::Entry,
        offset: usize,
    },
    Owned(Arc<AlignedBytes>),
    /// Of the caller's; `range` counts from its start.
    #[cfg(feature = "memmap2")]
    Mapped(Arc<memmap2::Mmap>),
}

/// Bytes of the caller's, aligned as a store's are.
#[derive(Debug)]
struct AlignedBytes {
    lines: Box<[Line]>,
    size: usize,
}

#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
struct Line([u8; 64]);

impl AlignedBytes {
    fn copied(bytes: &[u8]) -> Self {
        let mut lines = vec![Line([0; 64]); bytes.len().div_ceil(64)];
        for (line, chunk) in lines.iter_mut().zip(bytes.chunks(64)) {
            line.0[..chunk.len()].copy_from_slice(chunk);
        }
        Self { lines: lines.into(), size: bytes.len() }
    }

    fn as_slice(&self) -> &[u8] {
        // SAFETY: lines are bytes without gaps, at least as many as `size`.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.size) }
    }
}

impl EntryHandle {
    /// A value that is in no store: one copy of `bytes`, aligned as in one.
    pub fn from_owned_bytes_anon(bytes: &[u8], key_hash: u64) -> std::io::Result<Self> {
        Ok(Self {
            payload: Payload::Owned(Arc::new(AlignedBytes::copied(bytes))),
            range: 0..bytes.len(),
            metadata: EntryMetadata::new(key_hash, 0, compute_checksum(bytes)),
        })
    }

    /// A part of a mapping of the caller's, which the handle keeps. Nothing is copied, and nothing is checked: `metadata` is to be that
    /// of the bytes.
    ///
    /// # Panics
    /// Whatever looks at the bytes does, when `range` is not within the mapping.
    #[cfg(feature = "memmap2")]
    pub fn from_arc_mmap(mmap_arc: Arc<memmap2::Mmap>, range: Range<usize>, metadata: EntryMetadata) -> Self {
        Self { payload: Payload::Mapped(mmap_arc), range, metadata }
    }

    /// The bytes, in place.
    pub fn as_slice(&self) -> &[u8] {
        match &self.payload {
            Payload::Stored { entry, offset } => &entry[self.range.start - offset..self.range.end - offset],
            Payload::Owned(bytes) => &bytes.as_slice()[self.range.clone()],
            #[cfg(feature = "memmap2")]
            Payload::Mapped(mapping) => &mapping[self.range.clone()],
        }
    }

    /// One more reference to the same bytes.
    pub fn clone_arc(&self) -> Self {
        self.clone()
    }

    /// What the file says of it.
    pub fn metadata(&self) -> &EntryMetadata {
        &self.metadata
    }

    /// Bytes of the payload.
    pub fn size(&self) -> usize {
        self.range.len()
    }

    /// Bytes of the payload and of the metadata behind it.
    pub fn file_size(&self) -> usize {
        self.size() + METADATA_SIZE
    }

    /// The hash of its key.
    pub fn key_hash(&self) -> u64 {
        self.metadata.key_hash
    }

    /// The stored CRC-32.
    pub fn checksum(&self) -> u32 {
        u32::from_le_bytes(self.metadata.checksum)
    }

    /// The stored CRC-32, as the file has it.
    pub fn raw_checksum(&self) -> [u8; 4] {
        self.metadata.checksum
    }

    /// Whether the bytes match the checksum; reads all of them.
    pub fn is_valid_checksum(&self) -> bool {
        match &self.payload {
            // Much faster, where it is the same question.
            Payload::Stored { entry, offset } if self.is_whole(entry, *offset) => entry.checksum_ok(),
            _ => compute_checksum(self.as_slice()) == self.metadata.checksum,
        }
    }

    /// Where the payload starts in the file.
    pub fn start_offset(&self) -> usize {
        self.range.start
    }

    /// Where it ends.
    pub fn end_offset(&self) -> usize {
        self.range.end
    }

    /// Where it is in the file.
    pub fn offset_range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// Where it is in memory, as long as a handle lives.
    pub fn address_range(&self) -> Range<*const u8> {
        self.as_slice().as_ptr_range()
    }

    /// Whether nobody has changed the public members.
    fn is_whole(&self, entry: &simdr::Entry, offset: usize) -> bool {
        self.range == (offset..offset + entry.len()) && self.raw_checksum() == entry.checksum_bytes()
    }
}

impl From<simdr::Entry> for EntryHandle {
    fn from(entry: simdr::Entry) -> Self {
        let info = entry.info();
        let offset = info.payload_offset as usize;
        let range = offset..offset + entry.len();
        Self { payload: Payload::Stored { entry, offset }, range, metadata: info.into() }
    }
}

impl Deref for EntryHandle {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for EntryHandle {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl PartialEq<[u8]> for EntryHandle {
    fn eq(&self, other: &[u8]) -> bool {
        self.as_slice() == other
    }
}

impl PartialEq<&[u8]> for EntryHandle {
    fn eq(&self, other: &&[u8]) -> bool {
        self.as_slice() == *other
    }
}

impl PartialEq<Vec<u8>> for EntryHandle {
    fn eq(&self, other: &Vec<u8>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

/// The bytes stay where they are; what is made of them holds the handle.
#[cfg(feature = "bytes")]
impl From<EntryHandle> for bytes::Bytes {
    fn from(handle: EntryHandle) -> Self {
        bytes::Bytes::from_owner(handle)
    }
}

/// For Arrow, without a copy. `Buffer` is `arrow::buffer::Buffer` of arrow 59, as there; those of other versions are made from
/// `bytes::Bytes`, which is made from a handle.
#[cfg(feature = "arrow")]
impl EntryHandle {
    /// A buffer that shares the bytes.
    pub fn as_arrow_buffer(&self) -> arrow_buffer::Buffer {
        self.clone().into_arrow_buffer()
    }

    /// A buffer that takes the bytes over.
    pub fn into_arrow_buffer(self) -> arrow_buffer::Buffer {
        bytes::Bytes::from(self).into()
    }
}
