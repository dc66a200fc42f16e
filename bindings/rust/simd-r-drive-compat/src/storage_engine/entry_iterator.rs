use super::entry_handle::EntryHandle;

/// The live entries, newest to oldest, as they were when it began. It keeps the store open.
///
/// # Panics
/// `next` does, with the library's words, where it cannot go on, as for want of memory: to end early would look like fewer entries.
pub struct EntryIterator(Source);

enum Source {
    Store(simdr::SharedEntries),
    #[cfg(feature = "memmap2")]
    Mapping(super::mapped_entries::MappedEntries),
}

impl EntryIterator {
    pub(super) fn of(entries: simdr::SharedEntries) -> Self {
        Self(Source::Store(entries))
    }

    /// The live entries below `tail_offset` in the file that `mmap` maps: of a closed store, one of the mapping's size. It ends where
    /// no entry can be.
    #[cfg(feature = "memmap2")]
    pub fn new(mmap: std::sync::Arc<memmap2::Mmap>, tail_offset: u64) -> Self {
        Self(Source::Mapping(super::mapped_entries::MappedEntries::new(mmap, tail_offset)))
    }
}

impl Iterator for EntryIterator {
    type Item = EntryHandle;

    fn next(&mut self) -> Option<EntryHandle> {
        match &mut self.0 {
            Source::Store(entries) => {
                let entry = entries.next()?.unwrap_or_else(|error| panic!("iterating: {error}"));
                Some(entry.into())
            }
            #[cfg(feature = "memmap2")]
            Source::Mapping(entries) => entries.next(),
        }
    }
}
