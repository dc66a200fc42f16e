//! The command `random`: writes a random history as a script, runs it, and checks the crate against the model.

use crate::history::{History, Shape};
use crate::inspect::sha256;
use crate::payload::{Payload, number};
use crate::script::Op;
use crate::session::Session;
use simd_r_drive::DataStore;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufWriter, Write};
use std::path::Path;

const DEFAULT_MAX_PAYLOAD: usize = 1 << 20;

pub fn command(
    seed: &str,
    count: &str,
    file: &str,
    script: &str,
    rest: &[&str],
    out: &mut dyn Write,
) -> Result<(), String> {
    let shape = parse_shape(rest)?;
    let count: usize = number(count)?;
    // A store, or the remains of a compaction, would become part of the history.
    let left_over = simd_r_drive::utils::append_extension(Path::new(file), "bk");
    if Path::new(file).exists() || left_over.exists() {
        return Err(format!("{file} or its .bk file exists already"));
    }

    let mut history = History::new(number(seed)?, count, shape);
    let ops: Vec<Op> = (0..count).map(|_| history.next_op()).collect();
    // The script is complete before the crate runs, so that it is there whatever happens then.
    write_script(script, &ops).map_err(|error| format!("{script}: {error}"))?;
    run(file, &ops)?;

    let live = history.live();
    check(file, &live)?;
    let bytes = fs::read(file).map_err(|error| format!("{file}: {error}"))?;
    writeln!(out, "ok {} {} {}", bytes.len(), live.len(), sha256(&bytes)).map_err(|error| error.to_string())
}

fn parse_shape(rest: &[&str]) -> Result<Shape, String> {
    let mut shape = Shape { max_payload: DEFAULT_MAX_PAYLOAD, compact: true, hashes: false };
    for argument in rest {
        match *argument {
            "--no-compact" => shape.compact = false,
            "--hashes" => shape.hashes = true,
            size => shape.max_payload = number(size)?,
        }
    }
    if shape.max_payload == 0 {
        return Err("MAXPAYLOAD is at least 1".to_owned());
    }
    Ok(shape)
}

fn write_script(path: &str, ops: &[Op]) -> std::io::Result<()> {
    let mut script = BufWriter::new(fs::File::create(path)?);
    for op in ops {
        writeln!(script, "{op}")?;
    }
    script.flush()
}

fn run(file: &str, ops: &[Op]) -> Result<(), String> {
    let mut session = Session::open(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
    for (index, op) in ops.iter().enumerate() {
        session.run(op).map_err(|error| format!("operation {}: {error}", index + 1))?;
    }
    Ok(())
}

/// The crate must find exactly what the model holds, or the history contains something it does wrong.
fn check(file: &str, live: &BTreeMap<u64, &Payload>) -> Result<(), String> {
    let store = DataStore::open_existing(Path::new(file)).map_err(|error| format!("{file}: {error}"))?;
    let mut found = 0;
    for entry in store.iter_entries() {
        let expected = live.get(&entry.key_hash()).map(|payload| payload.bytes());
        if expected.as_deref() != Some(entry.as_slice()) || !entry.is_valid_checksum() {
            return Err(format!("the crate differs from the model at hash {:016x}", entry.key_hash()));
        }
        found += 1;
    }
    if found != live.len() {
        return Err(format!("the crate finds {found} entries, the model holds {}", live.len()));
    }
    Ok(())
}
