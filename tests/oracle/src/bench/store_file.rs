//! The store that a workload runs on: a file of this process that is gone with the value that names it.

use super::args::Args;
use super::{keys, step};
use simd_r_drive::DataStore;
use simd_r_drive::traits::DataStoreWriter;
use simd_r_drive::utils::append_extension;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

pub const BATCH_SIZE: usize = 1024;

pub struct StoreFile {
    path: PathBuf,
}

impl StoreFile {
    /// Only the name, of no existing file.
    pub fn new(args: &Args) -> Self {
        let path = args.dir.join(format!("simdr-oracle-bench-{}.store", std::process::id()));
        let file = Self { path };
        file.remove();
        file
    }

    /// Also what a failed compaction leaves, which the crate would merge into the next one.
    fn remove(&self) {
        let _ = fs::remove_file(&self.path);
        let _ = fs::remove_file(append_extension(&self.path, "bk"));
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn open(&self) -> Result<DataStore, String> {
        step("open", DataStore::open(&self.path))
    }

    /// Fills the store with `count` entries whose keys repeat after `distinct`.
    ///
    /// Ends with a sync, so that no writing of this data goes on in the background of the measurement.
    pub fn build(&self, args: &Args, distinct: usize) -> Result<(), String> {
        let value = args.value();
        let store = self.open()?;
        for first in (0..args.count).step_by(BATCH_SIZE) {
            let last = args.count.min(first + BATCH_SIZE);
            let keys: Vec<keys::Key> = (first..last).map(|i| keys::key((i % distinct) as u64)).collect();
            let entries: Vec<(&[u8], &[u8])> = keys.iter().map(|key| (&key[..], &value[..])).collect();
            step("batch_write", store.batch_write(&entries))?;
        }
        drop(store);
        step("sync", File::open(&self.path).and_then(|file| file.sync_all()))
    }

    /// Builds in another process, so that no memory freed here can serve the store that is measured next.
    pub fn build_elsewhere(&self, args: &Args) -> Result<(), String> {
        let program = step("current_exe", std::env::current_exe())?;
        let mut child = Command::new(program);
        child.args(["bench", "build", "--dir"]).arg(&args.dir);
        child.args(["--size", &args.size.to_string(), "--count", &args.count.to_string()]);
        let output = step("build", child.output())?;
        if !output.status.success() {
            return Err(format!("build: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        let built = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        step("rename", fs::rename(built, &self.path))
    }
}

impl Drop for StoreFile {
    fn drop(&mut self) {
        self.remove();
    }
}

/// The other half of `build_elsewhere`: leaves the file behind and prints its name.
pub fn build_for_parent(args: &Args, out: &mut dyn Write) -> Result<(), String> {
    let store = StoreFile::new(args);
    store.build(args, args.count)?;
    step("print", writeln!(out, "{}", store.path().display()))?;
    std::mem::forget(store);
    Ok(())
}
