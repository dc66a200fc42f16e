use super::constants::*;

/// What the file keeps behind each payload.
#[repr(C)]
#[derive(Debug, Clone)]
pub struct EntryMetadata {
    /// The XXH3 hash of the key.
    pub key_hash: u64,
    /// Where the entry before ends in the file.
    pub prev_offset: u64,
    /// The CRC-32 of the payload.
    pub checksum: [u8; 4],
}

impl EntryMetadata {
    /// The three together.
    pub fn new(key_hash: u64, prev_offset: u64, checksum: [u8; 4]) -> Self {
        Self { key_hash, prev_offset, checksum }
    }

    /// As the file has it.
    pub fn serialize(&self) -> [u8; METADATA_SIZE] {
        let mut bytes = [0; METADATA_SIZE];
        bytes[KEY_HASH_RANGE].copy_from_slice(&self.key_hash.to_le_bytes());
        bytes[PREV_OFFSET_RANGE].copy_from_slice(&self.prev_offset.to_le_bytes());
        bytes[CHECKSUM_RANGE].copy_from_slice(&self.checksum);
        bytes
    }

    /// Out of the file's bytes.
    ///
    /// # Panics
    /// When there are fewer than [`METADATA_SIZE`].
    pub fn deserialize(data: &[u8]) -> Self {
        let number = |range| u64::from_le_bytes(<[u8; 8]>::try_from(&data[range]).expect("the range is of 8 bytes"));
        let checksum = data[CHECKSUM_RANGE].try_into().expect("the range is of 4 bytes");
        Self::new(number(KEY_HASH_RANGE), number(PREV_OFFSET_RANGE), checksum)
    }
}

impl From<simdr::EntryInfo> for EntryMetadata {
    fn from(info: simdr::EntryInfo) -> Self {
        Self::new(info.key_hash.0, info.prev_tail, info.checksum.to_le_bytes())
    }
}
