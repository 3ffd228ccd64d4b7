//! The loops of [`crate::linear::weight_gradient`].

use super::narrow;
use super::runs::{Run, Runs, MOST_RUNS};
use super::tile::{tile_rows, volume, Tile, NOTHING, ROWS};
use super::F32x4;
use crate::linear::{GradientRows, Part, Progress, WeightGradient};
use crate::LANES;
use core::ops::Range;

/// Terms (images times output positions) of a block where there are several output positions. A tap of 16 features
/// then reads 8 KiB of `x`, which stay in the first-level cache beside as much of `dy` while all tiles of the tap pass.
const PLANE_TERMS: usize = 128;

/// The same for up to [`NARROW`] features, whose tiles are few beside what a block costs: with 128 terms 3 to 4 features ran at 34 % of the
/// peak in place of 41, 3 to 16 at 53 in place of 61, 8 to 8 at 72 in place of 83. (With 256 terms 16 to 16 with stride 2 fell from 75 to 69.)
const NARROW_PLANE_TERMS: usize = MOST_RUNS;
const NARROW: usize = 2 * LANES;

/// Most images of a block, and most terms at one output position. A tile walks down columns of `x` and `dy`; 256 lines of each take the first-level cache.
pub(super) const MOST_TERMS: usize = 256;

/// Rows of a strip, whole tiles of every height. Its part of `x`, three lines of each of some hundred images, stays in the first-level
/// cache while all columns pass; `dy` streams from the second-level cache once a strip. With 24 rows 512 x 512 lost 3 % when it was
/// not packed.
pub(super) const STRIP: usize = 48;

/// Vectors of features in a tile of one to three columns.
const NARROW_VECTORS: usize = 3;

/// Outputs that take the tile of three vectors: with eight and four 12 to 12 ran at 78 % of the peak in place of 85. Nine to eleven are
/// eight and the narrow tile: 64 x 10 at 80 in place of 74 (Node 24 on Zen 4).
const TWELVE: usize = 3 * LANES;

/// Some of the terms of every sum. Several parts are taken whole and have one output position.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) parts: Range<usize>,
    pub(super) outputs: Range<usize>,
    pub(super) images: Range<usize>,
    /// Whether sums start from zero.
    pub(super) first: bool,
    /// Whether sums are finished.
    pub(super) last: bool,
}

/// Storage rows of the band that belong to one tap.
struct TapRows {
    tap: usize,
    /// The first row, counted from the start of the band.
    row: usize,
    /// Their input features.
    features: Range<usize>,
}

/// Where a tile lies: its first input feature, the place of its row among the sums, its first column.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) k: usize,
    pub(super) row: usize,
    pub(super) column: usize,
}

/// Runs of images: columns of `x`, and of `dy` from column 0 on.
pub(super) type Columns = Runs<*const f32>;

/// What [`Progress`] is told to.
pub(crate) type Tell<'a> = &'a mut (dyn FnMut(Progress) + 'a);

/// The arguments of [`crate::linear::weight_gradient`], checked once, so that tiles may read without checks.
pub(crate) struct Gradient<'a, 'p> {
    pub(super) task: WeightGradient<'a>,
    part: &'a dyn Fn(usize) -> Part<'p>,
    /// Output and input positions.
    pub(super) outputs: usize,
    inputs: usize,
    /// Columns, whole vectors.
    pub(super) columns: usize,
    /// Floats from one image of `x`, and of `dy`, to the next.
    pub(super) steps: (usize, usize),
    pub(super) sums: &'a mut [f32],
    pub(super) bias: Option<&'a mut [f32]>,
    pub(super) tell: Option<Tell<'a>>,
}

impl<'a, 'p> Gradient<'a, 'p> {
    /// Checks that every element the sums name exists.
    ///
    /// # Panics
    /// When one does not, or a stride is not a multiple of four, or there are no parts, or parts differ in shape.
    pub(crate) fn new(
        task: WeightGradient<'a>,
        part: &'a dyn Fn(usize) -> Part<'p>,
        sums: &'a mut [f32],
        bias: Option<&'a mut [f32]>,
        tell: Option<Tell<'a>>,
    ) -> Self {
        let (outputs, positions) = task.by_tap.bounds();
        assert!(task.parts > 0, "a gradient needs rows");
        let Part { x, dy } = part(0);
        let columns = task.outputs.next_multiple_of(LANES);
        assert!(outputs <= dy.positions && positions <= x.positions, "links reach outside");
        assert!(x.stride.is_multiple_of(LANES) && dy.stride.is_multiple_of(LANES), "a stride is not padded");
        assert!(task.inputs <= x.stride && task.inputs <= task.tap_rows, "{} inputs", task.inputs);
        assert!(columns <= dy.stride && columns <= task.stride, "{} outputs", task.outputs);
        assert!(sums.len() >= volume(1, task.rows.len(), task.stride), "the band is too short");
        assert!(task.rows.end.div_ceil(task.tap_rows) <= task.by_tap.lists(), "rows beyond the last tap");
        assert!(bias.as_ref().is_none_or(|bias| bias.len() >= columns), "bias is too short");
        let (outputs, inputs, steps) = (dy.positions, x.positions, (x.stride, dy.stride));
        let gradient = Gradient { task, part, outputs, inputs, columns, steps, sums, bias, tell };
        for index in 0..gradient.task.parts {
            gradient.part(index);
        }
        gradient
    }

    /// A part, checked each time: what gives the parts might not give the same ones twice.
    ///
    /// # Panics
    /// When it does not have the shape of the first one, or is too short.
    pub(super) fn part(&self, index: usize) -> Part<'p> {
        let Part { x, dy } = (self.part)(index);
        assert!(x.images == dy.images, "{} images meet {}", x.images, dy.images);
        assert!((x.positions, dy.positions) == (self.inputs, self.outputs), "parts differ");
        assert!((x.stride, dy.stride) == self.steps, "parts differ");
        assert!(x.data.len() >= volume(x.positions, x.images, x.stride), "x is too short");
        assert!(dy.data.len() >= volume(dy.positions, dy.images, dy.stride), "dy is too short");
        Part { x, dy }
    }

    /// All sums: blocks of terms (pc), then taps and strips of their storage rows (ic), then columns (jc). Between two
    /// blocks of terms the sums rest in the band. `tell` hears of strips that are finished.
    pub(crate) fn run(&mut self) {
        let mut runs = Columns::new();
        let mut next = Some(self.terms_from(0, 0, 0));
        while let Some(terms) = next {
            self.add_bias(&terms);
            let mut row = 0;
            while let Some(rows) = self.tap_rows(row) {
                if self.has_few_inputs() && rows.features.len() == self.task.inputs {
                    let end = (self.task.rows.end - self.task.inputs) / self.task.tap_rows + 1;
                    self.taps(&terms, rows.tap..end);
                    row = end * self.task.tap_rows - self.task.rows.start;
                    continue;
                }
                self.find(&terms, rows.tap, &mut runs);
                self.tap(&terms, &rows, &runs);
                row = rows.row + rows.features.len();
            }
            next = self.next_terms(&terms);
        }
    }

    /// The block that starts at an image of an output position of a part.
    fn terms_from(&self, part: usize, output: usize, image: usize) -> Terms {
        let images = self.part(part).x.images;
        let (mut parts, mut outputs) = (part..part + 1, output..self.outputs);
        if images > MOST_TERMS {
            outputs.end = outputs.end.min(output + 1);
        } else if self.outputs > 1 {
            let most = if self.steps.0 <= NARROW { NARROW_PLANE_TERMS } else { PLANE_TERMS };
            outputs.end = outputs.end.min(output + (most / images.max(1)).max(1));
        } else {
            let mut total = images;
            while parts.end < self.task.parts && parts.len() < MOST_RUNS {
                total += self.part(parts.end).x.images;
                if total > MOST_TERMS {
                    break;
                }
                parts.end += 1;
            }
        }
        let images = image..images.min(image + MOST_TERMS);
        let first = (part, output, image) == (0, 0, 0);
        let mut terms = Terms { parts, outputs, images, first, last: false };
        terms.last = self.start_of_next(&terms).is_none();
        terms
    }

    fn next_terms(&self, terms: &Terms) -> Option<Terms> {
        self.start_of_next(terms).map(|(part, output, image)| self.terms_from(part, output, image))
    }

    /// The part, output position and image at which the next block starts.
    fn start_of_next(&self, terms: &Terms) -> Option<(usize, usize, usize)> {
        let part = terms.parts.start;
        if terms.images.end < self.part(part).x.images {
            return Some((part, terms.outputs.start, terms.images.end));
        }
        if terms.outputs.end < self.outputs {
            return Some((part, terms.outputs.end, 0));
        }
        (terms.parts.end < self.task.parts).then_some((terms.parts.end, 0, 0))
    }

    /// The images of `part` in a block.
    #[inline(always)]
    pub(super) fn images(&self, terms: &Terms, part: &Part) -> Range<usize> {
        if terms.parts.len() > 1 {
            0..part.x.images
        } else {
            terms.images.clone()
        }
    }

    /// Adds the output gradients of `terms` to the bias.
    fn add_bias(&mut self, terms: &Terms) {
        let Some(bias) = self.bias.take() else { return };
        if terms.first {
            bias[..self.columns].fill(0.0);
        }
        for column in (0..self.columns).step_by(4 * LANES) {
            let vectors = ((self.columns - column) / LANES).min(4);
            let mut sums = [F32x4::splat(0.0); 4];
            for (n, sum) in sums.iter_mut().enumerate().take(vectors) {
                *sum = F32x4::load(&bias[column + n * LANES..]);
            }
            for index in terms.parts.clone() {
                let part = self.part(index);
                let (dy, images) = (part.dy, self.images(terms, &part));
                for o in terms.outputs.clone() {
                    let rows = (o * dy.images + images.start) * dy.stride + column;
                    for image in 0..images.len() {
                        let row = rows + image * dy.stride;
                        for (n, sum) in sums.iter_mut().enumerate().take(vectors) {
                            *sum = *sum + F32x4::load(&dy.data[row + n * LANES..]);
                        }
                    }
                }
            }
            for (n, sum) in sums.iter().enumerate().take(vectors) {
                sum.store(&mut bias[column + n * LANES..]);
            }
        }
        self.bias = Some(bias);
    }

    /// The rows of one tap, of which the first is `row` or a later one: rows in reserve are passed over.
    fn tap_rows(&self, row: usize) -> Option<TapRows> {
        let WeightGradient { tap_rows, inputs, ref rows, .. } = self.task;
        let mut first = rows.start + row;
        if first % tap_rows >= inputs {
            first = first.next_multiple_of(tap_rows);
        }
        let (tap, k) = (first / tap_rows, first % tap_rows);
        let end = (tap * tap_rows + inputs).min(rows.end);
        (first < end).then(|| TapRows { tap, row: first - rows.start, features: k..k + end - first })
    }

    /// The runs of `tap`: images, whose first feature is feature 0, and their output gradients at column 0.
    fn find(&self, terms: &Terms, tap: usize, runs: &mut Columns) {
        runs.clear();
        let pairs = self.task.by_tap.list(tap);
        let from = pairs.partition_point(|&(o, _)| (o as usize) < terms.outputs.start);
        for index in terms.parts.clone() {
            let part = self.part(index);
            let images = self.images(terms, &part);
            for &(o, position) in &pairs[from..] {
                let o = o as usize;
                if o >= terms.outputs.end {
                    break;
                }
                let x = (position as usize * part.x.images + images.start) * part.x.stride;
                let dy = (o * part.dy.images + images.start) * part.dy.stride;
                // SAFETY: `new` checked that `x` and `dy` hold every linked position of every image.
                let (x, dy) = unsafe { (part.x.data.as_ptr().add(x), part.dy.data.as_ptr().add(dy)) };
                runs.push(Run { a: x, b: dy, count: images.len() });
            }
        }
    }

    /// The rows of one tap, strip by strip.
    fn tap(&mut self, terms: &Terms, rows: &TapRows, runs: &Columns) {
        for k in rows.features.clone().step_by(STRIP) {
            let end = (k + STRIP).min(rows.features.end);
            let row = rows.row + k - rows.features.start;
            // Sums that are finished at once need no rows of their own: the cache keeps the first ones of the band.
            let rest = if terms.first && terms.last && self.tell.is_some() { 0 } else { row };
            let mut column = 0;
            if self.has_wide_outputs() {
                column = self.wide_strip(terms, At { k, row: rest, column }, row, end, runs);
            }
            while column < self.columns {
                let at = At { k, row: rest, column };
                self.announce(terms, row..row + end - k, column);
                column += match self.task.outputs - column {
                    1..LANES => self.narrow_strip(terms, at, end, runs),
                    LANES => self.strip::<1>(terms, at, end, runs),
                    TWELVE => self.strip::<3>(terms, at, end, runs),
                    _ => self.strip::<2>(terms, at, end, runs),
                };
            }
            if let Some(tell) = self.tell.as_mut().filter(|_| terms.last) {
                let sums = &self.sums[rest * self.task.stride..];
                tell(Progress::Finished(GradientRows { row, rows: end - k, feature: k, sums }));
            }
        }
    }

    /// Tells that rows of the band are next at a column, if then they are finished.
    pub(super) fn announce(&mut self, terms: &Terms, rows: Range<usize>, column: usize) {
        if let Some(tell) = self.tell.as_mut().filter(|_| terms.last) {
            tell(Progress::Finishing { rows, column });
        }
    }

    /// Columns `at.column..at.column + 4 N` of features `at.k..end`. Gives `4 N`.
    #[inline(always)]
    pub(super) fn strip<const N: usize>(
        &mut self,
        terms: &Terms,
        mut at: At,
        end: usize,
        runs: &Columns,
    ) -> usize {
        while at.k < end {
            let left = end - at.k;
            let rows = match N {
                // Three and four rows take as long as one: 6 + 1, 6 + 2 and 6 + 5 are 4 + 3, 4 + 4 and 4 + 4 + 3.
                2 if left >= ROWS && matches!(left % ROWS, 0 | 3 | 4) => {
                    self.tile::<ROWS, N>(terms, at, runs)
                }
                1 if left >= 8 => self.tile::<8, N>(terms, at, runs),
                1 | 2 if left >= 4 => self.tile::<4, N>(terms, at, runs),
                2 | 3 if left >= 3 => self.tile::<3, N>(terms, at, runs),
                2 if left >= 2 => self.tile::<2, N>(terms, at, runs),
                _ => self.tile::<1, N>(terms, at, runs),
            };
            at.k += rows;
            at.row += rows;
        }
        N * LANES
    }

    /// The last one to three columns of features `at.k..end`. Gives four: pads are written too.
    #[inline(always)]
    fn narrow_strip(&mut self, terms: &Terms, mut at: At, end: usize, runs: &Columns) -> usize {
        while at.k < end {
            let left = end - at.k;
            let rows = match (self.task.outputs - at.column, left) {
                (1, LANES..) => self.narrow_tile::<1>(terms, at, left, runs),
                (2, LANES..) => self.narrow_tile::<2>(terms, at, left, runs),
                (3, LANES..) => self.narrow_tile::<3>(terms, at, left, runs),
                _ => self.tile::<1, 1>(terms, at, runs),
            };
            at.k += rows;
            at.row += rows;
        }
        LANES
    }

    /// Adds `terms` to `M` rows and `4 N` columns at `at`. Gives `M`.
    #[inline(always)]
    fn tile<const M: usize, const N: usize>(&mut self, terms: &Terms, at: At, runs: &Columns) -> usize {
        debug_assert!(M <= tile_rows(N) && at.k + M <= self.task.inputs);
        debug_assert!(at.row + M <= self.task.rows.len() && at.column + N * LANES <= self.columns);
        // SAFETY: `new` checked that the band holds all its rows; callers keep the tile inside.
        let band = unsafe { self.sums.as_mut_ptr().add(at.row * self.task.stride + at.column) };
        let (start, step) = if terms.first { NOTHING } else { (band.cast_const(), self.task.stride) };
        // SAFETY: as above.
        let mut tile = unsafe { Tile::<M, N>::read(start, step) };
        for Run { a, b, count } in runs.iter() {
            // SAFETY: `find` gave images that exist, each with all features and columns.
            unsafe { tile.add(count, a.add(at.k), 1, self.steps.0, b.add(at.column), self.steps.1) };
        }
        // SAFETY: as for the read.
        unsafe { tile.write(band, self.task.stride, |sum, _, _| sum) };
        M
    }

    /// [`Gradient::tile`] for up to twelve rows and the last `J` columns. Gives the number of rows.
    #[inline(always)]
    fn narrow_tile<const J: usize>(&mut self, terms: &Terms, at: At, left: usize, runs: &Columns) -> usize {
        if left >= NARROW_VECTORS * LANES {
            self.narrow_rows::<NARROW_VECTORS, J>(terms, at, runs)
        } else {
            self.narrow_rows::<1, J>(terms, at, runs)
        }
    }

    #[inline(always)]
    fn narrow_rows<const V: usize, const J: usize>(
        &mut self,
        terms: &Terms,
        at: At,
        runs: &Columns,
    ) -> usize {
        let stride = self.task.stride;
        let start = at.row * stride + at.column;
        let mut sums = [[F32x4::splat(0.0); J]; V];
        if !terms.first {
            for (v, sums) in sums.iter_mut().enumerate() {
                let row = |i| F32x4::load(&self.sums[start + (v * LANES + i) * stride..]);
                *sums = narrow::from_rows(core::array::from_fn(row));
            }
        }
        for Run { a, b, count } in runs.iter() {
            // SAFETY: `find` gave images that exist, each with `V` vectors of features from `k` on.
            unsafe {
                narrow::add_columns(
                    &mut sums,
                    count,
                    a.add(at.k),
                    self.steps.0,
                    b.add(at.column),
                    self.steps.1,
                );
            }
        }
        for (v, sums) in sums.into_iter().enumerate() {
            for (i, row) in narrow::to_rows(sums).into_iter().enumerate() {
                row.store(&mut self.sums[start + (v * LANES + i) * stride..]);
            }
        }
        V * LANES
    }
}
