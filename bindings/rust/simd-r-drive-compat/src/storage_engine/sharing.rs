//! One open store for all handles of one file in this process.
//!
//! simd-r-drive lets a file be opened any number of times, and its users do: to write again after a compaction, for one. libsimdr
//! has one writer per file. So a second handle shares the first one's store, and sees what it writes.

use simdr::{Mode, OpenOptions, Status, Store};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Device and inode.
type FileId = (u64, u64);

struct Open {
    file: FileId,
    store: Weak<Store>,
}

static OPEN_STORES: Mutex<Vec<Open>> = Mutex::new(Vec::new());

/// How long to go on trying: a store of this process may be just about to be opened, compacted or closed by another thread, when it
/// is locked but not to be found here.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait for the lock before looking again whether there is a store to share.
const PATIENCE: Duration = Duration::from_millis(5);

/// The store of the file `path`, opened or shared.
pub(super) fn open(path: &Path, mode: Mode) -> io::Result<Arc<Store>> {
    let mut options = OpenOptions::new();
    options.mode(mode);
    let deadline = Instant::now() + GRACE;
    loop {
        match options.open(path) {
            Ok(store) => return Ok(remember(store)),
            Err(error) if error.status() == Status::LOCKED => match shared(path) {
                Some(store) => return Ok(store),
                None if Instant::now() < deadline => options.lock_timeout(PATIENCE),
                None => return Err(error.into()),
            },
            Err(error) => return Err(error.into()),
        };
    }
}

/// To be called when the store's file has been replaced by a compaction.
pub(super) fn file_was_replaced(store: &Arc<Store>) {
    let Ok(file) = file_id(store.path()) else { return };
    for open in open_stores().iter_mut().filter(|open| open.store.as_ptr() == Arc::as_ptr(store)) {
        open.file = file;
    }
}

fn remember(store: Store) -> Arc<Store> {
    let store = Arc::new(store);
    if let Ok(file) = file_id(store.path()) {
        let mut open_stores = open_stores();
        open_stores.retain(|open| open.store.strong_count() > 0);
        open_stores.push(Open { file, store: Arc::downgrade(&store) });
    }
    store
}

fn shared(path: &Path) -> Option<Arc<Store>> {
    let file = file_id(path).ok()?;
    open_stores().iter().filter(|open| open.file == file).find_map(|open| open.store.upgrade())
}

fn file_id(path: &Path) -> io::Result<FileId> {
    fs::metadata(path).map(|info| (info.dev(), info.ino()))
}

fn open_stores() -> MutexGuard<'static, Vec<Open>> {
    // A list of weak references is whole whatever panicked.
    OPEN_STORES.lock().unwrap_or_else(PoisonError::into_inner)
}
