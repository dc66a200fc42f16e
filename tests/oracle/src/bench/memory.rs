//! Resident memory of this process that is not backed by a file.

use std::fs;

/// In bytes; `RssAnon` of /proc/self/status, which Linux alone has.
pub fn anonymous_size() -> Result<u64, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc/self/status: {error}"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))
        .and_then(|rest| rest.trim().strip_suffix(" kB"))
        .and_then(|kilobytes| kilobytes.trim().parse::<u64>().ok())
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| "/proc/self/status has no RssAnon".to_owned())
}
