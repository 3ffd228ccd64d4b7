//! Losses of rows of one vector: four rows at a time, the rows in the lanes. Each row has the bits that the loops for wider rows
//! would give it.

use crate::math::{ExpOfNegative, LnOfNormal};
use crate::simd::rows::FourRows;
use crate::simd::{F32x4, I32x4};
use crate::LANES;

/// Groups of four rows that are worked on together, one pass after the other, as the steps of one wait for each other.
const GROUPS: usize = 16;

/// [`super::softmax_cross_entropy_labels`] of up to four classes.
pub(super) fn softmax_cross_entropy(
    logits: &[f32],
    classes: usize,
    labels: &[u32],
    scale: f32,
    loss: &mut [f32],
    mut correct: Option<&mut [u8]>,
    grad: Option<&mut [f32]>,
) {
    let (rows, zero) = (loss.len(), F32x4::splat(0.0));
    let mut grad = grad.map(|grad| &mut grad[..rows * LANES]);
    let (exp, ln) = (ExpOfNegative::new(), LnOfNormal::new());
    let index = |class: usize| F32x4::splat(class as f32);
    // Of each group the logits less the largest one, class by class, and then their exponentials.
    let mut terms = [zero; GROUPS * LANES];
    // Of each group the labels, the terms at these before the exponential, and the sum of all terms.
    let (mut label, mut own, mut sums) = ([zero; GROUPS], [zero; GROUPS], [zero; GROUPS]);
    for start in (0..rows).step_by(GROUPS * LANES) {
        let groups = (rows - start).div_ceil(LANES).min(GROUPS);
        let terms = &mut terms[..groups * classes];
        let first_of = |group: usize| start + group * LANES;
        let count_of = |group: usize| LANES.min(rows - first_of(group));
        for (group, terms) in terms.chunks_exact_mut(classes).enumerate() {
            let (first, count) = (first_of(group), count_of(group));
            // One by one, here and below, as a copy is a call.
            let four = core::array::from_fn(|lane| labels[first + lane.min(count - 1)]);
            let largest = four.into_iter().fold(0, u32::max);
            assert!((largest as usize) < classes, "label {largest} of {classes} classes");
            label[group] = I32x4::from_array(four.map(|label| label as i32)).to_f32();
            let block = FourRows::new(logits, LANES, classes, first, rows).block(0);
            terms.iter_mut().zip(block).for_each(|(term, z)| *term = z);
            let largest = terms.iter().fold(F32x4::splat(f32::NEG_INFINITY), |most, z| most.pmax(*z));
            if let Some(correct) = &mut correct {
                // The first of the largest is the answer.
                let mut answer = index(LANES);
                for (class, z) in terms.iter().enumerate() {
                    answer = z.eq(largest).select(answer.pmin(index(class)), answer);
                }
                let right = answer.eq(label[group]).select_i32(I32x4::splat(1), I32x4::splat(0)).to_array();
                let right = right.map(|right| right as u8);
                match correct[first..rows].first_chunk_mut() {
                    Some(four) => *four = right,
                    None => correct[first..rows].copy_from_slice(&right[..count]),
                }
            }
            for (class, z) in terms.iter_mut().enumerate() {
                *z = *z - largest;
                own[group] = index(class).eq(label[group]).select(*z, own[group]);
            }
        }
        terms.iter_mut().for_each(|term| *term = exp.at(*term));
        for (sum, terms) in sums.iter_mut().zip(terms.chunks_exact(classes)) {
            *sum = terms.iter().fold(zero, |sum, term| sum + *term);
        }
        for (group, (sum, own)) in sums.iter().zip(&own).enumerate().take(groups) {
            // The largest term of a sum is one.
            put(ln.at(*sum) - *own, &mut loss[first_of(group)..]);
        }
        let Some(grad) = &mut grad else { continue };
        let scale = F32x4::splat(scale);
        for (group, terms) in terms.chunks_exact(classes).enumerate() {
            let (mut slopes, factor) = ([zero; LANES], scale / sums[group]);
            for (class, (slope, term)) in slopes.iter_mut().zip(terms).enumerate() {
                let share = *term * factor;
                *slope = index(class).eq(label[group]).select(share - scale, share);
            }
            store(slopes, &mut grad[first_of(group) * LANES..], count_of(group));
        }
    }
}

/// [`super::each_output`] of one output.
#[inline(always)]
pub(super) fn each_output(
    outputs: &[f32],
    targets: &[f32],
    scale: f32,
    loss: &mut [f32],
    grad: Option<&mut [f32]>,
    f: impl Fn(F32x4, F32x4) -> (F32x4, F32x4),
) {
    let (rows, zero, scale) = (loss.len(), F32x4::splat(0.0), F32x4::splat(scale));
    let mut grad = grad.map(|grad| &mut grad[..rows * LANES]);
    for first in (0..rows).step_by(LANES) {
        let count = LANES.min(rows - first);
        let [y, ..] = FourRows::new(outputs, LANES, 1, first, rows).block(0);
        let (term, slope) = f(y, F32x4::load_partial(&targets[first..], count));
        // Wider rows add their terms to zero.
        put(zero + term, &mut loss[first..]);
        if let Some(grad) = &mut grad {
            store([slope * scale, zero, zero, zero], &mut grad[first * LANES..], count);
        }
    }
}

/// Writes the lanes to `to`, or as many as fit.
#[inline(always)]
fn put(values: F32x4, to: &mut [f32]) {
    match to.first_chunk_mut::<LANES>() {
        Some(four) => values.store(four),
        None => to.iter_mut().zip(values.to_array()).for_each(|(to, value)| *to = value),
    }
}

/// Writes the first `count` lanes of four columns as rows.
#[inline(always)]
fn store(columns: [F32x4; LANES], to: &mut [f32], count: usize) {
    let rows = F32x4::transpose(columns);
    to.chunks_exact_mut(LANES).zip(rows).take(count).for_each(|(to, row)| row.store(to));
}
