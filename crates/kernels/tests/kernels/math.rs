//! Elementary functions against f64, over all the values a network meets.

use cambium_kernels::math::*;
use cambium_kernels::simd::F32x4;

/// Checks `f` against `truth` at `count` points of `low..=high`: relative error at most `tolerance`, or absolute where
/// the truth is below `floor`.
fn check(f: fn(f32) -> f32, truth: fn(f64) -> f64, low: f64, high: f64, tolerance: f64, floor: f64) {
    let count = 200_000;
    for i in 0..=count {
        let x = (low + (high - low) * f64::from(i) / f64::from(count)) as f32;
        let (got, want) = (f64::from(f(x)), truth(f64::from(x)));
        let size = want.abs().max(floor);
        let error = if got == want { 0.0 } else { (got - want).abs() / size };
        assert!(error <= tolerance, "f({x:e}) = {got:e}, not {want:e}: relative error {error:e}");
    }
}

/// erf by its Taylor series near zero and a continued fraction of erfc further out, in f64.
fn erf_truth(x: f64) -> f64 {
    let size = x.abs();
    let value = if size < 2.5 {
        let (mut term, mut sum) = (size, size);
        for n in 1..200 {
            term *= -size * size / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        sum * std::f64::consts::FRAC_2_SQRT_PI
    } else {
        let tail = (1..=200).rev().fold(size, |rest, n| size + f64::from(n) / 2.0 / rest);
        1.0 - (-size * size).exp() / (tail * std::f64::consts::PI.sqrt())
    };
    value.copysign(x)
}

#[test]
fn exp_is_within_two_units_in_the_last_place() {
    check(exp_scalar, f64::exp, -87.0, 88.7, 1.5e-7, 0.0);
    check(exp_scalar, f64::exp, -1.0, 1.0, 1.5e-7, 0.0);
}

#[test]
fn exp_at_its_ends() {
    assert_eq!(exp_scalar(0.0), 1.0);
    let least = exp_scalar(-87.0);
    assert!(least >= f32::MIN_POSITIVE);
    assert_eq!(exp_scalar(-1000.0), least);
    assert_eq!(exp_scalar(f32::NEG_INFINITY), least);
    assert_eq!(exp_scalar(88.8), f32::INFINITY);
    assert_eq!(exp_scalar(f32::INFINITY), f32::INFINITY);
    assert!(exp_scalar(f32::NAN).is_nan());
}

#[test]
fn ln_is_within_two_units_in_the_last_place() {
    check(ln_scalar, f64::ln, 1e-6, 4.0, 1.5e-7, 0.0);
    check(ln_scalar, f64::ln, 0.9, 1.1, 1.5e-7, 1e-12);
    let mut x = 1.37 * 2f32.powi(127);
    for _ in 0..275 {
        let want = f64::from(x).ln();
        assert!((f64::from(ln_scalar(x)) - want).abs() <= 1.5e-7 * want.abs(), "ln({x:e})");
        x *= 0.5;
    }
}

#[test]
fn ln_at_its_ends() {
    assert_eq!(ln_scalar(1.0), 0.0);
    assert_eq!(ln_scalar(0.0), f32::NEG_INFINITY);
    assert_eq!(ln_scalar(-0.0), f32::NEG_INFINITY);
    assert_eq!(ln_scalar(f32::INFINITY), f32::INFINITY);
    assert!((ln_scalar(f32::from_bits(1)) + 103.278_93).abs() < 1e-4);
    assert!(ln_scalar(-1.0).is_nan());
    assert!(ln_scalar(f32::NAN).is_nan());
}

#[test]
fn tanh_is_accurate_and_saturates() {
    check(tanh_scalar, f64::tanh, -12.0, 12.0, 2.5e-7, 0.0);
    check(tanh_scalar, f64::tanh, -1e-3, 1e-3, 1.5e-7, 0.0);
    for x in [10.0, 50.0, 1e30, f32::INFINITY] {
        assert_eq!((tanh_scalar(x), tanh_scalar(-x)), (1.0, -1.0));
    }
    assert!(tanh_scalar(f32::NAN).is_nan());
    assert_eq!(tanh_scalar(0.0), 0.0);
    assert_eq!(tanh_scalar(1e-30), 1e-30);
}

#[test]
fn erf_is_accurate_and_saturates() {
    check(erf_scalar, erf_truth, -5.0, 5.0, 4e-7, 0.0);
    check(erf_scalar, erf_truth, -1e-3, 1e-3, 2e-7, 0.0);
    for x in [5.0, 50.0, 1e30, f32::INFINITY] {
        assert_eq!((erf_scalar(x), erf_scalar(-x)), (1.0, -1.0));
    }
    assert!(erf_scalar(f32::NAN).is_nan());
}

#[test]
fn sigmoid_is_accurate_and_saturates() {
    check(sigmoid_scalar, |x| 1.0 / (1.0 + (-x).exp()), -80.0, 20.0, 3e-7, 0.0);
    assert_eq!(sigmoid_scalar(0.0), 0.5);
    assert_eq!(sigmoid_scalar(200.0), 1.0);
    assert_eq!(sigmoid_scalar(-200.0), 0.0);
    assert!(sigmoid_scalar(f32::NAN).is_nan());
}

#[test]
fn every_lane_has_the_bits_of_the_scalar() {
    check_lanes(exp, exp_scalar);
    check_lanes(ln, ln_scalar);
    check_lanes(tanh, tanh_scalar);
    check_lanes(erf, erf_scalar);
    check_lanes(sigmoid, sigmoid_scalar);
}

fn check_lanes(vector: fn(F32x4) -> F32x4, scalar: fn(f32) -> f32) {
    for i in -4000i16..4000 {
        let x = f32::from(i) * 0.01;
        let lanes = [x, x + 0.3, -x, 1.0 / x];
        let got = vector(F32x4::from_array(lanes)).to_array();
        for (lane, got) in lanes.into_iter().zip(got) {
            let want = scalar(lane);
            assert!(got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()), "at {lane}");
        }
    }
}
