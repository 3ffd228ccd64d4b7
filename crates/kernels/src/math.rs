//! Elementary functions from `+ - * /` and square roots, so that every machine gives the same bits.
//!
//! Each function exists for vectors and, with the suffix `_scalar`, for one value with the bits of a vector lane.
//! NaN in gives NaN out. The errors stated are relative, against f64, and bounds that the tests hold.

#![allow(clippy::excessive_precision)] // constants stand as they were published

use crate::simd::{F32x4, I32x4};
use core::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, LOG2_E};

#[inline(always)]
fn splat(value: f32) -> F32x4 {
    F32x4::splat(value)
}

/// `coefficients[0] * x^(n-1) + ... + coefficients[n-1]` by Horner's rule.
#[inline(always)]
fn polynomial<const N: usize>(x: F32x4, coefficients: [f32; N]) -> F32x4 {
    let mut sum = splat(coefficients[0]);
    for &coefficient in &coefficients[1..] {
        sum = sum.madd(x, splat(coefficient));
    }
    sum
}

/// 1.5 * 2^23: a sum with it has the nearest integer in its lowest bits.
const ROUND: f32 = 12_582_912.0;
/// `ln 2` in two parts.
const LN2_HIGH: f32 = 0.693_359_375;
const LN2_LOW: f32 = -2.121_944_40e-4;
/// Of `(e^r - 1 - r) / r^2`.
const EXP_POLYNOMIAL: [f32; 6] = [
    1.987_569_150_0e-4,
    1.398_199_950_7e-3,
    8.333_451_907_3e-3,
    4.166_579_589_4e-2,
    1.666_666_545_9e-1,
    5.000_000_120_1e-1,
];

/// `e^x`. Below -87 the result is `e^-87`, about 1.6e-38 (never a denormal); above 88.73 it is infinity.
///
/// `x = n ln 2 + r`, `|r| <= ln 2 / 2`; `ln 2` in two parts and the polynomial for `e^r` from Cephes `expf` (Moshier).
/// Error 1.5e-7.
#[inline(always)]
pub fn exp(x: F32x4) -> F32x4 {
    let x = x.pmax(splat(-87.0)).pmin(splat(89.0));
    let shifted = x * splat(LOG2_E) + splat(ROUND);
    let n = shifted.to_bits() - I32x4::splat(ROUND.to_bits() as i32);
    let n_float = shifted - splat(ROUND);
    let r = n_float.madd(splat(-LN2_LOW), n_float.madd(splat(-LN2_HIGH), x));
    let p = polynomial(r, EXP_POLYNOMIAL);
    let e = p.madd(r * r, r) + splat(1.0);
    // 2^n as a product of two factors, each a normal number even at n = 128.
    let half = n.shr::<1>();
    e * power_of_two(half) * power_of_two(n - half)
}

/// [`exp`] of numbers that are at most zero, for loops: the same bits with fewer operations. Its constants are loaded once
/// and stay in registers; V8 makes a vector constant that is written in the code anew wherever it is used, with three
/// instructions, and `exp` has a dozen.
#[derive(Clone, Copy)]
pub(crate) struct ExpOfNegative {
    lowest: F32x4,
    log2_e: F32x4,
    round: F32x4,
    /// Minus the two parts of `ln 2`.
    ln2: [F32x4; 2],
    polynomial: [F32x4; 6],
    one: F32x4,
}

impl ExpOfNegative {
    /// Loads the constants.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        static CONSTANTS: ([f32; 5], [f32; 6], f32) =
            ([-87.0, LOG2_E, ROUND, -LN2_HIGH, -LN2_LOW], EXP_POLYNOMIAL, 1.0);
        // The compiler must not see the values, or it would write them into the code again.
        let ([lowest, log2_e, round, high, low], polynomial, one) = core::hint::black_box(&CONSTANTS);
        ExpOfNegative {
            lowest: splat(*lowest),
            log2_e: splat(*log2_e),
            round: splat(*round),
            ln2: [splat(*high), splat(*low)],
            polynomial: polynomial.map(splat),
            one: splat(*one),
        }
    }

    /// `e^x` for `x <= 0`.
    #[inline(always)]
    pub(crate) fn at(&self, x: F32x4) -> F32x4 {
        let x = x.pmax(self.lowest);
        let shifted = x * self.log2_e + self.round;
        let n = shifted - self.round;
        let r = n.madd(self.ln2[1], n.madd(self.ln2[0], x));
        let [first, ref rest @ ..] = self.polynomial;
        let p = rest.iter().fold(first, |sum, &coefficient| sum.madd(r, coefficient));
        // The lowest bits of `shifted` are n; 2^n has n + 127 for its exponent, and 1 has 127.
        let power = F32x4::from_bits(shifted.to_bits().shl::<23>() + self.one.to_bits());
        (p.madd(r * r, r) + self.one) * power
    }
}

/// `2^n` for `-127 < n < 128`.
#[inline(always)]
fn power_of_two(n: I32x4) -> F32x4 {
    F32x4::from_bits((n + I32x4::splat(127)).shl::<23>())
}

/// Of `(ln (1 + m) - m + m^2 / 2) / m^3`.
const LN_POLYNOMIAL: [f32; 9] = [
    7.037_683_629_2e-2,
    -1.151_461_031_0e-1,
    1.167_699_874_0e-1,
    -1.242_014_084_6e-1,
    1.424_932_278_7e-1,
    -1.666_805_766_5e-1,
    2.000_071_476_5e-1,
    -2.499_999_399_3e-1,
    3.333_333_117_4e-1,
];

/// [`ln`] of positive numbers that are not denormal, for loops, as [`ExpOfNegative`].
#[derive(Clone, Copy)]
pub(crate) struct LnOfNormal {
    /// Bits of the mantissa, bits of a half, and the exponent of one half.
    bits: [I32x4; 3],
    root: F32x4,
    one: F32x4,
    polynomial: [F32x4; 9],
    /// The two parts of `ln 2`.
    ln2: [F32x4; 2],
    minus_half: F32x4,
    infinity: F32x4,
}

impl LnOfNormal {
    /// Loads the constants.
    #[inline(always)]
    pub(crate) fn new() -> Self {
        static CONSTANTS: ([i32; 3], [f32; 6], [f32; 9]) = (
            [0x007f_ffff, 0.5f32.to_bits() as i32, 126],
            [FRAC_1_SQRT_2, 1.0, LN2_HIGH, LN2_LOW, -0.5, f32::INFINITY],
            LN_POLYNOMIAL,
        );
        let (bits, [root, one, high, low, minus_half, infinity], polynomial) =
            core::hint::black_box(&CONSTANTS);
        LnOfNormal {
            bits: bits.map(I32x4::splat),
            root: splat(*root),
            one: splat(*one),
            polynomial: polynomial.map(splat),
            ln2: [splat(*high), splat(*low)],
            minus_half: splat(*minus_half),
            infinity: splat(*infinity),
        }
    }

    /// `ln x` for `x >= f32::MIN_POSITIVE`.
    #[inline(always)]
    pub(crate) fn at(&self, x: F32x4) -> F32x4 {
        let [mantissa_bits, half, exponent_of_half] = self.bits;
        let bits = x.to_bits();
        let mantissa = F32x4::from_bits(bits.and(mantissa_bits).or(half));
        let exponent = (bits.shr::<23>() - exponent_of_half).to_f32();
        let low = mantissa.lt(self.root);
        let e = exponent - low.keep(self.one);
        let m = mantissa + low.keep(mantissa) - self.one;
        let [first, ref rest @ ..] = self.polynomial;
        let p = rest.iter().fold(first, |sum, &coefficient| sum.madd(m, coefficient));
        let square = m * m;
        let tail = e.madd(self.ln2[1], p * square * m);
        let y = e.madd(self.ln2[0], square.madd(self.minus_half, tail) + m);
        x.lt(self.infinity).select(y, x)
    }
}

/// The natural logarithm. Zero gives minus infinity, negative values NaN, denormals their logarithm.
///
/// `x = m 2^e`, `sqrt(1/2) <= m < sqrt(2)`; the polynomial for `ln m` from Cephes `logf`. Error 1.5e-7.
#[inline(always)]
pub fn ln(x: F32x4) -> F32x4 {
    const TWO_23: f32 = 8_388_608.0;
    let (zero, one) = (splat(0.0), splat(1.0));
    let tiny = x.lt(splat(f32::MIN_POSITIVE));
    let normal = tiny.select(x * splat(TWO_23), x);
    let bits = normal.to_bits();
    let mantissa =
        F32x4::from_bits(bits.and(I32x4::splat(0x007f_ffff)).or(I32x4::splat(0.5f32.to_bits() as i32)));
    let exponent = (bits.shr::<23>() - I32x4::splat(126)).to_f32() - tiny.keep(splat(23.0));
    let low = mantissa.lt(splat(FRAC_1_SQRT_2));
    let e = exponent - low.keep(one);
    let m = mantissa + low.keep(mantissa) - one;
    let p = polynomial(m, LN_POLYNOMIAL);
    let square = m * m;
    let tail = e.madd(splat(LN2_LOW), p * square * m);
    let y = e.madd(splat(LN2_HIGH), square.madd(splat(-0.5), tail) + m);
    // Infinity and NaN are their own logarithms.
    let finite = x.lt(splat(f32::INFINITY));
    let y = finite.select(y, x);
    let y = x.eq(zero).select(splat(f32::NEG_INFINITY), y);
    x.lt(zero).select(splat(f32::NAN), y)
}

/// A standard normal of each point inside the unit circle, with `u` its first coordinate and `s`, which is not denormal, the square of its
/// distance from the middle (Marsaglia's polar method, the first of the pair).
pub fn polar(u: F32x4, s: F32x4) -> F32x4 {
    u * (splat(-2.0) * LnOfNormal::new().at(s) / s).sqrt()
}

/// The hyperbolic tangent, exactly 1 or -1 far out.
///
/// Cephes `tanhf`: a polynomial below 0.625, `1 - 2 / (e^(2|x|) + 1)` above. Error 2.5e-7.
#[inline(always)]
pub fn tanh(x: F32x4) -> F32x4 {
    let size = x.abs();
    let square = x * x;
    let p = polynomial(
        square,
        [
            -5.704_988_727_45e-3,
            2.063_908_879_54e-2,
            -5.373_971_555_31e-2,
            1.333_144_220_36e-1,
            -3.333_328_194_22e-1,
        ],
    );
    let near = (p * square).madd(x, x);
    let far = splat(1.0) - splat(2.0) / (exp(size + size) + splat(1.0));
    let far = x.lt(splat(0.0)).select(splat(0.0) - far, far);
    size.lt(splat(0.625)).select(near, far)
}

/// The error function, exactly 1 or -1 far out.
///
/// Below 1 the polynomial of Cephes `erff`; above, Abramowitz and Stegun 7.1.26 (absolute error 1.5e-7
/// as published). Error 4e-7.
#[inline(always)]
pub fn erf(x: F32x4) -> F32x4 {
    let size = x.abs();
    let square = x * x;
    let near = x * polynomial(
        square,
        [
            7.853_861_353_153_693e-5,
            -8.010_193_625_184_903e-4,
            5.188_327_685_732_524e-3,
            -2.685_381_193_529_856e-2,
            1.128_358_514_861_418e-1,
            -3.761_262_582_423_300e-1,
            FRAC_2_SQRT_PI,
        ],
    );
    let t = splat(1.0) / size.madd(splat(0.327_591_1), splat(1.0));
    let p = polynomial(t, [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592]);
    let far = splat(1.0) - p * t * exp(splat(0.0) - square);
    let far = x.lt(splat(0.0)).select(splat(0.0) - far, far);
    size.lt(splat(1.0)).select(near, far)
}

/// The logistic function `1 / (1 + e^-x)`. Error 3e-7; below -88.7 it is zero.
#[inline(always)]
pub fn sigmoid(x: F32x4) -> F32x4 {
    splat(1.0) / (splat(1.0) + exp(splat(0.0) - x))
}

/// `base^exponent` by squaring, in the same order of products on every machine.
pub fn power(mut base: f64, mut exponent: u64) -> f64 {
    let mut result = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    result
}

macro_rules! scalar {
    ($name:ident, $vector:ident) => {
        #[doc = concat!("[`", stringify!($vector), "`] of one value.")]
        #[inline]
        pub fn $name(x: f32) -> f32 {
            $vector(F32x4::splat(x)).to_array()[0]
        }
    };
}
scalar!(exp_scalar, exp);
scalar!(ln_scalar, ln);
scalar!(tanh_scalar, tanh);
scalar!(erf_scalar, erf);
scalar!(sigmoid_scalar, sigmoid);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_of_negative_has_the_bits_of_exp() {
        let of_negative = ExpOfNegative::new();
        let numbers = (0..200_000).map(|i| -100.0 * (i as f32 / 200_000.0) * (i as f32 / 200_000.0));
        for x in numbers.chain([-0.0, 0.0, -1e-30, -87.0, -88.0, f32::NEG_INFINITY]) {
            let found = of_negative.at(splat(x)).to_array()[0];
            assert_eq!(found.to_bits(), exp_scalar(x).to_bits(), "{x}");
        }
        assert!(of_negative.at(splat(f32::NAN)).to_array()[0].is_nan());
    }

    #[test]
    fn ln_of_normal_has_the_bits_of_ln() {
        let of_normal = LnOfNormal::new();
        let from_one = (0..200_000).map(|i| 1.0 + 1e-7 * (i as f32) * (i as f32));
        let to_one = (1..200_000).map(|i| i as f32 / 200_000.0);
        let some = [1.0, 1.0 + f32::EPSILON, 2.0, 1e30, f32::MAX, f32::INFINITY, 1e-30, f32::MIN_POSITIVE];
        for x in from_one.chain(to_one).chain(some) {
            let found = of_normal.at(splat(x)).to_array()[0];
            assert_eq!(found.to_bits(), ln_scalar(x).to_bits(), "{x}");
        }
        assert!(of_normal.at(splat(f32::NAN)).to_array()[0].is_nan());
    }
}
