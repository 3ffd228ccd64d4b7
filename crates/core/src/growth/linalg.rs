//! Dense linear algebra for a few dozen features, in f64 and in one order.

/// The Cholesky factor of a positive definite matrix: the lower triangle, row by row.
pub(super) struct Cholesky {
    n: usize,
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factors `matrix`, n x n, of which the lower triangle is read. A pivot that is not positive counts as infinite, so
    /// that its row takes no part.
    pub(super) fn new(n: usize, matrix: &[f64]) -> Self {
        let mut lower = matrix.to_vec();
        for i in 0..n {
            for j in 0..=i {
                let (row_i, row_j) = (&lower[i * n..][..j], &lower[j * n..][..j]);
                let dot: f64 = row_i.iter().zip(row_j).fold(0.0, |sum, (a, b)| sum + a * b);
                let rest = lower[i * n + j] - dot;
                lower[i * n + j] = match i == j {
                    true if rest > 0.0 => rest.sqrt(),
                    true => f64::INFINITY,
                    false => rest / lower[j * n + j],
                };
            }
        }
        Cholesky { n, lower }
    }

    /// Solves for `b`, in place.
    pub(super) fn solve(&self, b: &mut [f64]) {
        let (n, lower) = (self.n, &self.lower);
        for i in 0..n {
            let dot = lower[i * n..][..i].iter().zip(&*b).fold(0.0, |sum, (l, x)| sum + l * x);
            b[i] = (b[i] - dot) / lower[i * n + i];
        }
        for i in (0..n).rev() {
            let dot = (i + 1..n).fold(0.0, |sum, k| sum + lower[k * n + i] * b[k]);
            b[i] = (b[i] - dot) / lower[i * n + i];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solves_a_small_system() {
        let matrix = [4.0, 2.0, 0.6, 2.0, 5.0, 1.0, 0.6, 1.0, 3.0];
        let x = [1.0, -2.0, 3.0];
        let mut b: Vec<f64> = (0..3).map(|i| (0..3).map(|j| matrix[3 * i + j] * x[j]).sum::<f64>()).collect();
        Cholesky::new(3, &matrix).solve(&mut b);
        assert!(b.iter().zip(x).all(|(b, x)| (b - x).abs() < 1e-12), "{b:?}");
    }
}
