//! Small helpers.

mod align_or_copy;
mod append_extension;
mod format_bytes;
mod namespace_hasher;
mod parse_buffer_size;
mod verify_file_existence;

pub use align_or_copy::align_or_copy;
pub use append_extension::append_extension;
pub use format_bytes::format_bytes;
pub use namespace_hasher::NamespaceHasher;
pub use parse_buffer_size::parse_buffer_size;
pub use verify_file_existence::verify_file_existence;
