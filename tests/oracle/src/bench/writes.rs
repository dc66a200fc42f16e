//! The workloads `put` and `batch`: fill a new store.

use super::args::Args;
use super::store_file::{BATCH_SIZE, StoreFile};
use super::{keys, report, step, threads};
use simd_r_drive::traits::DataStoreWriter;
use std::io::Write;

pub fn run(workload: &str, args: &Args, out: &mut dyn Write) -> Result<(), String> {
    let keys = keys::in_order(args.count);
    let value = args.value();
    let entries: Vec<(&[u8], &[u8])> = keys.iter().map(|key| (&key[..], &value[..])).collect();
    if args.warm {
        fill(workload, args, &entries)?;
    }
    for _ in 0..args.repeat {
        let nanos = fill(workload, args, &entries)?;
        report(out, workload, args, args.count, nanos)?;
    }
    Ok(())
}

fn fill(workload: &str, args: &Args, entries: &[(&[u8], &[u8])]) -> Result<u128, String> {
    let file = StoreFile::new(args);
    let store = file.open()?;
    threads::timed(args.threads, entries.len(), |share| {
        let entries = &entries[share];
        if workload == "batch" {
            for batch in entries.chunks(BATCH_SIZE) {
                step("batch_write", store.batch_write(batch))?;
            }
        } else {
            for (key, value) in entries {
                step("write", store.write(key, value))?;
            }
        }
        Ok(())
    })
}
