//! Bytes and hashes as hexadecimal text.

use std::fmt::Write;

pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

pub fn decode(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("not hexadecimal: {text}"))?;
    if !digits.len().is_multiple_of(2) {
        return Err(format!("odd number of hexadecimal digits: {text}"));
    }
    Ok(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

/// A key is hexadecimal, except that the empty key is written as `-`.
pub fn encode_key(key: &[u8]) -> String {
    if key.is_empty() { "-".to_owned() } else { encode(key) }
}

pub fn decode_key(text: &str) -> Result<Vec<u8>, String> {
    match text {
        "-" => Ok(Vec::new()),
        "" => Err("a key is missing (the empty key is written as -)".to_owned()),
        _ => decode(text),
    }
}

/// A hash is the number in 16 digits, most significant first.
pub fn decode_hash(text: &str) -> Result<u64, String> {
    let bytes: [u8; 8] = decode(text)?.try_into().map_err(|_| format!("a hash has 16 hexadecimal digits: {text}"))?;
    Ok(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_a_round_trip() {
        for key in [&b""[..], b"\0", b"key", &[0xff; 40]] {
            assert_eq!(decode_key(&encode_key(key)).as_deref(), Ok(key));
        }
    }

    #[test]
    fn bad_text_is_refused() {
        assert!(decode("0").is_err());
        assert!(decode("zz").is_err());
        assert!(decode_key("").is_err());
        assert!(decode_hash("12").is_err());
        assert!(decode_hash("+23456789abcdef0").is_err());
    }
}
