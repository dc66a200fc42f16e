//! Walking over entries.

use crate::key::by_key;
use crate::lease::Lease;
use crate::{Entry, Error, Key, Result, Status, Store, call};
use simdr_sys::*;
use std::fmt;
use std::iter::FusedIterator;
use std::ptr::{self, NonNull};
use std::sync::Arc;

/// What [`Store::iter_with`] walks over. By default: the live entries, one per key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Iterate {
    /// Every entry that was ever written and is still in the file, without deletions.
    pub all_versions: bool,
    /// Check each checksum: a bad one is an `Err` with [`Status::CORRUPT`], and the walk goes on after it.
    pub verify: bool,
}

impl Iterate {
    fn flags(self) -> u32 {
        let versions = if self.all_versions { SIMDR_ITERATE_ALL_VERSIONS } else { 0 };
        let verify = if self.verify { SIMDR_ITERATE_VERIFY } else { 0 };
        versions | verify
    }
}

/// An iterator of the library, or why there is none.
pub(crate) struct RawIterator {
    raw: Option<NonNull<simdr_iterator>>,
    failed: Option<Error>,
}

// SAFETY: an iterator may be used by any thread, by one at a time.
unsafe impl Send for RawIterator {}

impl RawIterator {
    fn open(open: impl FnOnce(*mut *mut simdr_iterator, *mut simdr_error) -> simdr_status) -> Self {
        let mut iterator = ptr::null_mut();
        let failed = call::require(|err| open(&mut iterator, err)).err();
        Self { raw: NonNull::new(iterator), failed }
    }

    pub(crate) fn over(store: &Store, what: Iterate) -> Self {
        // SAFETY: hands out an iterator that is freed before the store is closed, since it borrows the store.
        Self::open(|out, err| unsafe { simdr_iterator_open(store.as_ptr(), what.flags(), out, err) })
    }

    fn next(&mut self) -> Option<Result<Entry>> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        let (raw, mut entry) = (self.raw?.as_ptr(), ptr::null_mut());
        // SAFETY: the iterator is ours.
        match call::unless(Status::NOT_FOUND, |err| unsafe { simdr_iterator_next(raw, &mut entry, err) }) {
            // SAFETY: what it handed out is ours.
            Ok(true) => NonNull::new(entry).map(|raw| Ok(unsafe { Entry::from_raw(raw) })),
            Ok(false) => {
                self.free();
                None
            }
            Err(error) => {
                // Only a bad checksum is something to go on after.
                if error.status() != Status::CORRUPT {
                    self.free();
                }
                Some(Err(error))
            }
        }
    }

    /// The views of all that is left, valid until this object is gone.
    pub(crate) fn all_views(&mut self) -> Result<Vec<simdr_view>> {
        const AT_ONCE: usize = 1024;
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let mut views = Vec::<simdr_view>::new();
        let Some(raw) = self.raw else { return Ok(views) };
        loop {
            views.reserve(AT_ONCE);
            let room = views.spare_capacity_mut();
            let (out, capacity, mut count) = (room.as_mut_ptr().cast(), room.len(), 0);
            // SAFETY: fills in up to `capacity` views.
            let is_more = call::unless(Status::NOT_FOUND, |err| unsafe {
                simdr_iterator_next_views(raw.as_ptr(), out, capacity, &mut count, err)
            })?;
            if !is_more {
                return Ok(views);
            }
            // SAFETY: `count` more are filled in.
            unsafe { views.set_len(views.len() + count) };
        }
    }

    fn free(&mut self) {
        if let Some(raw) = self.raw.take() {
            // SAFETY: the iterator is ours, and its store is still open.
            unsafe { simdr_iterator_free(raw.as_ptr()) };
        }
    }
}

impl Drop for RawIterator {
    fn drop(&mut self) {
        self.free();
    }
}

/// A walk over entries, newest to oldest, as they were when it began: later writes and compaction do not disturb it.
///
/// An error of the opening is its first item.
pub struct Entries<'s> {
    raw: RawIterator,
    _lease: Lease<'s>,
}

impl Iterator for Entries<'_> {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        self.raw.next()
    }
}

impl FusedIterator for Entries<'_> {}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Entries").finish_non_exhaustive()
    }
}

/// As [`Entries`], but it borrows nothing: it keeps its store open.
pub struct SharedEntries {
    // First, so that it is freed before the store is closed.
    raw: RawIterator,
    store: Arc<Store>,
}

impl Iterator for SharedEntries {
    type Item = Result<Entry>;

    fn next(&mut self) -> Option<Result<Entry>> {
        self.raw.next()
    }
}

impl FusedIterator for SharedEntries {}

impl fmt::Debug for SharedEntries {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SharedEntries").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Store {
    /// The live entries, one per key.
    pub fn iter(&self) -> Entries<'_> {
        self.iter_with(Iterate::default())
    }

    /// As [`Store::iter`], over other entries or with their checksums checked.
    pub fn iter_with(&self, what: Iterate) -> Entries<'_> {
        Entries { raw: RawIterator::over(self, what), _lease: self.lease() }
    }

    /// All versions of one key that are still in the file, without deletions. Walks the file.
    pub fn versions<'k>(&self, key: impl Into<Key<'k>>) -> Entries<'_> {
        let (key, store) = (key.into(), self.as_ptr());
        // SAFETY: reads key during the call; the iterator is freed before the store is closed, since it borrows the store.
        let raw = RawIterator::open(|out, err| unsafe {
            by_key!(key, simdr_iterator_open_versions, simdr_iterator_open_versions_hashed, (store), (out, err))
        });
        Entries { raw, _lease: self.lease() }
    }

    /// As [`Store::iter`], for where a borrow cannot go: the iterator keeps the store open.
    pub fn iter_shared(self: &Arc<Self>) -> SharedEntries {
        SharedEntries { raw: RawIterator::over(self, Iterate::default()), store: Arc::clone(self) }
    }
}

impl<'s> IntoIterator for &'s Store {
    type Item = Result<Entry>;
    type IntoIter = Entries<'s>;

    fn into_iter(self) -> Entries<'s> {
        self.iter()
    }
}
