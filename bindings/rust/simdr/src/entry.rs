//! One stored value, counted.

use crate::{Element, KeyHash, Result, call, typed};
use simdr_sys::*;
use std::borrow::Cow;
use std::fmt;
use std::io;
use std::ops::{Deref, Range};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr::NonNull;
use std::slice;

/// One stored value. It keeps its bytes mapped by itself: they stay valid after later writes, after a compaction and after the
/// store is closed, on any thread. A clone is one more reference to the same bytes.
pub struct Entry {
    raw: NonNull<simdr_entry>,
    /// Asked for once: a call of the library for each index would cost more than the read.
    bytes: NonNull<[u8]>,
}

// SAFETY: an entry never changes, and the library counts its references atomically.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

impl Entry {
    /// Takes over one reference.
    ///
    /// # Safety
    /// `raw` is a reference that the library handed out and that nobody else releases.
    pub unsafe fn from_raw(raw: NonNull<simdr_entry>) -> Self {
        // SAFETY: the caller's reference keeps the entry alive.
        let (data, size) = unsafe { (simdr_entry_data(raw.as_ptr()), simdr_entry_size(raw.as_ptr())) };
        let data = NonNull::new(data.cast_mut().cast()).expect("an entry has a payload");
        Self { raw, bytes: NonNull::slice_from_raw_parts(data, size) }
    }

    /// The payload.
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: mapped, and never written to, as long as this reference lives.
        unsafe { self.bytes.as_ref() }
    }

    /// The hash of the key that it was stored under.
    pub fn key_hash(&self) -> KeyHash {
        // SAFETY: the entry is alive.
        KeyHash(unsafe { simdr_entry_key_hash(self.as_raw()) })
    }

    /// The stored CRC-32 of the payload.
    pub fn checksum(&self) -> u32 {
        // SAFETY: the entry is alive.
        unsafe { simdr_entry_checksum(self.as_raw()) }
    }

    /// The stored CRC-32 as the four bytes of the file.
    pub fn checksum_bytes(&self) -> [u8; 4] {
        let mut bytes = [0; 4];
        // SAFETY: the entry is alive; writes four bytes.
        unsafe { simdr_entry_checksum_bytes(self.as_raw(), bytes.as_mut_ptr()) };
        bytes
    }

    /// Whether the payload matches its checksum; reads all of it.
    pub fn checksum_ok(&self) -> bool {
        // SAFETY: the entry is alive.
        unsafe { simdr_entry_checksum_ok(self.as_raw()) != 0 }
    }

    /// Where the payload is in the file.
    pub fn offsets(&self) -> Range<u64> {
        // SAFETY: the entry is alive.
        unsafe { simdr_entry_start_offset(self.as_raw())..simdr_entry_end_offset(self.as_raw()) }
    }

    /// The payload's size and that of the metadata behind it.
    pub fn size_with_metadata(&self) -> u64 {
        // SAFETY: the entry is alive.
        unsafe { simdr_entry_size_with_metadata(self.as_raw()) }
    }

    /// What the file says of it.
    pub fn info(&self) -> EntryInfo {
        let mut info = simdr_entry_info::INIT;
        // SAFETY: the entry is alive; writes as much as `size` says.
        let result = call::require(|err| unsafe { simdr_entry_info_of(self.as_raw(), &mut info, err) });
        result.expect("the arguments are right, and nothing else can fail");
        info.into()
    }

    /// A number that two entries share exactly when one mapping of one file holds both.
    pub fn mapping_id(&self) -> u64 {
        // SAFETY: the entry is alive.
        unsafe { simdr_entry_mapping_id(self.as_raw()) }
    }

    /// The payload as elements in place, in this machine's byte order. [`Status::MISALIGNED`](crate::Status::MISALIGNED) and
    /// [`Status::PARTIAL_ELEMENT`](crate::Status::PARTIAL_ELEMENT) where that is not possible.
    pub fn typed<T: Element>(&self) -> Result<&[T]> {
        let (mut data, mut count) = (std::ptr::null(), 0);
        // SAFETY: the entry is alive.
        call::require(|err| unsafe {
            simdr_entry_typed_view(self.as_raw(), size_of::<T>(), align_of::<T>(), &mut data, &mut count, err)
        })?;
        // SAFETY: the library has checked alignment and size, and any bytes are a T.
        Ok(unsafe { slice::from_raw_parts(data.cast(), count) })
    }

    /// The payload as elements, in place where that is possible, else copied.
    pub fn typed_or_copy<T: Element>(&self) -> Result<Cow<'_, [T]>> {
        typed::in_place_or_copied(self)
    }

    /// A reader of the payload, for what takes [`io::Read`], [`io::BufRead`] or [`io::Seek`].
    pub fn into_reader(self) -> io::Cursor<Entry> {
        io::Cursor::new(self)
    }

    /// Writes the payload to a descriptor.
    pub fn write_fd(&self, fd: impl AsFd) -> Result<()> {
        // SAFETY: the entry is alive, and the descriptor stays open during the call.
        call::require(|err| unsafe { simdr_entry_write_fd(self.as_raw(), fd.as_fd().as_raw_fd(), err) })
    }

    /// For calls of `simdr_sys`; still this object's reference. Not `as_ptr`, which is the slice's and points to the payload.
    pub fn as_raw(&self) -> *mut simdr_entry {
        self.raw.as_ptr()
    }
}

impl Clone for Entry {
    fn clone(&self) -> Self {
        // SAFETY: the entry is alive; returns its argument, with one reference more.
        unsafe { simdr_entry_ref(self.as_raw()) };
        Self { raw: self.raw, bytes: self.bytes }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        // SAFETY: gives back this object's reference.
        unsafe { simdr_entry_unref(self.as_raw()) };
    }
}

impl Deref for Entry {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for Entry {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for Entry {
    fn eq(&self, other: &T) -> bool {
        self.as_slice() == other.as_ref()
    }
}

impl Eq for Entry {}

impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Entry").field("key_hash", &self.key_hash()).field("offsets", &self.offsets()).finish()
    }
}

/// What the file says of an entry. Offsets are in the file, sizes in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntryInfo {
    /// The hash of its key.
    pub key_hash: KeyHash,
    /// Where the payload starts.
    pub payload_offset: u64,
    /// The payload's size.
    pub payload_size: u64,
    /// Where the payload ends and the trailer starts.
    pub trailer_offset: u64,
    /// Where the entry before ended.
    pub prev_tail: u64,
    /// Where this one ends.
    pub tail_offset: u64,
    /// The stored CRC-32.
    pub checksum: u32,
}

impl From<simdr_entry_info> for EntryInfo {
    fn from(info: simdr_entry_info) -> Self {
        Self {
            key_hash: KeyHash(info.key_hash),
            payload_offset: info.payload_offset,
            payload_size: info.payload_size,
            trailer_offset: info.trailer_offset,
            prev_tail: info.prev_tail,
            tail_offset: info.tail_offset,
            checksum: info.checksum,
        }
    }
}
