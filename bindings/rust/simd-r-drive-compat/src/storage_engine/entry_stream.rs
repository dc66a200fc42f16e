use super::entry_handle::EntryHandle;
use std::io::{Cursor, Read, Result};

/// A reader of one value, by copying.
pub struct EntryStream(Cursor<EntryHandle>);

impl From<EntryHandle> for EntryStream {
    fn from(handle: EntryHandle) -> Self {
        Self(Cursor::new(handle))
    }
}

impl Read for EntryStream {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        self.0.read(buffer)
    }
}
