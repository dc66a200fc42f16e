//! Puts and gets, one by one and 1,024 at a time, each on its own line: `WORKLOAD VALUE_SIZE OPS NANOS`. What they are is said in
//! `bench/README.md` and `bench/harness/bindings.py`; `view` and `viewmany` are `get` and `getmany` without handles.

mod keys;

use keys::Key;
use simdr::{Mode, OpenOptions, Result, Store};
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const BATCH: usize = 1024;
/// Passes that read are repeated until they have lasted this long.
const LEAST: Duration = Duration::from_millis(30);

fn main() -> ExitCode {
    let Some(benchmark) = Benchmark::from_arguments() else {
        eprintln!("usage: bench --dir DIRECTORY --size BYTES --count N");
        return ExitCode::from(2);
    };
    match benchmark.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Benchmark {
    file: PathBuf,
    value: Vec<u8>,
    count: usize,
}

impl Benchmark {
    fn from_arguments() -> Option<Self> {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let of = |name: &str| arguments.chunks_exact(2).find(|pair| pair[0] == name).map(|pair| pair[1].as_str());
        Some(Self {
            file: Path::new(of("--dir")?).join("store.simdr"),
            value: keys::value_of_size(of("--size")?.parse().ok()?),
            count: of("--count")?.parse().ok()?,
        })
    }

    fn run(&self) -> Result<()> {
        for (workload, put) in [("put", put_each as Put), ("batch", put_in_batches)] {
            // Once untimed: the machine finds the memory then.
            self.fill(put)?;
            self.report(workload, self.count, self.fill(put)?);
        }
        self.load()?;
        let store = OpenOptions::new().mode(Mode::Existing).open(&self.file)?;
        let draws = keys::at_random(self.count);
        let passes =
            [("get", get_each as Get), ("getmany", get_in_batches), ("view", view_each), ("viewmany", view_in_batches)];
        for (workload, get) in passes {
            get(&store, &draws)?;
            let (mut op_count, mut time) = (0, Duration::ZERO);
            while time < LEAST {
                let start = Instant::now();
                get(&store, &draws)?;
                time += start.elapsed();
                op_count += draws.len();
            }
            self.report(workload, op_count, time);
        }
        store.close()?;
        self.remove();
        Ok(())
    }

    /// A new store, filled against the clock and thrown away.
    fn fill(&self, put: Put) -> Result<Duration> {
        self.remove();
        let keys = keys::in_order(self.count);
        let store = OpenOptions::new().mode(Mode::CreateNew).open(&self.file)?;
        let start = Instant::now();
        put(&store, &keys, &self.value)?;
        let time = start.elapsed();
        // Deleted first, so that nothing is written out that nobody will read.
        self.remove();
        drop(store);
        Ok(time)
    }

    /// What is read from: closed, and so on the disk.
    fn load(&self) -> Result<()> {
        self.remove();
        let store = OpenOptions::new().mode(Mode::CreateNew).open(&self.file)?;
        put_in_batches(&store, &keys::in_order(self.count), &self.value)?;
        store.close()
    }

    fn remove(&self) {
        // It may not be there.
        let _ = fs::remove_file(&self.file);
    }

    fn report(&self, workload: &str, op_count: usize, time: Duration) {
        println!("{workload}\t{}\t{op_count}\t{}", self.value.len(), time.as_nanos());
    }
}

type Put = fn(&Store, &[Key], &[u8]) -> Result<()>;
type Get = fn(&Store, &[Key]) -> Result<()>;

fn put_each(store: &Store, keys: &[Key], value: &[u8]) -> Result<()> {
    keys.iter().try_for_each(|key| store.put(key, value).map(drop))
}

fn put_in_batches(store: &Store, keys: &[Key], value: &[u8]) -> Result<()> {
    let mut pairs = Vec::with_capacity(BATCH);
    for batch in keys.chunks(BATCH) {
        pairs.clear();
        pairs.extend(batch.iter().map(|key| (key, value)));
        store.put_many(&pairs)?;
    }
    Ok(())
}

fn get_each(store: &Store, keys: &[Key]) -> Result<()> {
    let mut sum = 0;
    for key in keys {
        sum += touch(&store.get(key)?.expect("the key is stored"));
    }
    black_box(sum);
    Ok(())
}

fn get_in_batches(store: &Store, keys: &[Key]) -> Result<()> {
    let mut sum = 0;
    for batch in keys.chunks(BATCH) {
        for entry in store.get_many(batch)? {
            sum += touch(&entry.expect("the key is stored"));
        }
    }
    black_box(sum);
    Ok(())
}

fn view_each(store: &Store, keys: &[Key]) -> Result<()> {
    let views = store.views();
    let mut sum = 0;
    for key in keys {
        sum += touch(&views.get(key)?.expect("the key is stored"));
    }
    black_box(sum);
    Ok(())
}

fn view_in_batches(store: &Store, keys: &[Key]) -> Result<()> {
    let views = store.views();
    let mut sum = 0;
    for batch in keys.chunks(BATCH) {
        for view in views.get_many(batch)? {
            sum += touch(&view.expect("the key is stored"));
        }
    }
    black_box(sum);
    Ok(())
}

/// One byte of each cache line.
fn touch(bytes: &[u8]) -> u64 {
    bytes.iter().step_by(64).map(|byte| u64::from(*byte)).sum()
}
