//! Which input positions meet which output positions, and through which tap.
//!
//! A window depends on the plane only, never on the number of channels, so growth leaves it alone. Dense layers,
//! convolutions and pooling all read the same three lists.

/// Lists of pairs, one list per row, stored end to end. What the pairs mean is told at the field of [`Window`] that
/// holds them.
#[derive(Clone, Debug, PartialEq)]
pub struct Links {
    /// Where each list starts in `pairs`; one entry more than there are lists.
    starts: Vec<u32>,
    pairs: Vec<(u32, u32)>,
    /// What the two sides of every pair are below.
    bounds: (usize, usize),
}

impl Links {
    /// The number of lists.
    pub fn lists(&self) -> usize {
        self.starts.len() - 1
    }

    /// The number of pairs in all lists.
    pub fn pairs(&self) -> usize {
        self.pairs.len()
    }

    /// The least numbers that the first and the second half of every pair are below.
    pub fn bounds(&self) -> (usize, usize) {
        self.bounds
    }

    /// The pairs of list `index`.
    #[inline]
    pub fn list(&self, index: usize) -> &[(u32, u32)] {
        &self.pairs[self.starts[index] as usize..self.starts[index + 1] as usize]
    }

    /// One list, in which each of `positions` positions meets itself.
    pub fn each(positions: usize) -> Links {
        let pairs = (0..positions as u32).map(|p| (p, p)).collect();
        Links { starts: vec![0, positions as u32], pairs, bounds: (positions, positions) }
    }

    /// Sorts `(list, pair)` entries into lists. The sort is stable: entries of one list keep their order. They come as a slice:
    /// a copy of this function for each kind of iterator made modules larger.
    fn collect(lists: usize, entries: &[(u32, (u32, u32))]) -> Links {
        let mut starts = vec![0u32; lists + 1];
        for &(list, _) in entries {
            starts[list as usize + 1] += 1;
        }
        for i in 0..lists {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut pairs = vec![(0, 0); starts[lists] as usize];
        for &(list, pair) in entries {
            let at = &mut next[list as usize];
            pairs[*at as usize] = pair;
            *at += 1;
        }
        let bounds = pairs.iter().fold((0, 0), |(a, b): (usize, usize), &(first, second)| {
            (a.max(first as usize + 1), b.max(second as usize + 1))
        });
        Links { starts, pairs, bounds }
    }
}

/// The geometry of a layer: every (tap, input position, output position) that meet, in three orders.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Taps: the cells of the kernel.
    pub taps: usize,
    /// Input positions.
    pub inputs: usize,
    /// Output positions.
    pub outputs: usize,
    /// Per output position: (tap, input position), tap ascending. Cells outside the plane are left out.
    pub by_output: Links,
    /// Per input position: (tap, output position), tap ascending.
    pub by_input: Links,
    /// Per tap: (output position, input position), output position ascending.
    pub by_tap: Links,
}

impl Window {
    /// One tap from one position to one position: a dense layer on plain features.
    pub fn point() -> Window {
        Window::whole(1)
    }

    /// One output position that sees every input position through a tap of its own: a dense layer on a plane.
    pub fn whole(positions: usize) -> Window {
        let meetings = (0..positions as u32).map(|p| (p, p, 0)).collect();
        Window::from_meetings(positions, positions, 1, meetings)
    }

    /// A kernel of `[height, width]` cells that moves over an `input` plane by `step`. Returns the window and the
    /// output plane.
    ///
    /// With `same`, the output is `ceil(input / step)` per side, and the padding, `(output - 1) * step + kernel -
    /// input` cells in total where that is positive, goes half before (rounded down) and the rest after, as in
    /// TensorFlow. Without it ("valid"), the kernel stays inside: `(input - kernel) / step + 1`, or zero where the
    /// kernel is larger than the plane.
    ///
    /// # Panics
    /// When a step or a kernel side is zero.
    pub fn conv(input: [usize; 2], kernel: [usize; 2], step: [usize; 2], same: bool) -> (Window, [usize; 2]) {
        assert!(kernel[0] > 0 && kernel[1] > 0, "kernel {kernel:?} has no cells");
        assert!(step[0] > 0 && step[1] > 0, "step {step:?} does not move");
        let (out_height, above) = side(input[0], kernel[0], step[0], same);
        let (out_width, left) = side(input[1], kernel[1], step[1], same);
        let mut meetings = Vec::new();
        for row in 0..out_height {
            for column in 0..out_width {
                for tap in 0..kernel[0] * kernel[1] {
                    // A cell above or left of the plane wraps to a huge number and fails the test below.
                    let y = (row * step[0] + tap / kernel[1]).wrapping_sub(above);
                    let x = (column * step[1] + tap % kernel[1]).wrapping_sub(left);
                    if y < input[0] && x < input[1] {
                        meetings.push((
                            tap as u32,
                            (y * input[1] + x) as u32,
                            (row * out_width + column) as u32,
                        ));
                    }
                }
            }
        }
        let window = Window::from_meetings(
            kernel[0] * kernel[1],
            input[0] * input[1],
            out_height * out_width,
            meetings,
        );
        (window, [out_height, out_width])
    }

    /// Builds the three lists from (tap, input position, output position) triples, output then tap ascending.
    fn from_meetings(taps: usize, inputs: usize, outputs: usize, meetings: Vec<(u32, u32, u32)>) -> Window {
        let entries: Vec<_> = meetings.iter().map(|&(t, p, o)| (o, (t, p))).collect();
        let by_output = Links::collect(outputs, &entries);
        let entries: Vec<_> = meetings.iter().map(|&(t, p, o)| (t, (o, p))).collect();
        let by_tap = Links::collect(taps, &entries);
        let tap_by_tap = (0..taps).flat_map(|t| by_tap.list(t).iter().map(move |&(o, p)| (p, (t as u32, o))));
        let by_input = Links::collect(inputs, &tap_by_tap.collect::<Vec<_>>());
        Window { taps, inputs, outputs, by_output, by_input, by_tap }
    }
}

/// Output cells and padding before the first cell, along one side.
fn side(input: usize, kernel: usize, step: usize, same: bool) -> (usize, usize) {
    if same {
        let output = input.div_ceil(step);
        let covered = output.saturating_sub(1) * step + kernel;
        (output, covered.saturating_sub(input) / 2)
    } else if input < kernel {
        (0, 0)
    } else {
        ((input - kernel) / step + 1, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triples(window: &Window) -> Vec<(u32, u32, u32)> {
        let mut found = Vec::new();
        for o in 0..window.outputs {
            found.extend(window.by_output.list(o).iter().map(|&(t, p)| (t, p, o as u32)));
        }
        found.sort_unstable();
        found
    }

    fn check(window: &Window) {
        let all = triples(window);
        assert_eq!(window.by_output.lists(), window.outputs);
        assert_eq!(window.by_input.lists(), window.inputs);
        assert_eq!(window.by_tap.lists(), window.taps);
        let mut by_input = Vec::new();
        for p in 0..window.inputs {
            let list = window.by_input.list(p);
            assert!(list.windows(2).all(|w| w[0].0 < w[1].0), "tap ascending");
            by_input.extend(list.iter().map(|&(t, o)| (t, p as u32, o)));
        }
        by_input.sort_unstable();
        assert_eq!(by_input, all);
        let mut by_tap = Vec::new();
        for t in 0..window.taps {
            let list = window.by_tap.list(t);
            assert!(list.windows(2).all(|w| w[0].0 < w[1].0), "output ascending");
            by_tap.extend(list.iter().map(|&(o, p)| (t as u32, p, o)));
        }
        by_tap.sort_unstable();
        assert_eq!(by_tap, all);
        for o in 0..window.outputs {
            assert!(window.by_output.list(o).windows(2).all(|w| w[0].0 < w[1].0), "tap ascending");
        }
    }

    #[test]
    fn each_position_meets_itself() {
        for positions in [1, 6] {
            let (window, _) = Window::conv([positions, 1], [1, 1], [1, 1], true);
            assert_eq!(Links::each(positions), window.by_tap);
        }
    }

    #[test]
    fn point_is_one_meeting() {
        let window = Window::point();
        check(&window);
        assert_eq!(triples(&window), [(0, 0, 0)]);
    }

    #[test]
    fn whole_gives_each_position_its_tap() {
        let window = Window::whole(5);
        check(&window);
        assert_eq!(window.by_output.list(0), [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4)]);
        assert_eq!(window.by_tap.list(3), [(0, 3)]);
    }

    #[test]
    fn every_geometry_agrees_with_the_definition() {
        for height in 1..7 {
            for (kernel, step) in
                [([1, 1], [1, 1]), ([3, 3], [1, 1]), ([2, 3], [2, 1]), ([4, 1], [3, 2]), ([2, 2], [3, 3])]
            {
                for same in [false, true] {
                    let input = [height, 5];
                    let (window, out) = Window::conv(input, kernel, step, same);
                    check(&window);
                    let mut expected = Vec::new();
                    for o in 0..out[0] * out[1] {
                        for t in 0..kernel[0] * kernel[1] {
                            let pad = |s: usize| {
                                let total =
                                    (out[s] as i64 - 1) * step[s] as i64 + kernel[s] as i64 - input[s] as i64;
                                if same && total > 0 {
                                    total / 2
                                } else {
                                    0
                                }
                            };
                            let y = (o / out[1] * step[0] + t / kernel[1]) as i64 - pad(0);
                            let x = (o % out[1] * step[1] + t % kernel[1]) as i64 - pad(1);
                            if y >= 0 && x >= 0 && y < input[0] as i64 && x < input[1] as i64 {
                                expected.push((t as u32, (y * input[1] as i64 + x) as u32, o as u32));
                            }
                        }
                    }
                    expected.sort_unstable();
                    assert_eq!(triples(&window), expected, "{input:?} {kernel:?} {step:?} {same}");
                }
            }
        }
    }

    #[test]
    fn same_padding_follows_tensorflow() {
        // 5 wide, kernel 3, step 2: output 3, total padding 2, one cell before.
        let (window, out) = Window::conv([1, 5], [1, 3], [1, 2], true);
        assert_eq!(out, [1, 3]);
        assert_eq!(window.by_output.list(0), [(1, 0), (2, 1)]);
        // 6 wide, kernel 3, step 2: total padding 1, none before.
        let (window, _) = Window::conv([1, 6], [1, 3], [1, 2], true);
        assert_eq!(window.by_output.list(0), [(0, 0), (1, 1), (2, 2)]);
        assert_eq!(window.by_output.list(2), [(0, 4), (1, 5)]);
    }

    #[test]
    fn valid_kernel_larger_than_the_plane_has_no_output() {
        let (window, out) = Window::conv([2, 2], [3, 3], [1, 1], false);
        assert_eq!(out, [0, 0]);
        check(&window);
    }
}
