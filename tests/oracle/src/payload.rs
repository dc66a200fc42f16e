//! Payload specifications: a short text that stands for any number of bytes.
//!
//! `hex:..`, `xs:SEED:LEN` (xorshift64) or `fill:BYTE:LEN`, numbers in decimal.

use crate::hex;
use crate::rng::Xorshift64;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    Hex(Vec<u8>),
    Xorshift { seed: u64, len: usize },
    Fill { byte: u8, len: usize },
}

impl Payload {
    pub fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split(':').collect();
        match fields[..] {
            ["hex", digits] => Ok(Self::Hex(hex::decode(digits)?)),
            ["xs", seed, len] => Ok(Self::Xorshift { seed: number(seed)?, len: number(len)? }),
            ["fill", byte, len] => Ok(Self::Fill { byte: number(byte)?, len: number(len)? }),
            _ => Err(format!("not a payload: {text}")),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Hex(bytes) => bytes.clone(),
            Self::Xorshift { seed, len } => Xorshift64::new(*seed).bytes(*len),
            Self::Fill { byte, len } => vec![*byte; *len],
        }
    }

    /// The crate cannot store an empty payload or one 0x00 byte, and cannot move any longer run of zeros.
    pub fn is_empty_or_zeros(&self) -> bool {
        self.bytes().iter().all(|&byte| byte == 0)
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hex(bytes) => write!(f, "hex:{}", hex::encode(bytes)),
            Self::Xorshift { seed, len } => write!(f, "xs:{seed}:{len}"),
            Self::Fill { byte, len } => write!(f, "fill:{byte}:{len}"),
        }
    }
}

pub fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("not a number in range: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_a_round_trip() {
        for text in ["hex:", "hex:00ff", "xs:88172645463325252:17", "fill:255:3"] {
            assert_eq!(Payload::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_texts_are_refused() {
        for text in ["", "hex", "hex:0", "xs:1", "xs:-1:2", "fill:256:1", "text:61"] {
            assert!(Payload::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn zeros_are_recognized() {
        assert!(Payload::parse("hex:").unwrap().is_empty_or_zeros());
        assert!(Payload::parse("fill:0:9").unwrap().is_empty_or_zeros());
        assert!(!Payload::parse("hex:0001").unwrap().is_empty_or_zeros());
    }
}
