//! Random numbers that are the same on every machine: one generator per purpose, no sampling over `usize`.

use cambium_kernels::math;
use rand_core::{Rng, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};

/// One stream of random numbers (PCG32, O'Neill 2014).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stream(Pcg32);

impl Stream {
    /// Stream number `purpose` of `seed`.
    pub fn new(seed: u32, purpose: u64) -> Self {
        // One seeding step spreads neighbouring seeds over the state space.
        let state = Pcg32::seed_from_u64(u64::from(seed)).next_u64();
        Stream(Pcg32::new(state, purpose))
    }

    /// Whether the generator has its full period: its increment is odd. Only a file can hold another one, with which
    /// draws might never end.
    pub(crate) fn is_sound(&self) -> bool {
        let state = serde_json::to_value(&self.0).ok();
        state.and_then(|state| state.get("increment")?.as_u64()).is_some_and(|increment| increment % 2 == 1)
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Uniform in [0, 1), 24 bits.
    pub fn uniform(&mut self) -> f32 {
        (self.bits() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// Uniform in `0..n`, without bias (Lemire 2019). `n` must be positive.
    pub fn below(&mut self, n: u32) -> u32 {
        let threshold = n.wrapping_neg() % n;
        loop {
            let wide = u64::from(self.bits()) * u64::from(n);
            if wide as u32 >= threshold {
                return (wide >> 32) as u32;
            }
        }
    }

    /// Standard normal (Marsaglia's polar method, one of the pair).
    pub fn normal(&mut self) -> f32 {
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return u * (-2.0 * math::ln_scalar(s) / s).sqrt();
            }
        }
    }

    /// Puts `items` in random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u32 + 1) as usize);
        }
    }
}

/// The streams of a model. What one purpose draws never shifts another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Streams {
    /// Initial weights, and weights of inserted layers.
    pub init: Stream,
    /// Order of the rows in each epoch.
    pub shuffle: Stream,
    /// Structural proposals and the weights of new features.
    pub growth: Stream,
    /// Seed of the counter-based dropout masks.
    pub dropout: u64,
}

impl Streams {
    /// All streams of `seed`.
    pub fn new(seed: u32) -> Self {
        let mut dropout = Stream::new(seed, 4);
        let dropout = u64::from(dropout.bits()) << 32 | u64::from(dropout.bits());
        Streams {
            init: Stream::new(seed, 1),
            shuffle: Stream::new(seed, 2),
            growth: Stream::new(seed, 3),
            dropout,
        }
    }
}
