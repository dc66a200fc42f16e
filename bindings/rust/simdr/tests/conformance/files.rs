//! The steps of files, by the language's own means.

use crate::token;
use simdr::KeyHash;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

pub fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    OpenOptions::new().append(true).open(path)?.write_all(bytes)
}

pub fn cut(path: &Path, size: u64) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(size)
}

pub fn flip(path: &Path, offset: usize) -> io::Result<()> {
    let mut bytes = fs::read(path)?;
    let byte = bytes.get_mut(offset).ok_or_else(|| io::Error::other("the file has no such byte"))?;
    *byte = !*byte;
    fs::write(path, bytes)
}

pub fn contents(path: &Path) -> io::Result<String> {
    fs::read(path).map(|bytes| token::of_bytes(&bytes))
}

pub fn hash(path: &Path) -> io::Result<String> {
    fs::read(path).map(|bytes| token::of_hash(KeyHash::of(bytes)))
}
