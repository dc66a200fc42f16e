use super::entry_handle::EntryHandle;

/// The live entries, newest to oldest, as they were when it began. It keeps the store open.
///
/// # Panics
/// `next` does, with the library's words, where it cannot go on, as for want of memory: to end early would look like fewer entries.
pub struct EntryIterator(simdr::SharedEntries);

impl EntryIterator {
    pub(super) fn new(entries: simdr::SharedEntries) -> Self {
        Self(entries)
    }
}

impl Iterator for EntryIterator {
    type Item = EntryHandle;

    fn next(&mut self) -> Option<EntryHandle> {
        let entry = self.0.next()?.unwrap_or_else(|error| panic!("iterating: {error}"));
        Some(entry.into())
    }
}
