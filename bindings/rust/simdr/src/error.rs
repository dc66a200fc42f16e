//! What an error status becomes.

use crate::Status;
use std::error;
use std::fmt;
use std::io;

/// What calls of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

/// A call that failed: the library's status and its words, which name the argument or the path and say what was wrong with it.
#[derive(Debug)]
pub struct Error {
    status: Status,
    os_error: i32,
    message: Box<str>,
    source: Option<io::Error>,
}

impl Error {
    pub(crate) fn new(status: Status, message: impl Into<Box<str>>) -> Self {
        Self { status, os_error: 0, message: message.into(), source: None }
    }

    pub(crate) fn with_os_error(self, os_error: i32) -> Self {
        Self { os_error, ..self }
    }

    /// `source` is what a reader of the caller returned.
    pub(crate) fn with_source(self, source: io::Error) -> Self {
        Self { source: Some(source), ..self }
    }

    /// Which error it is, for a `match`.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The system's `errno` behind it, if there was one.
    pub fn os_error(&self) -> Option<i32> {
        (self.os_error != 0).then_some(self.os_error)
    }

    /// The kind that an [`io::Error`] made of this has.
    pub fn kind(&self) -> io::ErrorKind {
        match (&self.source, self.status.kind(), self.os_error) {
            (Some(source), _, _) => source.kind(),
            (None, io::ErrorKind::Other, os_error) if os_error != 0 => io::Error::from_raw_os_error(os_error).kind(),
            (None, kind, _) => kind,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}

/// For a status that came without words.
impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Error::new(status, status.text())
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        io::Error::new(error.kind(), error)
    }
}
