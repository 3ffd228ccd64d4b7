//! Which features of a row the network reads. Features that were dropped cost nothing, and rows still have them.

use crate::axes::ends;
use crate::error::{Code, Error, Result};
use crate::layer::Layer;
use crate::model::Network;
use crate::param::{Param, Plane, STATE_PLANES};
use crate::shape::Shape;

/// The rows of data, and which of their features are in use.
#[derive(Clone, Debug, PartialEq)]
pub struct Inputs {
    row: Shape,
    /// Ascending; `None` for all.
    used: Option<Vec<u32>>,
}

impl Inputs {
    /// All features of rows of shape `row`.
    pub fn all(row: Shape) -> Self {
        Inputs { row, used: None }
    }

    /// Only the features `used` of rows of shape `row`.
    ///
    /// # Errors
    /// `Option` unless they are ascending numbers of features of a plain row, at least one.
    pub fn some(row: Shape, used: &[u32]) -> Result<Self> {
        let bad = |text: String| Err(Error::new(Code::Option, text));
        let features = row.features();
        if row.positions() > 1 || !row.flat {
            return bad("usedInputs chooses among the features of a plain row, but rows are images".into());
        }
        if used.is_empty() {
            return bad("usedInputs is empty; a model reads at least one feature".into());
        }
        if let Some(pair) = used.windows(2).find(|pair| pair[0] >= pair[1]) {
            return bad(format!("usedInputs must ascend, but {} stands before {}", pair[0], pair[1]));
        }
        match used.last() {
            Some(&last) if last as usize >= features => bad(format!(
                "usedInputs holds {last}, but a row has {features} features: 0 to {}",
                features - 1
            )),
            _ => Ok(Inputs { row, used: (used.len() < features).then(|| used.to_vec()) }),
        }
    }

    /// Shape of a row of data.
    pub fn row(&self) -> Shape {
        self.row
    }
    /// The features in use, ascending, where some are not.
    pub fn used(&self) -> Option<&[u32]> {
        self.used.as_deref()
    }
    /// Shape of what the network reads of a row.
    pub fn shape(&self) -> Shape {
        Shape { channels: self.used.as_ref().map_or(self.row.channels, Vec::len), ..self.row }
    }

    /// The feature of a row that the network reads as its input `at`.
    pub fn feature(&self, at: usize) -> usize {
        self.used.as_ref().map_or(at, |used| used[at] as usize)
    }
    /// Where the network reads `feature`: its input, or, where it is not in use, the place it would have.
    pub fn place(&self, feature: usize) -> std::result::Result<usize, usize> {
        match &self.used {
            None => Ok(feature),
            Some(used) => used.binary_search(&(feature as u32)),
        }
    }

    /// Notes that the input at `at` is no longer in use.
    pub(crate) fn remove(&mut self, at: usize) {
        let features = self.row.features() as u32;
        self.used.get_or_insert_with(|| (0..features).collect()).remove(at);
    }
    /// Notes that `feature` is in use again, at `at`.
    pub(crate) fn insert(&mut self, at: usize, feature: usize) {
        let Some(used) = &mut self.used else { return };
        used.insert(at, feature as u32);
        if used.len() == self.row.features() {
            self.used = None;
        }
    }

    /// Rows get `count` more features at the end, all in use, or lose as many that are.
    pub(crate) fn extend(&mut self, count: isize) {
        let before = self.row.channels as u32;
        self.row.channels = self.row.channels.saturating_add_signed(count);
        if let Some(used) = &mut self.used {
            used.retain(|&feature| (feature as usize) < self.row.channels);
            used.extend(before..self.row.channels as u32);
        }
    }

    /// The features that are not in use, ascending.
    pub fn dropped(&self) -> Vec<u32> {
        let used = self.used().unwrap_or_default();
        match self.used() {
            None => Vec::new(),
            Some(_) => (0..self.row.features() as u32).filter(|f| used.binary_search(f).is_err()).collect(),
        }
    }

    /// `param`, which reads the features in use, with a row of zeros for every other one.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn widened(&self, param: &Param) -> Result<Param> {
        let mut whole = Param::new(1, self.row.features(), param.outputs(), param.birth())?;
        let mut births = vec![param.birth(); whole.inputs()];
        for at in 0..param.inputs() {
            let feature = self.feature(at);
            births[feature] = param.input_birth()[at];
            for plane in STATE_PLANES.into_iter().chain([Plane::Grad]) {
                let from = param.view(plane);
                whole
                    .view_mut(plane)
                    .index_axis_mut(ndarray::Axis(1), feature)
                    .assign(&from.index_axis(ndarray::Axis(1), at));
            }
        }
        whole.set_births(param.birth(), &births, param.output_birth());
        Ok(whole)
    }

    /// The opposite of [`Inputs::widened`]: of `whole`, only what belongs to the features in use.
    ///
    /// # Errors
    /// `OutOfMemory`.
    pub(crate) fn narrowed(&self, whole: &Param) -> Result<Param> {
        let mut param = Param::new(1, self.shape().channels, whole.outputs(), whole.birth())?;
        let births: Vec<u32> = (0..param.inputs()).map(|at| whole.input_birth()[self.feature(at)]).collect();
        for at in 0..param.inputs() {
            for plane in STATE_PLANES.into_iter().chain([Plane::Grad]) {
                let from = whole.view(plane);
                param
                    .view_mut(plane)
                    .index_axis_mut(ndarray::Axis(1), at)
                    .assign(&from.index_axis(ndarray::Axis(1), self.feature(at)));
            }
        }
        param.set_births(whole.birth(), &births, whole.output_birth());
        Ok(param)
    }
}

impl Network {
    /// The layer that reads the input features, where features may be dropped; else why they may not.
    pub fn input_reader(&self) -> std::result::Result<usize, String> {
        let row = self.inputs.row();
        if row.positions() > 1 || !row.flat {
            return Err("rows are images; only features of plain rows can be dropped".into());
        }
        let [inputs, _] = ends(&self.layers);
        if inputs.consumers.len() > 1
            || inputs.followers.iter().any(|&at| matches!(self.layers[at], Layer::Add { .. }))
        {
            return Err("several layers read the input features".into());
        }
        let passes =
            |layer: &Layer| matches!(layer, Layer::Flatten | Layer::Dropout { .. } | Layer::Activation(_));
        let first = self.layers.iter().position(|layer| !passes(layer));
        match first.map(|index| (index, &self.layers[index])) {
            Some((index, Layer::Linear(linear))) if linear.dynamic.is_some() => Ok(index),
            Some((index, Layer::Linear(_))) => {
                Err(format!("layer {index} reads the input features and has a fixed width"))
            }
            _ => Err("no layer with weights reads the input features directly".into()),
        }
    }

    /// Whether features of the rows can be dropped or come back; else why not.
    pub(crate) fn may_drop_inputs(&self) -> std::result::Result<(), String> {
        self.input_reader()?;
        let (used, least) = (self.input().features(), self.min_inputs());
        match used <= least && self.inputs.used().is_none() {
            true => Err(format!("minInputs is {least}, and the rows have {used} features")),
            false => Ok(()),
        }
    }

    /// Fewest input features in use, where some may be dropped.
    pub fn min_inputs(&self) -> usize {
        self.input_reader().ok().and_then(|layer| self.linear(layer).dynamic).map_or(1, |d| d.min_inputs)
    }
}
