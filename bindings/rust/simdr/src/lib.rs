//! An append-only store of key -> bytes in one memory-mapped file, over the C library libsimdr.
//!
//! ```
//! # fn main() -> Result<(), simdr::Error> {
//! # let folder = std::env::temp_dir().join(format!("simdr-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! # let path = folder.join("lib.simdr");
//! let store = simdr::Store::open(&path)?;
//! store.put("greeting", b"hello")?;
//! if let Some(entry) = store.get("greeting")? {
//!     assert_eq!(&entry[..], b"hello"); // in the mapped file; nothing was copied
//! }
//! store.close()?;
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok(())
//! # }
//! ```
//!
//! | you want | use |
//! |---|---|
//! | a value to keep, to hand to another thread, to outlive the store | [`Store::get`] -> [`Entry`], counted |
//! | values in a hot loop, with no allocation and no counter | [`Store::views`] -> [`View`], borrowed |
//! | all live entries, one by one | [`Store::iter`] -> [`Entries`] |
//! | all live entries in a slice, also for rayon | [`Store::snapshot`] -> [`Snapshot`] |
//! | to write | [`Store::put`] and its kind; [`Store::durably`] says how durably |
//! | a value of unknown size | [`Store::writer`], an [`std::io::Write`]; [`Store::put_reader`] |
//! | a value built in place | [`Store::reserve`] -> [`Reservation`] |
//!
//! **Keys** are `&str`, `&[u8]`, `&Vec<u8>` and whatever else is bytes by reference, or a [`KeyHash`]. The file keeps only the hash.
//!
//! **Writes** return the offset at which the file's last entry then ends. A call that fails changes nothing.
//!
//! **Lifetimes.** [`Entry`] and [`bytes::Bytes`](https://docs.rs/bytes) made from it own their bytes. Everything else borrows the
//! store, so that the compiler refuses a use after [`Store::close`]. A value that borrows the store and is leaked
//! ([`std::mem::forget`]) keeps the file open and locked until the process ends.
//!
//! **Threads.** [`Store`], [`Entry`] and [`Snapshot`] are `Send + Sync`; reads take no lock. Iterators, writers and reservations are
//! used by one thread at a time, which the compiler checks.
//!
//! **A failing disk** under a mapped page ends the process with SIGBUS, as with every mapped file. [`Store::read_at`] reads by a system
//! call and returns an error instead.
//!
//! Unix only, as the library is.

mod call;
mod callback;
mod entry;
mod error;
mod iter;
mod key;
mod lease;
mod maintenance;
#[cfg(doctest)]
mod misuse;
mod options;
mod read;
mod reservation;
mod snapshot;
mod status;
mod store;
mod stream;
mod typed;
mod view;
mod write;

#[cfg(feature = "bytes")]
mod bytes;
#[cfg(feature = "rayon")]
mod parallel;

pub use entry::{Entry, EntryInfo};
pub use error::{Error, Result};
pub use iter::{Entries, Iterate, SharedEntries};
pub use key::{Key, KeyHash, namespaced_key};
pub use maintenance::{Fault, ImportOptions, Imported, ImportedFile, Repaired, Stats, Verification, repair, upgrade};
pub use options::{Durability, LogLevel, Mode, OpenOptions};
pub use read::ReadAt;
pub use reservation::Reservation;
pub use snapshot::Snapshot;
pub use status::Status;
pub use store::Store;
pub use stream::ValueWriter;
pub use typed::Element;
pub use view::{View, Views};
pub use write::Durably;

/// The version of the library that runs.
pub fn version() -> &'static str {
    // SAFETY: returns a static string.
    unsafe { call::static_text(simdr_sys::simdr_version_string()) }
}

/// The copy and checksum kernels in use: `"scalar"`, `"avx2"`, `"vpclmul"`, `"avx512"`, `"neon"` or `"armcrc"`.
pub fn kernel_name() -> &'static str {
    // SAFETY: returns a static string.
    unsafe { call::static_text(simdr_sys::simdr_kernel_name()) }
}
