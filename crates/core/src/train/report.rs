//! What a `fit` tells after each chunk.

use crate::growth::Event;
use serde::{Deserialize, Serialize};

/// Mean loss over some rows, and the share of them that is right.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Evaluation {
    /// Mean loss.
    pub loss: f64,
    /// Share of right rows, between 0 and 1. Cross-entropies only: the largest output at the largest target, or every
    /// output on the right side of one half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
}

/// The end of an epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EpochEnd {
    /// Which epoch, from 0.
    pub epoch: usize,
    /// Mean loss of the rows, each in its own step, dropout included.
    pub loss: f64,
    /// Share of right rows, each in its own step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Mean loss of the validation data after the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub val_loss: Option<f64>,
    /// Share of right rows of the validation data after the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub val_accuracy: Option<f64>,
    /// Trainable numbers of the model.
    pub weight_count: usize,
    /// Features on each hidden axis.
    pub widths: Vec<usize>,
    /// Learning rate of the last step.
    pub learning_rate: f32,
}

/// What one chunk of steps brought. Chunks end where enough work is done, and at the end of an epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch_end: Option<EpochEnd>,
    /// Whether the fit is at its end.
    pub done: bool,
    /// Time of the chunk by the clock of the fit, 0 without one.
    pub milliseconds: f64,
    /// What growth events took of it.
    pub event_milliseconds: f64,
}
