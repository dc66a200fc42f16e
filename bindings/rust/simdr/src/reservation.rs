//! A value built in place.

use crate::lease::Lease;
use crate::{Result, Store, call};
use simdr_sys::*;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::{self, NonNull};

/// Room for one value in the mapped file, on a 64-byte boundary: what [`Store::reserve`] gives. Fill it, then
/// [`Reservation::commit`]; dropped without, it leaves nothing. All other writers of the store wait meanwhile.
///
/// What is in the bytes at first is unspecified.
pub struct Reservation<'s> {
    raw: NonNull<simdr_reservation>,
    bytes: NonNull<[u8]>,
    lease: Lease<'s>,
}

// SAFETY: a reservation may be filled, committed and aborted by another thread, by one at a time.
unsafe impl Send for Reservation<'_> {}
// SAFETY: a shared reference only reads the bytes.
unsafe impl Sync for Reservation<'_> {}

impl<'s> Reservation<'s> {
    pub(crate) fn open(store: &'s Store, key: &[u8], size: usize, flags: u32) -> Result<Self> {
        let (mut reservation, mut data) = (ptr::null_mut(), ptr::null_mut());
        // SAFETY: reads key during the call.
        call::require(|err| unsafe {
            let (key, key_size) = (key.as_ptr().cast(), key.len());
            simdr_store_reserve(store.as_ptr(), key, key_size, size, flags, &mut reservation, &mut data, err)
        })?;
        let raw = NonNull::new(reservation).expect("a reservation that succeeds hands out a handle");
        let data = NonNull::new(data.cast()).expect("a reservation that succeeds hands out memory");
        Ok(Self { raw, bytes: NonNull::slice_from_raw_parts(data, size), lease: store.lease() })
    }

    /// Publishes the value and returns the tail. Also when this fails, the room is gone.
    pub fn commit(self) -> Result<u64> {
        let mut this = ManuallyDrop::new(self);
        let mut tail = 0;
        // SAFETY: the reservation is ours, and this releases it in any case.
        let result = call::require(|err| unsafe { simdr_reservation_commit(this.raw.as_ptr(), &mut tail, err) });
        // SAFETY: `this` is not used again, and its drop does not run.
        unsafe { ptr::drop_in_place(&raw mut this.lease) };
        result.map(|()| tail)
    }
}

impl Deref for Reservation<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        // SAFETY: mapped and ours until commit or abort.
        unsafe { self.bytes.as_ref() }
    }
}

impl DerefMut for Reservation<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above, and nobody else has the bytes.
        unsafe { self.bytes.as_mut() }
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        // SAFETY: the reservation is ours, and its store is still open.
        unsafe { simdr_reservation_abort(self.raw.as_ptr()) };
    }
}

impl fmt::Debug for Reservation<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Reservation").field("size", &self.len()).finish_non_exhaustive()
    }
}
