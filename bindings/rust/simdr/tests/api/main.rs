//! The safe interface against the real library.

mod entries;
mod errors;
mod features;
mod iterating;
mod leaks;
mod maintenance;
mod opening;
mod reading;
mod streams;
mod temp;
mod threads;
mod typed;
mod views;
mod writing;
