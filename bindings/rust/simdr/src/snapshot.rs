//! All live entries at one moment, borrowed.

use crate::callback::{Carrier, answer};
use crate::iter::RawIterator;
use crate::lease::Lease;
use crate::{Iterate, Result, Status, Store, View, call};
use simdr_sys::*;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::iter;
use std::ops::ControlFlow;
use std::slice;

/// The live entries as they were when [`Store::snapshot`] was called, newest to oldest, for indexed and, with the feature `rayon`,
/// parallel use. 40 bytes an entry. It keeps what it shows through later writes and compaction.
pub struct Snapshot<'s> {
    // Never handed out but with the lifetime of a borrow of self.
    views: Vec<View<'static>>,
    // The views are valid until this is freed.
    _keeps: RawIterator,
    _lease: Lease<'s>,
}

// SAFETY: the views may be shared, and the iterator is only freed.
unsafe impl Sync for Snapshot<'_> {}

impl Snapshot<'_> {
    /// All of them, newest to oldest.
    pub fn as_slice(&self) -> &[View<'_>] {
        &self.views
    }

    /// All of them, newest to oldest.
    pub fn iter(&self) -> iter::Copied<slice::Iter<'_, View<'_>>> {
        self.as_slice().iter().copied()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.views.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.views.is_empty()
    }
}

impl<'a> IntoIterator for &'a Snapshot<'_> {
    type Item = View<'a>;
    type IntoIter = iter::Copied<slice::Iter<'a, View<'a>>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for Snapshot<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Snapshot").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Store {
    /// The live entries as they are now.
    pub fn snapshot(&self) -> Result<Snapshot<'_>> {
        let lease = self.lease();
        let mut keeps = RawIterator::over(self, Iterate::default());
        // SAFETY: filled in by the library and valid until `keeps` is freed, which the snapshot sees to.
        let views = keeps.all_views()?.into_iter().map(|view| unsafe { View::new(view) }).collect();
        Ok(Snapshot { views, _keeps: keeps, _lease: lease })
    }

    /// Calls `visit` with every live entry once, in no order, on `thread_count` threads of the library (0: one for each CPU
    /// that the caller may run on), the caller's among them. Sees a snapshot. `Break` when `visit` stopped it.
    pub fn for_each(
        &self,
        thread_count: u32,
        visit: impl Fn(View<'_>) -> ControlFlow<()> + Sync,
    ) -> Result<ControlFlow<()>> {
        self.for_each_with(thread_count, false, visit)
    }

    /// As [`Store::for_each`]; with `verify` a bad checksum ends it with [`Status::CORRUPT`].
    pub fn for_each_with<F: Fn(View<'_>) -> ControlFlow<()> + Sync>(
        &self,
        thread_count: u32,
        verify: bool,
        visit: F,
    ) -> Result<ControlFlow<()>> {
        let carrier = Carrier::new(visit);
        let flags = if verify { SIMDR_ITERATE_VERIFY } else { 0 };
        // SAFETY: the callback is that of this carrier, which lives during the call and is only shared.
        let result = call::unless(Status::STOPPED, |err| unsafe {
            let user_data = (&raw const carrier).cast_mut().cast();
            simdr_store_for_each(self.as_ptr(), thread_count, flags, Some(call_visit::<F>), user_data, err)
        });
        carrier.finish();
        Ok(if result? { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }
}

unsafe extern "C" fn call_visit<F: Fn(View<'_>) -> ControlFlow<()> + Sync>(
    view: *const simdr_view,
    carrier: *mut c_void,
) -> c_int {
    // SAFETY: `carrier` is what for_each_with() passed; all threads share it. The view is valid during the call.
    let (carrier, view) = unsafe { (&*carrier.cast::<Carrier<F>>(), View::new(*view)) };
    carrier.run_shared(|visit| answer(visit(view)))
}
