//! The command `bench`: the crate's side of the benchmark. This file picks the workload and prints the results.

mod args;
mod compact;
mod keys;
mod memory;
mod open;
mod reads;
mod store_file;
mod threads;
mod writes;

use args::Args;
use std::io::Write;

pub fn command(workload: &str, rest: &[&str], out: &mut dyn Write) -> Result<(), String> {
    let args = Args::parse(rest)?;
    match workload {
        "put" | "batch" => writes::run(workload, &args, out),
        "get" | "getbatch" | "miss" | "scan" | "scancheck" => reads::run(workload, &args, out),
        "open" => open::run(&args, out),
        "compact" => compact::run(&args, out),
        // Not a measurement: `open` has its store built by another process.
        "build" => store_file::build_for_parent(&args, out),
        _ => Err(format!("not a workload: {workload}")),
    }
}

/// One repetition: `WORKLOAD VALUE_SIZE THREADS OPS NANOS`, separated by tabs.
fn report(out: &mut dyn Write, workload: &str, args: &Args, op_count: usize, nanos: u128) -> Result<(), String> {
    writeln!(out, "{workload}\t{}\t{}\t{op_count}\t{nanos}", args.size, args.threads)
        .and_then(|()| out.flush())
        .map_err(|error| error.to_string())
}

/// Adds the name of the failing step to the crate's errors.
fn step<T>(name: &str, result: std::io::Result<T>) -> Result<T, String> {
    result.map_err(|error| format!("{name}: {error}"))
}
