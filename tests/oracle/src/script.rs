//! Histories as text: one operation a line, and `N` more lines after each batch.

use crate::hex;
use crate::payload::{Payload, number};
use std::fmt;
use std::io::BufRead;

/// An operation. Keys are bytes, hashes are the numbers by which the store knows a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    Put(Vec<u8>, Payload),
    PutHash(u64, Payload),
    Batch(Vec<(Vec<u8>, Payload)>),
    BatchHash(Vec<(u64, Payload)>),
    Stream(Vec<u8>, Payload, usize),
    Delete(Vec<u8>),
    BatchDelete(Vec<Vec<u8>>),
    DeleteHashes(Vec<u64>),
    Rename(Vec<u8>, Vec<u8>),
    Copy(Vec<u8>, String),
    Transfer(Vec<u8>, String),
    Compact,
    Reopen,
}

impl fmt::Display for Op {
    /// The lines of the operation, without the last line end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = |bytes: &[u8]| hex::encode_key(bytes);
        match self {
            Self::Put(k, payload) => write!(f, "put {} {payload}", key(k)),
            Self::PutHash(hash, payload) => write!(f, "puthash {hash:016x} {payload}"),
            Self::Batch(entries) => {
                write!(f, "batch {}", entries.len())?;
                entries.iter().try_for_each(|(k, payload)| write!(f, "\n{} {payload}", key(k)))
            }
            Self::BatchHash(entries) => {
                write!(f, "batchhash {}", entries.len())?;
                entries.iter().try_for_each(|(hash, payload)| write!(f, "\n{hash:016x} {payload}"))
            }
            Self::Stream(k, payload, chunk) => write!(f, "stream {} {payload} {chunk}", key(k)),
            Self::Delete(k) => write!(f, "del {}", key(k)),
            Self::BatchDelete(keys) => {
                write!(f, "batchdel {}", keys.len())?;
                keys.iter().try_for_each(|k| write!(f, "\n{}", key(k)))
            }
            Self::DeleteHashes(hashes) => {
                write!(f, "delhash {}", hashes.len())?;
                hashes.iter().try_for_each(|hash| write!(f, "\n{hash:016x}"))
            }
            Self::Rename(old, new) => write!(f, "rename {} {}", key(old), key(new)),
            Self::Copy(k, target) => write!(f, "copy {} {target}", key(k)),
            Self::Transfer(k, target) => write!(f, "transfer {} {target}", key(k)),
            Self::Compact => write!(f, "compact"),
            Self::Reopen => write!(f, "reopen"),
        }
    }
}

/// Reads operations one by one, so that a history can also be typed or piped in step by step.
pub struct Reader<R> {
    input: R,
    line_number: usize,
}

impl<R: BufRead> Reader<R> {
    pub fn new(input: R) -> Self {
        Self { input, line_number: 0 }
    }

    /// The next operation, or `None` at the end. Empty lines and `#` comments between operations are skipped.
    pub fn next_op(&mut self) -> Result<Option<Op>, String> {
        while let Some(line) = self.line()? {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let op = self.parse(&line);
            return op.map(Some).map_err(|error| format!("script line {}: {error}", self.line_number));
        }
        Ok(None)
    }

    fn line(&mut self) -> Result<Option<String>, String> {
        let mut line = String::new();
        let size = self.input.read_line(&mut line).map_err(|error| error.to_string())?;
        self.line_number += 1;
        Ok((size > 0).then(|| line.trim_end_matches(['\n', '\r']).to_owned()))
    }

    fn parse(&mut self, line: &str) -> Result<Op, String> {
        let fields: Vec<&str> = line.split(' ').collect();
        Ok(match fields[..] {
            ["put", k, payload] => Op::Put(hex::decode_key(k)?, Payload::parse(payload)?),
            ["puthash", hash, payload] => Op::PutHash(hex::decode_hash(hash)?, Payload::parse(payload)?),
            ["batch", count] => Op::Batch(self.lines(count, |l| entry(l, hex::decode_key))?),
            ["batchhash", count] => Op::BatchHash(self.lines(count, |l| entry(l, hex::decode_hash))?),
            ["stream", k, payload, chunk] => {
                Op::Stream(hex::decode_key(k)?, Payload::parse(payload)?, chunk_size(chunk)?)
            }
            ["del", k] => Op::Delete(hex::decode_key(k)?),
            ["batchdel", count] => Op::BatchDelete(self.lines(count, hex::decode_key)?),
            ["delhash", count] => Op::DeleteHashes(self.lines(count, hex::decode_hash)?),
            ["rename", old, new] => Op::Rename(hex::decode_key(old)?, hex::decode_key(new)?),
            // A file name is the rest of the line and may contain spaces.
            ["copy", k, _, ..] => Op::Copy(hex::decode_key(k)?, rest_of(line)),
            ["transfer", k, _, ..] => Op::Transfer(hex::decode_key(k)?, rest_of(line)),
            ["compact"] => Op::Compact,
            ["reopen"] => Op::Reopen,
            _ => return Err(format!("not an operation: {line}")),
        })
    }

    fn lines<T>(&mut self, count: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
        let count: usize = number(count)?;
        let mut items = Vec::new();
        for _ in 0..count {
            let line = self.line()?.ok_or("the script ends inside a batch")?;
            items.push(parse(&line)?);
        }
        Ok(items)
    }
}

fn entry<K>(line: &str, key: impl Fn(&str) -> Result<K, String>) -> Result<(K, Payload), String> {
    let (k, payload) = line.split_once(' ').ok_or_else(|| format!("not KEY PAYLOAD: {line}"))?;
    Ok((key(k)?, Payload::parse(payload)?))
}

fn rest_of(line: &str) -> String {
    line.splitn(3, ' ').nth(2).unwrap_or_default().to_owned()
}

/// A reader that returns 0 bytes is at its end, so a chunk of 0 would mean an empty stream.
fn chunk_size(text: &str) -> Result<usize, String> {
    match number(text)? {
        0 => Err("a chunk has at least one byte".to_owned()),
        size => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_survives_a_round_trip() {
        let text = "put - hex:61\nputhash 00000000000000ff xs:1:2\nbatch 2\n61 hex:62\n- fill:7:8\n\
                    batchhash 1\n0123456789abcdef hex:01\nstream 61 xs:3:100 7\ndel 61\nbatchdel 2\n61\n-\n\
                    delhash 1\n0123456789abcdef\nrename 61 62\ncopy 61 /tmp/a b\ntransfer 61 x\n\
                    batch 0\ncompact\nreopen\n";
        let mut reader = Reader::new(text.as_bytes());
        let mut again = String::new();
        while let Some(op) = reader.next_op().unwrap() {
            again += &format!("{op}\n");
        }
        assert_eq!(again, text);
    }

    #[test]
    fn bad_lines_are_refused() {
        for text in ["fly 61", "put 61", "put  hex:61", "batch 2\n61 hex:61\n", "stream 61 hex:61 0", "copy 61"] {
            assert!(Reader::new(text.as_bytes()).next_op().is_err(), "{text}");
        }
    }
}
