use std::io::{Error, ErrorKind, Result};
use std::path::Path;

/// `NotFound` when there is no such file, `InvalidInput` when it is something else.
pub fn verify_file_existence(path: &Path) -> Result<()> {
    if !path.exists() {
        let message = format!("Storage file '{}' does not exist.", path.display());
        return Err(Error::new(ErrorKind::NotFound, message));
    }
    if !path.is_file() {
        return Err(Error::new(ErrorKind::InvalidInput, format!("'{}' is not a valid file.", path.display())));
    }
    Ok(())
}
