//! What stands between a closure and the C library: a panic must not run into C.

use std::any::Any;
use std::ffi::c_int;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Mutex, PoisonError};

/// A closure on its way through C, as `user_data`. The first panic stops the call and goes on in [`Carrier::finish`].
pub(crate) struct Carrier<F> {
    function: F,
    panic: Panic,
}

impl<F> Carrier<F> {
    pub(crate) fn new(function: F) -> Self {
        Self { function, panic: Panic::default() }
    }

    /// For a callback on the caller's thread.
    pub(crate) fn run(&mut self, body: impl FnOnce(&mut F) -> c_int) -> c_int {
        self.panic.guard(|| body(&mut self.function))
    }

    /// For a callback on several threads at once.
    pub(crate) fn run_shared(&self, body: impl FnOnce(&F) -> c_int) -> c_int {
        self.panic.guard(|| body(&self.function))
    }

    /// To be called when C has returned.
    pub(crate) fn finish(self) -> F {
        self.panic.go_on();
        self.function
    }
}

#[derive(Default)]
struct Panic(Mutex<Option<Box<dyn Any + Send>>>);

impl Panic {
    fn guard(&self, body: impl FnOnce() -> c_int) -> c_int {
        catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
            1
        })
    }

    fn go_on(self) {
        if let Some(panic) = self.0.into_inner().unwrap_or_else(PoisonError::into_inner) {
            resume_unwind(panic);
        }
    }
}

/// What a callback of the library returns to go on or to stop.
pub(crate) fn answer(flow: ControlFlow<()>) -> c_int {
    c_int::from(flow.is_break())
}
