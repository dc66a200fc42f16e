//! Values in hot loops: borrowed, with no allocation and no counter.

use crate::key::by_key;
use crate::{Error, Key, KeyHash, Result, Status, Store, call};
use simdr_sys::*;
use std::fmt;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::Deref;
use std::slice;
use std::sync::{PoisonError, RwLockReadGuard, TryLockError};
use std::thread;

/// One stored value, borrowed from [`Views`], from a [`Snapshot`](crate::Snapshot) or during a visit.
#[derive(Clone, Copy)]
pub struct View<'a> {
    raw: simdr_view,
    _borrowed: PhantomData<&'a [u8]>,
}

// SAFETY: points to bytes that never change while 'a lasts.
unsafe impl Send for View<'_> {}
// SAFETY: as above.
unsafe impl Sync for View<'_> {}

impl<'a> View<'a> {
    /// # Safety
    /// The library filled `raw` in, with a value that stays mapped during 'a.
    pub(crate) unsafe fn new(raw: simdr_view) -> Self {
        Self { raw, _borrowed: PhantomData }
    }

    /// The payload.
    pub fn as_slice(&self) -> &'a [u8] {
        // SAFETY: the promise of new().
        unsafe { slice::from_raw_parts(self.raw.data.cast(), self.raw.size) }
    }

    /// The hash of the key that it was stored under.
    pub fn key_hash(&self) -> KeyHash {
        KeyHash(self.raw.key_hash)
    }

    /// Where the payload starts in the file.
    pub fn payload_offset(&self) -> u64 {
        self.raw.payload_offset
    }

    /// The stored CRC-32 of the payload.
    pub fn checksum(&self) -> u32 {
        self.raw.checksum
    }
}

impl Deref for View<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl AsRef<[u8]> for View<'_> {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl<T: AsRef<[u8]> + ?Sized> PartialEq<T> for View<'_> {
    fn eq(&self, other: &T) -> bool {
        self.as_slice() == other.as_ref()
    }
}

impl Eq for View<'_> {}

impl fmt::Debug for View<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("View").field("key_hash", &self.key_hash()).field("size", &self.raw.size).finish()
    }
}

/// Reads that hand out [`View`]s. While one of these exists the store is not compacted: [`Store::compact`] is refused.
pub struct Views<'s> {
    store: &'s Store,
    /// None for the thread that compacts the store, which would wait for itself: then nothing is handed out.
    held: Option<RwLockReadGuard<'s, ()>>,
}

impl Store {
    /// Reads for hot loops. Waits for a compaction that is under way; so take it once for many reads, and drop it. In the progress callback of
    /// that compaction, which must not wait for it, every read of what this returns is [`Status::BAD_STATE`].
    pub fn views(&self) -> Views<'_> {
        // Nothing is guarded but the mapping, which a panic leaves as it is.
        let held = match self.views_lock.try_read() {
            Ok(held) => Some(held),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if self.is_compacted_by_this_thread() => None,
            Err(TryLockError::WouldBlock) => Some(self.views_lock.read().unwrap_or_else(PoisonError::into_inner)),
        };
        Views { store: self, held }
    }

    fn is_compacted_by_this_thread(&self) -> bool {
        *self.compacting_thread.lock().unwrap_or_else(PoisonError::into_inner) == Some(thread::current().id())
    }
}

impl Views<'_> {
    /// The store, whose mapping stays as long as this does.
    #[inline]
    fn store(&self) -> Result<*mut simdr_store> {
        if self.held.is_none() {
            return Err(refused());
        }
        Ok(self.store.as_ptr())
    }

    /// The newest value under `key`.
    #[inline]
    pub fn get<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<View<'_>>> {
        let (key, store) = (key.into(), self.store()?);
        let mut view = MaybeUninit::uninit();
        // SAFETY: reads key during the call, and fills in the view when it succeeds.
        let is_found = call::unless(Status::NOT_FOUND, |err| unsafe {
            by_key!(key, simdr_store_view, simdr_store_view_hashed, (store), (view.as_mut_ptr(), err))
        })?;
        // SAFETY: filled in; mapped until the store is closed or compacted, and neither is possible as long as self is.
        Ok(is_found.then(|| unsafe { View::new(view.assume_init()) }))
    }

    /// Many at once, their cache misses overlapped. A place whose key is absent is `None`.
    pub fn get_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<Vec<Option<View<'_>>>> {
        let (store, keys) = (self.store()?, call::raw_all(keys));
        // SAFETY: reads keys during the call, and fills in as many views.
        self.many(keys.len(), |out, err| unsafe {
            simdr_store_view_many(store, keys.as_ptr(), keys.len(), out, std::ptr::null_mut(), err)
        })
    }

    /// As [`Views::get_many`].
    pub fn get_many_hashed(&self, hashes: &[KeyHash]) -> Result<Vec<Option<View<'_>>>> {
        let store = self.store()?;
        // SAFETY: reads hashes during the call, and fills in as many views.
        self.many(hashes.len(), |out, err| unsafe {
            let (data, count) = call::raw_hashes(hashes);
            simdr_store_view_many_hashed(store, data, count, std::ptr::null(), 0, out, std::ptr::null_mut(), err)
        })
    }

    fn many(
        &self,
        count: usize,
        call: impl FnOnce(*mut simdr_view, *mut simdr_error) -> simdr_status,
    ) -> Result<Vec<Option<View<'_>>>> {
        let mut views = Vec::<simdr_view>::with_capacity(count);
        call::require(|err| call(views.as_mut_ptr(), err))?;
        // SAFETY: a call that succeeds fills in all of them.
        unsafe { views.set_len(count) };
        // SAFETY: as in get().
        Ok(views.into_iter().map(|view| (!view.data.is_null()).then(|| unsafe { View::new(view) })).collect())
    }
}

#[cold]
fn refused() -> Error {
    Error::new(Status::BAD_STATE, "store: this thread is compacting it, and so cannot have views of it")
}

impl fmt::Debug for Views<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Views").field("store", &self.store).finish()
    }
}
