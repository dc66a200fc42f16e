//! Values of unknown size: written piece by piece, or pulled out of a reader.

use crate::callback::Carrier;
use crate::key::by_key;
use crate::lease::Lease;
use crate::{Error, Key, Result, Store, call};
use simdr_sys::*;
use std::ffi::{c_int, c_void};
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::ptr::{self, NonNull};

/// A value on its way in: write it, then [`ValueWriter::commit`]. Dropped without, it leaves nothing.
///
/// It spools (memory, then an unlinked temporary file beside the store) and is appended whole, so that a slow writer blocks nobody.
pub struct ValueWriter<'s> {
    raw: NonNull<simdr_stream>,
    _lease: Lease<'s>,
}

// SAFETY: a stream may be used by any thread, by one at a time.
unsafe impl Send for ValueWriter<'_> {}

impl<'s> ValueWriter<'s> {
    pub(crate) fn open(store: &'s Store, key: Key<'_>, flags: u32) -> Result<Self> {
        let mut stream = ptr::null_mut();
        // SAFETY: reads key during the call.
        call::require(|err| unsafe {
            let store = store.as_ptr();
            by_key!(key, simdr_stream_open, simdr_stream_open_hashed, (store), (flags, &mut stream, err))
        })?;
        let raw = NonNull::new(stream).expect("an open that succeeds hands out a stream");
        Ok(Self { raw, _lease: store.lease() })
    }

    /// Appends what was written as one entry and returns the tail. [`Status::EMPTY_PAYLOAD`](crate::Status::EMPTY_PAYLOAD) when nothing was.
    pub fn commit(self) -> Result<u64> {
        let mut tail = 0;
        // SAFETY: the stream is ours; its drop frees it afterwards.
        call::require(|err| unsafe { simdr_stream_commit(self.raw.as_ptr(), &mut tail, err) })?;
        Ok(tail)
    }
}

impl Write for ValueWriter<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        // SAFETY: reads data during the call.
        call::require(|err| unsafe { simdr_stream_write(self.raw.as_ptr(), data.as_ptr().cast(), data.len(), err) })?;
        Ok(data.len())
    }

    /// Does nothing: the value is written by [`ValueWriter::commit`].
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for ValueWriter<'_> {
    fn drop(&mut self) {
        // SAFETY: the stream is ours, and its store is still open.
        unsafe { simdr_stream_free(self.raw.as_ptr()) };
    }
}

impl fmt::Debug for ValueWriter<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ValueWriter").finish_non_exhaustive()
    }
}

/// A reader, and the error that it ended with.
struct Source<R> {
    reader: R,
    error: Option<io::Error>,
}

pub(crate) fn put_reader<R: Read>(store: &Store, key: &[u8], reader: R, flags: u32) -> Result<u64> {
    let mut carrier = Carrier::new(Source { reader, error: None });
    let mut tail = 0;
    // SAFETY: the callback is that of this carrier, which lives during the call; reads key during the call.
    let result = call::require(|err| unsafe {
        let user_data = (&raw mut carrier).cast();
        let (key, size) = (key.as_ptr().cast(), key.len());
        simdr_store_put_from(store.as_ptr(), key, size, Some(fill::<R>), user_data, flags, &mut tail, err)
    });
    match (result, carrier.finish().error) {
        (Ok(()), _) => Ok(tail),
        (Err(error), Some(source)) => {
            let message = format!("{error}: {source}");
            Err(Error::new(error.status(), message).with_source(source))
        }
        (Err(error), None) => Err(error),
    }
}

unsafe extern "C" fn fill<R: Read>(
    buffer: *mut c_void,
    capacity: usize,
    out_size: *mut usize,
    carrier: *mut c_void,
) -> c_int {
    // SAFETY: `carrier` is what put_reader() passed, and nobody else uses it during the call.
    let carrier = unsafe { &mut *carrier.cast::<Carrier<Source<R>>>() };
    // SAFETY: the library hands out `capacity` writable bytes, and `out_size`.
    let (buffer, out_size) = unsafe { (std::slice::from_raw_parts_mut(buffer.cast::<u8>(), capacity), &mut *out_size) };
    carrier.run(|source| match read_some(&mut source.reader, buffer) {
        Ok(size) => {
            *out_size = size;
            0
        }
        Err(error) => {
            source.error = Some(error);
            1
        }
    })
}

fn read_some(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            // A reader in safe code can claim this; the library must not believe it.
            Ok(size) if size > buffer.len() => {
                return Err(io::Error::other("the reader says that it read more than there is room for"));
            }
            result => return result,
        }
    }
}
