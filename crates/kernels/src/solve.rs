//! The inner loop of triangular systems, in f64 and in one order.

/// Numbers, or rows of them, that start `step` places apart.
#[derive(Clone, Copy)]
pub struct Spaced<'a> {
    /// The numbers, row behind row.
    pub values: &'a [f64],
    /// Where the first row starts.
    pub first: usize,
    /// From one row to the next.
    pub step: usize,
}

/// Sums that are made together: each waits for its last addition, so one alone takes as long as four.
pub const TOGETHER: usize = 4;

/// `x = (x - sum of factor x row) / pivot` for all columns, some at a time, with so many `terms`.
///
/// # Panics
/// When a factor or a row is not there.
pub fn eliminate(terms: usize, factors: Spaced, rows: Spaced, pivot: f64, x: &mut [f64]) {
    let (blocks, rest) = x.as_chunks_mut::<TOGETHER>();
    let done = blocks.len() * TOGETHER;
    for (block, column) in blocks.iter_mut().zip((0..).step_by(TOGETHER)) {
        // Each in a variable of its own: in a list they would wait in memory.
        let (mut a, mut b, mut c, mut d) = (0.0, 0.0, 0.0, 0.0);
        let (mut at, mut from) = (rows.first + column, factors.first);
        for _ in 0..terms {
            let (factor, row) = (factors.values[from], &rows.values[at..at + TOGETHER]);
            a += factor * row[0];
            b += factor * row[1];
            c += factor * row[2];
            d += factor * row[3];
            (at, from) = (at + rows.step, from + factors.step);
        }
        for (x, sum) in block.iter_mut().zip([a, b, c, d]) {
            *x = (*x - sum) / pivot;
        }
    }
    for (x, column) in rest.iter_mut().zip(done..) {
        let term = |k: usize| {
            factors.values[factors.first + k * factors.step]
                * rows.values[rows.first + k * rows.step + column]
        };
        *x = (*x - (0..terms).fold(0.0, |sum, k| sum + term(k))) / pivot;
    }
}
