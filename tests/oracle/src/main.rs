//! Drives the `simd-r-drive` crate from the command line, as an oracle for the tests of simdr.
//! This file only picks the command; README.md describes each of them.
#![forbid(unsafe_code)]

mod apply;
mod bench;
mod caught;
mod hex;
mod history;
mod inspect;
mod payload;
mod random;
mod rng;
mod script;
mod serve;
mod session;

use std::io::{self, Write};
use std::process::ExitCode;

const USAGE: &str = "usage:
  simdr-oracle apply FILE [SCRIPT|-]
  simdr-oracle dump FILE
  simdr-oracle get FILE KEYHEX...
  simdr-oracle random SEED COUNT OUT_FILE OUT_SCRIPT [MAXPAYLOAD] [--no-compact] [--hashes]
  simdr-oracle serve
  simdr-oracle bench WORKLOAD [--size BYTES] [--count N] [--threads T] [--dir DIR] [--repeat R] [--warm]";

/// The crate's iterator calls itself once for each superseded entry it skips. Whether that becomes a loop is
/// up to the optimizer, so every command runs on a stack that is deep enough for millions of them.
const STACK_SIZE: usize = 1 << 30;

fn main() -> ExitCode {
    caught::silence_panics();
    let worker = std::thread::Builder::new().name("oracle".into()).stack_size(STACK_SIZE).spawn(run);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(payload)) => {
            eprintln!("simdr-oracle: panic {}", caught::message(&*payload));
            ExitCode::from(3)
        }
        Err(error) => {
            eprintln!("simdr-oracle: no thread: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the crate panicked.
fn run() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let mut out = io::BufWriter::new(io::stdout().lock());
    let result = caught::run(|| dispatch(&args, &mut out));
    let code = match result {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false)) => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
        Ok(Err(message)) => {
            eprintln!("simdr-oracle: {message}");
            ExitCode::FAILURE
        }
        Err(message) => {
            let _ = writeln!(out, "panic {message}");
            ExitCode::from(3)
        }
    };
    if let Err(error) = out.flush() {
        eprintln!("simdr-oracle: {error}");
        return ExitCode::FAILURE;
    }
    code
}

/// False means that the arguments are not a known command.
fn dispatch(args: &[&str], out: &mut dyn Write) -> Result<bool, String> {
    match args {
        ["apply", file] => apply::command(file, "-", out)?,
        ["apply", file, script] => apply::command(file, script, out)?,
        ["dump", file] => inspect::dump(file, out)?,
        ["get", file, keys @ ..] => inspect::get(file, keys, out)?,
        ["random", seed, count, file, script, rest @ ..] => {
            random::command(seed, count, file, script, rest, out)?;
        }
        ["serve"] => serve::command(out)?,
        ["bench", workload, rest @ ..] => bench::command(workload, rest, out)?,
        _ => return Ok(false),
    }
    Ok(true)
}
