//! Rows of features and what they are trained towards, held once and read by index.

use crate::error::{try_reserve, Code, Error, Result};
use crate::inputs::Inputs;
use crate::json;
use crate::shape::Shape;
use cambium_kernels::gather::{
    gather_byte_columns, gather_bytes, gather_float_columns, gather_floats, Layout,
};

/// The description of a data set.
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetSpec {
    /// Number of rows.
    pub rows: usize,
    /// Shape of one row: `[features]` or `[height, width, channels]`, the last index running fastest.
    pub shape: Vec<usize>,
    /// How features are stored.
    pub dtype: Dtype,
    /// What every feature is multiplied by when it is read; default 1.
    pub scale: f32,
    /// What the rows are trained towards; default nothing.
    pub targets: TargetSpec,
}

json::record!(DatasetSpec {
    rows: "rows",
    shape: "shape",
    dtype: "dtype",
    scale: "scale" = 1.0,
    targets: "targets" = TargetSpec::None,
});

/// How features are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dtype {
    /// Bytes, 0 to 255.
    U8,
    /// 32-bit floats.
    F32,
}

json::names!(Dtype { U8: "u8", F32: "f32" });

/// What rows are trained towards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TargetSpec {
    /// Nothing: rows to predict.
    #[default]
    None,
    /// One class each.
    Labels {
        /// Number of classes; labels are `0..classes`.
        classes: usize,
    },
    /// Some numbers each.
    Values {
        /// Numbers per row.
        width: usize,
    },
}

json::variants!(TargetSpec {
    None: "none" {},
    Labels: "labels" { classes: "classes" },
    Values: "values" { width: "width" },
});

#[derive(Clone, Debug)]
enum Features {
    U8(Vec<u8>),
    F32(Vec<f32>),
}

#[derive(Clone, Debug)]
enum Targets {
    None,
    Labels(Vec<u32>),
    Values(Vec<f32>),
}

/// The features of a data set, to be filled: rows x features.
#[derive(Debug)]
pub enum FeaturesMut<'a> {
    /// Stored as bytes.
    U8(&'a mut [u8]),
    /// Stored as floats.
    F32(&'a mut [f32]),
}

/// The targets of a data set, to be filled.
#[derive(Debug)]
pub enum TargetsMut<'a> {
    /// There are none.
    None,
    /// One label per row.
    Labels(&'a mut [u32]),
    /// Rows x width numbers.
    Values(&'a mut [f32]),
}

/// Rows of features with their targets.
#[derive(Clone, Debug)]
pub struct Dataset {
    spec: DatasetSpec,
    features: Features,
    targets: Targets,
}

/// A zeroed vector of `rows x width`, or `OutOfMemory`.
fn zeros<T: Clone + Default>(rows: usize, width: usize, what: &str) -> Result<Vec<T>> {
    let mut vec = Vec::new();
    let len = rows.saturating_mul(width);
    try_reserve(&mut vec, len, what)?;
    vec.resize(len, T::default());
    Ok(vec)
}

impl Dataset {
    /// A data set of `spec`, all zeros, to be filled through [`Dataset::features_mut`] and [`Dataset::targets_mut`] and
    /// then checked.
    ///
    /// # Errors
    /// `Option` for sizes of zero or a scale that is not finite, `Shape` for a shape of other than one or three sizes,
    /// `OutOfMemory`.
    pub fn reserve(spec: &DatasetSpec) -> Result<Self> {
        let shape = &spec.shape;
        if !matches!(shape.len(), 1 | 3) {
            let text =
                format!("the shape of a row is {shape:?}: use [features] or [height, width, channels]");
            return Err(Error::new(Code::Shape, text));
        }
        let (classes, width) = match spec.targets {
            TargetSpec::None => (1, 1),
            TargetSpec::Labels { classes } => (classes, 1),
            TargetSpec::Values { width } => (1, width),
        };
        let sizes = [("rows", spec.rows), ("target classes", classes), ("target width", width)];
        let sizes = sizes.into_iter().chain(shape.iter().map(|&size| ("a size of the row shape", size)));
        for (what, size) in sizes {
            if size == 0 || size > u32::MAX as usize {
                let text = format!("{what} is {size}; use a whole number from 1 to {}", u32::MAX);
                return Err(Error::new(Code::Option, text));
            }
        }
        if !spec.scale.is_finite() {
            return Err(Error::new(Code::Option, format!("scale is {}; use a finite number", spec.scale)));
        }
        let per_row = shape.iter().fold(1usize, |product, &size| product.saturating_mul(size));
        Ok(Dataset {
            features: match spec.dtype {
                Dtype::U8 => Features::U8(zeros(spec.rows, per_row, "features")?),
                Dtype::F32 => Features::F32(zeros(spec.rows, per_row, "features")?),
            },
            targets: match spec.targets {
                TargetSpec::None => Targets::None,
                TargetSpec::Labels { .. } => Targets::Labels(zeros(spec.rows, 1, "labels")?),
                TargetSpec::Values { width } => Targets::Values(zeros(spec.rows, width, "target values")?),
            },
            spec: spec.clone(),
        })
    }

    /// The description it was made with.
    pub fn spec(&self) -> &DatasetSpec {
        &self.spec
    }
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.spec.rows
    }
    /// The index of every row, in order.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub fn all_rows(&self) -> Result<Vec<u32>> {
        let mut rows = Vec::new();
        try_reserve(&mut rows, self.spec.rows, "the list of rows")?;
        rows.extend(0..self.spec.rows as u32);
        Ok(rows)
    }

    /// The features, rows x features.
    pub fn features_mut(&mut self) -> FeaturesMut<'_> {
        match &mut self.features {
            Features::U8(data) => FeaturesMut::U8(data),
            Features::F32(data) => FeaturesMut::F32(data),
        }
    }
    /// The targets.
    pub fn targets_mut(&mut self) -> TargetsMut<'_> {
        match &mut self.targets {
            Targets::None => TargetsMut::None,
            Targets::Labels(data) => TargetsMut::Labels(data),
            Targets::Values(data) => TargetsMut::Values(data),
        }
    }

    /// Checks what was filled in.
    ///
    /// # Errors
    /// `NotFinite` for NaN or infinity, naming row and column; `Label` for a label that is not below the classes.
    pub fn check(&self) -> Result<()> {
        if let Features::F32(data) = &self.features {
            check_finite(data, data.len() / self.spec.rows, "feature")?;
        }
        match (&self.targets, self.spec.targets) {
            (Targets::Labels(labels), TargetSpec::Labels { classes }) => {
                if let Some(row) = labels.iter().position(|&label| label as usize >= classes) {
                    let text = format!(
                        "the label of row {row} is {}; {classes} classes are 0 to {}",
                        labels[row],
                        classes - 1
                    );
                    return Err(Error::new(Code::Label, text));
                }
            }
            (Targets::Values(values), TargetSpec::Values { width }) => check_finite(values, width, "target")?,
            _ => {}
        }
        Ok(())
    }

    /// Checks that rows have the shape `input`.
    pub(crate) fn check_shape(&self, input: Shape) -> Result<()> {
        let Shape { height, width, channels, flat } = input;
        let sizes = [height, width, channels];
        let want = if flat { &sizes[2..] } else { &sizes[..] };
        if self.spec.shape != want {
            let text = format!("rows have shape {:?}, but the model reads {want:?}", self.spec.shape);
            return Err(Error::new(Code::Shape, text));
        }
        Ok(())
    }

    /// Copies what `inputs` reads of the rows `rows` into activations: features times scale, pads zero.
    pub(crate) fn gather(&self, rows: &[u32], inputs: &Inputs, out: &mut [f32]) {
        let shape = inputs.shape();
        if let Some(columns) = inputs.used() {
            return self.gather_columns(rows, columns, out);
        }
        let layout =
            Layout { positions: shape.positions(), channels: shape.channels, stride: shape.stride() };
        match &self.features {
            Features::U8(data) => gather_bytes(data, rows, layout, self.spec.scale, out),
            Features::F32(data) => gather_floats(data, rows, layout, self.spec.scale, out),
        }
    }

    /// Copies the features `columns` of the rows `rows` into activations of one position.
    pub(crate) fn gather_columns(&self, rows: &[u32], columns: &[u32], out: &mut [f32]) {
        let (size, scale) = (self.spec.shape.iter().product(), self.spec.scale);
        match &self.features {
            Features::U8(data) => gather_byte_columns(data, size, rows, columns, scale, out),
            Features::F32(data) => gather_float_columns(data, size, rows, columns, scale, out),
        }
    }

    /// Least and greatest target value; nothing for other targets.
    pub(crate) fn value_range(&self) -> Option<(f32, f32)> {
        let Targets::Values(values) = &self.targets else {
            return None;
        };
        let first = *values.first()?;
        Some(values.iter().fold((first, first), |(low, high), &x| {
            (if x < low { x } else { low }, if x > high { x } else { high })
        }))
    }

    /// The labels of `rows` in place of what `out` held; nothing for other targets.
    pub(crate) fn gather_labels(&self, rows: &[u32], out: &mut Vec<u32>) {
        out.clear();
        if let Targets::Labels(labels) = &self.targets {
            out.extend(rows.iter().map(|&row| labels[row as usize]));
        }
    }

    /// The target values of `rows` in place of what `out` held, `positions` of them a row, in the order of activations
    /// (position, then row) without pads; nothing for other targets.
    pub(crate) fn gather_values(&self, rows: &[u32], positions: usize, out: &mut Vec<f32>) {
        out.clear();
        if let (Targets::Values(values), TargetSpec::Values { width }) = (&self.targets, self.spec.targets) {
            let channels = width / positions;
            for position in 0..positions {
                for &row in rows {
                    let from = row as usize * width + position * channels;
                    out.extend_from_slice(&values[from..from + channels]);
                }
            }
        }
    }
}

fn check_finite(data: &[f32], width: usize, what: &str) -> Result<()> {
    match data.iter().position(|x| !x.is_finite()) {
        None => Ok(()),
        Some(i) => {
            let text =
                format!("{what} {} of row {} is {}; numbers must be finite", i % width, i / width, data[i]);
            Err(Error::new(Code::NotFinite, text))
        }
    }
}
