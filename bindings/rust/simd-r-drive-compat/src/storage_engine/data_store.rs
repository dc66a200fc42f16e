//! The store itself: opening, iterating, compacting. What the traits have is in `reading` and `writing`.

use super::entry_handle::EntryHandle;
use super::entry_iterator::EntryIterator;
use super::sharing;
use crate::utils::verify_file_existence;
use simdr::{Mode, Store};
use std::io::Result;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A store in one file. Two handles of one file share one store.
pub struct DataStore {
    pub(super) store: Arc<Store>,
    pub(super) path: PathBuf,
}

impl DataStore {
    /// Opens the store in the file `path`; creates an absent file.
    ///
    /// `ErrorKind::ResourceBusy` when another process has it open for writing, `ErrorKind::InvalidData` when it is no store.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_as(path, Mode::Create)
    }

    /// Opens the store in a file that is there.
    pub fn open_existing(path: &Path) -> Result<Self> {
        verify_file_existence(path)?;
        Self::open_as(path, Mode::Existing)
    }

    fn open_as(path: &Path, mode: Mode) -> Result<Self> {
        Ok(Self { store: sharing::open(path, mode)?, path: path.to_owned() })
    }

    /// The path that it was opened by.
    pub fn get_path(&self) -> PathBuf {
        self.path.clone()
    }

    /// The live entries, newest to oldest, as they are now.
    pub fn iter_entries(&self) -> EntryIterator {
        EntryIterator::of(self.store.iter_shared())
    }

    /// The live entries as they are now, for several threads.
    ///
    /// # Panics
    /// As [`EntryIterator`] does.
    #[cfg(feature = "parallel")]
    pub fn par_iter_entries(&self) -> impl rayon::iter::ParallelIterator<Item = EntryHandle> {
        use rayon::iter::ParallelIterator;

        let entries = self.store.par_iter().unwrap_or_else(|error| panic!("iterating: {error}"));
        entries.map(EntryHandle::from)
    }

    /// What a compaction would save, in bytes.
    pub fn estimate_compaction_savings(&self) -> u64 {
        self.store.compaction_savings()
    }

    /// Writes the live entries to a new file and puts it in the place of the old one. All handles of the file go on, on the new one;
    /// entries and iterators keep the old one.
    pub fn compact(&mut self) -> Result<()> {
        self.store.compact()?;
        sharing::file_was_replaced(&self.store);
        Ok(())
    }

    /// The mapped file, up to the end of the last live entry.
    #[cfg(any(test, debug_assertions))]
    pub fn get_mmap_arc_for_testing(&self) -> Arc<super::Mapping> {
        Arc::new(super::Mapping::of(&self.store))
    }

    /// Where the file is mapped.
    #[cfg(any(test, debug_assertions))]
    pub fn arc_ptr(&self) -> *const u8 {
        super::Mapping::of(&self.store).as_ptr()
    }
}

/// # Panics
/// When the store cannot be opened.
impl From<PathBuf> for DataStore {
    fn from(path: PathBuf) -> Self {
        Self::open(&path).unwrap_or_else(|error| panic!("Failed to open storage file: {error}"))
    }
}

impl IntoIterator for DataStore {
    type Item = EntryHandle;
    type IntoIter = EntryIterator;

    fn into_iter(self) -> EntryIterator {
        self.iter_entries()
    }
}
