//! Losses against f64, gradients against differences.

use crate::data::{near, padded, Lcg};
use cambium_kernels::loss::*;

const ROWS: usize = 7;

/// A loss in f64 of one row.
type Loss = fn(&[f64], &[f64]) -> f64;

fn cross_entropy(z: &[f64], t: &[f64]) -> f64 {
    let sum: f64 = z.iter().map(|z| z.exp()).sum();
    z.iter().zip(t).map(|(z, t)| t * (sum.ln() - z)).sum()
}

fn binary(z: &[f64], t: &[f64]) -> f64 {
    let loss = |(z, t): (&f64, &f64)| {
        -t * (1.0 / (1.0 + (-z).exp())).ln() - (1.0 - t) * (1.0 / (1.0 + z.exp())).ln()
    };
    z.iter().zip(t).map(loss).sum::<f64>() / z.len() as f64
}

fn squared(y: &[f64], t: &[f64]) -> f64 {
    y.iter().zip(t).map(|(y, t)| (y - t) * (y - t)).sum::<f64>() / y.len() as f64
}

fn huber_half(y: &[f64], t: &[f64]) -> f64 {
    let h = |d: f64| {
        if d.abs() <= 0.5 {
            d * d / 2.0
        } else {
            0.5 * (d.abs() - 0.25)
        }
    };
    y.iter().zip(t).map(|(y, t)| h(y - t)).sum::<f64>() / y.len() as f64
}

/// Runs `kernel(logits, stride, width, targets, scale, loss, grad)` at many widths against `truth`.
fn check(
    truth: Loss,
    target: impl Fn(&mut Lcg, usize) -> Vec<f32>,
    kernel: impl Fn(&[f32], usize, usize, &[f32], f32, &mut [f32], Option<&mut [f32]>),
) {
    let mut lcg = Lcg(9);
    for width in (1..14).chain([16, 17, 31, 33]) {
        let stride = padded(width);
        let scale = 0.3;
        let mut logits = lcg.rows(ROWS, width, stride);
        logits.iter_mut().for_each(|z| *z *= 3.0);
        let targets: Vec<f32> = (0..ROWS).flat_map(|_| target(&mut lcg, width)).collect();
        let (mut loss, mut grad) = (vec![0.0; ROWS], vec![f32::NAN; ROWS * stride]);
        kernel(&logits, stride, width, &targets, scale, &mut loss, Some(&mut grad));
        let mut alone = vec![0.0; ROWS];
        kernel(&logits, stride, width, &targets, scale, &mut alone, None);
        assert_eq!(loss, alone, "the loss does not depend on whether a gradient is asked for");
        for r in 0..ROWS {
            let mut z: Vec<f64> = logits[r * stride..][..width].iter().map(|&z| f64::from(z)).collect();
            let t: Vec<f64> = targets[r * width..][..width].iter().map(|&t| f64::from(t)).collect();
            assert!(near(loss[r], truth(&z, &t), 1e-6), "width {width}: {} not {}", loss[r], truth(&z, &t));
            for j in 0..stride {
                let got = grad[r * stride + j];
                if j >= width {
                    assert_eq!(got, 0.0, "pads of the gradient are zero");
                    continue;
                }
                let at = z[j];
                let mut moved = |by: f64| {
                    z[j] = at + by;
                    let loss = truth(&z, &t);
                    z[j] = at;
                    loss
                };
                let slope = f64::from(scale) * (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!(near(got, slope, 2e-6), "width {width}, output {j}: {got} not {slope}");
            }
        }
    }
}

fn any(lcg: &mut Lcg, width: usize) -> Vec<f32> {
    lcg.values(width)
}

fn shares(lcg: &mut Lcg, width: usize) -> Vec<f32> {
    lcg.values(width).iter().map(|v| 0.5 + 0.5 * v).collect()
}

#[test]
fn softmax_cross_entropy_of_rows() {
    check(cross_entropy, shares, |z, stride, width, t, scale, loss, grad| {
        softmax_cross_entropy_rows(z, stride, width, t, scale, loss, Some(&mut [0; ROWS]), grad);
    });
}

#[test]
fn softmax_cross_entropy_of_labels() {
    let one_hot = |lcg: &mut Lcg, width: usize| {
        let mut t = vec![0.0; width];
        t[lcg.size(0, width - 1)] = 1.0;
        t
    };
    check(cross_entropy, one_hot, |z, stride, width, t, scale, loss, grad| {
        let labels: Vec<u32> =
            t.chunks_exact(width).map(|t| t.iter().position(|&t| t == 1.0).unwrap() as u32).collect();
        let mut correct = [9; ROWS];
        softmax_cross_entropy_labels(z, stride, width, &labels, scale, loss, Some(&mut correct), grad);
        for (r, &correct) in correct.iter().enumerate() {
            let row = &z[r * stride..][..width];
            let best = (0..width).fold(0, |best, i| if row[i] > row[best] { i } else { best });
            assert_eq!(correct, u8::from(best == labels[r] as usize));
        }
    });
}

#[test]
fn binary_cross_entropy_of_rows() {
    check(binary, shares, |z, stride, width, t, scale, loss, grad| {
        binary_cross_entropy(z, stride, width, t, scale, loss, Some(&mut [0; ROWS]), grad);
    });
}

#[test]
fn mean_squared_error_of_rows() {
    check(squared, any, mean_squared_error);
}

#[test]
fn huber_of_rows() {
    check(huber_half, any, |y, stride, width, t, scale, loss, grad| {
        huber(y, stride, width, t, 0.5, scale, loss, grad);
    });
}

#[test]
fn extreme_logits_stay_finite() {
    let logits = [1e4, -1e4, 0.0, 0.0, -1e4, -1e4, -1e4, 0.0];
    let (mut loss, mut correct, mut grad) = ([0.0; 2], [0; 2], [0.0; 8]);
    softmax_cross_entropy_labels(&logits, 4, 3, &[1, 0], 1.0, &mut loss, Some(&mut correct), Some(&mut grad));
    assert_eq!(loss[0], 2e4);
    assert!(near(loss[1], 3f64.ln(), 1e-6));
    assert_eq!(correct, [0, 1], "the first of equal logits counts");
    assert!(grad.iter().all(|g| g.is_finite()));

    let (mut loss, mut correct) = ([0.0; 1], [0; 1]);
    binary_cross_entropy(&[1e4, -1e4, 0.0, 0.0], 4, 2, &[1.0, 0.0], 1.0, &mut loss, Some(&mut correct), None);
    assert!(loss[0] < 1e-30);
    assert_eq!(correct, [1]);
}

#[test]
fn the_first_largest_logit_is_the_answer() {
    for (classes, more) in (1..10_usize).flat_map(|classes| [(classes, 0), (classes, 4)]) {
        let (rows, stride) = (90, classes.next_multiple_of(4) + more);
        // Few values, so that many are equal, and none above zero, as pads are.
        let logits: Vec<f32> = (0..rows * stride).map(|i| -((i * i / 7 % 3) as f32)).collect();
        let answer = |r: usize| {
            let row = &logits[r * stride..][..classes];
            (1..classes).fold(0, |best, class| if row[class] > row[best] { class } else { best })
        };
        for label in 0..classes {
            let (mut loss, mut correct) = (vec![0.0; rows], vec![9; rows]);
            let labels = vec![label as u32; rows];
            softmax_cross_entropy_labels(
                &logits,
                stride,
                classes,
                &labels,
                1.0,
                &mut loss,
                Some(&mut correct),
                None,
            );
            let expected = (0..rows).map(|r| u8::from(answer(r) == label));
            assert!(correct.iter().copied().eq(expected), "class {label} of {classes}");
        }
    }
}

/// Losses and gradients of `kernel(logits, stride, losses, gradients)` on rows of one vector, and on the same rows further apart.
fn check_one_vector(
    logits: &[f32],
    width: usize,
    kernel: impl Fn(&[f32], usize, &mut [f32], Option<&mut [f32]>),
) {
    let rows = logits.len() / 4;
    let apart: Vec<f32> = logits.chunks(4).flat_map(|row| [row, &[0.0; 4]].concat()).collect();
    let same = |a: &[f32], b: &[f32]| {
        a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()))
    };
    for wanted in [false, true] {
        let [mut near, mut far] = [vec![9.0; rows], vec![9.0; rows]];
        let [mut near_grad, mut far_grad] = [vec![0.0; 4 * rows], vec![0.0; 8 * rows]];
        kernel(logits, 4, &mut near, wanted.then_some(&mut near_grad[..]));
        kernel(&apart, 8, &mut far, wanted.then_some(&mut far_grad[..]));
        assert!(same(&near, &far), "{near:?} {far:?}");
        for (near, far) in near_grad.chunks(4).zip(far_grad.chunks(8)) {
            assert!(same(&near[..width], far), "{near:?} {far:?}");
            assert_eq!(near[width..], [0.0; 4][width..], "pads of the gradient are zero");
        }
    }
}

#[test]
fn rows_of_one_vector_have_the_bits_of_others() {
    let mut lcg = Lcg(11);
    for rows in 1..=67_usize {
        let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0, 1e30];
        for classes in 1..=4_usize {
            let mut logits = lcg.rows(rows, classes, 4);
            logits.iter_mut().for_each(|z| *z *= 5.0);
            logits.iter_mut().step_by(53).zip(special).for_each(|(z, special)| *z = special);
            let labels: Vec<u32> = (0..rows).map(|_| lcg.size(0, classes - 1) as u32).collect();
            let correct = |stride: usize, logits: &[f32]| {
                let mut correct = vec![9; rows];
                softmax_cross_entropy_labels(
                    logits,
                    stride,
                    classes,
                    &labels,
                    1.0,
                    &mut vec![0.0; rows],
                    Some(&mut correct),
                    None,
                );
                correct
            };
            let apart: Vec<f32> = logits.chunks(4).flat_map(|row| [row, &[0.0; 4]].concat()).collect();
            assert_eq!(correct(4, &logits), correct(8, &apart));
            check_one_vector(&logits, classes, |z, stride, loss, grad| {
                softmax_cross_entropy_labels(z, stride, classes, &labels, 0.3, loss, None, grad);
            });
        }
        let (y, t) = (lcg.rows(rows, 1, 4), lcg.values(rows));
        check_one_vector(&y, 1, |y, stride, loss, grad| {
            mean_squared_error(y, stride, 1, &t, 0.3, loss, grad)
        });
        check_one_vector(&y, 1, |y, stride, loss, grad| huber(y, stride, 1, &t, 0.5, 0.3, loss, grad));
        check_one_vector(&y, 1, |z, stride, loss, grad| {
            binary_cross_entropy(z, stride, 1, &t, 0.3, loss, Some(&mut vec![0; rows]), grad);
        });
    }
}

#[test]
fn nan_reaches_the_loss() {
    let mut loss = [0.0];
    for class in 0..3 {
        let mut logits = [0.0; 4];
        logits[class] = f32::NAN;
        for grad in [None, Some(&mut [0.0; 4][..])] {
            softmax_cross_entropy_labels(&logits, 4, 3, &[0], 1.0, &mut loss, Some(&mut [0]), grad);
            assert!(loss[0].is_nan(), "class {class}");
        }
    }
    mean_squared_error(&[f32::NAN, 0.0, 0.0, 0.0], 4, 1, &[0.0], 1.0, &mut loss, None);
    assert!(loss[0].is_nan());
}

#[test]
fn probabilities_are_dense_rows() {
    let mut lcg = Lcg(10);
    for width in 1..11 {
        let logits = lcg.rows(ROWS, width, padded(width));
        let mut p = vec![f32::NAN; ROWS * width];
        softmax(&logits, padded(width), width, ROWS, &mut p);
        let mut s = vec![f32::NAN; ROWS * width];
        sigmoid_rows(&logits, padded(width), width, ROWS, &mut s);
        for r in 0..ROWS {
            let z = &logits[r * padded(width)..][..width];
            let total: f64 = z.iter().map(|&z| f64::from(z).exp()).sum();
            for j in 0..width {
                assert!(near(p[r * width + j], f64::from(z[j]).exp() / total, 1e-6));
                assert!(near(s[r * width + j], 1.0 / (1.0 + (-f64::from(z[j])).exp()), 1e-6));
            }
        }
    }
}

#[test]
#[should_panic(expected = "label 3 of 3 classes")]
fn a_label_outside_is_refused() {
    softmax_cross_entropy_labels(&[0.0; 4], 4, 3, &[3], 1.0, &mut [0.0], Some(&mut [0]), None);
}
