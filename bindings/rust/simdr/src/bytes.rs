//! `bytes::Bytes` of an entry, without a copy.

use crate::Entry;
use bytes::Bytes;

/// The bytes stay in the mapped file; the `Bytes` and all that is sliced from it hold the entry's reference.
impl From<Entry> for Bytes {
    fn from(entry: Entry) -> Self {
        Bytes::from_owner(entry)
    }
}
