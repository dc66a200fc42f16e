//! Where this differs from simd-r-drive, and what its published tests do not look at. Those run against this crate too: see
//! `published-tests`.

mod differences;
mod handles;
mod sharing;
#[path = "../../../simdr/tests/api/temp.rs"]
#[allow(dead_code)]
mod temp;
mod utils;
