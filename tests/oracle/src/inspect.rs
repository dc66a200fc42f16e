//! The commands `dump` and `get`: what the crate finds in a file.
//!
//! Opening is not read-only. The crate cuts off what it takes for damage, so callers pass a copy.

use crate::hex;
use sha2::{Digest, Sha256};
use simd_r_drive::DataStore;
use simd_r_drive::traits::DataStoreReader;
use std::io::{self, Write};
use std::path::Path;

pub fn dump(file: &str, out: &mut dyn Write) -> Result<(), String> {
    let store = open(file)?;
    write_dump(&store, out).map_err(|error| format!("{file}: {error}"))
}

pub fn get(file: &str, keys: &[&str], out: &mut dyn Write) -> Result<(), String> {
    let keys: Vec<Vec<u8>> = keys.iter().map(|key| hex::decode_key(key)).collect::<Result<_, _>>()?;
    let store = open(file)?;
    write_values(&store, &keys, out).map_err(|error| format!("{file}: {error}"))
}

fn open(file: &str) -> Result<DataStore, String> {
    DataStore::open_existing(Path::new(file)).map_err(|error| format!("{file}: {error}"))
}

fn write_dump(store: &DataStore, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "store {} {}", store.file_size()?, store.len()?)?;
    for entry in store.iter_entries() {
        writeln!(
            out,
            "entry {:016x} {} {} {} {:08x} {} {}",
            entry.key_hash(),
            entry.start_offset(),
            entry.end_offset(),
            entry.size(),
            entry.checksum(),
            u8::from(entry.is_valid_checksum()),
            sha256(entry.as_slice()),
        )?;
    }
    Ok(())
}

fn write_values(store: &DataStore, keys: &[Vec<u8>], out: &mut dyn Write) -> io::Result<()> {
    for key in keys {
        match store.read(key)? {
            Some(entry) => writeln!(out, "{} {}", entry.size(), sha256(entry.as_slice()))?,
            None => writeln!(out, "none")?,
        }
    }
    Ok(())
}

pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes))
}
