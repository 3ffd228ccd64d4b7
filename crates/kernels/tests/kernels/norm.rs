//! Normalisation against f64, at odd sizes, with strides beyond the pads.

use crate::data::{near, Lcg};
use cambium_kernels::norm::{
    column_moments, column_sums, columns_backward, normalize_columns, normalize_rows, rows_backward,
};

const EPSILON: f64 = 1e-3;

/// Mean and `1 / sqrt(variance + epsilon)`.
fn moments(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>();
    (mean, 1.0 / (squares / count + EPSILON).sqrt())
}

/// The gradient by `x` of the sum of `g x^`, where `g` is the gradient by the normalised values.
fn backward(g: &[f64], x: &[f64]) -> Vec<f64> {
    let ((mean, inv), count) = (moments(x), x.len() as f64);
    let normal: Vec<f64> = x.iter().map(|x| (x - mean) * inv).collect();
    let sum = g.iter().sum::<f64>() / count;
    let product = g.iter().zip(&normal).map(|(g, n)| g * n).sum::<f64>() / count;
    g.iter().zip(&normal).map(|(g, n)| inv * (g - sum - n * product)).collect()
}

struct Case {
    rows: usize,
    width: usize,
    columns: usize,
    stride: usize,
    x: Vec<f32>,
    dy: Vec<f32>,
    gain: Vec<f32>,
    shift: Vec<f32>,
}

fn cases() -> Vec<Case> {
    let mut random = Lcg(5);
    let sizes = [(1, 1, 4), (2, 3, 4), (7, 4, 4), (9, 5, 8), (13, 11, 20), (5, 128, 144), (31, 6, 8)];
    let case = |(rows, width, stride): (usize, usize, usize)| {
        let columns = width.next_multiple_of(4);
        let mut x = random.rows(rows, width, stride);
        x.iter_mut().enumerate().filter(|(i, _)| i % stride < width).for_each(|(_, x)| *x = 3.0 * *x + 2.0);
        let dy = random.rows(rows, width, stride);
        let [gain, shift] = [0; 2].map(|_| random.rows(1, width, columns));
        Case { rows, width, columns, stride, x, dy, gain, shift }
    };
    sizes.into_iter().map(case).collect()
}

impl Case {
    fn column(&self, data: &[f32], j: usize) -> Vec<f64> {
        data.chunks_exact(self.stride).map(|row| f64::from(row[j])).collect()
    }
    fn row(&self, data: &[f32], i: usize) -> Vec<f64> {
        data[i * self.stride..][..self.width].iter().map(|&x| f64::from(x)).collect()
    }
    fn near(&self, data: &[f32], i: usize, j: usize, expected: f64, what: &str) {
        let found = data[i * self.stride + j];
        assert!(near(found, expected, 2e-5), "{what} {i} {j} of {}: {found} {expected}", self.width);
    }
    fn pads_are_zero(&self, data: &[f32]) {
        for row in data.chunks_exact(self.stride) {
            assert!(row[self.width..self.columns].iter().all(|&x| x == 0.0));
        }
    }
}

#[test]
fn columns_are_normalised_and_their_gradients_agree() {
    for case in cases() {
        let columns = case.columns;
        let [mut mean, mut squares] = [0; 2].map(|_| vec![f32::NAN; columns]);
        column_moments(&case.x, case.stride, &mut mean, &mut squares);
        let inv: Vec<f32> =
            squares.iter().map(|s| 1.0 / (s / case.rows as f32 + EPSILON as f32).sqrt()).collect();
        let mut y = vec![f32::NAN; case.x.len()];
        normalize_columns(&case.x, case.stride, [&mean, &inv, &case.gain, &case.shift], &mut y);
        case.pads_are_zero(&y);
        let [mut by_gain, mut by_shift] = [0; 2].map(|_| vec![f32::NAN; columns]);
        column_sums(&case.dy, &case.x, case.stride, [&mean, &inv], [&mut by_gain, &mut by_shift]);
        let means =
            [&by_gain, &by_shift].map(|sums| sums.iter().map(|s| s / case.rows as f32).collect::<Vec<_>>());
        let mut dx = case.dy.clone();
        columns_backward(&mut dx, &case.x, case.stride, [&mean, &inv, &case.gain], [&means[0], &means[1]]);
        case.pads_are_zero(&dx);
        for j in 0..case.width {
            let (x, dy) = (case.column(&case.x, j), case.column(&case.dy, j));
            let (gain, shift) = (f64::from(case.gain[j]), f64::from(case.shift[j]));
            let (mean, inv) = moments(&x);
            let g: Vec<f64> = dy.iter().map(|dy| dy * gain).collect();
            for (i, expected) in backward(&g, &x).into_iter().enumerate() {
                case.near(&y, i, j, (x[i] - mean) * inv * gain + shift, "y");
                case.near(&dx, i, j, expected, "dx");
            }
            let sum = x.iter().zip(&dy).map(|(x, dy)| dy * (x - mean) * inv).sum::<f64>();
            assert!(near(by_gain[j], sum, 2e-5) && near(by_shift[j], dy.iter().sum(), 2e-5));
        }
    }
}

#[test]
fn rows_are_normalised_and_their_gradients_agree() {
    for case in cases() {
        let mut found = vec![f32::NAN; 2 * case.rows];
        let mut y = vec![f32::NAN; case.x.len()];
        let width = (case.width, EPSILON as f32);
        normalize_rows(&case.x, case.stride, width, [&case.gain, &case.shift], &mut y, &mut found);
        case.pads_are_zero(&y);
        let [mut by_gain, mut by_shift] = [0; 2].map(|_| vec![f32::NAN; case.columns]);
        let mut dx = case.dy.clone();
        let sizes = (case.stride, case.width);
        rows_backward(&mut dx, &case.x, sizes, (&case.gain, &found), [&mut by_gain, &mut by_shift]);
        case.pads_are_zero(&dx);
        let mut sums = vec![(0.0, 0.0); case.width];
        for i in 0..case.rows {
            let (x, dy) = (case.row(&case.x, i), case.row(&case.dy, i));
            let (mean, inv) = moments(&x);
            let g: Vec<f64> = dy.iter().zip(&case.gain).map(|(dy, &gain)| dy * f64::from(gain)).collect();
            for (j, expected) in backward(&g, &x).into_iter().enumerate() {
                let normal = (x[j] - mean) * inv;
                case.near(&y, i, j, normal * f64::from(case.gain[j]) + f64::from(case.shift[j]), "y");
                case.near(&dx, i, j, expected, "dx");
                sums[j].0 += dy[j] * normal;
                sums[j].1 += dy[j];
            }
        }
        for (j, (gain, shift)) in sums.into_iter().enumerate() {
            assert!(near(by_gain[j], gain, 2e-5) && near(by_shift[j], shift, 2e-5));
        }
    }
}
