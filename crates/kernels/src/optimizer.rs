//! Optimiser updates over bands of storage rows.

use crate::math::power;
use crate::simd::update::each_vector;
use crate::simd::{F32x4, Patch};
use core::hint::black_box;
use core::ops::Range;

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

/// Writes a number of each of these rows, `stride` floats long, back as it is. Weights that other cores have read have to be asked for
/// before they can be written: asked for while there is still much to compute, they are there when the update comes. One of
/// sixteen brings the whole line. With two threads a step of 784-128-64-10 took 6 % less, one of 784-32-10 5 to 11 (Node 24 on Zen 4).
///
/// # Panics
/// When there is no such place.
pub fn claim(weights: &mut [f32], stride: usize, rows: Range<usize>, column: usize) {
    for row in rows {
        let place = &mut weights[row * stride + column];
        *place = black_box(*place);
    }
}

/// One step of Adam (Kingma and Ba 2014, epsilon beside the root of the corrected moment) on the weights of `patch`:
///
/// `w -= lr * decay * w; m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2;
/// w -= lr * c1 * q * m / (sqrt(v) + epsilon * q)`
///
/// where the age of a weight is that of its younger end: `c1 = max(c1 of the input, c1 of the output)` and
/// `q = min(q of the input, q of the output)`, because `c1` falls and `q` rises with age. `input` has one entry per
/// row, `None` where all are old (`c1 = q = 1`); `output` has one entry per column, finite in pads. The planes are the
/// weights and their two moments. Moments below 1e-30 become zero.
///
/// # Panics
/// When a slice is too short or the width is not a multiple of four.
pub fn adam(
    step: &AdamStep,
    patch: Patch,
    input: Option<Corrections>,
    output: Corrections,
    grad: &[f32],
    planes: [&mut [f32]; 3],
) {
    let splat = F32x4::splat;
    let keep = splat(-(step.learning_rate * step.decay));
    let rate = splat(step.learning_rate);
    let epsilon = splat(step.epsilon);
    let (beta1, rest1) = (splat(step.beta1), splat(1.0 - step.beta1));
    let (beta2, rest2) = (splat(step.beta2), splat(1.0 - step.beta2));
    let smallest = smallest();
    let moved = |c1: F32x4, q: F32x4, g: F32x4, [w, m, v]: [F32x4; 3]| {
        let m = flush(rest1.madd(g, beta1 * m), smallest);
        let v = (rest2 * g).madd(g, beta2 * v);
        // Squares are not below zero.
        let v = v.lt(smallest).drop(v);
        let size = rate * (c1 * q);
        [keep.madd(w, w) - size * m / (v.sqrt() + epsilon * q), m, v]
    };
    let columns = [output.c1, output.q];
    match input {
        // A loop of its own: with two more vectors to keep, V8 keeps others on the stack.
        None => each_vector(patch, grad, planes, columns, |_| (), |(), [c1, q], g, all| moved(c1, q, g, all)),
        Some(input) => {
            let at_row = |row: usize| (splat(input.c1[row]), splat(input.q[row]));
            each_vector(patch, grad, planes, columns, at_row, |&(c1_in, q_in), [c1, q], g, all| {
                moved(c1.pmax(c1_in), q.pmin(q_in), g, all)
            });
        }
    }
}

/// One step of gradient descent with momentum (the form of Keras) on the weights of `patch`:
/// `w -= rate * decay * w; u = momentum * u - rate * g; w += u`. The planes are the weights and their velocities.
/// Velocities below 1e-30 become zero.
///
/// # Panics
/// When a slice is too short or the width is not a multiple of four.
pub fn sgd(rate: f32, momentum: f32, decay: f32, patch: Patch, grad: &[f32], planes: [&mut [f32]; 2]) {
    let keep = F32x4::splat(-(rate * decay));
    let (momentum, down, smallest) = (F32x4::splat(momentum), F32x4::splat(-rate), smallest());
    each_vector(
        patch,
        grad,
        planes,
        [],
        |_| (),
        |(), [], g, [w, u]| {
            let moved = flush(down.madd(g, momentum * u), smallest);
            [keep.madd(w, w) + moved, moved]
        },
    );
}

/// [`SMALLEST_MOMENT`] for a loop: a constant in the code V8 makes anew for every vector, with three instructions.
#[inline(always)]
fn smallest() -> F32x4 {
    F32x4::splat(core::hint::black_box(SMALLEST_MOMENT))
}

/// Zero where the magnitude is below `smallest`; NaN stays.
#[inline(always)]
fn flush(moment: F32x4, smallest: F32x4) -> F32x4 {
    moment.abs().lt(smallest).drop(moment)
}
