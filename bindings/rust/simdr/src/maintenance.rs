//! The whole store: counts, compaction, verification, backup, import; and files that are not open: upgrade and repair.

use crate::callback::{Carrier, answer};
use crate::{Durability, Error, KeyHash, OpenOptions, Result, Status, Store, call};
use simdr_sys::*;
use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::{PoisonError, TryLockError};
use std::thread::{self, ThreadId};

/// Counts and sizes of a store. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Live entries.
    pub live_count: u64,
    /// Payloads and trailers of live entries.
    pub live_size: u64,
    /// Replaced and deleted entries, deletion marks, and all pads.
    pub dead_size: u64,
    /// Entries in the file, dead ones and deletion marks included.
    pub total_count: u64,
    /// Deletion marks in the file.
    pub tombstone_count: u64,
    /// Where the last entry ends.
    pub tail_offset: u64,
    /// Of the file now; beyond the tail while it is open for writing.
    pub physical_size: u64,
    /// Reads since the open that found something. May lag behind by what other threads are doing just now.
    pub get_hits: u64,
    /// Reads since the open that did not.
    pub get_misses: u64,
    /// Entries appended since the open, deletion marks included.
    pub put_count: u64,
    /// Bytes appended since the open.
    pub written_size: u64,
    /// `fdatasync`s since the open.
    pub sync_count: u64,
    /// Everything below is on the disk.
    pub durable_offset: u64,
    /// Of the index.
    pub index_memory_size: u64,
    /// The occupied part of it, 0 to 1.
    pub index_load: f64,
    /// Append windows taken since the open.
    pub window_count: u64,
}

impl From<simdr_stats> for Stats {
    fn from(stats: simdr_stats) -> Self {
        Self {
            live_count: stats.live_count,
            live_size: stats.live_size,
            dead_size: stats.dead_size,
            total_count: stats.total_count,
            tombstone_count: stats.tombstone_count,
            tail_offset: stats.tail_offset,
            physical_size: stats.physical_size,
            get_hits: stats.get_hits,
            get_misses: stats.get_misses,
            put_count: stats.put_count,
            written_size: stats.written_size,
            sync_count: stats.sync_count,
            durable_offset: stats.durable_offset,
            index_memory_size: stats.index_memory_size,
            index_load: stats.index_load,
            window_count: stats.window_count,
        }
    }
}

/// One thing wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fault {
    /// Where in the file.
    pub offset: u64,
    /// Bytes concerned.
    pub size: u64,
    /// Of the entry concerned.
    pub key_hash: Option<KeyHash>,
    /// One line.
    pub what: String,
}

/// What [`Store::verify`] looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// All versions and deletion marks.
    pub entry_count: u64,
    /// Bytes that were checked.
    pub checked_size: u64,
    /// What was found; 0 for a sound store.
    pub fault_count: u64,
}

/// What [`repair`] kept and lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Repaired {
    /// Entries written to the new store.
    pub kept_count: u64,
    /// Their payloads, in bytes.
    pub kept_size: u64,
    /// Places of which nothing could be kept.
    pub lost_count: u64,
    /// Bytes of the file that are in no kept entry, pad or trailer.
    pub lost_size: u64,
}

/// How [`Store::import_directory`] stores what it finds.
#[derive(Clone, Copy, Debug, Default)]
pub struct ImportOptions<'a> {
    /// Of the whole.
    pub durability: Durability,
    /// Keys are [`namespaced_key`](crate::namespaced_key) of this and the path; without, the path itself.
    pub namespace: Option<&'a [u8]>,
}

/// A file that an import has dealt with.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ImportedFile<'a> {
    /// The path relative to the directory, with `/` between the parts: the key, unless there is a namespace.
    pub path: &'a Path,
    /// Bytes.
    pub size: u64,
    /// [`Status::OK`], or why it was left out.
    pub status: Status,
}

/// What an import stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Files stored.
    pub file_count: u64,
    /// Their bytes.
    pub stored_size: u64,
    /// Empty files, links, devices: what the format cannot or should not hold.
    pub skipped_count: u64,
}

impl Store {
    /// Writes the live entries to a new file and puts it in the place of the old one. Readers go on meanwhile, writers wait; entries and
    /// iterators keep the old file. [`Status::CORRUPT`], and nothing has changed, when a checksum fails. [`Status::BAD_STATE`] while
    /// there are [`Views`](crate::Views), and while it is being compacted already.
    pub fn compact(&self) -> Result<()> {
        match self.compact_with(|_, _| ControlFlow::Continue(()))? {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Status::STOPPED.into()),
        }
    }

    /// As [`Store::compact`]. `progress` gets the bytes done and in all; it must not write to the store, and the
    /// [`Views`](crate::Views) that it gets of it refuse every read. When it breaks, nothing has changed.
    pub fn compact_with<F: FnMut(u64, u64) -> ControlFlow<()>>(&self, progress: F) -> Result<ControlFlow<()>> {
        let _no_views = match self.views_lock.try_write() {
            Ok(held) => held,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(self.why_not_compacted()),
        };
        let mut carrier = Carrier::new(progress);
        let mut options = simdr_compact_options::INIT;
        options.progress = Some(call_progress::<F>);
        options.progress_user_data = (&raw mut carrier).cast();
        self.set_compacting_thread(Some(thread::current().id()));
        // SAFETY: the callback is that of this carrier, which lives during the call.
        let result = call::unless(Status::STOPPED, |err| unsafe { simdr_store_compact(self.as_ptr(), &options, err) });
        self.set_compacting_thread(None);
        carrier.finish();
        result.map(flow)
    }

    #[cold]
    fn why_not_compacted(&self) -> Error {
        let is_under_way = self.compacting_thread.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        let why = if is_under_way {
            "store: it is being compacted already"
        } else {
            "store: views of it are in use; drop them before compacting"
        };
        Error::new(Status::BAD_STATE, why)
    }

    fn set_compacting_thread(&self, thread: Option<ThreadId>) {
        *self.compacting_thread.lock().unwrap_or_else(PoisonError::into_inner) = thread;
    }

    /// Checks every checksum, link and pad byte, and tells each fault.
    pub fn verify(&self, mut on_fault: impl FnMut(Fault)) -> Result<Verification> {
        let on_fault = |fault| {
            on_fault(fault);
            ControlFlow::Continue(())
        };
        let result = self.verify_with(on_fault, |_, _| ControlFlow::Continue(()))?;
        result.ok_or_else(|| Status::STOPPED.into())
    }

    /// As [`Store::verify`]; `progress` gets the bytes done and in all. `None` when one of the two broke.
    pub fn verify_with<F, P>(&self, on_fault: F, progress: P) -> Result<Option<Verification>>
    where
        F: FnMut(Fault) -> ControlFlow<()>,
        P: FnMut(u64, u64) -> ControlFlow<()>,
    {
        let (mut faults, mut progress) = (Carrier::new(on_fault), Carrier::new(progress));
        let mut options = simdr_verify_options::INIT;
        options.on_fault = Some(call_fault::<F>);
        options.on_fault_user_data = (&raw mut faults).cast();
        options.progress = Some(call_progress::<P>);
        options.progress_user_data = (&raw mut progress).cast();
        let mut found = simdr_verify_result::INIT;
        // SAFETY: the callbacks are those of these carriers, which live during the call.
        let result = call::unless(Status::STOPPED, |err| unsafe {
            simdr_store_verify(self.as_ptr(), &options, &mut found, err)
        });
        faults.finish();
        progress.finish();
        let verification = Verification {
            entry_count: found.entry_count,
            checked_size: found.checked_size,
            fault_count: found.fault_count,
        };
        match result {
            Ok(is_done) => Ok(is_done.then_some(verification)),
            Err(error) if error.status() == Status::CORRUPT && verification.fault_count > 0 => Ok(Some(verification)),
            Err(error) => Err(error),
        }
    }

    /// A consistent copy of the store as it is now, while it may be written: a new file, synced. [`Status::EXISTS`] if there is one.
    pub fn backup(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = call::c_path(path.as_ref())?;
        // SAFETY: reads path during the call.
        call::require(|err| unsafe { simdr_store_backup(self.as_ptr(), path.as_ptr(), err) })
    }

    /// Stores every regular file under `directory` by its relative path, and tells each. `None` when `on_file` broke; what was stored
    /// before stays, as it does on an error.
    pub fn import_directory<F: FnMut(ImportedFile<'_>) -> ControlFlow<()>>(
        &self,
        directory: impl AsRef<Path>,
        options: ImportOptions<'_>,
        on_file: F,
    ) -> Result<Option<Imported>> {
        let directory = call::c_path(directory.as_ref())?;
        let mut carrier = Carrier::new(on_file);
        let namespace = options.namespace.map(call::raw);
        let raw_options = simdr_import_options {
            flags: options.durability.raw(),
            ns: namespace.map_or(ptr::null(), |bytes| bytes.data),
            ns_size: namespace.map_or(0, |bytes| bytes.size),
            on_file: Some(call_file::<F>),
            on_file_user_data: (&raw mut carrier).cast(),
            ..simdr_import_options::INIT
        };
        let mut stored = simdr_import_result::INIT;
        // SAFETY: the callback is that of this carrier, which lives during the call; so do directory and namespace.
        let result = call::unless(Status::STOPPED, |err| unsafe {
            simdr_store_import_directory(self.as_ptr(), directory.as_ptr(), &raw_options, &mut stored, err)
        });
        carrier.finish();
        Ok(result?.then_some(Imported {
            file_count: stored.file_count,
            stored_size: stored.stored_size,
            skipped_count: stored.skipped_count,
        }))
    }
}

/// Rewrites a store of any generation as the newest one, in a new file. `path` is only read.
pub fn upgrade(path: impl AsRef<Path>, new_path: impl AsRef<Path>, options: &OpenOptions) -> Result<()> {
    let (path, new_path) = (call::c_path(path.as_ref())?, call::c_path(new_path.as_ref())?);
    let (options, _log) = options.to_raw();
    // SAFETY: reads all of them during the call.
    call::require(|err| unsafe { simdr_upgrade(path.as_ptr(), new_path.as_ptr(), &options, err) })
}

/// Writes all entries of `path` whose bytes are intact to a new store, and tells what was lost. `path` is only read. `None` when
/// `on_fault` broke.
pub fn repair<F: FnMut(Fault) -> ControlFlow<()>>(
    path: impl AsRef<Path>,
    new_path: impl AsRef<Path>,
    on_fault: F,
) -> Result<Option<Repaired>> {
    let (path, new_path) = (call::c_path(path.as_ref())?, call::c_path(new_path.as_ref())?);
    let mut carrier = Carrier::new(on_fault);
    let mut kept = simdr_repair_result::INIT;
    // SAFETY: the callback is that of this carrier, which lives during the call.
    let result = call::unless(Status::STOPPED, |err| unsafe {
        let user_data = (&raw mut carrier).cast();
        simdr_repair(path.as_ptr(), new_path.as_ptr(), Some(call_fault::<F>), user_data, &mut kept, err)
    });
    carrier.finish();
    Ok(result?.then_some(Repaired {
        kept_count: kept.kept_count,
        kept_size: kept.kept_size,
        lost_count: kept.lost_count,
        lost_size: kept.lost_size,
    }))
}

fn flow(is_done: bool) -> ControlFlow<()> {
    if is_done { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
}

unsafe extern "C" fn call_progress<F: FnMut(u64, u64) -> ControlFlow<()>>(
    done: u64,
    total: u64,
    carrier: *mut c_void,
) -> c_int {
    // SAFETY: `carrier` is what was passed with this callback, and nobody else uses it during the call.
    unsafe { &mut *carrier.cast::<Carrier<F>>() }.run(|progress| answer(progress(done, total)))
}

unsafe extern "C" fn call_fault<F: FnMut(Fault) -> ControlFlow<()>>(
    fault: *const simdr_fault,
    carrier: *mut c_void,
) -> c_int {
    // SAFETY: `carrier` is what was passed with this callback, and nobody else uses it; the fault is valid during the call.
    let (carrier, fault) = unsafe { (&mut *carrier.cast::<Carrier<F>>(), *fault) };
    carrier.run(|on_fault| {
        let key_hash = (fault.key_hash != 0).then_some(KeyHash(fault.key_hash));
        // SAFETY: valid during the call.
        let what = unsafe { call::text(fault.what) }.into_owned();
        answer(on_fault(Fault { offset: fault.offset, size: fault.size, key_hash, what }))
    })
}

unsafe extern "C" fn call_file<F: FnMut(ImportedFile<'_>) -> ControlFlow<()>>(
    key: *const c_char,
    size: u64,
    status: simdr_status,
    carrier: *mut c_void,
) -> c_int {
    // SAFETY: `carrier` is what was passed with this callback, and nobody else uses it; the key is valid during the call.
    let (carrier, key) = unsafe { (&mut *carrier.cast::<Carrier<F>>(), CStr::from_ptr(key)) };
    carrier.run(|on_file| {
        let path = Path::new(OsStr::from_bytes(key.to_bytes()));
        answer(on_file(ImportedFile { path, size, status: Status::new(status) }))
    })
}
