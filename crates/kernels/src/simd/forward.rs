//! The loops of [`crate::linear::forward`] inside a block of terms.

use super::narrow;
use super::panel::{Panel, PANEL_TERMS};
use super::runs::{Run, Runs};
use super::tile::{tile_rows, volume, Tile, NOTHING, ROWS};
use super::F32x4;
use crate::linear::{Epilogue, Rows, Weights};
use crate::window::Links;
use crate::LANES;
use core::ops::Range;

/// Panels that are packed together. All of them pass over an output position while the features it reads are in the
/// first-level cache; nine of up to 24 KiB stay in the second-level cache.
const PANELS: usize = 9;

/// Runs of features, and the terms of a panel they meet.
type Features = Runs<usize>;

/// The arguments of [`crate::linear::forward`], checked once, so that tiles may read without checks.
pub(crate) struct Forward<'a> {
    pub(super) x: Rows<'a>,
    pub(super) links: &'a Links,
    pub(super) w: Weights<'a>,
    pub(super) bias: Option<&'a [f32]>,
    pub(super) epilogue: Epilogue<'a>,
    pub(super) y: &'a mut [f32],
    /// Columns, whole vectors, and floats per position of `y`.
    pub(super) columns: usize,
    pub(super) stride: usize,
}

/// Some of the terms of every sum: those through `taps` from `features`.
#[derive(Clone, Debug)]
struct Terms {
    taps: Range<usize>,
    features: Range<usize>,
    /// Whether sums start from the bias.
    first: bool,
    /// Whether sums are finished.
    last: bool,
}

/// Where a tile lies: its output position, first image and first column.
#[derive(Clone, Copy)]
struct At {
    o: usize,
    image: usize,
    column: usize,
}

impl<'a> Forward<'a> {
    /// Checks that every element the sums name exists.
    ///
    /// # Panics
    /// When one does not, or a stride is not a multiple of four.
    pub(crate) fn new(
        x: Rows<'a>,
        links: &'a Links,
        w: Weights<'a>,
        bias: Option<&'a [f32]>,
        epilogue: Epilogue<'a>,
        y: &'a mut [f32],
        y_stride: usize,
    ) -> Self {
        let (taps, positions) = links.bounds();
        let (columns, stride) = (w.outputs.next_multiple_of(LANES), y_stride);
        assert!(
            columns <= stride && stride.is_multiple_of(LANES),
            "{} outputs in a stride of {stride}",
            w.outputs
        );
        assert!(w.inputs > 0 && w.inputs <= x.stride, "{} inputs do not fit a row of {}", w.inputs, x.stride);
        assert!(x.stride.is_multiple_of(LANES) && w.stride.is_multiple_of(LANES), "a stride is not padded");
        let (rows, lanes) = if w.transposed { (w.outputs, w.inputs) } else { (w.inputs, columns) };
        assert!(rows <= w.tap_rows, "{rows} rows do not fit a tap of {}", w.tap_rows);
        assert!(lanes <= w.stride, "{lanes} columns do not fit a stride of {}", w.stride);
        assert!(x.data.len() >= volume(x.positions, x.images, x.stride), "x is too short");
        let size = volume(links.lists(), x.images, stride);
        assert!(y.len() >= size, "y is too short");
        assert!(bias.is_none_or(|bias| bias.len() >= columns), "bias is too short");
        if let Epilogue::Mask(mask) = epilogue {
            assert!(mask.len() >= size, "mask is too short");
        }
        assert!(positions <= x.positions, "links reach position {positions} of {}", x.positions);
        assert!(w.data.len() >= volume(taps, w.tap_rows, w.stride), "w is too short");
        Forward { x, links, w, bias, epilogue, y, columns, stride }
    }

    /// All sums: blocks of terms (pc), then columns (jc), whose weights are packed, then output positions, then images
    /// (ic). Between two blocks of terms the sums rest in `y`.
    pub(crate) fn run(&mut self) {
        if self.has_few_outputs() {
            return self.by_images();
        }
        let (mut panels, mut runs) = ([const { Panel::new() }; PANELS], Runs::new());
        let mut terms = self.terms_from(0, 0);
        loop {
            let mut column = 0;
            while column < self.columns {
                let start = column;
                for panel in &mut panels {
                    let left = self.columns - column;
                    match left {
                        0 => break,
                        4 => self.pack::<1>(&terms, column, panel),
                        12 => self.pack::<3>(&terms, column, panel),
                        _ => self.pack::<2>(&terms, column, panel),
                    }
                    column += columns_at(left);
                }
                for o in 0..self.links.lists() {
                    self.find(&terms, o, &mut runs);
                    self.position(&terms, o, start..column, &panels, &runs);
                }
            }
            if terms.last {
                return;
            }
            terms = if terms.features.end < self.w.inputs {
                self.terms_from(terms.taps.start, terms.features.end)
            } else {
                self.terms_from(terms.taps.end, 0)
            };
        }
    }

    /// Whether the layer makes one position, as dense layers do.
    #[inline(always)]
    fn has_one_position(&self) -> bool {
        self.links.lists() == 1
    }

    /// All images of output position `o` at the columns of `panels`.
    fn position(
        &mut self,
        terms: &Terms,
        o: usize,
        columns: Range<usize>,
        panels: &[Panel],
        runs: &Features,
    ) {
        // Lanes of images need the terms of four images transposed. Anew for each of the short runs of a convolution, too large for
        // `by_images`, that takes longer than a lane or two left empty.
        let mut column = columns.start;
        for panel in panels {
            let left = self.columns - column;
            match left {
                _ if column == columns.end => return,
                4 if self.has_one_position() && self.w.outputs - column < LANES => {
                    self.narrow_panel(terms, o, column, panel, runs)
                }
                4 => self.panel::<1>(terms, o, column, panel, runs),
                12 => self.panel::<3>(terms, o, column, panel, runs),
                _ => self.panel::<2>(terms, o, column, panel, runs),
            }
            column += columns_at(left);
        }
    }

    /// The block that starts at a feature of a tap: whole taps where several fit a panel, else a part of one.
    fn terms_from(&self, tap: usize, feature: usize) -> Terms {
        let (inputs, all) = (self.w.inputs, self.links.bounds().0);
        let taps = tap..(tap + (PANEL_TERMS / inputs).max(1)).min(all);
        let features = feature..(feature + part(inputs)).min(inputs);
        let last = taps.end == all && features.end == inputs;
        Terms { taps, features, first: tap == 0 && feature == 0, last }
    }

    /// Columns `column..column + 4 N` of all images of position `o`.
    #[inline(always)]
    fn panel<const N: usize>(
        &mut self,
        terms: &Terms,
        o: usize,
        column: usize,
        panel: &Panel,
        runs: &Features,
    ) {
        let walk = &mut self.walk(terms, At { o, image: 0, column });
        // SAFETY: `find` gave positions that exist, each with every image and all features; `pack` wrote every term of the panel; `new`
        // checked that `y`, the bias and the mask hold every column of every image.
        unsafe {
            match runs.single() {
                Some(run) if self.has_one_position() => walk.all_of_dense::<N>(panel, run),
                _ => walk.all::<N>(panel, runs.iter()),
            }
        }
    }

    /// One to three last columns of all images of position `o`.
    #[inline(always)]
    fn narrow_panel(&mut self, terms: &Terms, o: usize, column: usize, panel: &Panel, runs: &Features) {
        let at = &mut At { o, image: 0, column };
        while self.x.images - at.image >= narrow::GROUPS * LANES {
            match self.w.outputs - column {
                1 => self.narrow_tile::<1>(terms, *at, panel, runs),
                2 => self.narrow_tile::<2>(terms, *at, panel, runs),
                _ => self.narrow_tile::<3>(terms, *at, panel, runs),
            }
            at.image += narrow::GROUPS * LANES;
        }
        let walk = &mut self.walk(terms, *at);
        // SAFETY: as in `panel`.
        unsafe {
            walk.tiles::<4, 1>(panel, runs.iter());
            walk.tiles::<1, 1>(panel, runs.iter());
        }
    }

    /// The images from `at` on, at its columns.
    #[inline(always)]
    fn walk(&mut self, terms: &Terms, at: At) -> Walk {
        let place = self.place(at);
        let place_in_y = self.y.as_mut_ptr().wrapping_add(place);
        // Without images there is no place to point to.
        let from = |values: &[f32], at: usize| values.as_ptr().wrapping_add(at);
        Walk {
            x: at.image * self.x.stride,
            x_stride: self.x.stride,
            y: place_in_y,
            y_stride: self.stride,
            images: self.x.images - at.image,
            start: match self.bias {
                _ if !terms.first => (place_in_y.cast_const(), self.stride),
                Some(bias) => (from(bias, at.column), 0),
                None => NOTHING,
            },
            end: match self.epilogue(terms) {
                Epilogue::Linear => End::AtLeast(f32::NEG_INFINITY),
                Epilogue::Relu => End::AtLeast(0.0),
                Epilogue::Mask(mask) => End::Mask(from(mask, place)),
            },
        }
    }

    /// Copies the weights of `terms` at columns `column..column + 4 N` to `panel`.
    fn pack<const N: usize>(&self, terms: &Terms, column: usize, panel: &mut Panel) {
        let Weights { data, tap_rows, stride, .. } = self.w;
        assert!(terms.taps.len() * terms.features.len() <= PANEL_TERMS && column + N * LANES <= self.columns);
        let mut term = 0;
        for tap in terms.taps.clone() {
            if !self.w.transposed {
                for k in terms.features.clone() {
                    for n in 0..N {
                        // SAFETY: `new` checked that the weights hold every linked tap and that columns fit a row; the
                        // assertion above keeps the terms inside the panel.
                        unsafe {
                            let from = (tap * tap_rows + k) * stride + column + n * LANES;
                            panel.put::<N>(term, n, F32x4::read(data.as_ptr().add(from)));
                        }
                    }
                    term += 1;
                }
                continue;
            }
            for k in terms.features.clone().step_by(LANES) {
                for n in 0..N {
                    let rows = core::array::from_fn(|i| {
                        let j = column + n * LANES + i;
                        if j >= self.w.outputs {
                            return F32x4::splat(0.0);
                        }
                        // SAFETY: as above, with rows and columns exchanged; a term group starts at a multiple of four,
                        // and so does the end of a row.
                        unsafe { F32x4::read(data.as_ptr().add((tap * tap_rows + j) * stride + k)) }
                    });
                    let columns = F32x4::transpose(rows);
                    for (i, values) in columns.into_iter().enumerate().take(terms.features.end - k) {
                        // SAFETY: as above.
                        unsafe { panel.put::<N>(term + i, n, values) };
                    }
                }
                term += LANES.min(terms.features.end - k);
            }
        }
    }

    /// The runs of output position `o`: consecutive features of `x`, for image 0.
    fn find(&self, terms: &Terms, o: usize, runs: &mut Features) {
        runs.clear();
        let count = terms.features.len();
        for &(tap, position) in self.links.list(o) {
            let tap = tap as usize;
            if terms.taps.contains(&tap) {
                let from = position as usize * self.x.images * self.x.stride + terms.features.start;
                // `new` checked that `x` holds every linked position with all features; where there is no image there is none to point to.
                let a = self.x.data.as_ptr().wrapping_add(from);
                runs.push(Run { a, b: (tap - terms.taps.start) * count, count });
            }
        }
    }

    /// [`Walk::tiles`] for the images of some groups and the last `J` columns.
    #[inline(always)]
    fn narrow_tile<const J: usize>(&mut self, terms: &Terms, at: At, panel: &Panel, runs: &Features) {
        debug_assert!(
            at.image + narrow::GROUPS * LANES <= self.x.images && at.column + LANES == self.columns
        );
        let (place, stride) = (self.place(at), self.stride);
        let place_of = |g: usize, i: usize| place + (g * LANES + i) * stride;
        let mut sums: [[F32x4; J]; narrow::GROUPS] = core::array::from_fn(|g| match terms.first {
            true => core::array::from_fn(|j| F32x4::splat(self.bias.map_or(0.0, |bias| bias[at.column + j]))),
            false => narrow::from_rows(core::array::from_fn(|i| F32x4::load(&self.y[place_of(g, i)..]))),
        });
        for Run { a, b, count } in runs.iter() {
            // SAFETY: as in `panel`; features start at a multiple of four, so whole vectors of a row are there.
            unsafe {
                let (a, b) = (a.add(at.image * self.x.stride), panel.terms().add(b * LANES));
                narrow::add_rows(&mut sums, count, a, self.x.stride, b);
            }
        }
        let epilogue = self.epilogue(terms);
        for (g, sums) in sums.into_iter().enumerate() {
            for (i, sum) in narrow::to_rows(sums).into_iter().enumerate() {
                let index = place_of(g, i);
                let sum = match epilogue {
                    Epilogue::Linear => sum,
                    Epilogue::Relu => relu(sum),
                    // SAFETY: `new` checked that the mask is as long as `y`.
                    Epilogue::Mask(mask) => unsafe { masked(sum, mask.as_ptr().add(index)) },
                };
                sum.store(&mut self.y[index..]);
            }
        }
    }

    /// Where the sums at `at` lie in `y`.
    #[inline(always)]
    fn place(&self, at: At) -> usize {
        (at.o * self.x.images + at.image) * self.stride + at.column
    }

    /// What happens to the sums after `terms`.
    #[inline(always)]
    fn epilogue(&self, terms: &Terms) -> Epilogue<'a> {
        if terms.last {
            self.epilogue
        } else {
            Epilogue::Linear
        }
    }
}

/// What happens to finished sums.
#[derive(Clone, Copy)]
enum End {
    /// Less than this becomes this; NaN stays.
    AtLeast(f32),
    /// [`Epilogue::Mask`], from the place of the first sum on.
    Mask(*const f32),
}

/// Images of an output position that are left to do, at the columns of one panel.
#[derive(Clone, Copy)]
struct Walk {
    /// Floats from the start of a run to the first of these images, and from one to the next.
    x: usize,
    x_stride: usize,
    /// Where the sums of the first of these images lie, and floats from one image to the next.
    y: *mut f32,
    y_stride: usize,
    images: usize,
    /// What the sums of the first of these images start from, and floats from one image to the next: none where all start from the same.
    start: (*const f32, usize),
    end: End,
}

impl Walk {
    /// [`Walk::all`] for one run, in a function of its own, where V8 has registers for everything: inside [`Forward::position`] it keeps
    /// strides and ends on the stack. The many images of a dense layer win 3 to 5 % by it (in one run 64 x 16 at 86 % of the peak in
    /// place of 81, 512 x 512 at 87 in place of 84), the few of a convolution's block lose more than that to the calls.
    ///
    /// # Safety
    /// As for [`Walk::tiles`].
    #[inline(never)]
    unsafe fn all_of_dense<const N: usize>(&mut self, panel: &Panel, run: Run<usize>) {
        // Read anew for each tile, or it takes a register that the loop over terms needs.
        let runs =
            core::iter::once(&run).map(|run| Run { count: *core::hint::black_box(&run.count), ..*run });
        // SAFETY: the caller vouches for all places.
        unsafe { self.all::<N>(panel, runs) }
    }

    /// All images at `4 N` columns.
    ///
    /// # Safety
    /// As for [`Walk::tiles`].
    #[inline(always)]
    unsafe fn all<const N: usize>(&mut self, panel: &Panel, runs: impl Iterator<Item = Run<usize>> + Clone) {
        // SAFETY: the caller vouches for all places.
        unsafe {
            match N {
                1 => {
                    self.tiles::<8, N>(panel, runs.clone());
                    self.tiles::<4, N>(panel, runs.clone());
                }
                2 => {
                    // Two images take as long as four.
                    let fours = if self.images > 2 && self.images % ROWS == 2 { ROWS + 2 } else { 0 };
                    self.images -= fours;
                    self.tiles::<ROWS, N>(panel, runs.clone());
                    self.images += fours;
                    self.tiles::<4, N>(panel, runs.clone());
                    self.tiles::<2, N>(panel, runs.clone());
                }
                _ => self.tiles::<3, N>(panel, runs.clone()),
            }
            self.tiles::<1, N>(panel, runs);
        }
    }

    /// Tiles of `M` images and `4 N` columns, as many as there are.
    ///
    /// # Safety
    /// The runs hold all features of every image, `panel` every term, `y` every sum, and so do the bias and the mask.
    #[inline(always)]
    unsafe fn tiles<const M: usize, const N: usize>(
        &mut self,
        panel: &Panel,
        runs: impl Iterator<Item = Run<usize>> + Clone,
    ) {
        debug_assert!(M <= tile_rows(N));
        let (mut walk, panel) = (*self, panel.terms());
        while walk.images >= M {
            // SAFETY: the caller vouches for all places.
            unsafe {
                let (start, step) = walk.start;
                let mut tile = Tile::<M, N>::read(start, step);
                walk.start.0 = start.wrapping_add(M * step);
                for Run { a, b, count } in runs.clone() {
                    tile.add(count, a.add(walk.x), walk.x_stride, 1, panel.add(b * N * LANES), N * LANES);
                }
                match &mut walk.end {
                    End::AtLeast(least) => {
                        let least = F32x4::splat(*least);
                        tile.write(walk.y, walk.y_stride, |sum, _, _| sum.pmax(least));
                    }
                    End::Mask(mask) => {
                        tile.write(walk.y, walk.y_stride, |sum, m, n| {
                            // Row and vector apart, or each sum has an index of its own, of which V8 keeps most on the stack.
                            masked(sum, mask.add(m * walk.y_stride).add(n * LANES))
                        });
                        *mask = mask.wrapping_add(M * walk.y_stride);
                    }
                }
            }
            walk.x += M * walk.x_stride;
            walk.y = walk.y.wrapping_add(M * walk.y_stride);
            walk.images -= M;
        }
        *self = walk;
    }
}

/// Columns of the panel that starts where `left` columns are left: eight, but the last twelve together, as tiles of four columns load as
/// much as they multiply (64 x 10 at 80 % of the peak in place of 73).
fn columns_at(left: usize) -> usize {
    match left {
        4 | 12 => left,
        _ => 8,
    }
}

/// Features of one tap in a panel: equal parts, whole vectors.
fn part(inputs: usize) -> usize {
    let parts = inputs.div_ceil(PANEL_TERMS);
    inputs.div_ceil(parts).next_multiple_of(LANES).min(inputs)
}

#[inline(always)]
fn relu(sum: F32x4) -> F32x4 {
    sum.pmax(F32x4::splat(0.0))
}

/// `sum` where the mask is above zero.
///
/// # Safety
/// The mask holds four values.
#[inline(always)]
pub(super) unsafe fn masked(sum: F32x4, mask: *const f32) -> F32x4 {
    // SAFETY: the caller vouches for the values.
    F32x4::splat(0.0).lt(unsafe { F32x4::read(mask) }).keep(sum)
}
