//! Tokens: bytes, hashes, checksums, numbers.

use simdr::KeyHash;

/// A token of bytes; `None` when it is none.
pub fn bytes(token: &str) -> Option<Vec<u8>> {
    if token == "-" {
        return Some(Vec::new());
    }
    let (digits, count) = match token.split_once('*') {
        Some((digits, count)) => (digits, count.parse().ok()?),
        None => (token, 1),
    };
    let pairs = digits.as_bytes().chunks(2);
    let unit: Option<Vec<u8>> =
        pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    (digits.len() % 2 == 0).then_some(unit?.repeat(count))
}

pub fn of_bytes(bytes: &[u8]) -> String {
    if bytes.is_empty() {
        return "-".to_owned();
    }
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn hash(token: &str) -> Option<KeyHash> {
    u64::from_str_radix(token, 16).ok().filter(|_| token.len() == 16).map(KeyHash)
}

pub fn of_hash(hash: KeyHash) -> String {
    format!("{:016x}", hash.0)
}

/// An expected token as the outcome has it.
pub fn written_out(token: &str) -> String {
    match bytes(token) {
        Some(bytes) if token.contains('*') => of_bytes(&bytes),
        _ => token.to_owned(),
    }
}
