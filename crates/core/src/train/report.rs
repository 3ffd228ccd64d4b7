//! What a `fit` tells after each chunk.

use crate::growth::Event;
use crate::json;

/// Mean loss over some rows, and the share of them that is right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evaluation {
    /// Mean loss.
    pub loss: f64,
    /// Share of right rows, between 0 and 1. Cross-entropies only: the largest output at the largest target, or every
    /// output on the right side of one half.
    pub accuracy: Option<f64>,
}

json::report!(Evaluation { loss: "loss", accuracy: "accuracy" optional });

/// The end of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochEnd {
    /// Which epoch, from 0.
    pub epoch: usize,
    /// Mean loss of the rows, each in its own step, dropout included.
    pub loss: f64,
    /// Share of right rows, each in its own step.
    pub accuracy: Option<f64>,
    /// Mean loss of the validation data after the epoch.
    pub val_loss: Option<f64>,
    /// Share of right rows of the validation data after the epoch.
    pub val_accuracy: Option<f64>,
    /// Trainable numbers of the model.
    pub weight_count: usize,
    /// Features on each hidden axis.
    pub widths: Vec<usize>,
    /// Learning rate of the last step.
    pub learning_rate: f32,
}

json::report!(EpochEnd {
    epoch: "epoch",
    loss: "loss",
    accuracy: "accuracy" optional,
    val_loss: "valLoss" optional,
    val_accuracy: "valAccuracy" optional,
    weight_count: "weightCount",
    widths: "widths",
    learning_rate: "learningRate",
});

/// What one chunk of steps brought. Chunks end where enough work is done, and at the end of an epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChunkReport {
    /// Optimiser steps the model has taken, ever.
    pub step: u32,
    /// The epoch of the chunk's last step, from 0.
    pub epoch: usize,
    /// Steps in each epoch.
    pub steps_in_epoch: usize,
    /// Steps of this epoch that are done.
    pub step_in_epoch: usize,
    /// Mean loss of each step's batch.
    pub losses: Vec<f64>,
    /// What happened to the structure.
    pub events: Vec<Event>,
    /// Present when the chunk ends an epoch.
    pub epoch_end: Option<EpochEnd>,
    /// Whether the fit is at its end.
    pub done: bool,
    /// Time of the chunk by the clock of the fit, 0 without one.
    pub milliseconds: f64,
    /// What growth events took of it.
    pub event_milliseconds: f64,
}

impl ChunkReport {
    /// Whether no step was done and nothing decided.
    pub(super) fn is_empty(&self) -> bool {
        self.losses.is_empty() && self.events.is_empty()
    }
}

json::report!(ChunkReport {
    step: "step",
    epoch: "epoch",
    steps_in_epoch: "stepsInEpoch",
    step_in_epoch: "stepInEpoch",
    losses: "losses",
    events: "events",
    epoch_end: "epochEnd" optional,
    done: "done",
    milliseconds: "milliseconds",
    event_milliseconds: "eventMilliseconds",
});
