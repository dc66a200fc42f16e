//! The format's sizes.

use std::ops::Range;

/// Bytes behind each payload: key hash, previous tail, checksum.
pub const METADATA_SIZE: usize = 20;
/// Where the key hash is in them.
pub const KEY_HASH_RANGE: Range<usize> = 0..8;
/// Where the previous tail is in them.
pub const PREV_OFFSET_RANGE: Range<usize> = 8..16;
/// Where the checksum is in them.
pub const CHECKSUM_RANGE: Range<usize> = 16..20;
/// Bytes of the checksum.
pub const CHECKSUM_LEN: usize = CHECKSUM_RANGE.end - CHECKSUM_RANGE.start;

/// The binary logarithm of [`PAYLOAD_ALIGNMENT`].
pub const PAYLOAD_ALIGN_LOG2: u8 = 6;
/// Payloads start on multiples of this many bytes.
pub const PAYLOAD_ALIGNMENT: u64 = 1 << PAYLOAD_ALIGN_LOG2;

/// The payload that marks a deleted key.
pub const NULL_BYTE: [u8; 1] = [0];

/// How much a stream is read at a time. Of no effect here: the library chooses.
pub const WRITE_STREAM_BUFFER_SIZE: usize = 64 * 1024;
/// What the index starts with. Of no effect here: the library chooses.
pub const INDEX_BASELINE_CAPACITY: usize = 10_000;
/// How much recovery reads at a time. Of no effect here: the library chooses.
pub const RECOVERY_WINDOW_SIZE: usize = 64 * 1024 * 1024;
