//! CRC-32 as zlib has it, eight bytes at a time.
//!
//! libsimdr checks and makes checksums by itself; this is for callers who have bytes that are in no store.

/// `TABLES[n][byte]` is what `byte` contributes when `n` more bytes follow it.
const TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    const REFLECTED_POLYNOMIAL: u32 = 0xEDB8_8320;
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (REFLECTED_POLYNOMIAL & (crc & 1).wrapping_neg());
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut following = 1;
    while following < 8 {
        let mut byte = 0;
        while byte < 256 {
            let crc = tables[following - 1][byte];
            tables[following][byte] = (crc >> 8) ^ tables[0][(crc & 0xFF) as usize];
            byte += 1;
        }
        following += 1;
    }
    tables
}

/// The CRC-32 of `data`, as the four bytes of the file.
///
/// ```
/// assert_eq!(simd_r_drive::compute_checksum(b"123456789"), 0xcbf4_3926u32.to_le_bytes());
/// ```
pub fn compute_checksum(data: &[u8]) -> [u8; 4] {
    let mut crc = u32::MAX;
    let mut blocks = data.chunks_exact(8);
    for block in &mut blocks {
        let head = crc.to_le_bytes();
        crc = 0;
        for (i, byte) in block.iter().enumerate() {
            let byte = byte ^ head.get(i).copied().unwrap_or(0);
            crc ^= TABLES[7 - i][usize::from(byte)];
        }
    }
    for byte in blocks.remainder() {
        crc = (crc >> 8) ^ TABLES[0][usize::from(crc as u8 ^ byte)];
    }
    (!crc).to_le_bytes()
}
