//! The workload `compact`: a store in which every key was written twice, so half of its entries are dead.

use super::args::Args;
use super::store_file::StoreFile;
use super::{report, step};
use std::io::Write;
use std::time::Instant;

pub fn run(args: &Args, out: &mut dyn Write) -> Result<(), String> {
    args.only_one_thread("compact")?;
    if args.warm {
        compact(args)?;
    }
    for _ in 0..args.repeat {
        let nanos = compact(args)?;
        report(out, "compact", args, args.count, nanos)?;
    }
    Ok(())
}

fn compact(args: &Args) -> Result<u128, String> {
    let file = StoreFile::new(args);
    file.build(args, args.count.div_ceil(2))?;
    let mut store = file.open()?;
    let start = Instant::now();
    step("compact", store.compact())?;
    Ok(start.elapsed().as_nanos())
}
