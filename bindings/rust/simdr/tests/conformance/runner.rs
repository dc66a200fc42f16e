//! Carries out one step after the other.

use crate::{files, token};
use simdr::{Entry, Error, Iterate, KeyHash, Mode, OpenOptions, Result, Status, Store, namespaced_key};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

type Outcome = Vec<String>;
/// A step that can be carried out, or what is wrong with it.
type Parsed<T> = std::result::Result<T, String>;
type Pair = (Vec<u8>, Vec<u8>);

pub struct Runner<'a> {
    folder: &'a Path,
    store: Option<Store>,
}

impl<'a> Runner<'a> {
    pub fn new(folder: &'a Path) -> Self {
        Self { folder, store: None }
    }

    pub fn is_open(&self) -> bool {
        self.store.is_some()
    }

    /// The outcome, or what is wrong with the step itself.
    pub fn run(&mut self, verb: &str, arguments: &[String]) -> Parsed<Outcome> {
        let arguments = Arguments(arguments);
        if let Some(result) = self.run_on_file(verb, arguments)? {
            return result.map(ok).map_err(|error| error.to_string());
        }
        let result = match verb {
            "open" | "open_verifying" => self.open(arguments.path(self.folder, 0)?, arguments.mode(1)?, verb != "open"),
            "close" => self.store.take().ok_or("no store is open")?.close().map(|()| Vec::new()),
            "key_hash" => Ok(vec![token::of_hash(KeyHash::of(arguments.bytes(0)?))]),
            "namespaced_key" => Ok(vec![token::of_bytes(&namespaced_key(arguments.bytes(0)?, arguments.bytes(1)?))]),
            _ => run_on_store(self.store.as_ref().ok_or(format!("{verb}: no store is open"))?, verb, arguments)?,
        };
        Ok(match result {
            Ok(results) => ok(results),
            Err(error) => vec![error.status().name().trim_start_matches("ERR_").to_owned()],
        })
    }

    fn open(&mut self, path: PathBuf, mode: Mode, verify_reads: bool) -> Result<Outcome> {
        assert!(self.store.is_none(), "two stores at once");
        self.store = Some(OpenOptions::new().mode(mode).verify_reads(verify_reads).open(path)?);
        Ok(Vec::new())
    }

    /// `None` when it is no step of files.
    fn run_on_file(&self, verb: &str, arguments: Arguments<'_>) -> Parsed<Option<io::Result<Outcome>>> {
        let path = || arguments.path(self.folder, 0);
        let result = match verb {
            "write_file" => fs::write(path()?, arguments.bytes(1)?).map(|()| Vec::new()),
            "append_file" => files::append(&path()?, &arguments.bytes(1)?).map(|()| Vec::new()),
            "cut_file" => files::cut(&path()?, arguments.number(1)?).map(|()| Vec::new()),
            "flip_byte" => files::flip(&path()?, arguments.number(1)? as usize).map(|()| Vec::new()),
            "read_file" => files::contents(&path()?).map(|contents| vec![contents]),
            "file_hash" => files::hash(&path()?).map(|hash| vec![hash]),
            _ => return Ok(None),
        };
        Ok(Some(result))
    }
}

fn ok(results: Outcome) -> Outcome {
    [vec!["ok".to_owned()], results].concat()
}

fn run_on_store(store: &Store, verb: &str, arguments: Arguments<'_>) -> Parsed<Result<Outcome>> {
    let key = || arguments.bytes(0);
    let entry = || -> Parsed<Result<Entry>> { Ok(store.get(&key()?).and_then(found)) };
    Ok(match verb {
        "put" => store.put(&key()?, arguments.bytes(1)?).map(nothing),
        "put_hashed" => store.put(arguments.hash(0)?, arguments.bytes(1)?).map(nothing),
        "put_if_absent" => store
            .put_if_absent(key()?, arguments.bytes(1)?)
            .and_then(|tail| tail.ok_or(Status::EXISTS.into()))
            .map(nothing),
        "put_batch" => store.put_many(&arguments.pairs()?).map(nothing),
        "put_stream" => put_stream(store, &arguments.all_bytes()?).map(nothing),
        "get" => entry()?.map(|entry| vec![token::of_bytes(&entry)]),
        "get_hashed" => store.get(arguments.hash(0)?).and_then(found).map(|entry| vec![token::of_bytes(&entry)]),
        "get_batch" => store.get_many(&arguments.all_bytes()?).map(|entries| {
            let token = |entry: Option<Entry>| entry.map_or("absent".to_owned(), |entry| token::of_bytes(&entry));
            entries.into_iter().map(token).collect()
        }),
        "exists" => store.contains(&key()?).map(flag),
        "remove" => store.remove(&key()?).and_then(found).map(nothing),
        "remove_batch" => store.remove_many(&arguments.all_bytes()?).map(|(removed, _)| vec![removed.to_string()]),
        "rename" => store.rename(key()?, arguments.bytes(1)?).and_then(found).map(nothing),
        "count" => Ok(vec![store.len().to_string()]),
        "iterate" => store.iter_with(Iterate::default()).map(value).collect(),
        "versions" => store.versions(&key()?).map(value).collect(),
        "checksum" => entry()?.map(|entry| vec![format!("{:08x}", entry.checksum())]),
        "start_offset" => entry()?.map(|entry| vec![entry.offsets().start.to_string()]),
        "aligned" => {
            let alignment = arguments.number(1)? as usize;
            entry()?.map(|entry| flag(entry.as_ptr_range().start as usize % alignment == 0))
        }
        "file_size" => Ok(vec![store.file_size().to_string()]),
        "compact" => store.compact().map(nothing),
        "verify" => store.verify(|_| ()).and_then(|found| match found.fault_count {
            0 => Ok(Vec::new()),
            _ => Err(Status::CORRUPT.into()),
        }),
        "recovered" => Ok(flag(store.recovered_from().is_some())),
        "generation" => Ok(vec![store.generation().to_owned()]),
        "alignment" => Ok(vec![store.alignment().to_string()]),
        _ => return Err(format!("{verb}: not a verb of this runner")),
    })
}

fn put_stream(store: &Store, parts: &[Vec<u8>]) -> Result<u64> {
    let (key, pieces) = parts.split_first().ok_or(Status::INVALID_ARGUMENT)?;
    let mut writer = store.writer(key)?;
    for piece in pieces {
        // One call for each piece; what it cannot take whole it refuses.
        writer.write(piece).map_err(|error| error.downcast::<Error>().expect("an error of the library"))?;
    }
    writer.commit()
}

fn found<T>(result: Option<T>) -> Result<T> {
    result.ok_or(Status::NOT_FOUND.into())
}

fn value(entry: Result<Entry>) -> Result<String> {
    entry.map(|entry| token::of_bytes(&entry))
}

fn flag(is_so: bool) -> Outcome {
    vec![u8::from(is_so).to_string()]
}

fn nothing<T>(_: T) -> Outcome {
    Vec::new()
}

#[derive(Clone, Copy)]
struct Arguments<'a>(&'a [String]);

impl Arguments<'_> {
    fn token(&self, index: usize) -> Parsed<&str> {
        self.0.get(index).map(String::as_str).ok_or_else(|| format!("argument {index} is missing"))
    }

    fn bytes(&self, index: usize) -> Parsed<Vec<u8>> {
        let token = self.token(index)?;
        token::bytes(token).ok_or_else(|| format!("not bytes: {token}"))
    }

    fn all_bytes(&self) -> Parsed<Vec<Vec<u8>>> {
        (0..self.0.len()).map(|index| self.bytes(index)).collect()
    }

    fn pairs(&self) -> Parsed<Vec<Pair>> {
        (0..self.0.len()).step_by(2).map(|index| Ok((self.bytes(index)?, self.bytes(index + 1)?))).collect()
    }

    fn hash(&self, index: usize) -> Parsed<KeyHash> {
        let token = self.token(index)?;
        token::hash(token).ok_or_else(|| format!("not a hash: {token}"))
    }

    fn number(&self, index: usize) -> Parsed<u64> {
        let token = self.token(index)?;
        token.parse().map_err(|_| format!("not a number: {token}"))
    }

    fn path(&self, folder: &Path, index: usize) -> Parsed<PathBuf> {
        Ok(folder.join(self.token(index)?))
    }

    fn mode(&self, index: usize) -> Parsed<Mode> {
        match self.token(index)? {
            "create" => Ok(Mode::Create),
            "existing" => Ok(Mode::Existing),
            "read_only" => Ok(Mode::ReadOnly),
            "create_new" => Ok(Mode::CreateNew),
            token => Err(format!("not a mode: {token}")),
        }
    }
}
