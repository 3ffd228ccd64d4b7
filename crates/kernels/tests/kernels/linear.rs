//! The linear kernels give the bits of their naive twins, at any size, stride, window and split.

use crate::data::{bits, near, padded, Lcg};
use cambium_kernels::linear::{bias_gradient, forward, weight_gradient, Epilogue, Rows, Weights};
use cambium_kernels::reference;
use cambium_kernels::transpose::transpose;
use cambium_kernels::window::{Links, Window};
use core::ops::Range;

type Forward = fn(Rows, &Links, usize, usize, Weights, Option<&[f32]>, Epilogue, &mut [f32], usize, usize);
type Gradient = fn(Rows, Rows, &Links, usize, usize, usize, Range<usize>, &mut [f32], usize, bool);

/// A layer with random sizes and data.
struct Case {
    window: Window,
    images: usize,
    inputs: usize,
    outputs: usize,
    tap_rows: usize,
    w_stride: usize,
    x: Vec<f32>,
    dy: Vec<f32>,
    w: Vec<f32>,
    bias: Vec<f32>,
}

impl Case {
    fn random(lcg: &mut Lcg) -> Case {
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
        let (images, inputs, outputs) = (lcg.size(1, 11), lcg.size(1, 21), lcg.size(1, 37));
        Case::new(lcg, window, images, inputs, outputs)
    }

    fn new(lcg: &mut Lcg, window: Window, images: usize, inputs: usize, outputs: usize) -> Case {
        let tap_rows = inputs + lcg.size(0, 5);
        let w_stride = outputs.next_multiple_of(8) + 8 * lcg.size(0, 2);
        let mut w = vec![0.0; window.taps * tap_rows * w_stride];
        for (row, w) in w.chunks_exact_mut(w_stride).enumerate() {
            if row % tap_rows < inputs {
                w[..outputs].fill_with(|| lcg.value());
            }
        }
        Case {
            x: lcg.rows(images * window.inputs, inputs, padded(inputs)),
            dy: lcg.rows(images * window.outputs, outputs, padded(outputs)),
            bias: lcg.rows(1, outputs, w_stride),
            window,
            images,
            inputs,
            outputs,
            tap_rows,
            w_stride,
            w,
        }
    }

    fn x(&self) -> Rows<'_> {
        Rows { data: &self.x, positions: self.window.inputs, stride: padded(self.inputs) }
    }

    fn dy(&self) -> Rows<'_> {
        Rows { data: &self.dy, positions: self.window.outputs, stride: padded(self.outputs) }
    }

    fn w(&self) -> Weights<'_> {
        Weights { data: &self.w, tap_rows: self.tap_rows, stride: self.w_stride }
    }

    /// The output of the kernel or its twin.
    fn forward(&self, kernel: Forward, bias: Option<&[f32]>, epilogue: Epilogue) -> Vec<f32> {
        let (positions, stride) = (self.window.outputs, padded(self.outputs));
        let mut y = vec![f32::NAN; self.images * positions * stride];
        let (links, images, inputs) = (&self.window.by_output, self.images, self.inputs);
        kernel(self.x(), links, images, inputs, self.w(), bias, epilogue, &mut y, positions, stride);
        y
    }

    /// Adds the weight gradient of `rows`, or writes it, by the kernel or its twin.
    fn gradient(&self, kernel: Gradient, rows: Range<usize>, dw: &mut [f32], accumulate: bool) {
        let (links, images, inputs) = (&self.window.by_tap, self.images, self.inputs);
        let (x, dy) = (self.x(), self.dy());
        kernel(x, dy, links, images, inputs, self.tap_rows, rows, dw, self.w_stride, accumulate);
    }
}

#[test]
fn forward_equals_its_twin() {
    let mut lcg = Lcg(1);
    for round in 0..300 {
        let case = Case::random(&mut lcg);
        let bias = (round % 3 > 0).then_some(&case.bias[..]);
        let epilogue = if round % 2 == 0 { Epilogue::Linear } else { Epilogue::Relu };
        let fast = case.forward(forward, bias, epilogue);
        assert_eq!(bits(&fast), bits(&case.forward(reference::forward, bias, epilogue)), "round {round}");
        for row in fast.chunks_exact(padded(case.outputs)) {
            assert!(row[case.outputs..].iter().all(|&pad| pad == 0.0), "pads stay zero");
        }
    }
}

#[test]
fn forward_does_not_depend_on_the_split_over_images() {
    let mut lcg = Lcg(2);
    for (inputs, outputs) in [(5, 9), (300, 40), (784, 24)] {
        let window = if inputs == 5 { Window::conv([5, 5], [3, 3], [1, 1], true).0 } else { Window::point() };
        let case = Case::new(&mut lcg, window, 45, inputs, outputs);
        let run = |images: Range<usize>| {
            let (positions, stride) = (case.window.outputs, padded(outputs));
            let mut y = vec![0.0; images.len() * positions * stride];
            let size = case.window.inputs * padded(inputs);
            let data = &case.x[images.start * size..images.end * size];
            let links = &case.window.by_output;
            let bias = Some(&case.bias[..]);
            forward(
                Rows { data, ..case.x() },
                links,
                images.len(),
                inputs,
                case.w(),
                bias,
                Epilogue::Relu,
                &mut y,
                positions,
                stride,
            );
            y
        };
        let whole = run(0..45);
        for cut in [1, 2, 7, 13, 40] {
            let mut parts = run(0..cut);
            parts.extend(run(cut..45));
            assert_eq!(bits(&parts), bits(&whole), "{inputs} to {outputs}, cut at {cut}");
        }
    }
}

#[test]
fn large_dense_layers_equal_their_twins() {
    let mut lcg = Lcg(3);
    let windows = [Window::point(), Window::whole(6), Window::conv([1, 2], [3, 3], [1, 2], true).0];
    for (window, images, inputs, outputs) in [
        (0, 50, 600, 45),
        (0, 33, 257, 130),
        (0, 140, 70, 70),
        (0, 64, 1030, 12),
        (0, 17, 300, 60),
        (1, 21, 100, 44),
        (1, 18, 130, 36),
        (2, 19, 70, 68),
    ] {
        let case = Case::new(&mut lcg, windows[window].clone(), images, inputs, outputs);
        let bias = Some(&case.bias[..]);
        let fast = case.forward(forward, bias, Epilogue::Relu);
        assert_eq!(bits(&fast), bits(&case.forward(reference::forward, bias, Epilogue::Relu)));
        let (all, stride) = (case.window.taps * case.tap_rows, case.w_stride);
        let (mut fast, mut naive) = (vec![0.5; all * stride], vec![0.5; all * stride]);
        for (rows, accumulate) in [(0..all, false), (0..all, true), (31..all - 3, false)] {
            let band = rows.start * stride..rows.end * stride;
            case.gradient(weight_gradient, rows.clone(), &mut fast[band.clone()], accumulate);
            case.gradient(reference::weight_gradient, rows, &mut naive[band], accumulate);
            assert_eq!(bits(&fast), bits(&naive));
        }
    }
}

#[test]
fn weight_gradient_equals_its_twin_in_any_band() {
    let mut lcg = Lcg(4);
    for round in 0..300 {
        let case = Case::random(&mut lcg);
        let all = case.window.taps * case.tap_rows;
        let start = lcg.size(0, all);
        let rows = start..lcg.size(start, all);
        let before = lcg.values(rows.len() * case.w_stride);
        let (mut fast, mut naive) = (before.clone(), before.clone());
        case.gradient(weight_gradient, rows.clone(), &mut fast, round % 2 == 0);
        case.gradient(reference::weight_gradient, rows.clone(), &mut naive, round % 2 == 0);
        assert_eq!(bits(&fast), bits(&naive), "round {round}");
        for (i, row) in rows.enumerate() {
            let width = if row % case.tap_rows < case.inputs { padded(case.outputs) } else { 0 };
            let rest = i * case.w_stride + width..(i + 1) * case.w_stride;
            assert_eq!(fast[rest.clone()], before[rest], "what the sums do not cover stays");
        }
    }
}

#[test]
fn input_gradient_is_a_forward_pass_through_transposed_weights() {
    let mut lcg = Lcg(5);
    for round in 0..100 {
        let case = Case::random(&mut lcg);
        let wt_stride = case.inputs.next_multiple_of(8);
        let size = case.window.taps * case.outputs * wt_stride;
        let (mut wt, mut naive) = (vec![f32::NAN; size], vec![f32::NAN; size]);
        transpose(case.w(), case.window.taps, case.inputs, case.outputs, &mut wt, wt_stride);
        reference::transpose(case.w(), case.window.taps, case.inputs, case.outputs, &mut naive, wt_stride);
        assert_eq!(bits(&wt), bits(&naive), "round {round}");

        let (positions, stride) = (case.window.inputs, padded(case.inputs));
        let mut dx = vec![f32::NAN; case.images * positions * stride];
        let wt = Weights { data: &wt, tap_rows: case.outputs, stride: wt_stride };
        let (links, linear) = (&case.window.by_input, Epilogue::Linear);
        forward(case.dy(), links, case.images, case.outputs, wt, None, linear, &mut dx, positions, stride);

        let mut expected = vec![0.0f64; dx.len()];
        for image in 0..case.images {
            for o in 0..case.window.outputs {
                for &(tap, p) in case.window.by_output.list(o) {
                    for k in 0..case.inputs {
                        for j in 0..case.outputs {
                            let delta = case.dy[(image * case.window.outputs + o) * padded(case.outputs) + j];
                            let weight = case.w[(tap as usize * case.tap_rows + k) * case.w_stride + j];
                            expected[(image * positions + p as usize) * stride + k] +=
                                f64::from(delta) * f64::from(weight);
                        }
                    }
                }
            }
        }
        assert!(dx.iter().zip(&expected).all(|(&a, &b)| near(a, b, 1e-5)), "round {round}");
    }
}

#[test]
fn bias_gradient_equals_its_twin() {
    let mut lcg = Lcg(6);
    for round in 0..50 {
        let (rows, stride) = (lcg.size(0, 40), 4 * lcg.size(1, 11));
        let dy = lcg.values(rows * stride);
        let before = lcg.values(stride + 4);
        let (mut fast, mut naive) = (before.clone(), before);
        bias_gradient(&dy, rows, stride, &mut fast, round % 2 == 0);
        reference::bias_gradient(&dy, rows, stride, &mut naive, round % 2 == 0);
        assert_eq!(bits(&fast), bits(&naive));
    }
}

#[test]
fn relu_keeps_nan() {
    let x = [f32::NAN, 0.0, 0.0, 0.0];
    let w = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let mut y = [0.0; 4];
    let window = Window::point();
    let rows = Rows { data: &x, positions: 1, stride: 4 };
    let w = Weights { data: &w, tap_rows: 1, stride: 8 };
    forward(rows, &window.by_output, 1, 1, w, None, Epilogue::Relu, &mut y, 1, 4);
    assert!(y[0].is_nan());
}

#[test]
#[should_panic(expected = "links reach position")]
fn links_outside_the_plane_are_refused() {
    let window = Window::whole(2);
    let rows = Rows { data: &[0.0; 4], positions: 1, stride: 4 };
    let w = Weights { data: &[0.0; 64], tap_rows: 4, stride: 8 };
    forward(rows, &window.by_output, 1, 4, w, None, Epilogue::Linear, &mut [0.0; 4], 1, 4);
}

#[test]
#[should_panic(expected = "w is too short")]
fn missing_weights_are_refused() {
    let window = Window::point();
    let rows = Rows { data: &[0.0; 4], positions: 1, stride: 4 };
    let w = Weights { data: &[0.0; 24], tap_rows: 4, stride: 8 };
    forward(rows, &window.by_output, 1, 4, w, None, Epilogue::Linear, &mut [0.0; 4], 1, 4);
}
