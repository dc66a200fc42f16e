//! Debug builds only, for tests that look where values are in memory.

use simdr::{Entry, Store};
use std::ops::Deref;

/// The mapped file, up to the end of the last live entry.
pub struct Mapping {
    /// Keeps the file mapped. None for a store without entries.
    last: Option<Entry>,
}

impl Mapping {
    pub(super) fn of(store: &Store) -> Self {
        Self { last: store.last_entry().unwrap_or_default() }
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        let Some(last) = &self.last else { return &[] };
        let offsets = last.offsets();
        // SAFETY: libsimdr maps a file from its first byte on, in one piece. Up to the end of an entry all of it is committed
        // and never written to again, and the entry keeps it mapped.
        unsafe {
            std::slice::from_raw_parts(last.as_ptr_range().start.sub(offsets.start as usize), offsets.end as usize)
        }
    }
}
