//! Calls of the C library: statuses become results, and C strings become text.

use crate::{Error, KeyHash, Result, Status};
use simdr_sys::{simdr_bytes, simdr_error, simdr_status};
use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

/// Runs `function(err)`. An ordinary outcome is `Ok`, with its status.
pub(crate) fn outcome(function: impl FnOnce(*mut simdr_error) -> simdr_status) -> Result<Status> {
    let mut error = MaybeUninit::<simdr_error>::uninit();
    let status = Status::new(function(error.as_mut_ptr()));
    if !status.is_error() {
        return Ok(status);
    }
    let error = error.as_ptr();
    // SAFETY: the library fills `err` when it returns an error. Only what it wrote is read: the text up to its end.
    let (os_error, message) = unsafe { ((*error).os_error, text(ptr::addr_of!((*error).message).cast())) };
    Err(Error::new(status, message).with_os_error(os_error))
}

/// For calls of which an ordinary outcome cannot be passed on.
pub(crate) fn require(function: impl FnOnce(*mut simdr_error) -> simdr_status) -> Result<()> {
    match outcome(function)? {
        Status::OK => Ok(()),
        status => Err(status.into()),
    }
}

/// `false` for the one ordinary outcome that is expected.
pub(crate) fn unless(expected: Status, function: impl FnOnce(*mut simdr_error) -> simdr_status) -> Result<bool> {
    match outcome(function)? {
        Status::OK => Ok(true),
        status if status == expected => Ok(false),
        status => Err(status.into()),
    }
}

pub(crate) fn raw(bytes: &[u8]) -> simdr_bytes {
    simdr_bytes { data: bytes.as_ptr().cast(), size: bytes.len() }
}

pub(crate) fn raw_all<T: AsRef<[u8]>>(all: &[T]) -> Vec<simdr_bytes> {
    all.iter().map(|bytes| raw(bytes.as_ref())).collect()
}

/// A [`KeyHash`] is a number to the library.
pub(crate) fn raw_hashes(hashes: &[KeyHash]) -> (*const u64, usize) {
    (hashes.as_ptr().cast(), hashes.len())
}

/// A path as the library takes it.
pub(crate) fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes())
        .map_err(|_| Error::new(Status::INVALID_ARGUMENT, format!("path: has a zero byte in it: {}", path.display())))
}

/// # Safety
/// `text` is a C string that lives as long as `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Cow<'a, str> {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_string_lossy()
}

/// # Safety
/// `text` is a static C string.
pub(crate) unsafe fn static_text(text: *const c_char) -> &'static str {
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(text) }.to_str().unwrap_or_default()
}
