//! The public interface of the crate `simd-r-drive` 0.17, over libsimdr: the same names and signatures, and the same files.
//!
//! ```toml
//! [dependencies]
//! simd-r-drive = { package = "simd-r-drive-compat", version = "0.1" }
//! ```
//!
//! ```
//! use simd_r_drive::{DataStore, traits::{DataStoreReader, DataStoreWriter}};
//! # let path = std::env::temp_dir().join(format!("simd-r-drive-doc-{}", std::process::id()));
//!
//! let storage = DataStore::open(&path).unwrap();
//! storage.write(b"key", b"value").unwrap();
//! let entry = storage.read(b"key").unwrap().unwrap();
//! assert_eq!(entry.as_slice(), b"value");
//! # std::fs::remove_file(&path).unwrap();
//! ```
//!
//! What behaves otherwise, and what is not here, is in the README of the bindings, under "Coming from simd-r-drive".

pub mod storage_engine;
pub mod utils;

pub use storage_engine::digest::*;
pub use storage_engine::*;
