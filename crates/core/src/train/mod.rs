//! Training: data by index ([`Dataset`]), passes over blocks of rows, updates over bands of weights, and the loop
//! around them ([`Fit`]).
//!
//! A step has two phases. In the first each thread takes a block of *rows* through the whole network and back; in the
//! second each takes bands of *weights*, sums their gradient over all blocks and updates them. No gradients are
//! copied or added across threads, and every number is computed in one order, so results have the same bits for any
//! number of threads and any chunks.

mod axis;
mod backward;
mod bands;
mod dataset;
mod evaluate;
mod fit;
mod forward;
mod loss;
mod norm;
mod optimizer;
mod outlook;
mod plan;
mod report;
mod sample;
mod score;
mod statistics;
mod step;
mod sweep;
#[cfg(test)]
mod tests;
mod trial;
mod workspace;

pub use dataset::{Dataset, DatasetSpec, Dtype, FeaturesMut, TargetSpec, TargetsMut};
pub use evaluate::{
    apply_gradients, backward_batch, evaluate, forward_batch, gradients, predict, train_on_batch,
};
pub use fit::{Clock, Fit};
pub(crate) use outlook::{outlooks, Outlook};
pub use plan::FitPlan;
pub use report::{ChunkReport, EpochEnd, Evaluation};
pub(crate) use sample::Sample;
pub(crate) use score::sweeps;
pub use score::{Candidate, Place, Replacement, Score};
pub(crate) use statistics::{Cross, Moments};
pub(crate) use trial::Column;
pub use workspace::Workspace;
pub(crate) use workspace::{row_work, worth, Mode};
