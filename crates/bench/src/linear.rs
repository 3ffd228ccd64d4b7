//! The linear kernels in their three forms, with all packing, as a training step calls them.

use crate::case::{noise, prepare, Case};
use cambium_kernels::linear::{
    forward, row_stride, weight_gradient, Epilogue, Part, Rows, WeightGradient, Weights,
};
use cambium_kernels::window::Window;
use cambium_kernels::LANES;

/// Images of a block, as training deals them out where images have several positions.
const BLOCK: usize = 12;

struct Linear {
    form: u32,
    window: Window,
    /// Images of each block.
    blocks: Vec<usize>,
    inputs: usize,
    outputs: usize,
    x: Vec<Vec<f32>>,
    y: Vec<Vec<f32>>,
    dx: Vec<f32>,
    w: Vec<f32>,
    dw: Vec<f32>,
    bias: Vec<f32>,
}

impl Linear {
    fn new(form: u32, window: Window, blocks: Vec<usize>, inputs: usize, outputs: usize) -> Self {
        let most = blocks.iter().copied().fold(0, usize::max);
        let rows = |positions: usize, channels: usize| {
            move |&images: &usize| noise(images * positions * row_stride(channels))
        };
        let weights = window.taps * inputs * stride(outputs);
        Linear {
            form,
            x: blocks.iter().map(rows(window.inputs, inputs)).collect(),
            y: blocks.iter().map(rows(window.outputs, outputs)).collect(),
            dx: vec![0.0; most * window.inputs * row_stride(inputs)],
            w: noise(weights),
            dw: vec![0.0; weights],
            bias: noise(stride(outputs)),
            window,
            blocks,
            inputs,
            outputs,
        }
    }

    fn weights(&self) -> Weights<'_> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        Weights {
            data: &self.w,
            tap_rows: inputs,
            stride: stride(outputs),
            inputs,
            outputs,
            transposed: false,
        }
    }
}

fn stride(outputs: usize) -> usize {
    row_stride(outputs.next_multiple_of(2 * LANES))
}

impl Case for Linear {
    fn run(&mut self) {
        let (positions, inputs, outputs) =
            ((self.window.inputs, self.window.outputs), self.inputs, self.outputs);
        match self.form {
            0 => {
                let mut y = std::mem::take(&mut self.y);
                for (index, y) in y.iter_mut().enumerate() {
                    let (images, stride) = (self.blocks[index], row_stride(inputs));
                    let x = Rows { data: &self.x[index], positions: positions.0, images, stride };
                    forward(
                        x,
                        &self.window.by_output,
                        self.weights(),
                        Some(&self.bias),
                        Epilogue::Relu,
                        y,
                        row_stride(outputs),
                    );
                }
                self.y = y;
            }
            1 => {
                let part = |index: usize| {
                    let images = self.blocks[index];
                    Part {
                        x: Rows {
                            data: &self.x[index],
                            positions: positions.0,
                            images,
                            stride: row_stride(inputs),
                        },
                        dy: Rows {
                            data: &self.y[index],
                            positions: positions.1,
                            images,
                            stride: row_stride(outputs),
                        },
                    }
                };
                let task = WeightGradient {
                    by_tap: &self.window.by_tap,
                    parts: self.blocks.len(),
                    inputs,
                    outputs,
                    tap_rows: inputs,
                    stride: stride(outputs),
                    rows: 0..self.window.taps * inputs,
                };
                weight_gradient(task, &part, &mut self.dw, None, None);
            }
            _ => {
                let mut dx = std::mem::take(&mut self.dx);
                for (index, dy) in self.y.iter().enumerate() {
                    let (images, stride) = (self.blocks[index], row_stride(outputs));
                    let dy = Rows { data: dy, positions: positions.1, images, stride };
                    let mask = Epilogue::Mask(&self.x[index]);
                    forward(
                        dy,
                        &self.window.by_input,
                        self.weights().transpose(),
                        None,
                        mask,
                        &mut dx,
                        row_stride(inputs),
                    );
                }
                self.dx = dx;
            }
        }
    }

    fn flops(&self) -> f64 {
        let images: usize = self.blocks.iter().sum();
        2.0 * (images * self.window.by_output.pairs()) as f64 * (self.inputs * self.outputs) as f64
    }
}

/// Prepares a dense layer: form 0 is the forward pass, 1 the gradient by the weights, 2 that by the inputs.
#[no_mangle]
pub extern "C" fn gemm(form: u32, rows: usize, inputs: usize, outputs: usize) {
    prepare(Linear::new(form, Window::point(), vec![rows], inputs, outputs));
}

/// Prepares a convolution of 3 x 3 cells with border on square images, in blocks of images as in training.
#[no_mangle]
pub extern "C" fn conv(form: u32, images: usize, side: usize, inputs: usize, outputs: usize, step: usize) {
    let (window, _) = Window::conv([side, side], [3, 3], [step, step], true);
    let blocks = (images / BLOCK).max(1);
    let edge = |block: usize| images / LANES * block / blocks * LANES;
    let blocks = (0..blocks).map(|b| if b + 1 == blocks { images } else { edge(b + 1) } - edge(b)).collect();
    prepare(Linear::new(form, window, blocks, inputs, outputs));
}
