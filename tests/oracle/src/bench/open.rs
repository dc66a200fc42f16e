//! The workload `open`: open a store and index it, and what the index costs in memory.

use super::args::Args;
use super::store_file::StoreFile;
use super::{memory, report};
use simd_r_drive::traits::DataStoreReader;
use std::io::Write;
use std::time::Instant;

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), String> {
    args.only_one_thread("open")?;
    let file = StoreFile::new(args);
    file.build_elsewhere(args)?;

    // Memory is measured once, at the first open of this process: the later ones may get back what it freed.
    let before = memory::anonymous_size()?;
    let mut first = Some(open(&file, args)?);
    let growth = memory::anonymous_size()?.saturating_sub(before);

    for _ in 0..args.repeat {
        // Without --warm the first open counts.
        let timed = match first.take() {
            Some(opened) if !args.warm => opened,
            _ => open(&file, args)?,
        };
        report(out, "open", args, args.count, timed.nanos)?;
    }
    let per_key = growth as f64 / args.count as f64;
    writeln!(out, "mem\t{}\t1\t{}\t{growth}\t{per_key:.1}", args.size, args.count).map_err(|error| error.to_string())
}

/// The store stays open as long as the measurement is kept, so that its memory can be seen.
struct Opened {
    nanos: u128,
    _store: simd_r_drive::DataStore,
}

fn open(file: &StoreFile, args: &Args) -> Result<Opened, String> {
    let start = Instant::now();
    let store = file.open()?;
    let nanos = start.elapsed().as_nanos();
    match store.len() {
        Ok(len) if len == args.count => Ok(Opened { nanos, _store: store }),
        other => Err(format!("open: {other:?} of {} keys", args.count)),
    }
}
