//! Seeded chance: SplitMix64 (Steele, Lea, Flood 2014), and what is drawn with it.

#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Self(seed.wrapping_mul(0xd134_2543_de82_ef95));
        random.bits();
        random
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub(crate) fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// Exponential with mean 1.
    pub(crate) fn wait(&mut self) -> f64 {
        -(1.0 - self.unit()).ln()
    }

    /// Normal (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (2.0 * self.wait()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Poisson, by waiting.
    pub(crate) fn count(&mut self, mean: f64) -> usize {
        let (mut waited, mut count) = (self.wait(), 0);
        while waited < mean {
            waited += self.wait();
            count += 1;
        }
        count
    }
}
