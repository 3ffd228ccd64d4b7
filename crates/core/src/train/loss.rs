//! The loss that fits a data set, and its run over a block of logits.

use super::dataset::{Dataset, TargetSpec};
use crate::build::check_loss;
use crate::error::{Code, Error, Result};
use crate::shape::Shape;
use crate::spec::LossSpec;
use cambium_kernels::loss as kernels;

/// A loss together with the kind of targets it reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Loss {
    /// Softmax cross-entropy of class labels.
    SoftmaxLabels,
    /// Softmax cross-entropy of rows of probabilities.
    SoftmaxRows,
    /// Sigmoid cross-entropy.
    Binary,
    /// Mean squared error.
    Squared,
    /// Huber's loss with its delta.
    Huber(f32),
}

/// The loss a data set goes by when none was chosen: labels softmax cross-entropy, values mean squared error.
pub(crate) fn default_for(targets: TargetSpec) -> Option<LossSpec> {
    match targets {
        TargetSpec::None => None,
        TargetSpec::Labels { .. } => Some(LossSpec::SoftmaxCrossEntropy {}),
        TargetSpec::Values { .. } => Some(LossSpec::MeanSquaredError {}),
    }
}

impl Loss {
    /// The loss `chosen` (default by the targets) for the targets of `data` and outputs of shape `output`.
    ///
    /// # Errors
    /// `Option` without targets, for a loss that cannot read them, or a `delta` that is not positive; `Shape` where
    /// classes or width do not fit the outputs.
    pub(crate) fn resolve(chosen: Option<LossSpec>, data: &Dataset, output: Shape) -> Result<Loss> {
        let targets = data.spec().targets;
        let Some(spec) = chosen.or(default_for(targets)) else {
            return Err(Error::new(Code::Option, "the data has no targets; a loss needs labels or values"));
        };
        check_loss(Some(spec))?;
        let loss = match (spec, targets) {
            (_, TargetSpec::None) => {
                return Err(Error::new(
                    Code::Option,
                    "the data has no targets; a loss needs labels or values",
                ));
            }
            (LossSpec::SoftmaxCrossEntropy {}, TargetSpec::Labels { .. }) => Loss::SoftmaxLabels,
            (_, TargetSpec::Labels { .. }) => {
                let text = "only softmax cross-entropy reads class labels; give target values for this loss";
                return Err(Error::new(Code::Option, text));
            }
            (LossSpec::SoftmaxCrossEntropy {}, _) => Loss::SoftmaxRows,
            (LossSpec::BinaryCrossEntropy {}, _) => Loss::Binary,
            (LossSpec::MeanSquaredError {}, _) => Loss::Squared,
            (LossSpec::Huber { delta }, _) => Loss::Huber(delta),
        };
        loss.check_width(targets, output)?;
        Ok(loss)
    }

    /// Numbers of a row that `output` has to get right: softmax sees only differences of its outputs.
    pub(crate) fn free(self, output: Shape) -> usize {
        match self {
            Loss::SoftmaxLabels | Loss::SoftmaxRows => (output.features() - 1).max(1),
            Loss::Binary | Loss::Squared | Loss::Huber(_) => output.features(),
        }
    }

    /// Checks that targets and outputs fit.
    pub(crate) fn check_width(self, targets: TargetSpec, output: Shape) -> Result<()> {
        let softmax = matches!(self, Loss::SoftmaxLabels | Loss::SoftmaxRows);
        let outputs = output.features();
        let text = match targets {
            _ if softmax && output.positions() > 1 => {
                let positions = output.positions();
                format!("softmax cross-entropy reads one row of outputs, but the model ends in {positions} positions")
            }
            TargetSpec::Labels { classes } if classes > outputs => {
                format!("labels of {classes} classes need as many outputs, but the model has {outputs}; addOutputs gives it more, and numbers are targets of type 'values'")
            }
            TargetSpec::Values { width } if width != outputs => {
                format!("targets have {width} values a row, but the model has {outputs} outputs; classes are targets of type 'labels'")
            }
            _ => return Ok(()),
        };
        Err(Error::new(Code::Shape, text))
    }

    /// Looks through all target values.
    ///
    /// # Errors
    /// `Label` for values outside [0, 1] in binary cross-entropy, or below 0 in softmax cross-entropy.
    pub(crate) fn check_values(self, data: &Dataset) -> Result<()> {
        let most = match self {
            Loss::Binary => 1.0,
            Loss::SoftmaxRows => f32::INFINITY,
            _ => return Ok(()),
        };
        match data.value_range() {
            Some((low, high)) if low < 0.0 || high > most => {
                let text = format!(
                    "target values run from {low} to {high}; this loss reads values from 0 to {most}"
                );
                Err(Error::new(Code::Label, text))
            }
            _ => Ok(()),
        }
    }

    /// Whether a row can be right or wrong.
    pub(crate) fn has_accuracy(self) -> bool {
        matches!(self, Loss::SoftmaxLabels | Loss::SoftmaxRows | Loss::Binary)
    }

    /// Per-row losses, and where they are wanted, whether each row is right and the gradient of `scale` x the sum of the losses. `losses` and
    /// `correct` hold at least positions x images entries, of which the first ones, one per image, are meant.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn run(
        self,
        logits: &[f32],
        shape: Shape,
        images: usize,
        targets: (&[u32], &[f32]),
        scale: f32,
        losses: &mut [f32],
        mut correct: Option<&mut [u8]>,
        gradient: Option<&mut [f32]>,
    ) {
        let (stride, width, positions) = (shape.stride(), shape.channels, shape.positions());
        let (labels, values) = targets;
        let rows = images * positions;
        let losses = &mut losses[..rows];
        let right = correct.as_deref_mut();
        // A loss that is a mean over outputs is the mean over positions of means over channels.
        let scale = scale / positions as f32;
        match self {
            Loss::SoftmaxLabels => {
                kernels::softmax_cross_entropy_labels(
                    logits, stride, width, labels, scale, losses, right, gradient,
                );
            }
            Loss::SoftmaxRows => {
                kernels::softmax_cross_entropy_rows(
                    logits, stride, width, values, scale, losses, right, gradient,
                );
            }
            Loss::Binary => {
                kernels::binary_cross_entropy(logits, stride, width, values, scale, losses, right, gradient);
            }
            Loss::Squared => {
                kernels::mean_squared_error(logits, stride, width, values, scale, losses, gradient)
            }
            Loss::Huber(delta) => {
                kernels::huber(logits, stride, width, values, delta, scale, losses, gradient)
            }
        }
        if positions > 1 {
            for image in 0..images {
                let cells = (image..rows).step_by(images);
                losses[image] = cells.clone().fold(0.0, |sum, cell| sum + losses[cell]) / positions as f32;
                if let Some(correct) = &mut correct {
                    correct[image] = cells.fold(1, |all, cell| all & correct[cell]);
                }
            }
        }
    }
}

/// Turns logits into what the loss means by them: probabilities for cross-entropies, else the logits. `out` is dense.
pub(crate) fn predictions(
    spec: Option<LossSpec>,
    logits: &[f32],
    shape: Shape,
    images: usize,
    out: &mut [f32],
) {
    let (stride, width, positions) = (shape.stride(), shape.channels, shape.positions());
    let run = |logits: &[f32], rows: usize, out: &mut [f32]| match spec {
        Some(LossSpec::SoftmaxCrossEntropy {}) => kernels::softmax(logits, stride, width, rows, out),
        Some(LossSpec::BinaryCrossEntropy {}) => kernels::sigmoid_rows(logits, stride, width, rows, out),
        _ => dense(logits, stride, width, rows, out),
    };
    if positions == 1 {
        return run(logits, images, out);
    }
    for (index, out) in out.chunks_exact_mut(width).enumerate() {
        let (image, position) = (index / positions, index % positions);
        run(&logits[(position * images + image) * stride..], 1, out);
    }
}

/// `rows` rows of `width` numbers, from `stride` apart to dense.
fn dense(padded: &[f32], stride: usize, width: usize, rows: usize, out: &mut [f32]) {
    for (row, out) in padded.chunks(stride).take(rows).zip(out.chunks_exact_mut(width)) {
        out.copy_from_slice(&row[..width]);
    }
}
