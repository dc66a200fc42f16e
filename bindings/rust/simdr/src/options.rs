//! How a store is opened.

use crate::{Result, Store, call};
use simdr_sys::*;
use std::ffi::{c_char, c_void};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What may and must be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Read and write; an absent file is created.
    #[default]
    Create,
    /// Read and write; an absent file is [`Status::NO_SUCH_FILE`](crate::Status::NO_SUCH_FILE).
    Existing,
    /// Takes no lock, changes nothing, sees what was committed when it opened.
    ReadOnly,
    /// Read and write; a file that is there is [`Status::EXISTS`](crate::Status::EXISTS).
    CreateNew,
}

/// How far a write is on its way to the disk when its call returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// As the store was opened; in [`OpenOptions`]: `None`.
    #[default]
    Default,
    /// Survives the death of this process, not a power cut.
    None,
    /// Survives a power cut, for this library's readers; one `fdatasync`, shared.
    Commit,
    /// And for the recovery of the Rust crate `simd-r-drive` too; two `fdatasync`s, shared.
    Strict,
}

impl Durability {
    pub(crate) fn raw(self) -> u32 {
        match self {
            Durability::Default => SIMDR_DURABILITY_DEFAULT,
            Durability::None => SIMDR_DURABILITY_NONE,
            Durability::Commit => SIMDR_DURABILITY_COMMIT,
            Durability::Strict => SIMDR_DURABILITY_STRICT,
        }
    }
}

/// How much a message of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something was found that should not be.
    Warning,
    /// What the library does.
    Info,
}

type Log = Arc<dyn Fn(LogLevel, &str) + Send + Sync>;

/// A builder, as [`std::fs::OpenOptions`] is one. Everything has a default.
///
/// ```
/// # fn main() -> Result<(), simdr::Error> {
/// # let path = std::env::temp_dir().join(format!("simdr-doc-options-{}", std::process::id()));
/// # simdr::Store::open(&path)?.close()?;
/// let store = simdr::OpenOptions::new().mode(simdr::Mode::ReadOnly).verify_reads(true).open(&path)?;
/// assert!(store.is_read_only());
/// # std::fs::remove_file(&path).unwrap();
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OpenOptions {
    raw: simdr_open_options,
    log: Option<Log>,
}

// SAFETY: the pointers in `raw` stay NULL until an open fills a copy in.
unsafe impl Send for OpenOptions {}
// SAFETY: as above.
unsafe impl Sync for OpenOptions {}

impl OpenOptions {
    /// All defaults.
    pub fn new() -> Self {
        Self { raw: simdr_open_options::INIT, log: None }
    }

    /// What may and must be there already.
    pub fn mode(&mut self, mode: Mode) -> &mut Self {
        self.raw.mode = match mode {
            Mode::Create => SIMDR_OPEN_CREATE,
            Mode::Existing => SIMDR_OPEN_EXISTING,
            Mode::ReadOnly => SIMDR_OPEN_READ_ONLY,
            Mode::CreateNew => SIMDR_OPEN_CREATE_NEW,
        };
        self
    }

    /// Reads check the checksum: [`Status::CORRUPT`](crate::Status::CORRUPT) instead of wrong bytes.
    pub fn verify_reads(&mut self, yes: bool) -> &mut Self {
        self.flag(SIMDR_OPEN_VERIFY_READS, yes)
    }

    /// Never store through a mapping: every write is a system call.
    pub fn direct_writes(&mut self, yes: bool) -> &mut Self {
        self.flag(SIMDR_OPEN_DIRECT_WRITES, yes)
    }

    /// Takes the key index from the file `<path>.index` instead of walking the store to build it. [`Store::close`] of a
    /// writer, or its drop, saves it there; a reader uses it and never writes it.
    pub fn index_file(&mut self, yes: bool) -> &mut Self {
        self.flag(SIMDR_OPEN_INDEX_FILE, yes)
    }

    /// Of every write that does not say otherwise.
    pub fn durability(&mut self, durability: Durability) -> &mut Self {
        self.raw.durability = durability.raw();
        self
    }

    /// How long to wait for another writer of the file; [`Duration::MAX`] for ever. Not at all by default.
    pub fn lock_timeout(&mut self, timeout: Duration) -> &mut Self {
        self.raw.lock_timeout_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        self
    }

    /// Permission bits of a created file, less the umask; 0o666 by default.
    pub fn file_mode(&mut self, bits: u32) -> &mut Self {
        self.raw.file_mode = bits;
        self
    }

    /// Reads the file as the generation with this alignment and trailer (20 bytes, or 19 in the oldest) instead of detecting it.
    pub fn layout(&mut self, alignment: u32, trailer_size: u32) -> &mut Self {
        self.raw.layout_alignment = alignment;
        self.raw.layout_trailer = trailer_size;
        self
    }

    /// Bytes of address space to reserve for the mapping.
    pub fn reserve_size(&mut self, size: u64) -> &mut Self {
        self.raw.reserve_size = size;
        self
    }

    /// The upper bound of the append window, in bytes.
    pub fn window_size(&mut self, size: u64) -> &mut Self {
        self.raw.window_size = size;
        self
    }

    /// Is told what the library has to say, on any thread that uses the store and with locks held: it must not use the store.
    /// A panic in it is dropped.
    pub fn log(&mut self, log: impl Fn(LogLevel, &str) + Send + Sync + 'static) -> &mut Self {
        self.log = Some(Arc::new(log));
        self
    }

    /// Opens the store in the file `path`.
    ///
    /// Opening changes no file that is there. A damaged end is left out, which [`Store::recovered_from`] tells. One writer per file:
    /// a second is [`Status::LOCKED`](crate::Status::LOCKED).
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Store> {
        Store::open_with(path.as_ref(), self)
    }

    fn flag(&mut self, flag: u32, yes: bool) -> &mut Self {
        if yes {
            self.raw.flags |= flag;
        } else {
            self.raw.flags &= !flag;
        }
        self
    }

    /// The C struct, and what must live as long as the store that is opened with it.
    pub(crate) fn to_raw(&self) -> (simdr_open_options, Option<LogHolder>) {
        let mut raw = self.raw;
        // One more Arc around it, whose address fits into `log_user_data` and stays when the store is moved.
        let holder = self.log.clone().map(|log| LogHolder(Arc::new(log)));
        if let Some(LogHolder(log)) = &holder {
            raw.log = Some(call_log);
            raw.log_user_data = Arc::as_ptr(log).cast_mut().cast();
        }
        (raw, holder)
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for OpenOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OpenOptions").field("raw", &self.raw).field("log", &self.log.is_some()).finish()
    }
}

pub(crate) struct LogHolder(Arc<Log>);

unsafe extern "C" fn call_log(level: i32, message: *const c_char, log: *mut c_void) {
    let level = match level {
        SIMDR_LOG_ERROR => LogLevel::Error,
        SIMDR_LOG_WARNING => LogLevel::Warning,
        _ => LogLevel::Info,
    };
    // SAFETY: `log` is the `LogHolder`'s, which the store keeps; `message` is valid during the call.
    let (log, message) = unsafe { (&*log.cast::<Log>(), call::text(message)) };
    // There is nobody to hand a panic to, and it must not run into C.
    drop(catch_unwind(AssertUnwindSafe(|| log(level, &message))));
}
