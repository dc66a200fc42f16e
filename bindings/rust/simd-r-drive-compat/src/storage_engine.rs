//! Stores, entries, and what they are made of.

pub mod constants;
pub mod digest;
pub mod traits;

mod data_store;
mod entry_handle;
mod entry_iterator;
mod entry_metadata;
mod entry_stream;
mod key_indexer;
#[cfg(feature = "memmap2")]
mod mapped_entries;
#[cfg(any(test, debug_assertions))]
mod mapping;
mod reading;
mod sharing;
mod writing;

pub use constants::*;
pub use data_store::DataStore;
pub use entry_handle::EntryHandle;
pub use entry_iterator::EntryIterator;
pub use entry_metadata::EntryMetadata;
pub use entry_stream::EntryStream;
pub use key_indexer::KeyIndexer;
#[cfg(any(test, debug_assertions))]
pub use mapping::Mapping;
