use std::borrow::Cow;

/// Little-endian bytes as elements: in place where address and size allow it, else decoded one by one with `from_le_bytes`.
///
/// `T` must be a type that any bytes are a value of, such as a number: the signature cannot say so.
/// [`simdr::Entry::typed_or_copy`] can.
///
/// # Panics
/// When `N` is not the size of `T`, and when the number of bytes is no multiple of it.
///
/// ```
/// let one = simd_r_drive::utils::align_or_copy::<f32, 4>(&[0, 0, 0x80, 0x3f], f32::from_le_bytes);
/// assert_eq!(*one, [1.0]);
/// ```
pub fn align_or_copy<T, const N: usize>(bytes: &[u8], from_le_bytes: fn([u8; N]) -> T) -> Cow<'_, [T]>
where
    T: Copy,
{
    assert_eq!(size_of::<T>(), N, "Mismatched size for target type");
    if cfg!(target_endian = "little") {
        // SAFETY: by the caller's promise any bytes are a T.
        let (before, elements, after) = unsafe { bytes.align_to::<T>() };
        if before.is_empty() && after.is_empty() {
            return Cow::Borrowed(elements);
        }
    }
    let elements = bytes.chunks_exact(N);
    assert!(elements.remainder().is_empty(), "Input length must be a multiple of element size");
    let decoded = elements.map(|element| from_le_bytes(element.try_into().expect("chunks are of N bytes")));
    Cow::Owned(decoded.collect())
}
