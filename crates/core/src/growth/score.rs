//! Exact scores of many candidates at once, for methods that choose among them.

use crate::error::{Code, Error, Result};
use crate::growth::change::check_axis;
use crate::model::{Model, Network};
use crate::train::{Dataset, Sample};
use cambium_kernels::pool::with_team;

pub use crate::train::Candidate;

/// The mean loss of all rows of `data` with each of `candidates` on hidden axis `axis`, one at a time, without dropout.
/// The model is not changed. The sums are those of a whole pass but for the order in which one feature is added, so a loss
/// agrees with that of [`super::try_change`] to the rounding of its terms.
///
/// # Errors
/// `Index` for an axis or a feature that does not exist, `Shape` for a feature of other sizes than the axis needs, for
/// more rows than one pass takes, and where rows, targets and outputs do not fit, `Option` without targets,
/// `OutOfMemory`.
pub fn score(
    model: &mut Model,
    data: &Dataset,
    axis: usize,
    candidates: &[Candidate],
    threads: usize,
) -> Result<Vec<f64>> {
    check_axis(&model.network, axis)?;
    for candidate in candidates {
        check(candidate, &model.network, axis)?;
    }
    let rows = data.all_rows()?;
    let sample = Sample::new(&model.network, data, &rows, None)?;
    with_team(threads, |team| sample.scores(model, axis, candidates, team))
}

fn check(candidate: &Candidate, network: &Network, axis: usize) -> Result<()> {
    let width = network.width(axis);
    match candidate {
        Candidate::Remove(index) if *index >= width => Err(Error::new(
            Code::Index,
            format!("axis {axis} has no feature {index}; its {width} features are 0 to {}", width - 1),
        )),
        Candidate::Add(feature) => {
            let lens: Vec<_> = feature.strips.iter().map(|strip| strip.planes[0].len()).collect();
            let needs: Vec<_> = network.axes[axis].sizes(&network.layers).collect();
            if lens == needs {
                return Ok(());
            }
            let text = format!(
                "a feature with {lens:?} incoming, bias and outgoing weights was given; axis {axis} needs {needs:?}"
            );
            Err(Error::new(Code::Shape, text))
        }
        Candidate::Remove(_) => Ok(()),
    }
}
