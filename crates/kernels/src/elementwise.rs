//! Activation functions and their derivatives.

use crate::math::{erf, exp, sigmoid, tanh};
use crate::simd::F32x4;
use crate::LANES;

/// The slope of [`Activation::LeakyRelu`] below zero.
pub const LEAK: f32 = 0.01;

/// An activation function `f(z)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `z`
    Linear,
    /// `z` above zero, else 0
    Relu,
    /// `z` above zero, else `0.01 z`
    LeakyRelu,
    /// `z (1 + erf(z / sqrt 2)) / 2`
    Gelu,
    /// The hyperbolic tangent
    Tanh,
    /// `1 / (1 + e^-z)`; the only one with `f(0) != 0`, so its pads need [`clear_pads`]
    Sigmoid,
}

/// `y[i] = f(z[i])`. NaN stays NaN.
///
/// # Panics
/// When the lengths differ or are not a multiple of four.
pub fn activate(kind: Activation, z: &[f32], y: &mut [f32]) {
    assert_eq!(z.len(), y.len());
    y.copy_from_slice(z);
    activate_in_place(kind, y);
}

/// `y[i] = f(y[i])`. NaN stays NaN.
///
/// # Panics
/// When the length is not a multiple of four.
pub fn activate_in_place(kind: Activation, y: &mut [f32]) {
    let zero = F32x4::splat(0.0);
    match kind {
        Activation::Linear => {}
        Activation::Relu => map(y, |v| v.pmax(zero)),
        Activation::LeakyRelu => map(y, |v| v.lt(zero).select(v * F32x4::splat(LEAK), v)),
        Activation::Gelu => map(y, |v| v * normal_cdf(v)),
        Activation::Tanh => map(y, tanh),
        Activation::Sigmoid => map(y, sigmoid),
    }
}

/// `d[i] *= f'`, where `saved` holds the pre-activation `z` for [`Activation::Gelu`] and the output `y = f(z)` for the
/// others ([`Activation::Linear`] does not look). The slope of Relu and LeakyRelu at zero is that below zero.
///
/// # Panics
/// When the lengths differ or are not a multiple of four.
pub fn activation_backward(kind: Activation, saved: &[f32], d: &mut [f32]) {
    let (zero, one) = (F32x4::splat(0.0), F32x4::splat(1.0));
    match kind {
        Activation::Linear => {}
        Activation::Relu => zip(saved, d, |y, d| zero.lt(y).select(d, zero)),
        Activation::LeakyRelu => zip(saved, d, |y, d| zero.lt(y).select(d, d * F32x4::splat(LEAK))),
        Activation::Gelu => zip(saved, d, |z, d| d * (normal_cdf(z) + z * normal_density(z))),
        Activation::Tanh => zip(saved, d, |y, d| d * (one - y * y)),
        Activation::Sigmoid => zip(saved, d, |y, d| d * (y * (one - y))),
    }
}

/// `out = a + b`.
///
/// # Panics
/// When the lengths differ or are not a multiple of four.
pub fn add(a: &[f32], b: &[f32], out: &mut [f32]) {
    assert!(a.len() == b.len() && b.len() == out.len(), "{} + {} = {}", a.len(), b.len(), out.len());
    assert_eq!(out.len() % LANES, 0, "rows are padded to whole vectors");
    for ((a, b), out) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)).zip(out.chunks_exact_mut(LANES)) {
        (F32x4::load(a) + F32x4::load(b)).store(out);
    }
}

/// `out[row][j] = z[row][j] + a[row * step] * w[j]` for `j < w.len()` and all rows of `out`; rows of `z` and `out` are
/// `stride` floats.
///
/// # Panics
/// When a slice is too short or the length of `w` is not a multiple of four.
pub fn add_outer(z: &[f32], stride: usize, a: &[f32], step: usize, w: &[f32], out: &mut [f32]) {
    assert!(w.len().is_multiple_of(LANES) && w.len() <= stride, "{} columns in {stride}", w.len());
    let mut from = 0;
    for w in w.chunks(MOST_OUTER) {
        match w.len() / LANES {
            1 => outer_columns::<1>(z, stride, a, step, w, from, out),
            2 => outer_columns::<2>(z, stride, a, step, w, from, out),
            3 => outer_columns::<3>(z, stride, a, step, w, from, out),
            _ => outer_columns::<4>(z, stride, a, step, w, from, out),
        }
        from += w.len();
    }
}

/// Columns whose weights stay in registers while the rows pass.
const MOST_OUTER: usize = 4 * LANES;

fn outer_columns<const N: usize>(
    z: &[f32],
    stride: usize,
    a: &[f32],
    step: usize,
    w: &[f32],
    from: usize,
    out: &mut [f32],
) {
    let w: [F32x4; N] = core::array::from_fn(|n| F32x4::load(&w[n * LANES..]));
    let rows = z.chunks_exact(stride).zip(out.chunks_exact_mut(stride));
    for ((z, out), &a) in rows.zip(a.iter().step_by(step)) {
        let (z, out) = (&z[from..from + N * LANES], &mut out[from..from + N * LANES]);
        let a = F32x4::splat(a);
        for (n, &w) in w.iter().enumerate() {
            a.madd(w, F32x4::load(&z[n * LANES..])).store(&mut out[n * LANES..]);
        }
    }
}

/// Writes zero to lanes `width..stride` of each of `rows` rows.
///
/// # Panics
/// When `data` is too short or `width > stride`.
pub fn clear_pads(data: &mut [f32], rows: usize, width: usize, stride: usize) {
    if width < stride {
        for row in data[..rows * stride].chunks_exact_mut(stride) {
            row[width..].fill(0.0);
        }
    }
}

/// `(1 + erf(z / sqrt 2)) / 2`
#[inline(always)]
fn normal_cdf(z: F32x4) -> F32x4 {
    let half = F32x4::splat(0.5);
    half + half * erf(z * F32x4::splat(core::f32::consts::FRAC_1_SQRT_2))
}

/// `e^(-z^2 / 2) / sqrt(2 pi)`
#[inline(always)]
fn normal_density(z: F32x4) -> F32x4 {
    const SCALE: f32 = 0.398_942_3;
    F32x4::splat(SCALE) * exp(z * z * F32x4::splat(-0.5))
}

#[inline(always)]
fn map(y: &mut [f32], f: impl Fn(F32x4) -> F32x4) {
    assert_eq!(y.len() % LANES, 0, "rows are padded to whole vectors");
    for four in y.chunks_exact_mut(LANES) {
        f(F32x4::load(four)).store(four);
    }
}

#[inline(always)]
fn zip(saved: &[f32], d: &mut [f32], f: impl Fn(F32x4, F32x4) -> F32x4) {
    assert_eq!(saved.len(), d.len());
    assert_eq!(d.len() % LANES, 0, "rows are padded to whole vectors");
    for (saved, d) in saved.chunks_exact(LANES).zip(d.chunks_exact_mut(LANES)) {
        f(F32x4::load(saved), F32x4::load(d)).store(d);
    }
}
