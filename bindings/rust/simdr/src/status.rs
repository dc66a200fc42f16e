//! The library's statuses, and which [`io::ErrorKind`] each is.

use crate::call;
use simdr_sys::*;
use std::fmt;
use std::io::ErrorKind;

/// A number that the library answers with. Later versions may add some: those have the name `UNKNOWN` here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Status(simdr_status);

macro_rules! statuses {
    ($($name:ident = $number:ident, $kind:ident;)*) => {
        impl Status {
            $(
                #[doc = concat!("`", stringify!($number), "`")]
                pub const $name: Status = Status($number);
            )*

            /// What [`crate::Error::kind`] is where neither the system nor a reader told more.
            pub(crate) fn kind(self) -> ErrorKind {
                match self {
                    $(Status::$name => ErrorKind::$kind,)*
                    _ => ErrorKind::Other,
                }
            }
        }
    };
}

statuses! {
    OK = SIMDR_OK, Other;
    NOT_FOUND = SIMDR_NOT_FOUND, NotFound;
    EXISTS = SIMDR_EXISTS, AlreadyExists;
    CHANGED = SIMDR_CHANGED, Other;
    STOPPED = SIMDR_STOPPED, Other;
    INVALID_ARGUMENT = SIMDR_ERR_INVALID_ARGUMENT, InvalidInput;
    EMPTY_PAYLOAD = SIMDR_ERR_EMPTY_PAYLOAD, InvalidInput;
    TOMBSTONE_PAYLOAD = SIMDR_ERR_TOMBSTONE_PAYLOAD, InvalidInput;
    RESERVED_HASH = SIMDR_ERR_RESERVED_HASH, InvalidInput;
    TOO_LARGE = SIMDR_ERR_TOO_LARGE, InvalidInput;
    OPTIONS_SIZE = SIMDR_ERR_OPTIONS_SIZE, InvalidInput;
    UNKNOWN_FLAGS = SIMDR_ERR_UNKNOWN_FLAGS, InvalidInput;
    LENGTH_MISMATCH = SIMDR_ERR_LENGTH_MISMATCH, InvalidInput;
    SAME_STORE = SIMDR_ERR_SAME_STORE, InvalidInput;
    SAME_KEY = SIMDR_ERR_SAME_KEY, InvalidInput;
    MISALIGNED = SIMDR_ERR_MISALIGNED, InvalidData;
    PARTIAL_ELEMENT = SIMDR_ERR_PARTIAL_ELEMENT, InvalidData;
    BAD_STATE = SIMDR_ERR_BAD_STATE, Other;
    NO_SUCH_FILE = SIMDR_ERR_NO_SUCH_FILE, NotFound;
    ACCESS = SIMDR_ERR_ACCESS, PermissionDenied;
    IS_DIRECTORY = SIMDR_ERR_IS_DIRECTORY, IsADirectory;
    NOT_REGULAR_FILE = SIMDR_ERR_NOT_REGULAR_FILE, InvalidInput;
    NOT_A_STORE = SIMDR_ERR_NOT_A_STORE, InvalidData;
    OLD_GENERATION = SIMDR_ERR_OLD_GENERATION, Unsupported;
    READ_ONLY = SIMDR_ERR_READ_ONLY, PermissionDenied;
    READ_ONLY_MEDIUM = SIMDR_ERR_READ_ONLY_MEDIUM, ReadOnlyFilesystem;
    LOCKED = SIMDR_ERR_LOCKED, ResourceBusy;
    CORRUPT = SIMDR_ERR_CORRUPT, InvalidData;
    IO = SIMDR_ERR_IO, Other;
    NO_SPACE = SIMDR_ERR_NO_SPACE, StorageFull;
    NO_MEMORY = SIMDR_ERR_NO_MEMORY, OutOfMemory;
    SOURCE = SIMDR_ERR_SOURCE, Other;
    SINK = SIMDR_ERR_SINK, Other;
    FORKED = SIMDR_ERR_FORKED, Other;
    WRITER_FAILED = SIMDR_ERR_WRITER_FAILED, Other;
    UNSUPPORTED = SIMDR_ERR_UNSUPPORTED, Unsupported;
    INTERNAL = SIMDR_ERR_INTERNAL, Other;
}

impl Status {
    pub(crate) fn new(number: simdr_status) -> Self {
        Self(number)
    }

    /// The number, as in `simdr.h`.
    pub fn code(self) -> i32 {
        self.0
    }

    /// The constant's name without its prefix `SIMDR_`, such as `"ERR_LOCKED"`.
    pub fn name(self) -> &'static str {
        // SAFETY: takes any number and returns a static string.
        unsafe { call::static_text(simdr_status_name(self.0)) }
    }

    /// One sentence about it.
    pub fn text(self) -> &'static str {
        // SAFETY: takes any number and returns a static string.
        unsafe { call::static_text(simdr_status_text(self.0)) }
    }

    /// Whether it is an error and not an ordinary outcome such as [`Status::NOT_FOUND`].
    pub fn is_error(self) -> bool {
        self.0 <= SIMDR_ERR_INVALID_ARGUMENT
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ({})", self.name(), self.0)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.text())
    }
}
