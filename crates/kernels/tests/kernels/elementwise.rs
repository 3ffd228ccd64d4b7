//! Activations and their derivatives, optimiser updates and dropout.

use crate::data::{bits, gather, near, Lcg};
use cambium_kernels::dropout::dropout;
use cambium_kernels::elementwise::{
    activate, activate_in_place, activation_backward, clear_pads, Activation,
};
use cambium_kernels::optimizer::{adam, claim, corrections, sgd, AdamStep, Corrections};
use cambium_kernels::simd::Patch;

const KINDS: [Activation; 6] = [
    Activation::Linear,
    Activation::Relu,
    Activation::LeakyRelu,
    Activation::Gelu,
    Activation::Tanh,
    Activation::Sigmoid,
];

fn naive(kind: Activation, z: f64) -> f64 {
    match kind {
        Activation::Linear => z,
        Activation::Relu => {
            if z > 0.0 {
                z
            } else {
                0.0
            }
        }
        Activation::LeakyRelu => {
            if z > 0.0 {
                z
            } else {
                0.01 * z
            }
        }
        Activation::Gelu => {
            // erf by its Taylor series.
            let x = z / std::f64::consts::SQRT_2;
            let (mut term, mut sum) = (x, x);
            for n in 1..300 {
                term *= -x * x / f64::from(n);
                sum += term / f64::from(2 * n + 1);
            }
            0.5 * z * (1.0 + sum * std::f64::consts::FRAC_2_SQRT_PI)
        }
        Activation::Tanh => z.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-z).exp()),
    }
}

#[test]
fn activations_match_f64() {
    let z: Vec<f32> = (-400..400).map(|i| i as f32 * 0.01 + 0.001).collect();
    for kind in KINDS {
        let mut y = vec![0.0; z.len()];
        activate(kind, &z, &mut y);
        for (&z, &y) in z.iter().zip(&y) {
            assert!(near(y, naive(kind, f64::from(z)), 1e-6), "{kind:?}({z}) = {y}");
        }
        let mut in_place = z.clone();
        activate_in_place(kind, &mut in_place);
        assert_eq!(bits(&in_place), bits(&y));
    }
}

#[test]
fn derivatives_match_differences() {
    let z: Vec<f32> = (-400..400).map(|i| i as f32 * 0.01 + 0.003).collect();
    for kind in KINDS {
        let mut y = vec![0.0; z.len()];
        activate(kind, &z, &mut y);
        let mut d = vec![2.0; z.len()];
        activation_backward(kind, if kind == Activation::Gelu { &z } else { &y }, &mut d);
        for (&z, &d) in z.iter().zip(&d) {
            let (above, below) = (f64::from(z) + 1e-4, f64::from(z) - 1e-4);
            let slope = (naive(kind, above) - naive(kind, below)) / 2e-4;
            assert!(near(d, 2.0 * slope, 1e-5), "{kind:?}'({z}) = {}", d / 2.0);
        }
    }
}

#[test]
fn activations_keep_nan_and_zero() {
    for kind in KINDS {
        let mut y = [f32::NAN, 0.0, -0.0, f32::NAN];
        activate_in_place(kind, &mut y);
        assert!(y[0].is_nan() && y[3].is_nan(), "{kind:?}");
        if kind != Activation::Sigmoid {
            assert_eq!((y[1], y[2]), (0.0, 0.0), "{kind:?}");
        }
        let mut d = [0.0; 4];
        activation_backward(kind, &[0.0; 4], &mut d);
        assert_eq!(d, [0.0; 4], "gradients of pads stay zero");
    }
}

#[test]
fn pads_are_cleared() {
    let mut data = vec![1.0; 24];
    clear_pads(&mut data, 3, 5, 8);
    assert_eq!(data.iter().sum::<f32>(), 15.0);
    assert_eq!(data[8..16], [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn corrections_match_the_formula() {
    for age in [1, 2, 3, 10, 1000, 100_000] {
        let (c1, q) = corrections(0.9, 0.999, age);
        let power = |base: f32| (1..=age).fold(1.0f64, |p, _| p * f64::from(base));
        assert!(near(c1, 1.0 / (1.0 - power(0.9)), 1e-6), "c1 at {age}");
        assert!(near(q, (1.0 - power(0.999)).sqrt(), 1e-6), "q at {age}");
    }
    assert_eq!(corrections(0.9, 0.999, 0), corrections(0.9, 0.999, 1));
    assert_eq!(corrections(0.9, 0.999, u32::MAX), (1.0, 1.0));
}

#[test]
fn adam_takes_the_age_of_the_younger_end() {
    let (rows, width, stride) = (3, 8, 16);
    let patch = Patch { rows, width, stride };
    let mut lcg = Lcg(7);
    let step = AdamStep { learning_rate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, decay: 0.1 };
    let ages_in = [5, 2, 900];
    let ages_out = [1, 7, 3, 40, 900, 900, 2, 6];
    let table =
        |ages: &[u32]| ages.iter().map(|&a| corrections(0.9, 0.999, a)).unzip::<f32, f32, Vec<_>, Vec<_>>();
    let (input, output) = (table(&ages_in), table(&ages_out));
    let mut value = lcg.rows(rows, width, stride);
    let grad = lcg.rows(rows, width, stride);
    let mut first = lcg.rows(rows, width, stride);
    let mut second: Vec<f32> = lcg.rows(rows, width, stride).iter().map(|v| v * v).collect();
    let before = (value.clone(), first.clone(), second.clone());
    let input = Corrections { c1: &input.0, q: &input.1 };
    let output = Corrections { c1: &output.0, q: &output.1 };
    adam(&step, patch, Some(input), output, &grad, [&mut value, &mut first, &mut second]);
    for (row, &age_in) in ages_in.iter().enumerate() {
        for (column, &age_out) in ages_out.iter().enumerate() {
            let i = row * stride + column;
            let age = f64::from(age_in.min(age_out));
            let g = f64::from(grad[i]);
            let m = 0.9 * f64::from(before.1[i]) + 0.1 * g;
            let v = 0.999 * f64::from(before.2[i]) + 0.001 * g * g;
            let (m_hat, correction) = (m / (1.0 - 0.9f64.powf(age)), (1.0 - 0.999f64.powf(age)).sqrt());
            let w = f64::from(before.0[i]);
            let want = w - 0.01 * 0.1 * w - 0.01 * m_hat * correction / (v.sqrt() + 1e-7);
            assert!(near(value[i], want, 1e-5), "weight {row}, {column}: {} not {want}", value[i]);
            assert!(near(first[i], m, 1e-6) && near(second[i], v, 1e-6));
        }
        let pads = row * stride + width..(row + 1) * stride;
        assert!([&value, &first, &second].iter().all(|plane| plane[pads.clone()] == [0.0; 8]));
    }
}

#[test]
fn adam_without_input_ages_is_adam_with_old_inputs() {
    let mut lcg = Lcg(8);
    let step = AdamStep { learning_rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-7, decay: 0.0 };
    let start = lcg.values(16);
    let grad = lcg.values(16);
    let output = Corrections { c1: &[3.0; 8], q: &[0.3; 8] };
    let run = |input| {
        let (mut w, mut m, mut v) = (start.clone(), vec![0.0; 16], vec![0.0; 16]);
        let patch = Patch { rows: 2, width: 8, stride: 8 };
        adam(&step, patch, input, output, &grad, [&mut w, &mut m, &mut v]);
        bits(&w)
    };
    assert_eq!(run(None), run(Some(Corrections { c1: &[1.0; 2], q: &[1.0; 2] })));
}

#[test]
fn moments_of_dead_weights_end_at_zero() {
    let step = AdamStep { learning_rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, decay: 0.0 };
    let (mut w, mut m, mut v) = ([0.5; 4], [1e-30f32; 4], [1e-30f32; 4]);
    let output = Corrections { c1: &[1.0; 4], q: &[1.0; 4] };
    let patch = Patch { rows: 1, width: 4, stride: 4 };
    adam(&step, patch, None, output, &[0.0; 4], [&mut w, &mut m, &mut v]);
    assert_eq!((w, m, v), ([0.5; 4], [0.0; 4], [0.0; 4]));
    let mut u = [1e-30; 4];
    sgd(0.1, 0.9, 0.0, patch, &[0.0; 4], [&mut w, &mut u]);
    assert_eq!((w, u), ([0.5; 4], [0.0; 4]));
}

#[test]
fn sgd_moves_down_with_momentum_and_decay() {
    let (mut w, mut u) = (vec![1.0; 16], vec![0.5; 16]);
    let patch = Patch { rows: 2, width: 4, stride: 8 };
    sgd(0.1, 0.9, 0.2, patch, &[2.0; 16], [&mut w, &mut u]);
    for i in 0..16 {
        if i % 8 < 4 {
            assert!(near(u[i], 0.25, 1e-6) && near(w[i], 1.0 - 0.02 + 0.25, 1e-6));
        } else {
            assert_eq!((w[i], u[i]), (1.0, 0.5), "columns beyond the width stay");
        }
    }
}

#[test]
fn dropout_does_not_depend_on_the_split_and_repeats() {
    let (rows, positions, channels, stride) = (13, 3, 5, 8);
    let run = |some: core::ops::Range<usize>| {
        let mut data = vec![1.0; some.len() * positions * stride];
        dropout(1, 2, some.start, some.len(), positions, channels, stride, 0.4, &mut data);
        data
    };
    let whole = run(0..rows);
    for some in [0..6, 6..13, 12..13, 0..13] {
        assert_eq!(run(some.clone()), gather(&whole, rows, stride, some));
    }
    for row in whole.chunks_exact(stride) {
        assert!(row[..channels].iter().all(|&v| v == 0.0 || near(v, 1.0 / 0.6, 1e-6)));
        assert_eq!(row[channels..], [1.0; 3], "pads are left alone");
    }
}

#[test]
fn dropout_counts_the_channels_of_all_positions() {
    let (rows, positions, channels) = (4, 3, 8);
    let (mut plane, mut flat) =
        (vec![1.0; rows * positions * channels], vec![1.0; rows * positions * channels]);
    dropout(1, 2, 0, rows, positions, channels, channels, 0.4, &mut plane);
    dropout(1, 2, 0, rows, 1, positions * channels, positions * channels, 0.4, &mut flat);
    for (row, flat) in flat.chunks_exact(positions * channels).enumerate() {
        assert_eq!(gather(&plane, rows, channels, row..row + 1), flat);
    }
}

#[test]
fn dropout_drops_the_stated_share_and_every_counter_matters() {
    let (rows, channels) = (200, 500);
    let mask = |seed, step, first_row| {
        let mut data = vec![1.0; rows * channels];
        dropout(seed, step, first_row, rows, 1, channels, channels, 0.3, &mut data);
        data
    };
    let base = mask(1, 1, 0);
    let share = |data: &[f32]| data.iter().filter(|&&v| v == 0.0).count() as f64 / data.len() as f64;
    assert!((share(&base) - 0.3).abs() < 0.006, "{}", share(&base));
    for other in [mask(2, 1, 0), mask(1, 2, 0), mask(1, 1, 1)] {
        let both = base.iter().zip(&other).filter(|(&a, &b)| a == 0.0 && b == 0.0).count();
        let both = both as f64 / base.len() as f64;
        assert!((both - 0.09).abs() < 0.004, "masks are independent: {both}");
    }
    let mut untouched = vec![1.5; 8];
    dropout(1, 1, 0, 1, 1, 8, 8, 0.0, &mut untouched);
    assert_eq!(untouched, [1.5; 8]);
}

#[test]
fn claims_leave_every_bit() {
    let before: Vec<f32> =
        (0..40).map(|i| f32::from_bits([0x7fc0_1234, 0x8000_0000, 1, 0x7f80_0000][i % 4])).collect();
    for (rows, column) in [(0..5, 0), (1..4, 7), (2..2, 3)] {
        let mut weights = before.clone();
        claim(&mut weights, 8, rows, column);
        assert!(weights.iter().map(|x| x.to_bits()).eq(before.iter().map(|x| x.to_bits())));
    }
    assert!(std::panic::catch_unwind(|| claim(&mut [0.0; 40], 8, 0..6, 0)).is_err());
}
