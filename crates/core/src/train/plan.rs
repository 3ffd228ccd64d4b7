//! What a `fit` is asked to do.

use super::dataset::Dataset;
use crate::error::{Code, Error, Result};
use crate::growth::{GrowthPlan, Method, Scoring};
use crate::json;
use crate::spec::OptimizerSpec;

/// Rows in a batch when none are asked for, or all rows where there are fewer.
const DEFAULT_BATCH: usize = 100;

/// A `fit`: how many epochs, in which batches, and how the network may change meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct FitPlan {
    /// Rows per step; default 100, or all rows where there are fewer. The last batch of an epoch may be shorter.
    pub batch_size: Option<usize>,
    /// Passes over the data.
    pub epochs: usize,
    /// Whether each epoch takes the rows in a new random order; default yes.
    pub shuffle: bool,
    /// Replaces the model's optimiser for good; default the model's.
    pub optimizer: Option<OptimizerSpec>,
    /// How the network may change; default not at all.
    pub growth: Option<GrowthPlan>,
}

json::record!(FitPlan {
    batch_size: "batchSize" optional,
    epochs: "epochs",
    shuffle: "shuffle" = true,
    optimizer: "optimizer" optional,
    growth: "growth" optional,
});

impl FitPlan {
    /// Rows per step for data of `rows` rows.
    pub fn batch(&self, rows: usize) -> usize {
        self.batch_size.unwrap_or(DEFAULT_BATCH.min(rows))
    }

    /// Checks all numbers against the data.
    ///
    /// # Errors
    /// `Option`, naming the number and what would be right.
    pub(crate) fn check(&self, train: &Dataset, valid: Option<&Dataset>) -> Result<()> {
        let bad = |text: String| Err(Error::new(Code::Option, text));
        let rows = train.rows();
        if self.epochs == 0 || self.epochs > u32::MAX as usize {
            return bad(format!("epochs is {}; use a whole number from 1 to {}", self.epochs, u32::MAX));
        }
        match self.batch_size {
            Some(0) => return bad("batchSize is 0; use at least 1 row".into()),
            Some(batch) if batch > rows => {
                return bad(format!(
                    "batchSize is {batch}, but the data has only {rows} rows; use at most {rows}"
                ));
            }
            _ => {}
        }
        let Some(growth) = &self.growth else { return Ok(()) };
        growth.check()?;
        if growth.method == Method::PruneExpand {
            return Ok(());
        }
        let (have, what) = match (growth.scoring, valid) {
            (Scoring::Batch, _) => (self.batch(rows), "batch"),
            (Scoring::Training, _) => (rows, "training data"),
            (Scoring::Validation, Some(valid)) => (valid.rows(), "validation data"),
            (Scoring::Validation, None) => {
                return bad("growth.scoring is 'validation', but there is no validation data; \
                              give validationData, or set scoring to 'batch'"
                    .into())
            }
        };
        match growth.scoring_rows {
            Some(asked) if asked > have => {
                bad(format!("growth.scoringRows is {asked}, but the {what} has only {have} rows"))
            }
            _ => Ok(()),
        }
    }
}
