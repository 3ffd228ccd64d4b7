//! Convolutions to one to four features, such as the gradient by colours. A tile of rows loads a factor for each of its
//! multiply-adds, and with fewer features than four leaves lanes empty; here the lanes of a sum are images, so that every factor,
//! a weight, meets several vectors of images. The images are turned once for all windows that read them. Each sum takes the same
//! terms in the same order and has the same bits.

use super::forward::{masked, Forward};
use super::narrow;
use super::F32x4;
use crate::linear::Epilogue;
use crate::LANES;
use core::mem::MaybeUninit;

/// Most weights: four columns of 512 terms.
const MOST_WEIGHTS: usize = 512 * LANES;

/// Most features of an image that are turned: a plane of 32 x 32 with four features, so that those of twelve images stay in the
/// second-level cache.
const MOST_FEATURES: usize = 32 * 32 * 4;

/// Vectors of images in a tile, at most: with three columns 9 sums, 3 vectors of features and a splat.
const MOST_GROUPS: usize = 3;

/// Room on the stack that is never cleared. Turned vectors may reach three terms further than those in use.
#[repr(align(64))]
struct Room {
    weights: MaybeUninit<[f32; MOST_WEIGHTS]>,
    features: MaybeUninit<[f32; (MOST_FEATURES + LANES) * MOST_GROUPS * LANES]>,
}

/// Where the first numbers of a [`Room`] lie.
#[derive(Clone, Copy)]
struct Turned {
    /// The weight of column `j` and term `k` of tap `t` is `(t * inputs + k) * 4 + j`.
    weights: *mut f32,
    /// Of a tile with `G` groups, vector `g` of term `k` of position `p` is `(p * inputs + k) * G + g`.
    features: *mut f32,
}

impl Forward<'_> {
    /// Whether [`Forward::by_images`] serves this layer.
    pub(super) fn has_few_outputs(&self) -> bool {
        let (taps, inputs) = (self.links.bounds().0, self.w.inputs);
        let fits = taps * inputs * LANES <= MOST_WEIGHTS && self.x.positions * inputs <= MOST_FEATURES;
        self.links.lists() > 1 && self.columns == LANES && fits
    }

    /// All sums: images (ic), then output positions.
    #[inline(never)]
    pub(super) fn by_images(&mut self) {
        let mut room = Room { weights: MaybeUninit::uninit(), features: MaybeUninit::uninit() };
        let turned =
            Turned { weights: room.weights.as_mut_ptr().cast(), features: room.features.as_mut_ptr().cast() };
        self.copy_weights(turned);
        let mut image = 0;
        while image < self.x.images {
            // No tile of several vectors has an empty one, so only that of one vector looks for images that are not there.
            let whole = (self.x.images - image) / LANES;
            image += LANES
                * match (self.w.outputs, whole) {
                    (1..=3, 3..) => self.groups::<3, 3>(image, turned),
                    (_, 2..) => self.groups::<4, 2>(image, turned),
                    _ => self.groups::<4, 1>(image, turned),
                };
        }
    }

    /// [`Forward::pack`] lays them out in the same way; with that V8 keeps a sum on the stack, and planes of 32 x 32 are a tenth slower.
    fn copy_weights(&self, turned: Turned) {
        let w = self.w;
        for tap in 0..self.links.bounds().0 {
            for k in 0..w.inputs {
                for j in 0..LANES {
                    let (row, lane) = if w.transposed { (j, k) } else { (k, j) };
                    let value =
                        if j < w.outputs { w.data[(tap * w.tap_rows + row) * w.stride + lane] } else { 0.0 };
                    // SAFETY: `has_few_outputs` keeps the terms inside the room.
                    unsafe { *turned.weights.add((tap * w.inputs + k) * LANES + j) = value };
                }
            }
        }
    }

    /// The `4 G` images from `image` on, of four as many as there are, at `J` columns. Gives `G`.
    #[inline(always)]
    fn groups<const J: usize, const G: usize>(&mut self, image: usize, turned: Turned) -> usize {
        let inputs = self.w.inputs;
        for g in 0..G {
            self.turn::<G>(image + g * LANES, turned.features.wrapping_add(g * LANES));
        }
        let start: [[F32x4; G]; J] =
            core::array::from_fn(|j| [F32x4::splat(self.bias.map_or(0.0, |bias| bias[j])); G]);
        for o in 0..self.links.lists() {
            let mut sums: [[F32x4; G]; J] = start;
            for &(tap, position) in self.links.list(o) {
                // SAFETY: `turn` and `copy_weights` have written all terms of every position and tap.
                unsafe {
                    let mut x = turned.features.add(position as usize * inputs * G * LANES);
                    let mut w = turned.weights.add(tap as usize * inputs * LANES);
                    for _ in 0..inputs {
                        let features: [F32x4; G] = core::array::from_fn(|g| F32x4::read(x.add(g * LANES)));
                        for (j, sums) in sums.iter_mut().enumerate() {
                            let weight = F32x4::splat(*w.add(j));
                            for (sum, features) in sums.iter_mut().zip(features) {
                                *sum = features.madd(weight, *sum);
                            }
                        }
                        x = x.wrapping_add(G * LANES);
                        w = w.wrapping_add(LANES);
                    }
                }
            }
            for_each::<G>(|g| self.put::<J, G>(o, image + g * LANES, core::array::from_fn(|j| sums[j][g])));
        }
        G
    }

    /// Turns the four images from `image` on. Those that are not there repeat the last one.
    #[inline(always)]
    fn turn<const G: usize>(&self, image: usize, to: *mut f32) {
        let (x, inputs) = (self.x, self.w.inputs);
        let mut rows: [*const f32; LANES] =
            core::array::from_fn(|i| x.data.as_ptr().wrapping_add((image + i).min(x.images - 1) * x.stride));
        let mut position = to;
        for _ in 0..x.positions {
            for k in (0..inputs).step_by(LANES) {
                // SAFETY: `new` checked that `x` holds whole vectors of every image of every position; `has_few_outputs` keeps the
                // terms inside the room.
                unsafe {
                    let terms = F32x4::transpose(rows.map(|row| F32x4::read(row.add(k))));
                    for_each::<LANES>(|i| terms[i].write(position.add((k + i) * G * LANES)));
                }
            }
            position = position.wrapping_add(inputs * G * LANES);
            rows = rows.map(|row| row.wrapping_add(x.images * x.stride));
        }
    }

    /// Writes the sums of the four images from `image` on at position `o`; in a tile of one vector of as many as there are.
    #[inline(always)]
    fn put<const J: usize, const G: usize>(&mut self, o: usize, image: usize, sums: [F32x4; J]) {
        let (count, stride) = (self.x.images.saturating_sub(image), self.stride);
        let place = (o * self.x.images + image) * stride;
        let (rows, y) = (narrow::to_rows(sums), self.y.as_mut_ptr().wrapping_add(place));
        let write = |f: &dyn Fn(F32x4, usize) -> F32x4| {
            for_each::<LANES>(|i| {
                if G > 1 || i < count {
                    // SAFETY: `new` checked that `y` holds every column of every image.
                    unsafe { f(rows[i], i).write(y.add(i * stride)) };
                }
            });
        };
        let least = match self.epilogue {
            Epilogue::Linear => f32::NEG_INFINITY,
            Epilogue::Relu => 0.0,
            // SAFETY: `new` checked that the mask is as long as `y`.
            Epilogue::Mask(mask) => {
                return write(&|sum, i| unsafe { masked(sum, mask.as_ptr().add(place + i * stride)) });
            }
        };
        write(&|sum, _| sum.pmax(F32x4::splat(least)));
    }
}

/// Calls `f` for each number below `N`, in a row: as a loop, arrays that it indexes would lie in memory.
#[inline(always)]
fn for_each<const N: usize>(f: impl FnMut(usize)) {
    let _: [(); N] = core::array::from_fn(f);
}
