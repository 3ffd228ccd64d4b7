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
        Activation::Relu => zip(saved, d, |y, d| zero.lt(y).keep(d)),
        Activation::LeakyRelu => zip(saved, d, |y, d| zero.lt(y).select(d, d * F32x4::splat(LEAK))),
        Activation::Gelu => zip(saved, d, |z, d| d * (normal_cdf(z) + z * normal_density(z))),
        Activation::Tanh => zip(saved, d, |y, d| d * (one - y * y)),
        Activation::Sigmoid => zip(saved, d, |y, d| d * (y * (one - y))),
    }
}

/// `sum[i] += terms[i]`.
///
/// # Panics
/// When the lengths differ or are not a multiple of four.
pub fn add_to(sum: &mut [f32], terms: &[f32]) {
    zip(terms, sum, |term, sum| sum + term);
}

/// `out[i] = z[rows[i]] + effect[rows[i]]` for rows of `stride` floats, a multiple of four.
///
/// # Panics
/// When a slice is too short.
pub fn add_rows(z: &[f32], effect: &[f32], stride: usize, rows: &[u32], out: &mut [f32]) {
    for (&row, out) in rows.iter().zip(out[..rows.len() * stride].chunks_exact_mut(stride)) {
        let row = row as usize * stride..(row as usize + 1) * stride;
        let terms = z[row.clone()].chunks_exact(LANES).zip(effect[row].chunks_exact(LANES));
        for ((z, effect), out) in terms.zip(out.chunks_exact_mut(LANES)) {
            (F32x4::load(z) + F32x4::load(effect)).store(out);
        }
    }
}

/// `out[i][j] = z[rows[i]][j] + a[rows[i] * step] * w[j]` for `j < w.len()`; rows of `z` and `out` are `stride` floats.
///
/// # Panics
/// When a slice is too short or the length of `w` is not a multiple of four.
pub fn add_outer(
    z: &[f32],
    stride: usize,
    (a, step): (&[f32], usize),
    w: &[f32],
    rows: &[u32],
    out: &mut [f32],
) {
    assert!(w.len().is_multiple_of(LANES) && w.len() <= stride, "{} columns in {stride}", w.len());
    for (&row, out) in rows.iter().zip(out[..rows.len() * stride].chunks_exact_mut(stride)) {
        let row = row as usize;
        let (z, a) = (&z[row * stride..][..w.len()], F32x4::splat(a[row * step]));
        for ((z, w), out) in z.chunks_exact(LANES).zip(w.chunks_exact(LANES)).zip(out.chunks_exact_mut(LANES))
        {
            a.madd(F32x4::load(w), F32x4::load(z)).store(out);
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
