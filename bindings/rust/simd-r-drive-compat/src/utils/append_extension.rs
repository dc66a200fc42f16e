use std::path::{Path, PathBuf};

/// The path with one more extension: `archive.tar` and `gz` make `archive.tar.gz`.
pub fn append_extension(path: &Path, ext: &str) -> PathBuf {
    let extension = match path.extension() {
        Some(extension) => format!("{}.{ext}", extension.to_string_lossy()),
        None => ext.to_owned(),
    };
    path.with_extension(extension)
}
