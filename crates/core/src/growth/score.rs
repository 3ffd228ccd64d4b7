//! Exact scores of many candidates at once, for methods that choose among them.

use crate::error::{Code, Error, Result};
use crate::growth::change::check_axis;
use crate::model::{Model, Network};
use crate::train::{sweeps, worth, Dataset, Mode, Sample};
use cambium_kernels::pool::with_team;

pub use crate::train::{Candidate, Place, Replacement, Score};

/// The mean loss of all rows of `data` with each of `candidates` at `place`, one at a time, without dropout.
/// The model is not changed. The sums are those of a whole pass but for the order in which one feature is added, so a loss
/// agrees with that of [`super::try_change`] to the rounding of its terms.
///
/// # Errors
/// `Index` for an axis or a feature that does not exist, `Shape` for a feature of other sizes than the axis needs, for
/// more rows than one pass takes, and where rows, targets and outputs do not fit, `Option` without targets, `Structure` for
/// a stand-in on an axis with several ends or norms,
/// `OutOfMemory`.
pub fn score(
    model: &mut Model,
    data: &Dataset,
    place: Place,
    candidates: &[Candidate],
    threads: usize,
) -> Result<Vec<Score>> {
    if let Place::Axis(axis) = place {
        check_axis(&model.network, axis)?;
    }
    for candidate in candidates {
        check(candidate, &model.network, place)?;
    }
    let rows = data.all_rows()?;
    let sample = Sample::new(&model.network, data, &rows, None)?;
    sample.check_rows(&model.network)?;
    let threads = worth(&model.network, rows.len(), threads, Mode::Inference);
    with_team(threads, |team| sample.scores(model, place, candidates, team))
}

fn check(candidate: &Candidate, network: &Network, place: Place) -> Result<()> {
    let (what, width) = match place {
        Place::Axis(axis) => (format!("axis {axis}"), network.width(axis)),
        Place::Inputs => ("the input".into(), network.input().channels),
    };
    let index = match candidate {
        Candidate::Remove(index) | Candidate::Replace(Replacement { index, .. }) => *index,
        Candidate::Add(_) => 0,
    };
    if index >= width {
        let text = format!("{what} has no feature {index}; its {width} features are 0 to {}", width - 1);
        return Err(Error::new(Code::Index, text));
    }
    let shape = |text: String| Err(Error::new(Code::Shape, text));
    match (candidate, place) {
        (Candidate::Replace(replacement), Place::Axis(axis))
            if !sweeps(network, axis) && (replacement.constant != 0.0 || !replacement.shares.is_empty()) =>
        {
            let text = format!("nothing can stand in for a feature of {what}: it has several readers, or readers behind a norm");
            Err(Error::new(Code::Structure, text))
        }
        (Candidate::Replace(Replacement { shares, .. }), _)
            if shares.iter().any(|&(other, _)| other >= width || other == index) =>
        {
            let text = format!(
                "features {:?} were to stand in for feature {index}; {what} has {width}, and none stands in for itself",
                shares.iter().map(|share| share.0).collect::<Vec<_>>()
            );
            Err(Error::new(Code::Index, text))
        }
        (Candidate::Add(feature), Place::Axis(axis)) => {
            let lens: Vec<_> = feature.strips.iter().map(|strip| strip.planes[0].len()).collect();
            let needs: Vec<_> = network.axes[axis].sizes(&network.layers).collect();
            if lens == needs {
                return Ok(());
            }
            shape(format!(
                "a feature with {lens:?} incoming, bias and outgoing weights was given; {what} needs {needs:?}"
            ))
        }
        (Candidate::Add(_), Place::Inputs) => shape("features of the rows are not made by weights".into()),
        _ => Ok(()),
    }
}
