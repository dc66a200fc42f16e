//! A store: opening, closing, and what it says of itself.

use crate::lease::{Lease, Leases};
use crate::options::LogHolder;
use crate::{Error, OpenOptions, Result, Stats, Status, call};
use simdr_sys::*;
use std::ffi::{CStr, OsStr};
use std::fmt;
use std::mem;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};
use std::sync::{Mutex, RwLock};
use std::thread::ThreadId;

/// A store in one file. Share it by reference or in an [`Arc`](std::sync::Arc): every method takes `&self`.
///
/// Dropping it syncs what was written and closes the file; [`Store::close`] also says whether that worked.
pub struct Store {
    raw: NonNull<simdr_store>,
    pub(crate) leases: Leases,
    /// Held for reading by every [`Views`](crate::Views): a compaction would take the bytes away from under them.
    pub(crate) views_lock: RwLock<()>,
    /// The thread that holds it for writing, if one does, and must not wait for it.
    pub(crate) compacting_thread: Mutex<Option<ThreadId>>,
    /// Called by the library until the store is closed.
    log: Option<LogHolder>,
}

// SAFETY: the library allows every call from any thread; the close is the last one, since it takes the store by value.
unsafe impl Send for Store {}
// SAFETY: the library allows every call but the close from several threads at once.
unsafe impl Sync for Store {}

impl Store {
    /// Opens the store in the file `path` for reading and writing; creates an absent file. [`OpenOptions`] can more.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        OpenOptions::new().open(path)
    }

    pub(crate) fn open_with(path: &Path, options: &OpenOptions) -> Result<Self> {
        let path = call::c_path(path)?;
        let (options, log) = options.to_raw();
        let mut store = ptr::null_mut();
        // SAFETY: all pointers are valid during the call; what the log points to is kept below.
        call::require(|err| unsafe { simdr_store_open(path.as_ptr(), &options, &mut store, err) })?;
        let raw = NonNull::new(store).expect("an open that succeeds hands out a store");
        Ok(Self {
            raw,
            leases: Leases::default(),
            views_lock: RwLock::new(()),
            compacting_thread: Mutex::new(None),
            log,
        })
    }

    /// Closes the store and says what failed. The file is whole in any case: the next open finds every acknowledged write.
    pub fn close(mut self) -> Result<()> {
        if self.leases.is_any_out() {
            let message = "store: an iterator, writer or reservation of it was leaked, so it stays open";
            return Err(Error::new(Status::BAD_STATE, message));
        }
        // SAFETY: nothing uses the store any more, and its drop will not run.
        let result = call::require(|err| unsafe { simdr_store_close_checked(self.as_ptr(), err) });
        self.log = None;
        mem::forget(self);
        result
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        // SAFETY: valid until the close.
        let path = unsafe { CStr::from_ptr(simdr_store_path(self.as_ptr())) };
        Path::new(OsStr::from_bytes(path.to_bytes()))
    }

    /// Whether it was opened with [`Mode::ReadOnly`](crate::Mode::ReadOnly).
    pub fn is_read_only(&self) -> bool {
        // SAFETY: looks something up.
        unsafe { simdr_store_is_read_only(self.as_ptr()) != 0 }
    }

    /// `None` when the file was whole; else what was wrong and what was left out.
    pub fn recovered_from(&self) -> Option<String> {
        // SAFETY: looks something up.
        let text = unsafe { simdr_store_recovered_from(self.as_ptr()) };
        // SAFETY: if it is not NULL it is valid until the close.
        (!text.is_null()).then(|| unsafe { call::text(text) }.into_owned())
    }

    /// `"aligned-64"`, `"aligned-16"`, `"packed-20"`, `"packed-19"` or `"aligned-N"`.
    pub fn generation(&self) -> &str {
        // SAFETY: valid until the close.
        unsafe { CStr::from_ptr(simdr_store_generation(self.as_ptr())) }.to_str().unwrap_or_default()
    }

    /// Payloads start on multiples of this many bytes in the file.
    pub fn alignment(&self) -> u32 {
        // SAFETY: looks something up.
        unsafe { simdr_store_alignment(self.as_ptr()) }
    }

    /// How many live entries there are.
    pub fn len(&self) -> u64 {
        // SAFETY: looks something up.
        unsafe { simdr_store_count(self.as_ptr()) }
    }

    /// Whether there is no live entry.
    pub fn is_empty(&self) -> bool {
        // SAFETY: looks something up.
        unsafe { simdr_store_is_empty(self.as_ptr()) != 0 }
    }

    /// Bytes up to the end of the last entry: the size that the file has once the store is closed.
    pub fn file_size(&self) -> u64 {
        // SAFETY: looks something up.
        unsafe { simdr_store_file_size(self.as_ptr()) }
    }

    /// What a compaction would save, in bytes.
    pub fn compaction_savings(&self) -> u64 {
        // SAFETY: looks something up.
        unsafe { simdr_store_compaction_savings(self.as_ptr()) }
    }

    /// Counts and sizes.
    pub fn stats(&self) -> Result<Stats> {
        let mut stats = simdr_stats::INIT;
        // SAFETY: writes as much as `size` says.
        call::require(|err| unsafe { simdr_store_stats(self.as_ptr(), &mut stats, err) })?;
        Ok(stats.into())
    }

    /// For calls of `simdr_sys`; still owned by this object.
    pub fn as_ptr(&self) -> *mut simdr_store {
        self.raw.as_ptr()
    }

    pub(crate) fn lease(&self) -> Lease<'_> {
        self.leases.take()
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if self.leases.is_any_out() {
            // It stays open, and so may its log be called.
            mem::forget(self.log.take());
        } else {
            // SAFETY: nothing uses the store any more.
            unsafe { simdr_store_close(self.as_ptr()) };
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Store").field("path", &self.path()).field("len", &self.len()).finish_non_exhaustive()
    }
}
