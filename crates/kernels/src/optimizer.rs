//! Optimiser updates over bands of storage rows.

use crate::math::power;
use crate::simd::F32x4;
use crate::LANES;

/// Moments below this become zero: a decaying moment of a dead unit would end among the denormals, which cost up to
/// fifty times as much per operation and cannot be switched off in WebAssembly.
const SMALLEST_MOMENT: f32 = 1e-30;

/// The settings of one Adam step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// Learning rate of this step.
    pub learning_rate: f32,
    /// Decay of the first moment, in [0, 1).
    pub beta1: f32,
    /// Decay of the second moment, in [0, 1).
    pub beta2: f32,
    /// Added to the square root of the second moment; positive.
    pub epsilon: f32,
    /// Decoupled weight decay: `w -= learning_rate * decay * w` before the update.
    pub decay: f32,
}

/// Adam's bias corrections, one pair per feature, from [`corrections`] of the age of the feature.
#[derive(Clone, Copy, Debug)]
pub struct Corrections<'a> {
    /// `1 / (1 - beta1^age)`
    pub c1: &'a [f32],
    /// `sqrt(1 - beta2^age)`
    pub q: &'a [f32],
}

/// `(1 / (1 - beta1^age), sqrt(1 - beta2^age))`, powers by squaring in f64. Age 0 counts as 1.
pub fn corrections(beta1: f32, beta2: f32, age: u32) -> (f32, f32) {
    let age = age.max(1);
    let c1 = 1.0 / (1.0 - power(f64::from(beta1), age.into()));
    let q = (1.0 - power(f64::from(beta2), age.into())).sqrt();
    (c1 as f32, q as f32)
}

/// One step of Adam (Kingma and Ba 2014, epsilon beside the root of the corrected moment) on a band of `rows`
/// rows of `stride` floats, of which the first `width` are updated:
///
/// `w -= lr * decay * w; m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2;
/// w -= lr * c1 * q * m / (sqrt(v) + epsilon * q)`
///
/// where the age of a weight is that of its younger end: `c1 = max(c1 of the input, c1 of the output)` and
/// `q = min(q of the input, q of the output)`, because `c1` falls and `q` rises with age. `input` has one entry per
/// row of the band, `None` where all are old (`c1 = q = 1`); `output` has one entry per column, finite in pads.
/// Moments below 1e-30 become zero.
///
/// # Panics
/// When a slice is too short or `width` is not a multiple of four.
#[allow(clippy::too_many_arguments)] // the four planes of a band, its shape and the settings
pub fn adam(
    step: &AdamStep,
    rows: usize,
    width: usize,
    stride: usize,
    input: Option<Corrections>,
    output: Corrections,
    value: &mut [f32],
    grad: &[f32],
    first: &mut [f32],
    second: &mut [f32],
) {
    assert!(width.is_multiple_of(LANES) && width <= stride, "width {width} in stride {stride}");
    let splat = F32x4::splat;
    let keep = splat(-(step.learning_rate * step.decay));
    let rate = splat(step.learning_rate);
    let epsilon = splat(step.epsilon);
    let (beta1, rest1) = (splat(step.beta1), splat(1.0 - step.beta1));
    let (beta2, rest2) = (splat(step.beta2), splat(1.0 - step.beta2));
    let (c1, q) = (&output.c1[..width], &output.q[..width]);
    for row in 0..rows {
        let (c1_in, q_in) = input.map_or((1.0, 1.0), |input| (input.c1[row], input.q[row]));
        let (c1_in, q_in) = (splat(c1_in), splat(q_in));
        let band = row * stride..row * stride + width;
        let value = value[band.clone()].chunks_exact_mut(LANES);
        let grad = grad[band.clone()].chunks_exact(LANES);
        let first = first[band.clone()].chunks_exact_mut(LANES);
        let second = second[band].chunks_exact_mut(LANES);
        let ends = c1.chunks_exact(LANES).zip(q.chunks_exact(LANES));
        for ((((w, g), m), v), (c1, q)) in value.zip(grad).zip(first).zip(second).zip(ends) {
            let g = F32x4::load(g);
            let m_new = flush(rest1.madd(g, beta1 * F32x4::load(m)));
            let v_new = flush((rest2 * g).madd(g, beta2 * F32x4::load(v)));
            m_new.store(m);
            v_new.store(v);
            let q = F32x4::load(q).pmin(q_in);
            let size = rate * (F32x4::load(c1).pmax(c1_in) * q);
            let old = F32x4::load(w);
            let decayed = keep.madd(old, old);
            (decayed - size * m_new / (v_new.sqrt() + epsilon * q)).store(w);
        }
    }
}

/// One step of gradient descent with momentum (the form of Keras) on a band of `rows` rows of `stride` floats, of
/// which the first `width` are updated: `w -= rate * decay * w; u = momentum * u - rate * g; w += u`.
/// Velocities below 1e-30 become zero.
///
/// # Panics
/// When a slice is too short or `width` is not a multiple of four.
#[allow(clippy::too_many_arguments)] // the three planes of a band, its shape and the settings
pub fn sgd(
    rate: f32,
    momentum: f32,
    decay: f32,
    rows: usize,
    width: usize,
    stride: usize,
    value: &mut [f32],
    grad: &[f32],
    velocity: &mut [f32],
) {
    assert!(width.is_multiple_of(LANES) && width <= stride, "width {width} in stride {stride}");
    let keep = F32x4::splat(-(rate * decay));
    let (momentum, down) = (F32x4::splat(momentum), F32x4::splat(-rate));
    for row in 0..rows {
        let band = row * stride..row * stride + width;
        let value = value[band.clone()].chunks_exact_mut(LANES);
        let grad = grad[band.clone()].chunks_exact(LANES);
        let velocity = velocity[band].chunks_exact_mut(LANES);
        for ((w, g), u) in value.zip(grad).zip(velocity) {
            let moved = flush(down.madd(F32x4::load(g), momentum * F32x4::load(u)));
            moved.store(u);
            let old = F32x4::load(w);
            (keep.madd(old, old) + moved).store(w);
        }
    }
}

/// Zero where the magnitude is below [`SMALLEST_MOMENT`]; NaN stays.
#[inline(always)]
fn flush(moment: F32x4) -> F32x4 {
    moment.abs().lt(F32x4::splat(SMALLEST_MOMENT)).select(F32x4::splat(0.0), moment)
}
