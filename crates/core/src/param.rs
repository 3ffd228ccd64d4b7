//! Storage that grows: a weight array of *taps x inputs x outputs* with room on inputs and outputs.
//!
//! Element `(t, k, j)` of each plane lies at `(t * in_capacity + k) * out_stride + j`. Value, gradient and both
//! moments are planes of one geometry. Everything outside `inputs x outputs` is zero, in every plane but the gradient,
//! which lives within one step, so kernels read and write whole vectors.

use crate::error::{try_reserve, try_reserve_floats, Result};
use cambium_kernels::columns;
use cambium_kernels::linear::{row_stride, Weights};
use cambium_kernels::reduce::all_finite;
use cambium_kernels::simd::Buffer;
use ndarray::{ArrayView3, ArrayViewMut3, ShapeBuilder};

/// A weight array with its gradient, its two moments and the age of its features.
#[derive(Debug)]
pub struct Param {
    taps: usize,
    inputs: usize,
    outputs: usize,
    in_capacity: usize,
    out_stride: usize,
    planes: [Buffer; 4],
    /// Optimiser step at which each input feature was born.
    input_birth: Vec<u32>,
    /// Optimiser step at which each output feature was born.
    output_birth: Vec<u32>,
    /// Optimiser step at which the array was made.
    birth: u32,
}

/// The four numbers kept for every weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    /// The weight.
    Value,
    /// Its last gradient.
    Grad,
    /// First moment (Adam) or velocity (SGD).
    First,
    /// Second moment (Adam).
    Second,
}

/// The planes that make up the state of a model: all but the gradient, which lives within one step.
pub const STATE_PLANES: [Plane; 3] = [Plane::Value, Plane::First, Plane::Second];

/// What one feature owns in one array: a column (taps x inputs) or a row per tap (taps x outputs), tap-major.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strip {
    /// Weights and moments, in the order of [`STATE_PLANES`].
    pub planes: [Vec<f32>; 3],
    /// Optimiser step at which the feature was born.
    pub birth: u32,
}

impl Strip {
    /// Empties the strip and fills it for a newborn of `len` weights: values by `value`, moments zero.
    pub fn newborn(&mut self, len: usize, birth: u32, value: impl FnMut(usize) -> f32) {
        let [values, first, second] = &mut self.planes;
        values.clear();
        values.extend((0..len).map(value));
        for moment in [first, second] {
            moment.clear();
            moment.resize(len, 0.0);
        }
        self.birth = birth;
    }

    /// Empties the strip and makes room for `len` weights.
    fn clear(&mut self, len: usize) {
        for values in &mut self.planes {
            values.clear();
            values.reserve_exact(len);
        }
    }
}

/// Row stride for `outputs` columns: whole vectors in pairs, and no stride that makes rows share cache sets.
fn stride_for(outputs: usize) -> usize {
    row_stride(outputs.max(1).next_multiple_of(8))
}

/// Four planes of `len` zeros. All memory is reserved before any of it is touched.
fn zero_planes(len: usize) -> Result<[Buffer; 4]> {
    let mut planes: [Buffer; 4] = Default::default();
    for plane in &mut planes {
        try_reserve_floats(plane, len, "weights")?;
    }
    planes.iter_mut().for_each(|plane| plane.resize(len));
    Ok(planes)
}

impl Clone for Param {
    /// The gradient, which lives within one step, is zero in the copy.
    fn clone(&self) -> Self {
        let mut planes: [Buffer; 4] = Default::default();
        for plane in STATE_PLANES {
            planes[plane as usize] = self.planes[plane as usize].clone();
        }
        planes[Plane::Grad as usize].resize(self.plane(Plane::Grad).len());
        let (input_birth, output_birth) = (self.input_birth.clone(), self.output_birth.clone());
        Param { planes, input_birth, output_birth, ..*self }
    }
}

impl Param {
    /// An array of zeros, all features born at step `birth`.
    pub fn new(taps: usize, inputs: usize, outputs: usize, birth: u32) -> Result<Self> {
        let out_stride = stride_for(outputs);
        let len = taps.saturating_mul(inputs).saturating_mul(out_stride);
        let planes = zero_planes(len)?;
        let ages = |n: usize, capacity: usize| {
            let mut list = Vec::new();
            try_reserve(&mut list, capacity, "feature ages")?;
            list.resize(n, birth);
            Ok(list)
        };
        let (input_birth, output_birth) = (ages(inputs, inputs)?, ages(outputs, out_stride)?);
        Ok(Param {
            taps,
            inputs,
            outputs,
            in_capacity: inputs,
            out_stride,
            planes,
            input_birth,
            output_birth,
            birth,
        })
    }

    /// Number of taps.
    pub fn taps(&self) -> usize {
        self.taps
    }
    /// Input features.
    pub fn inputs(&self) -> usize {
        self.inputs
    }
    /// Output features.
    pub fn outputs(&self) -> usize {
        self.outputs
    }
    /// Storage rows per tap.
    pub fn in_capacity(&self) -> usize {
        self.in_capacity
    }
    /// Floats from one storage row to the next.
    pub fn out_stride(&self) -> usize {
        self.out_stride
    }
    /// Number of weights.
    pub fn count(&self) -> usize {
        self.taps * self.inputs * self.outputs
    }
    /// Optimiser step at which the array was made.
    pub fn birth(&self) -> u32 {
        self.birth
    }
    /// Optimiser step at which each input feature was born.
    pub fn input_birth(&self) -> &[u32] {
        &self.input_birth
    }
    /// Optimiser step at which each output feature was born.
    pub fn output_birth(&self) -> &[u32] {
        &self.output_birth
    }
    /// Overwrites the ages, e.g. from a file. Lengths must be inputs and outputs.
    pub(crate) fn set_births(&mut self, birth: u32, inputs: &[u32], outputs: &[u32]) {
        self.birth = birth;
        self.input_birth.copy_from_slice(inputs);
        self.output_birth.copy_from_slice(outputs);
    }

    /// One plane, as stored.
    pub fn plane(&self, plane: Plane) -> &[f32] {
        &self.planes[plane as usize]
    }
    /// All planes, as stored: value, gradient, first and second moment.
    pub fn planes_mut(&mut self) -> [&mut [f32]; 4] {
        self.planes.each_mut().map(|plane| &mut **plane)
    }
    /// Sets the gradient, pads included, to zero.
    pub(crate) fn clear_gradient(&mut self) {
        self.planes[Plane::Grad as usize].fill(0.0);
    }
    /// The weights as kernels read them.
    pub fn weights(&self) -> Weights<'_> {
        Weights {
            data: self.plane(Plane::Value),
            tap_rows: self.in_capacity,
            stride: self.out_stride,
            inputs: self.inputs,
            outputs: self.outputs,
            transposed: false,
        }
    }

    fn layout(&self) -> ndarray::StrideShape<ndarray::Ix3> {
        (self.taps, self.inputs, self.outputs).strides((
            self.in_capacity * self.out_stride,
            self.out_stride,
            1,
        ))
    }
    /// One plane as an array of taps x inputs x outputs.
    pub fn view(&self, plane: Plane) -> ArrayView3<'_, f32> {
        ArrayView3::from_shape(self.layout(), self.plane(plane)).expect("storage covers its view")
    }
    /// One plane as a mutable array of taps x inputs x outputs.
    pub fn view_mut(&mut self, plane: Plane) -> ArrayViewMut3<'_, f32> {
        let layout = self.layout();
        ArrayViewMut3::from_shape(layout, &mut self.planes[plane as usize]).expect("storage covers its view")
    }

    /// Makes room for `inputs x outputs`; beyond the capacity it grows by half. On error nothing has changed.
    pub fn reserve(&mut self, inputs: usize, outputs: usize) -> Result<()> {
        let by_half = |have: usize, want: usize| {
            if want > have {
                want.max(have + have / 2)
            } else {
                have
            }
        };
        let capacity = by_half(self.in_capacity, inputs);
        let stride = if outputs > self.out_stride {
            stride_for(by_half(self.out_stride, outputs))
        } else {
            self.out_stride
        };
        if (capacity, stride) != (self.in_capacity, self.out_stride) {
            self.relayout(capacity, stride)?;
        }
        Ok(())
    }

    /// Gives back capacity that is not in use.
    pub fn compact(&mut self) -> Result<()> {
        let stride = stride_for(self.outputs);
        if (self.inputs, stride) != (self.in_capacity, self.out_stride) {
            self.relayout(self.inputs, stride)?;
            self.input_birth.shrink_to_fit();
        }
        Ok(())
    }

    fn relayout(&mut self, capacity: usize, stride: usize) -> Result<()> {
        let len = self.taps.saturating_mul(capacity).saturating_mul(stride);
        let mut planes = zero_planes(len)?;
        try_reserve(&mut self.input_birth, capacity.saturating_sub(self.inputs), "feature ages")?;
        try_reserve(&mut self.output_birth, stride.saturating_sub(self.outputs), "feature ages")?;
        for plane in STATE_PLANES {
            let (new, old) = (&mut planes[plane as usize], &self.planes[plane as usize]);
            for t in 0..self.taps {
                for k in 0..self.inputs {
                    let (to, from) =
                        ((t * capacity + k) * stride, (t * self.in_capacity + k) * self.out_stride);
                    new[to..to + self.outputs].copy_from_slice(&old[from..from + self.outputs]);
                }
            }
        }
        self.planes = planes;
        self.in_capacity = capacity;
        self.out_stride = stride;
        Ok(())
    }

    /// Puts an output feature at index `at`; the later ones move up. `strip` holds taps x inputs numbers a plane.
    /// Room must have been reserved.
    pub fn insert_output(&mut self, at: usize, strip: &Strip) {
        assert!(at <= self.outputs && self.outputs < self.out_stride, "no room for an output feature");
        let (inputs, end, stride) = (self.inputs, self.outputs, self.out_stride);
        self.outputs += 1;
        for (plane, values) in STATE_PLANES.into_iter().zip(&strip.planes) {
            // Behind the last feature everything is zero, as the moments of a newborn are.
            if at == end && values.iter().all(|&value| value == 0.0) {
                continue;
            }
            for (rows, values) in self.taps_mut(plane).zip(values.chunks(inputs)) {
                columns::insert_in_place(rows, stride, end, at, values);
            }
        }
        self.output_birth.insert(at, strip.birth);
    }

    /// Takes the output feature `at` away into `strip`; the later ones move down.
    pub fn remove_output(&mut self, at: usize, strip: &mut Strip) {
        let (len, inputs, outputs, stride) =
            (self.taps * self.inputs, self.inputs, self.outputs, self.out_stride);
        for (plane, values) in STATE_PLANES.into_iter().zip(&mut strip.planes) {
            values.resize(len, 0.0);
            for (rows, values) in self.taps_mut(plane).zip(values.chunks_mut(inputs)) {
                columns::remove_in_place(rows, stride, outputs, at, values);
            }
        }
        self.outputs -= 1;
        strip.birth = self.output_birth.remove(at);
    }

    /// Puts an input feature at index `at`; the later ones move up. `strip` holds taps x outputs numbers a plane.
    /// Room must have been reserved.
    pub fn insert_input(&mut self, at: usize, strip: &Strip) {
        assert!(at <= self.inputs && self.inputs < self.in_capacity, "no room for an input feature");
        let (stride, outputs) = (self.out_stride, self.outputs);
        for (plane, values) in STATE_PLANES.into_iter().zip(&strip.planes) {
            let plane = &mut self.planes[plane as usize];
            for t in 0..self.taps {
                let tap = t * self.in_capacity * stride;
                let (row, end) = (tap + at * stride, tap + self.inputs * stride);
                plane.copy_within(row..end, row + stride);
                plane[row..row + outputs].copy_from_slice(&values[t * outputs..(t + 1) * outputs]);
            }
        }
        self.inputs += 1;
        self.input_birth.insert(at, strip.birth);
    }

    /// Takes the input feature `at` away into `strip`; the later ones move down.
    pub fn remove_input(&mut self, at: usize, strip: &mut Strip) {
        let (stride, outputs) = (self.out_stride, self.outputs);
        strip.clear(self.taps * outputs);
        for (plane, values) in STATE_PLANES.into_iter().zip(&mut strip.planes) {
            let plane = &mut self.planes[plane as usize];
            for t in 0..self.taps {
                let tap = t * self.in_capacity * stride;
                let (row, end) = (tap + at * stride, tap + self.inputs * stride);
                values.extend_from_slice(&plane[row..row + outputs]);
                plane.copy_within(row + stride..end, row);
                plane[end - stride..end].fill(0.0);
            }
        }
        self.inputs -= 1;
        strip.birth = self.input_birth.remove(at);
    }

    /// The used storage rows of each tap of a plane.
    fn taps_mut(&mut self, plane: Plane) -> impl Iterator<Item = &mut [f32]> {
        let (used, all) = (self.inputs * self.out_stride, self.in_capacity * self.out_stride);
        self.planes[plane as usize].chunks_exact_mut(all).map(move |tap| &mut tap[..used])
    }

    /// Whether everything outside inputs x outputs is zero, in every plane but the gradient.
    pub fn pads_are_zero(&self) -> bool {
        STATE_PLANES.iter().all(|&plane| {
            self.plane(plane).chunks_exact(self.out_stride).enumerate().all(|(r, row)| {
                let used = if r % self.in_capacity.max(1) < self.inputs { self.outputs } else { 0 };
                row[used..].iter().all(|x| x.to_bits() == 0)
            })
        })
    }

    /// Whether every weight is finite.
    pub fn is_finite(&self) -> bool {
        all_finite(self.plane(Plane::Value))
    }
}
