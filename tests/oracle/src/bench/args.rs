//! The options of `bench`.

use crate::payload::number;
use crate::rng::Xorshift64;
use std::path::PathBuf;

pub struct Args {
    /// Bytes in a value.
    pub size: usize,
    /// Entries in the store, and operations in a repetition that does not look entries up.
    pub count: usize,
    /// Lookups in a pass.
    pub draws: usize,
    /// Milliseconds: a pass of a read workload is run again until a repetition took so long.
    pub least: u64,
    pub threads: usize,
    /// Where the store is made.
    pub dir: PathBuf,
    pub repeat: usize,
    /// Run once, not timed, before the first repetition, and keep the handle of a read workload.
    pub warm: bool,
}

impl Args {
    pub fn parse(rest: &[&str]) -> Result<Self, String> {
        let mut args = Self {
            size: 100,
            count: 100_000,
            draws: 0,
            least: 0,
            threads: 1,
            dir: std::env::temp_dir(),
            repeat: 1,
            warm: false,
        };
        let mut rest = rest.iter();
        while let Some(&name) = rest.next() {
            if name == "--warm" {
                args.warm = true;
                continue;
            }
            let value = rest.next().ok_or_else(|| format!("{name} needs a value"))?;
            match name {
                "--size" => args.size = number(value)?,
                "--count" => args.count = number(value)?,
                "--draws" => args.draws = number(value)?,
                "--least" => args.least = number(value)?,
                "--threads" => args.threads = number(value)?,
                "--dir" => args.dir = PathBuf::from(value),
                "--repeat" => args.repeat = number(value)?,
                _ => return Err(format!("not an option: {name}")),
            }
        }
        if args.draws == 0 {
            args.draws = args.count;
        }
        if args.size == 0 || args.count == 0 || args.threads == 0 || args.repeat == 0 {
            return Err("sizes and counts are at least 1".to_owned());
        }
        Ok(args)
    }

    /// The value of every entry. From seed 1 its first byte is not zero, as the crate demands.
    pub fn value(&self) -> Vec<u8> {
        Xorshift64::new(1).bytes(self.size)
    }

    pub fn only_one_thread(&self, workload: &str) -> Result<(), String> {
        match self.threads {
            1 => Ok(()),
            _ => Err(format!("{workload} runs on one thread")),
        }
    }
}
