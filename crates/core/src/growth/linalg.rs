//! Dense linear algebra for a few dozen features, in f64 and in one order.

use cambium_kernels::solve::{eliminate, Spaced, TOGETHER};

/// The Cholesky factor of a positive definite matrix, transposed: the upper triangle, rows of [`whole`] columns.
pub(super) struct Cholesky {
    n: usize,
    upper: Vec<f64>,
}

impl Cholesky {
    /// Factors `matrix`, n x n, of which the lower triangle is read. A pivot that is not positive counts as infinite, so
    /// that its row takes no part.
    pub(super) fn new(n: usize, matrix: &[f64]) -> Self {
        let width = whole(n);
        let mut upper = vec![0.0; n * width];
        for (k, row) in upper.chunks_exact_mut(width).enumerate() {
            row[k..n].iter_mut().zip(k..n).for_each(|(cell, i)| *cell = matrix[i * n + k]);
        }
        for j in 0..n {
            let (done, rest) = upper.split_at_mut(j * width);
            let row = &mut rest[..width];
            let square = done.chunks_exact(width).fold(0.0, |sum, row| sum + row[j] * row[j]);
            let pivot = row[j] - square;
            let pivot = if pivot > 0.0 { pivot.sqrt() } else { f64::INFINITY };
            let first = j / TOGETHER * TOGETHER;
            let factors = Spaced { values: done, first: j, step: width };
            let rows = Spaced { values: done, first, step: width };
            eliminate(j, factors, rows, pivot, &mut row[first..]);
            row[..j].fill(0.0);
            row[j] = pivot;
        }
        Cholesky { n, upper }
    }

    /// Factors `matrix` with `ridge` mean diagonals more on its diagonal.
    pub(super) fn ridged(n: usize, matrix: &[f64], ridge: f64) -> Self {
        let mut matrix = matrix.to_vec();
        let trace = (0..n).fold(0.0, |sum, k| sum + matrix[k * n + k]);
        (0..n).for_each(|k| matrix[k * n + k] += ridge * trace / n as f64);
        Cholesky::new(n, &matrix)
    }

    /// Solves for each column of `b`, n x columns, in place.
    pub(super) fn solve(&self, columns: usize, b: &mut [f64]) {
        self.forward(columns, b);
        self.backward(columns, b);
    }

    /// The inverse of the factor, rows of [`whole`] columns. The sums of squares of its columns are the diagonal of the matrix's
    /// inverse, and what [`Cholesky::backward`] makes of a column is that column of the matrix's inverse.
    pub(super) fn inverse(&self) -> Vec<f64> {
        let width = whole(self.n);
        let mut inverse = vec![0.0; self.n * width];
        for i in 0..self.n {
            let (done, rest) = inverse.split_at_mut(i * width);
            rest[i] = 1.0;
            for first in (0..=i).step_by(TOGETHER) {
                // Rows before have zeros in these columns.
                let factors = Spaced { values: &self.upper, first: first * width + i, step: width };
                let rows = Spaced { values: done, first: first * width + first, step: width };
                let block = &mut rest[first..first + TOGETHER];
                eliminate(i - first, factors, rows, self.upper[i * width + i], block);
            }
        }
        inverse
    }

    /// Solves with the factor alone for each column of `b`, n x columns, in place.
    pub(super) fn forward(&self, columns: usize, b: &mut [f64]) {
        let width = whole(self.n);
        for i in 0..self.n {
            let (done, rest) = b.split_at_mut(i * columns);
            let factors = Spaced { values: &self.upper, first: i, step: width };
            let rows = Spaced { values: done, first: 0, step: columns };
            eliminate(i, factors, rows, self.upper[i * width + i], &mut rest[..columns]);
        }
    }

    /// Solves with the factor's transpose for each column of `b`, n x columns, in place.
    pub(super) fn backward(&self, columns: usize, b: &mut [f64]) {
        let width = whole(self.n);
        for (i, row) in self.upper.chunks_exact(width).enumerate().rev() {
            let (rest, done) = b.split_at_mut((i + 1) * columns);
            let factors = Spaced { values: row, first: i + 1, step: 1 };
            let rows = Spaced { values: done, first: 0, step: columns };
            eliminate(self.n - i - 1, factors, rows, row[i], &mut rest[i * columns..]);
        }
    }
}

/// `columns`, and as many more as it takes that none is left alone; some even where there are none.
pub(super) fn whole(columns: usize) -> usize {
    columns.max(1).next_multiple_of(TOGETHER)
}

/// Eigenvalues of a symmetric matrix, largest first, and its eigenvectors one after the other (cyclic Jacobi rotations).
pub(super) fn eigen(n: usize, matrix: &[f64]) -> (Vec<f64>, Vec<f64>) {
    /// Sweeps until nothing is left to rotate; ten are enough in double precision.
    const SWEEPS: usize = 30;
    let mut a = matrix.to_vec();
    let mut vectors = vec![0.0; n * n];
    (0..n).for_each(|i| vectors[i * n + i] = 1.0);
    for _ in 0..SWEEPS {
        for p in 0..n {
            for q in p + 1..n {
                let off = a[p * n + q];
                if off == 0.0 {
                    continue;
                }
                let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let s = t * c;
                let turn = |x: &mut [f64], i: usize, j: usize| {
                    let (u, v) = (x[i], x[j]);
                    (x[i], x[j]) = (c * u - s * v, s * u + c * v);
                };
                (0..n).for_each(|k| turn(&mut a, k * n + p, k * n + q));
                (0..n).for_each(|k| turn(&mut a, p * n + k, q * n + k));
                (0..n).for_each(|k| turn(&mut vectors, p * n + k, q * n + k));
                (a[p * n + q], a[q * n + p]) = (0.0, 0.0);
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j * n + j].total_cmp(&a[i * n + i]));
    let values = order.iter().map(|&i| a[i * n + i]).collect();
    (values, order.iter().flat_map(|&i| vectors[i * n..][..n].to_vec()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_eigenvectors() {
        let matrix = [2.0, 1.0, 0.5, 1.0, 3.0, -1.0, 0.5, -1.0, 1.0];
        let (values, vectors) = eigen(3, &matrix);
        assert!(values[0] >= values[1] && values[1] >= values[2]);
        for (value, vector) in values.iter().zip(vectors.chunks_exact(3)) {
            for i in 0..3 {
                let row: f64 = (0..3).map(|j| matrix[3 * i + j] * vector[j]).sum();
                assert!((row - value * vector[i]).abs() < 1e-12, "{value} {vector:?}");
            }
        }
    }

    #[test]
    fn solves_a_small_system() {
        let matrix = [4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0];
        let x = [1.0, -2.0, 3.0];
        let mut b: Vec<f64> = (0..3).map(|i| (0..3).map(|j| matrix[3 * i + j] * x[j]).sum::<f64>()).collect();
        let factor = Cholesky::new(3, &matrix);
        factor.solve(1, &mut b);
        assert!(b.iter().zip(x).all(|(b, x)| (b - x).abs() < 1e-12), "{b:?}");
    }

    #[test]
    fn solves_an_empty_system() {
        let factor = Cholesky::new(0, &[]);
        factor.solve(1, &mut []);
        assert!(factor.inverse().is_empty());
    }

    /// Whole blocks of columns and what is left of them give what each column gives alone, to the bit.
    #[test]
    fn solves_for_many_columns_at_once() {
        let matrix = [4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0];
        let factor = Cholesky::new(3, &matrix);
        let (columns, ahead) = (7, 4);
        let mut inverse = vec![0.0; 3 * columns];
        (0..3).for_each(|j| inverse[j * columns + j + ahead] = 1.0);
        factor.solve(columns, &mut inverse);
        let inverse_factor = factor.inverse();
        for j in 0..3 {
            let mut alone = [0.0; 3];
            alone[j] = 1.0;
            let mut ahead_alone = alone;
            factor.forward(1, &mut ahead_alone);
            assert!((0..3).all(|row| inverse_factor[whole(3) * row + j] == ahead_alone[row]));
            factor.solve(1, &mut alone);
            assert!((alone[j] - ahead_alone.iter().fold(0.0, |sum, x| sum + x * x)).abs() < 1e-12);
            let beside: Vec<f64> = (0..3).map(|row| inverse[row * columns + j + ahead]).collect();
            assert_eq!(beside, alone);
        }
        assert!((0..3).all(|row| inverse[row * columns..][..ahead].iter().all(|&x| x == 0.0)));
    }
}
