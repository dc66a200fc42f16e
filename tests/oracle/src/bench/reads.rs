//! The workloads that read: `get`, `getbatch`, `miss`, `scan` and `scancheck`.

use super::args::Args;
use super::keys::{self, Key};
use super::store_file::{BATCH_SIZE, StoreFile};
use super::{report, step, threads};
use simd_r_drive::DataStore;
use simd_r_drive::traits::DataStoreReader;
use std::hint::black_box;
use std::io::Write;

pub fn run(workload: &str, args: &Args, out: &mut dyn Write) -> Result<(), String> {
    let file = StoreFile::new(args);
    file.build(args, args.count)?;
    let keys = match workload {
        "get" | "getbatch" => keys::shuffled(args.count, args.draws),
        "miss" => keys::absent(args.count, args.draws),
        _ => Vec::new(),
    };
    let mut store = file.open()?;
    if args.warm {
        pass(workload, args, &store, &keys)?;
    }
    let scans = matches!(workload, "scan" | "scancheck");
    let op_count = if scans { args.count * args.threads } else { args.draws };
    for repetition in 0..args.repeat {
        if !args.warm && repetition > 0 {
            // A new mapping, none of whose pages this process has touched.
            store = file.open()?;
        }
        let mut nanos = 0;
        let mut rounds = 0;
        while rounds == 0 || nanos < u128::from(args.least) * 1_000_000 {
            nanos += pass(workload, args, &store, &keys)?;
            rounds += 1;
        }
        report(out, workload, args, op_count * rounds, nanos)?;
    }
    Ok(())
}

fn pass(workload: &str, args: &Args, store: &DataStore, keys: &[Key]) -> Result<u128, String> {
    let references: Vec<&[u8]> = match workload {
        "getbatch" => keys.iter().map(|key| &key[..]).collect(),
        _ => Vec::new(),
    };
    match workload {
        "get" => threads::timed(args.threads, keys.len(), |share| get(store, &keys[share], true)),
        "miss" => threads::timed(args.threads, keys.len(), |share| get(store, &keys[share], false)),
        "getbatch" => threads::timed(args.threads, keys.len(), |share| get_batch(store, &references[share])),
        // Each thread scans the whole store.
        "scan" => threads::timed(args.threads, args.threads, |_| scan(store, args.count)),
        _ => threads::timed(args.threads, args.threads, |_| scan_check(store, args.count)),
    }
}

fn get(store: &DataStore, keys: &[Key], stored: bool) -> Result<(), String> {
    for key in keys {
        let entry = step("read", store.read(key))?;
        if black_box(&entry).is_some() != stored {
            return Err("read: wrong answer".to_owned());
        }
        if let Some(entry) = &entry {
            touch(entry.as_slice());
        }
    }
    Ok(())
}

// A byte of each line, as the other engines of the benchmark do it.
fn touch(payload: &[u8]) {
    black_box(payload.iter().step_by(64).map(|&byte| u64::from(byte)).sum::<u64>());
}

fn get_batch(store: &DataStore, keys: &[&[u8]]) -> Result<(), String> {
    for batch in keys.chunks(BATCH_SIZE) {
        let entries = step("batch_read", store.batch_read(batch))?;
        for entry in &entries {
            let entry = entry.as_ref().ok_or("batch_read: a key is missing")?;
            touch(entry.as_slice());
        }
    }
    Ok(())
}

fn scan(store: &DataStore, count: usize) -> Result<(), String> {
    let mut sum = 0u64;
    let mut found = 0;
    for entry in store.iter_entries() {
        sum += u64::from(entry.as_slice()[0]);
        found += 1;
    }
    black_box(sum);
    all_found(found, count)
}

fn scan_check(store: &DataStore, count: usize) -> Result<(), String> {
    all_found(store.iter_entries().filter(|entry| entry.is_valid_checksum()).count(), count)
}

fn all_found(found: usize, count: usize) -> Result<(), String> {
    if found == count { Ok(()) } else { Err(format!("a scan found {found} of {count} entries")) }
}
