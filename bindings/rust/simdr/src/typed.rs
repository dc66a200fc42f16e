//! Payloads as elements of a type.

use crate::{Entry, Result, Status};
use std::borrow::Cow;
use std::ptr;

/// A type that any bytes of the right number are a value of.
///
/// # Safety
/// Every bit pattern is a valid value, and there is no padding.
pub unsafe trait Element: Copy + 'static {}

macro_rules! elements {
    ($($type:ty)*) => {$(
        // SAFETY: a number: every bit pattern is one.
        unsafe impl Element for $type {}
    )*};
}
elements! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 }

// SAFETY: elements one after the other, without padding between them.
unsafe impl<T: Element, const N: usize> Element for [T; N] {}

pub(crate) fn in_place_or_copied<T: Element>(entry: &Entry) -> Result<Cow<'_, [T]>> {
    match entry.typed() {
        Ok(elements) => Ok(Cow::Borrowed(elements)),
        Err(error) if error.status() == Status::MISALIGNED && entry.len() % size_of::<T>() == 0 => {
            Ok(Cow::Owned(copied(entry)))
        }
        Err(error) => Err(error),
    }
}

/// The payload is a whole number of elements.
fn copied<T: Element>(bytes: &[u8]) -> Vec<T> {
    let count = bytes.len() / size_of::<T>();
    let mut elements = Vec::<T>::with_capacity(count);
    // SAFETY: there is room for as many, any bytes are a T, and the two do not overlap.
    unsafe {
        ptr::copy_nonoverlapping(bytes.as_ptr(), elements.as_mut_ptr().cast(), count * size_of::<T>());
        elements.set_len(count);
    }
    elements
}
