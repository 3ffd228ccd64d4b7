//! Sums over whole slices, always in the same order.

use crate::simd::F32x4;
use crate::LANES;

/// The sum, one value after the other, in f64.
pub fn sum(values: &[f32]) -> f64 {
    values.iter().fold(0.0, |sum, &v| sum + f64::from(v))
}

/// The sum of absolute values, in f64 like [`sum_of_squares`], rounded once at the end.
pub fn l1(values: &[f32]) -> f32 {
    four_sums(values, |v| f64::from(v.abs())) as f32
}

/// The sum of squares in f64: four sums over every fourth value, then `(s0 + s1) + (s2 + s3)`.
pub fn sum_of_squares(values: &[f32]) -> f64 {
    four_sums(values, |v| f64::from(v) * f64::from(v))
}

/// Whether every value is a finite number.
pub fn all_finite(values: &[f32]) -> bool {
    /// Sums at a time, which need not wait for each other.
    const SUMS: usize = 4;
    // Times zero, what is not finite is NaN, which stays in a sum; all else is zero.
    let zero = F32x4::splat(0.0);
    let mut sums = [zero; SUMS];
    let (fours, rest) = values.as_chunks::<LANES>();
    let (several, single) = fours.as_chunks::<SUMS>();
    for fours in several {
        for (sum, &four) in sums.iter_mut().zip(fours) {
            *sum = *sum + F32x4::from_array(four) * zero;
        }
    }
    for &four in single {
        sums[0] = sums[0] + F32x4::from_array(four) * zero;
    }
    let [a, b, c, d] = sums;
    ((a + b) + (c + d)).sum() == 0.0 && rest.iter().all(|value| value.is_finite())
}

#[inline(always)]
fn four_sums(values: &[f32], term: impl Fn(f32) -> f64) -> f64 {
    let mut sums = [0.0; 4];
    let fours = values.chunks_exact(4);
    let rest = fours.remainder();
    for four in fours {
        for (sum, &v) in sums.iter_mut().zip(four) {
            *sum += term(v);
        }
    }
    for (sum, &v) in sums.iter_mut().zip(rest) {
        *sum += term(v);
    }
    (sums[0] + sums[1]) + (sums[2] + sums[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_a_short_slice() {
        let values = [1.0, -2.0, 3.0, -4.0, 5.0, 0.5];
        assert_eq!(sum(&values), 3.5);
        assert_eq!(l1(&values), 15.5);
        assert_eq!(sum_of_squares(&values), 55.25);
    }

    #[test]
    fn one_value_that_is_not_finite_is_found_anywhere() {
        for len in 0..40 {
            let mut values = vec![f32::MAX; len];
            assert!(all_finite(&values));
            for at in 0..len {
                for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                    values[at] = bad;
                    assert!(!all_finite(&values), "{bad} at {at} of {len}");
                }
                values[at] = -f32::MAX;
            }
        }
    }

    #[test]
    fn empty_slices_sum_to_zero() {
        assert_eq!((sum(&[]), l1(&[]), sum_of_squares(&[])), (0.0, 0.0, 0.0));
    }

    #[test]
    fn large_and_small_values_do_not_swallow_each_other() {
        let mut values = vec![1e-3f32; 1_000_000];
        values[0] = 1e4;
        assert!((sum(&values) - 11_000.0).abs() < 1e-2);
        assert!((l1(&values) - 11_000.0).abs() < 1e-2);
    }
}
