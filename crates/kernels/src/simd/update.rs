//! Walks over the planes of some weights and their gradient.

use super::tile::volume;
use super::F32x4;
use crate::LANES;

/// Where weights lie: `rows` rows of `width` numbers, whole vectors, `stride` floats apart in every plane and in the
/// gradient.
#[derive(Clone, Copy, Debug)]
pub struct Patch {
    /// Number of rows.
    pub rows: usize,
    /// Numbers in a row, a multiple of four.
    pub width: usize,
    /// Floats from one row to the next.
    pub stride: usize,
}

/// `planes = f(row's, column's)(gradient, planes)` for every vector, rows and columns ascending: `at_row` tells what belongs to a
/// row, and of each of `columns`, which have a number for each column, a vector belongs to those of a row.
///
/// # Panics
/// When a slice is too short or the width is not a multiple of four.
#[inline(always)]
pub(crate) fn each_vector<const N: usize, const C: usize, R>(
    patch: Patch,
    grad: &[f32],
    planes: [&mut [f32]; N],
    columns: [&[f32]; C],
    at_row: impl Fn(usize) -> R,
    f: impl Fn(&R, [F32x4; C], F32x4, [F32x4; N]) -> [F32x4; N],
) {
    let Patch { rows, width, stride } = patch;
    if rows == 0 {
        return;
    }
    assert!(width.is_multiple_of(LANES) && width <= stride, "width {width}");
    let needed = volume(1, rows - 1, stride).checked_add(width).expect("more than can be addressed");
    assert!(grad.len() >= needed, "the gradient is too short");
    assert!(planes.iter().all(|plane| plane.len() >= needed), "a plane is too short");
    assert!(columns.iter().all(|values| values.len() >= width), "a column has no number");
    let planes = planes.map(<[f32]>::as_mut_ptr);
    for row in 0..rows {
        let state = at_row(row);
        let mut column = 0;
        while column < width {
            // SAFETY: `column + 4 <= width` and `row < rows`, and the assertions cover all of these.
            unsafe {
                let g = F32x4::read(grad.as_ptr().add(row * stride + column));
                let places = planes.map(|plane| plane.add(row * stride + column));
                let columns = columns.map(|values| F32x4::read(values.as_ptr().add(column)));
                let new = f(&state, columns, g, places.map(|place| F32x4::read(place)));
                for (place, new) in places.into_iter().zip(new) {
                    new.write(place);
                }
            }
            column += LANES;
        }
    }
}
