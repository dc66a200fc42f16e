//! The two generators: xorshift64 for what others must be able to repeat, splitmix64 for drawing histories.

/// Emits its state after each step. From seed 0 it never leaves 0.
pub struct Xorshift64(u64);

impl Xorshift64 {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Each number as 8 little-endian bytes, cut to `len`.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(len + 7);
        while bytes.len() < len {
            bytes.extend_from_slice(&self.next().to_le_bytes());
        }
        bytes.truncate(len);
        bytes
    }
}

/// Good from any seed, small ones and 0 included.
pub struct Splitmix64(u64);

impl Splitmix64 {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number in `0..bound`. The bias of the modulo does not matter for tests.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// A number in `1..=max` whose logarithm is uniform: as many of 1 to 10 as of 100 to 1000.
    pub fn log_uniform(&mut self, max: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        let drawn = ((max as f64 + 1.0).ln() * unit).exp() as usize;
        drawn.clamp(1, max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xorshift_matches_its_published_first_number() {
        // Marsaglia's example state for the (13, 7, 17) triple.
        assert_eq!(Xorshift64::new(88_172_645_463_325_252).next(), 8_748_534_153_485_358_512);
        assert_eq!(Xorshift64::new(1).bytes(3), [0x41, 0x20, 0x82]);
    }

    #[test]
    fn log_uniform_stays_in_range() {
        let mut rng = Splitmix64::new(1);
        assert!((0..10_000).all(|_| (1..=1000).contains(&rng.log_uniform(1000))));
        assert!((0..100).all(|_| rng.log_uniform(1) == 1));
    }
}
