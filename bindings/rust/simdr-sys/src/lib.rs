//! The C interface of libsimdr, one declaration for each of `simdr.h` and nothing else.
//!
//! The header's comments are the documentation: what a call does, who owns what, which threads, which statuses.
//! `docs/C_API.md` says what holds for all of them. The safe interface is the crate `simdr`.
//!
//! The declarations are written by hand; `tests/header.rs` compares each with the header that is installed.

#![no_std]
#![allow(non_camel_case_types)]
// The header documents them, and a copy here would only grow old.
#![allow(missing_docs)]

mod constants;
mod functions;
mod types;

pub use constants::*;
pub use functions::*;
pub use types::*;
