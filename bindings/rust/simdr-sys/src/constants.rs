//! The numbers of `simdr.h`.

use crate::simdr_status;

pub const SIMDR_VERSION_MAJOR: u32 = 0;
pub const SIMDR_VERSION_MINOR: u32 = 1;
pub const SIMDR_VERSION_PATCH: u32 = 0;

pub const SIMDR_OK: simdr_status = 0;
pub const SIMDR_NOT_FOUND: simdr_status = -1;
pub const SIMDR_EXISTS: simdr_status = -2;
pub const SIMDR_CHANGED: simdr_status = -3;
pub const SIMDR_STOPPED: simdr_status = -4;
pub const SIMDR_ERR_INVALID_ARGUMENT: simdr_status = -10;
pub const SIMDR_ERR_EMPTY_PAYLOAD: simdr_status = -11;
pub const SIMDR_ERR_TOMBSTONE_PAYLOAD: simdr_status = -12;
pub const SIMDR_ERR_RESERVED_HASH: simdr_status = -13;
pub const SIMDR_ERR_TOO_LARGE: simdr_status = -14;
pub const SIMDR_ERR_OPTIONS_SIZE: simdr_status = -15;
pub const SIMDR_ERR_UNKNOWN_FLAGS: simdr_status = -16;
pub const SIMDR_ERR_LENGTH_MISMATCH: simdr_status = -17;
pub const SIMDR_ERR_SAME_STORE: simdr_status = -18;
pub const SIMDR_ERR_SAME_KEY: simdr_status = -19;
pub const SIMDR_ERR_MISALIGNED: simdr_status = -20;
pub const SIMDR_ERR_PARTIAL_ELEMENT: simdr_status = -21;
pub const SIMDR_ERR_BAD_STATE: simdr_status = -22;
pub const SIMDR_ERR_NO_SUCH_FILE: simdr_status = -30;
pub const SIMDR_ERR_ACCESS: simdr_status = -31;
pub const SIMDR_ERR_IS_DIRECTORY: simdr_status = -32;
pub const SIMDR_ERR_NOT_REGULAR_FILE: simdr_status = -33;
pub const SIMDR_ERR_NOT_A_STORE: simdr_status = -34;
pub const SIMDR_ERR_OLD_GENERATION: simdr_status = -35;
pub const SIMDR_ERR_READ_ONLY: simdr_status = -36;
pub const SIMDR_ERR_READ_ONLY_MEDIUM: simdr_status = -37;
pub const SIMDR_ERR_LOCKED: simdr_status = -38;
pub const SIMDR_ERR_CORRUPT: simdr_status = -39;
pub const SIMDR_ERR_IO: simdr_status = -40;
pub const SIMDR_ERR_NO_SPACE: simdr_status = -41;
pub const SIMDR_ERR_NO_MEMORY: simdr_status = -42;
pub const SIMDR_ERR_SOURCE: simdr_status = -43;
pub const SIMDR_ERR_SINK: simdr_status = -44;
pub const SIMDR_ERR_FORKED: simdr_status = -45;
pub const SIMDR_ERR_WRITER_FAILED: simdr_status = -46;
pub const SIMDR_ERR_UNSUPPORTED: simdr_status = -47;
pub const SIMDR_ERR_INTERNAL: simdr_status = -48;

pub const SIMDR_MAX_KEY_SIZE: u32 = 0xFFFF_FFFF;
pub const SIMDR_MAX_BATCH_COUNT: u32 = 0x100_0000;
pub const SIMDR_RESERVED_KEY_HASH: u64 = 0xF1D0_5EAF_00D5_1D3D;
pub const SIMDR_RESERVED_KEY_HASH_2: u64 = 0x0A1A_0D53_4944_52A7;

pub const SIMDR_OPEN_CREATE: u32 = 0;
pub const SIMDR_OPEN_EXISTING: u32 = 1;
pub const SIMDR_OPEN_READ_ONLY: u32 = 2;
pub const SIMDR_OPEN_CREATE_NEW: u32 = 3;

pub const SIMDR_OPEN_VERIFY_READS: u32 = 0x1;
pub const SIMDR_OPEN_DIRECT_WRITES: u32 = 0x2;
pub const SIMDR_OPEN_INDEX_FILE: u32 = 0x4;

pub const SIMDR_DURABILITY_DEFAULT: u32 = 0;
pub const SIMDR_DURABILITY_NONE: u32 = 1;
pub const SIMDR_DURABILITY_COMMIT: u32 = 2;
pub const SIMDR_DURABILITY_STRICT: u32 = 3;

pub const SIMDR_LOG_ERROR: i32 = 1;
pub const SIMDR_LOG_WARNING: i32 = 2;
pub const SIMDR_LOG_INFO: i32 = 3;

pub const SIMDR_ITERATE_ALL_VERSIONS: u32 = 0x1;
pub const SIMDR_ITERATE_VERIFY: u32 = 0x2;
