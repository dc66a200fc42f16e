//! What must be gone before a store is closed, and what happens when it is not.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the iterators, writers and reservations of a store.
///
/// Their lifetimes make the compiler refuse a close before their end, but not that one is leaked. A store with a leaked
/// one is never closed: the C library must not be asked to close a store that something still uses.
#[derive(Debug, Default)]
pub(crate) struct Leases(AtomicUsize);

impl Leases {
    pub(crate) fn take(&self) -> Lease<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Lease(self)
    }

    /// Exact when nobody else uses the store.
    pub(crate) fn is_any_out(&self) -> bool {
        self.0.load(Ordering::Acquire) != 0
    }
}

#[derive(Debug)]
pub(crate) struct Lease<'s>(&'s Leases);

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Release);
    }
}
