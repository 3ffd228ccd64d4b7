//! Random numbers that are the same on every machine: one generator per purpose, no sampling over `usize`.

use crate::json;
use cambium_kernels::simd::F32x4;
use cambium_kernels::{math, LANES};

/// What a state is multiplied by.
const MULTIPLIER: u64 = 0x5851_F42D_4C95_7F2D;
/// The increment of the generator that spreads seeds.
const SPREAD: u64 = 0xA176_54E4_6FBE_17F3;

/// One stream of random numbers (PCG32, XSH RR, O'Neill 2014).
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    state: u64,
    increment: u64,
}

json::record!(Stream { state: "state", increment: "increment" });

impl Stream {
    /// Stream number `purpose` of `seed`.
    pub fn new(seed: u32, purpose: u64) -> Self {
        // Two generators before it spread neighbouring seeds over the state space.
        let mut spread = Stream { state: u64::from(seed), increment: SPREAD };
        spread.step();
        let mut seeded = Stream::from(spread.wide_bits(), spread.wide_bits() | 1);
        Stream::from(seeded.wide_bits(), purpose << 1 | 1)
    }

    fn from(state: u64, increment: u64) -> Self {
        let mut stream = Stream { state: state.wrapping_add(increment), increment };
        stream.step();
        stream
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    /// Whether the generator has its full period: its increment is odd. Only a file can hold another one, with which
    /// draws might never end.
    pub(crate) fn is_sound(&self) -> bool {
        self.increment % 2 == 1
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        let state = self.state;
        self.step();
        (((state >> 18 ^ state) >> 27) as u32).rotate_right((state >> 59) as u32)
    }

    /// 64 random bits, the lower half first.
    fn wide_bits(&mut self) -> u64 {
        u64::from(self.bits()) | u64::from(self.bits()) << 32
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

    /// Standard normal.
    pub fn normal(&mut self) -> f32 {
        let mut one = [0.0];
        self.normals(1.0, &mut one);
        one[0]
    }

    /// Fills `out` with normal numbers of standard deviation `std`, four at a time (Marsaglia's polar method, one of each pair).
    pub fn normals(&mut self, std: f32, out: &mut [f32]) {
        for four in out.chunks_mut(LANES) {
            let (mut firsts, mut squares) = ([0.0; LANES], [1.0; LANES]);
            for (first, square) in firsts.iter_mut().zip(&mut squares).take(four.len()) {
                (*first, *square) = self.point();
            }
            let normals = math::polar(F32x4::from_array(firsts), F32x4::from_array(squares));
            let numbers = (F32x4::splat(std) * normals).to_array();
            four.iter_mut().zip(numbers).for_each(|(to, number)| *to = number);
        }
    }

    /// A point inside the unit circle, but not its middle: the first coordinate, and the square of the distance from the middle.
    fn point(&mut self) -> (f32, f32) {
        loop {
            let (u, v) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let s = u * u + v * v;
            if s > 0.0 && s < 1.0 {
                return (u, s);
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
#[derive(Clone, Debug, PartialEq)]
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

json::record!(Streams { init: "init", shuffle: "shuffle", growth: "growth", dropout: "dropout" });

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

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::{Rng, SeedableRng};
    use rand_pcg::Pcg32;

    #[test]
    fn another_implementation_draws_the_same_bits() {
        for seed in (0..1000).chain([u32::MAX]) {
            for purpose in [0, 1, 2, 3, 4, 9, u64::MAX >> 1] {
                let mut theirs = Pcg32::new(Pcg32::seed_from_u64(u64::from(seed)).next_u64(), purpose);
                let mut ours = Stream::new(seed, purpose);
                assert!((0..20).all(|_| ours.bits() == theirs.next_u32()), "{seed} {purpose}");
            }
        }
    }
}
