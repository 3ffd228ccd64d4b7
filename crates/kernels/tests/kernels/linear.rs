//! The linear kernels give the bits of their naive twins, at any size, stride, window and split: what both directions
//! share, and the forward kernel.

use crate::data::{assert_same_bits, gather, near, padded, Lcg};
use cambium_kernels::linear::{forward, row_stride, Epilogue, Part, Rows, WeightGradient, Weights};
use cambium_kernels::reference;
use cambium_kernels::window::{Links, Window};
use core::ops::Range;
use std::panic::{catch_unwind, AssertUnwindSafe};

/// What lies where a kernel must not write.
const UNTOUCHED: f32 = 7.0;

/// A layer with random weights and strides.
pub struct Layer {
    pub window: Window,
    pub inputs: usize,
    pub outputs: usize,
    pub tap_rows: usize,
    pub w_stride: usize,
    pub x_stride: usize,
    pub y_stride: usize,
    w: Vec<f32>,
    bias: Vec<f32>,
}

/// Some images: inputs of a layer and gradients by its outputs.
pub struct Block {
    pub images: usize,
    pub x: Vec<f32>,
    pub dy: Vec<f32>,
}

impl Layer {
    pub fn random(lcg: &mut Lcg) -> Layer {
        let window = match lcg.size(0, 3) {
            0 => Window::point(),
            1 => Window::whole(lcg.size(1, 7)),
            _ => {
                let input = [lcg.size(1, 7), lcg.size(1, 7)];
                let kernel = [lcg.size(1, 4), lcg.size(1, 4)];
                let step = [lcg.size(1, 3), lcg.size(1, 3)];
                Window::conv(input, kernel, step, lcg.size(0, 1) == 1).0
            }
        };
        let (inputs, outputs) = (lcg.size(1, 21), lcg.size(1, 37));
        Layer::new(lcg, window, inputs, outputs)
    }

    pub fn new(lcg: &mut Lcg, window: Window, inputs: usize, outputs: usize) -> Layer {
        let tap_rows = inputs + lcg.size(0, 5);
        let w_stride = padded(outputs) + 4 * lcg.size(0, 3);
        let mut w = vec![0.0; window.taps * tap_rows * w_stride];
        for (row, w) in w.chunks_exact_mut(w_stride).enumerate() {
            if row % tap_rows < inputs {
                w[..outputs].fill_with(|| lcg.value());
            }
        }
        let x_stride = padded(inputs) + 4 * lcg.size(0, 1);
        let y_stride = padded(outputs) + 4 * lcg.size(0, 1);
        let bias = lcg.rows(1, outputs, padded(outputs));
        Layer { window, inputs, outputs, tap_rows, w_stride, x_stride, y_stride, w, bias }
    }

    pub fn block(&self, lcg: &mut Lcg, images: usize) -> Block {
        let x = lcg.rows(images * self.window.inputs, self.inputs, self.x_stride);
        let dy = lcg.rows(images * self.window.outputs, self.outputs, self.y_stride);
        Block { images, x, dy }
    }

    pub fn split(&self, block: &Block, images: Range<usize>) -> Block {
        Block {
            images: images.len(),
            x: gather(&block.x, block.images, self.x_stride, images.clone()),
            dy: gather(&block.dy, block.images, self.y_stride, images),
        }
    }

    pub fn part<'a>(&self, block: &'a Block) -> Part<'a> {
        let Block { images, x, dy } = block;
        Part {
            x: Rows { data: x, positions: self.window.inputs, images: *images, stride: self.x_stride },
            dy: Rows { data: dy, positions: self.window.outputs, images: *images, stride: self.y_stride },
        }
    }

    pub fn w(&self) -> Weights<'_> {
        let Layer { tap_rows, inputs, outputs, .. } = *self;
        Weights { data: &self.w, tap_rows, stride: self.w_stride, inputs, outputs, transposed: false }
    }

    pub fn gradient(&self, parts: usize, rows: Range<usize>) -> WeightGradient<'_> {
        let Layer { tap_rows, inputs, outputs, .. } = *self;
        let by_tap = &self.window.by_tap;
        WeightGradient { by_tap, parts, inputs, outputs, tap_rows, stride: self.w_stride, rows }
    }

    /// Checked outputs, and checked gradients by the inputs, with random bias and epilogue.
    fn check_forward(&self, lcg: &mut Lcg, block: &Block) {
        let Part { x, dy } = self.part(block);
        let bias = (lcg.size(0, 2) > 0).then_some(&self.bias[..]);
        self.check_epilogue(lcg, x, &self.window.by_output, self.w(), bias, self.y_stride);
        self.check_epilogue(lcg, dy, &self.window.by_input, self.w().transpose(), None, self.x_stride);
    }

    fn check_epilogue(
        &self,
        lcg: &mut Lcg,
        x: Rows,
        links: &Links,
        w: Weights,
        bias: Option<&[f32]>,
        stride: usize,
    ) {
        let mut mask = lcg.values(links.lists() * x.images * stride);
        mask.iter_mut().step_by(3).for_each(|value| *value = [0.0, f32::NAN][lcg.size(0, 1)]);
        let epilogue = [Epilogue::Linear, Epilogue::Relu, Epilogue::Mask(&mask)][lcg.size(0, 2)];
        checked(x, links, w, bias, epilogue, stride);
    }

    /// `y` without bias, the gradient by `x` and that by `w`, in f64 by one loop over all products.
    pub fn truth(&self, block: &Block) -> [Vec<f64>; 3] {
        let Part { x, dy } = self.part(block);
        let mut sums = [vec![0.0; dy.data.len()], vec![0.0; x.data.len()], vec![0.0; self.w.len()]];
        for o in 0..self.window.outputs {
            for &(tap, p) in self.window.by_output.list(o) {
                for image in 0..block.images {
                    for (k, j) in (0..self.inputs).flat_map(|k| (0..self.outputs).map(move |j| (k, j))) {
                        let x_at = (p as usize * block.images + image) * self.x_stride + k;
                        let y_at = (o * block.images + image) * self.y_stride + j;
                        let w_at = (tap as usize * self.tap_rows + k) * self.w_stride + j;
                        let [a, b, c] = [x.data[x_at], dy.data[y_at], self.w[w_at]].map(f64::from);
                        sums[0][y_at] += a * c;
                        sums[1][x_at] += b * c;
                        sums[2][w_at] += a * b;
                    }
                }
            }
        }
        sums
    }
}

/// The output of the kernel, which has the bits of its twin, zeros in the pads and nothing beyond them.
fn checked(
    x: Rows,
    links: &Links,
    w: Weights,
    bias: Option<&[f32]>,
    epilogue: Epilogue,
    stride: usize,
) -> Vec<f32> {
    let mut y = vec![UNTOUCHED; links.lists() * x.images * stride + 4];
    let mut twin = y.clone();
    forward(x, links, w, bias, epilogue, &mut y, stride);
    reference::forward(x, links, w, bias, epilogue, &mut twin, stride);
    let case = (x.images, w.inputs, w.outputs, w.transposed);
    assert_same_bits(&y, &twin, case);
    assert_eq!(y.split_off(y.len() - 4), [UNTOUCHED; 4], "{case:?}");
    for row in y.chunks_exact(stride) {
        let (pads, beyond) = row[w.outputs..].split_at(padded(w.outputs) - w.outputs);
        assert!(pads.iter().all(|&pad| pad == 0.0), "pads stay zero: {case:?}");
        assert!(beyond.iter().all(|&lane| lane == UNTOUCHED), "columns end: {case:?}");
    }
    y
}

/// Whether two tensors agree but for rounding.
#[track_caller]
pub fn assert_near(got: &[f32], want: &[f64], case: usize) {
    assert_eq!(got.len(), want.len(), "{case}");
    let other = got.iter().zip(want).position(|(&a, &b)| !near(a, b, 1e-5));
    assert_eq!(other, None, "place of a difference: {case}");
}

/// Checks what a call says when it panics.
#[track_caller]
pub fn refuses(message: &str, call: impl FnOnce()) {
    let payload = catch_unwind(AssertUnwindSafe(call)).expect_err(message);
    let said = payload.downcast_ref::<String>().map(String::as_str);
    let said = said.or_else(|| payload.downcast_ref::<&str>().copied());
    assert_eq!(said, Some(message));
}

#[test]
fn every_tile_equals_its_twin() {
    let mut lcg = Lcg(1);
    for inputs in 1..=40 {
        for outputs in 1..=40 {
            let layer = Layer::new(&mut lcg, Window::point(), inputs, outputs);
            let mut block = layer.block(&mut lcg, 20);
            for images in 1..=20 {
                block.images = images;
                layer.check_forward(&mut lcg, &block);
            }
        }
    }
}

#[test]
fn every_window_equals_its_twin_and_f64() {
    let mut lcg = Lcg(2);
    for round in 0..300 {
        let layer = Layer::random(&mut lcg);
        let images = lcg.size(0, 11);
        let block = layer.block(&mut lcg, images);
        layer.check_forward(&mut lcg, &block);

        let Part { x, dy } = layer.part(&block);
        let [y, dx, _] = layer.truth(&block);
        let outputs = (x, &layer.window.by_output, layer.w(), layer.y_stride, y);
        let inputs = (dy, &layer.window.by_input, layer.w().transpose(), layer.x_stride, dx);
        for (x, links, w, stride, truth) in [outputs, inputs] {
            let mut sums = checked(x, links, w, None, Epilogue::Linear, stride);
            sums.iter_mut().filter(|sum| **sum == UNTOUCHED).for_each(|sum| *sum = 0.0);
            assert_near(&sums, &truth, round);
        }
    }
}

#[test]
fn convolutions_to_few_features_equal_their_twins() {
    let mut lcg = Lcg(6);
    for window in [
        Window::conv([3, 4], [3, 3], [1, 1], true).0,
        Window::conv([5, 3], [3, 3], [2, 2], true).0,
        Window::conv([4, 3], [2, 1], [3, 1], false).0,
        Window::conv([2, 3], [1, 1], [1, 1], true).0,
    ] {
        for (inputs, outputs) in (1..=9).flat_map(|inputs| (1..=4).map(move |outputs| (inputs, outputs))) {
            let layer = Layer::new(&mut lcg, window.clone(), inputs, outputs);
            for images in 1..=20 {
                let block = layer.block(&mut lcg, images);
                layer.check_forward(&mut lcg, &block);
            }
        }
    }
    // The largest plane that is turned, and one position more; the most weights, and one term more.
    let (turned, larger) =
        (Window::conv([64, 64], [2, 2], [1, 1], true), Window::conv([17, 241], [2, 2], [1, 1], true));
    let (most, more) =
        (Window::conv([3, 3], [2, 2], [1, 1], true), Window::conv([3, 3], [3, 3], [1, 1], true));
    for (window, inputs, outputs) in [(turned, 1, 1), (larger, 1, 3), (most, 128, 4), (more, 57, 2)] {
        let layer = Layer::new(&mut lcg, window.0, inputs, outputs);
        let block = layer.block(&mut lcg, 13);
        layer.check_forward(&mut lcg, &block);
    }
}

#[test]
fn blocks_of_terms_equal_their_twins() {
    let mut lcg = Lcg(3);
    let conv = |input, step| Window::conv(input, [3, 3], step, true).0;
    let (whole, many) = (Window::whole(6), Window::whole(600));
    let windows = [Window::point(), whole, conv([1, 2], [1, 2]), conv([4, 3], [1, 1]), many];
    for (window, images, inputs, outputs) in [
        (0, 9, 255, 257),
        (0, 9, 512, 511),
        (0, 9, 513, 1024),
        (0, 50, 600, 45),
        (0, 33, 257, 130),
        (0, 13, 1030, 1),
        (0, 13, 1030, 12),
        (0, 7, 2, 770),
        (0, 7, 3, 770),
        (1, 21, 100, 44),
        (1, 18, 130, 36),
        (1, 18, 5, 3),
        (1, 5, 170, 85),
        (1, 5, 171, 171),
        (1, 5, 300, 1),
        (1, 5, 300, 300),
        (2, 19, 70, 68),
        (3, 6, 40, 23),
        (3, 5, 129, 131),
        (3, 5, 260, 2),
        (3, 5, 270, 19),
        (4, 5, 1, 3),
        (4, 5, 2, 13),
        (4, 4, 13, 2),
    ] {
        let layer = Layer::new(&mut lcg, windows[window].clone(), inputs, outputs);
        let block = layer.block(&mut lcg, images);
        for _ in 0..3 {
            layer.check_forward(&mut lcg, &block);
        }
    }
}

#[test]
fn forward_does_not_depend_on_the_split_over_images() {
    let mut lcg = Lcg(4);
    let conv = Window::conv([5, 5], [3, 3], [1, 1], true).0;
    for (window, inputs, outputs) in [(&conv, 5, 9), (&conv, 7, 3), (&Window::point(), 300, 40)] {
        let layer = Layer::new(&mut lcg, window.clone(), inputs, outputs);
        let block = layer.block(&mut lcg, 45);
        let run = |images| {
            let block = layer.split(&block, images);
            let Part { x, dy } = layer.part(&block);
            let bias = Some(&layer.bias[..]);
            let y = checked(x, &window.by_output, layer.w(), bias, Epilogue::Relu, layer.y_stride);
            let w = layer.w().transpose();
            [y, checked(dy, &window.by_input, w, None, Epilogue::Linear, layer.x_stride)]
        };
        let [y, dx] = run(0..45);
        for cut in [1, 2, 7, 13, 40] {
            for images in [0..cut, cut..45] {
                let [part_y, part_dx] = run(images.clone());
                assert_same_bits(&part_y, &gather(&y, 45, layer.y_stride, images.clone()), cut);
                assert_same_bits(&part_dx, &gather(&dx, 45, layer.x_stride, images), cut);
            }
        }
    }
}

#[test]
fn relu_keeps_nan() {
    let mut lcg = Lcg(5);
    for outputs in 1..=28 {
        let layer = Layer::new(&mut lcg, Window::point(), 1, outputs);
        for images in 1..=11 {
            let x = Rows { data: &[f32::NAN; 44], positions: 1, images, stride: 4 };
            let mut y = vec![0.0; images * layer.y_stride];
            forward(x, &layer.window.by_output, layer.w(), None, Epilogue::Relu, &mut y, layer.y_stride);
            assert!(y.chunks_exact(layer.y_stride).all(|row| row[..outputs].iter().all(|sum| sum.is_nan())));
        }
    }
}

#[test]
fn a_mask_passes_what_is_above_zero() {
    let window = Window::point();
    let x = Rows { data: &[2.0, 0.0, 0.0, 0.0], positions: 1, images: 1, stride: 4 };
    let w = Weights { data: &[1.0; 8], tap_rows: 1, stride: 8, inputs: 1, outputs: 8, transposed: false };
    let mask = [1.0, 0.0, -0.0, -1.0, f32::NAN, f32::INFINITY, 1e-40, f32::NEG_INFINITY];
    let y = checked(x, &window.by_output, w, None, Epilogue::Mask(&mask), 8);
    assert_eq!(y, [2.0, 0.0, 0.0, 0.0, 0.0, 2.0, 2.0, 0.0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let window = Window::point();
    let x = Rows { data: &[0.0; 16], positions: 1, images: 2, stride: 8 };
    let w = Weights { data: &[0.0; 96], tap_rows: 8, stride: 12, inputs: 8, outputs: 12, transposed: false };
    let run = |x: Rows, w: Weights, stride: usize| {
        forward(x, &window.by_output, w, None, Epilogue::Linear, &mut [0.0; 32], stride);
    };
    run(x, w, 12);
    run(x, w, 16);
    refuses("12 outputs in a stride of 8", || run(x, w, 8));
    refuses("12 outputs in a stride of 14", || run(x, w, 14));
    refuses("9 inputs do not fit a row of 8", || run(x, Weights { inputs: 9, ..w }, 12));
    refuses("0 inputs do not fit a row of 8", || run(x, Weights { inputs: 0, ..w }, 12));
    refuses("a stride is not padded", || run(Rows { stride: 6, ..x }, Weights { inputs: 6, ..w }, 12));
    refuses("a stride is not padded", || run(x, Weights { stride: 14, ..w }, 12));
    refuses("8 rows do not fit a tap of 7", || run(x, Weights { tap_rows: 7, ..w }, 12));
    refuses("12 columns do not fit a stride of 8", || run(x, Weights { stride: 8, ..w }, 12));
    let (dy, wt) = (Rows { data: &[0.0; 24], stride: 12, ..x }, w.transpose());
    run(dy, wt, 8);
    refuses("8 rows do not fit a tap of 7", || run(dy, Weights { tap_rows: 7, ..wt }, 8));
    refuses("12 columns do not fit a stride of 8", || run(dy, Weights { stride: 8, ..wt }, 8));
    refuses("x is too short", || run(Rows { data: &[0.0; 15], ..x }, w, 12));
    refuses("y is too short", || run(x, w, 20));
    refuses("w is too short", || run(x, Weights { data: &[0.0; 95], ..w }, 12));
    let most = Rows { positions: usize::MAX, ..x };
    refuses("a tensor larger than the address space", || run(most, w, 12));

    let (links, y) = (&window.by_output, &mut [0.0; 24]);
    refuses("bias is too short", || forward(x, links, w, Some(&[0.0; 11]), Epilogue::Linear, y, 12));
    refuses("mask is too short", || forward(x, links, w, None, Epilogue::Mask(&[1.0; 23]), y, 12));
    let links = &Window::whole(2).by_output;
    refuses("links reach position 2 of 1", || forward(x, links, w, None, Epilogue::Linear, y, 12));
    let two = Rows { data: &[0.0; 32], positions: 2, ..x };
    refuses("w is too short", || forward(two, links, w, None, Epilogue::Linear, y, 12));
}

#[test]
fn row_strides_are_whole_vectors_on_an_odd_number_of_lines() {
    for width in 1..2000 {
        let stride = row_stride(width);
        assert!(stride >= width && stride.is_multiple_of(4) && stride < width + 20, "{width}");
        assert!(stride < 128 || !stride.is_multiple_of(32), "{width}");
        assert_eq!(row_stride(stride), stride, "a stride fits itself");
    }
}
