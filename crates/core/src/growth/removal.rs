//! What each removal would cost, exactly, were the remaining features to take over what they can.

use super::candidates;
use super::cost::Cost;
use super::judge::{Event, Kind, Verdict};
use super::look::{shortlist, Look};
use super::method::Moment;
use super::proportions::Proportions;
use super::replace;
use crate::error::Result;
use crate::model::{Model, Network};
use crate::train::{Candidate, Place, Replacement, Sample};
use cambium_kernels::pool::Team;

/// One feature that could go.
#[derive(Debug)]
pub(super) struct Removal {
    pub(super) place: Place,
    /// What takes its place as it is judged.
    pub(super) replacement: Replacement,
    /// Mean loss with the feature.
    pub(super) before: f64,
    /// Mean loss without it once others have taken over, whether or not they do so at once. It may be infinite or NaN.
    pub(super) loss: f64,
    /// By how much the loss rises; infinite where it is no number.
    pub(super) rise: f64,
    /// Standard error of the rise.
    pub(super) error: f64,
    /// By how much the first look said that it would rise.
    predicted: f64,
    /// What is saved.
    pub(super) cost: f64,
    /// What that counts for where removals are put in order.
    weighed: f64,
}

impl Removal {
    /// Numbers the features anew, of which `gone` have gone since.
    fn renumber(&mut self, gone: &[usize]) {
        let Replacement { index, shares, .. } = &mut self.replacement;
        let renumber = |index: &mut usize| *index -= gone.iter().filter(|&&gone| gone < *index).count();
        shares.retain(|(other, _)| !gone.contains(other));
        shares.iter_mut().for_each(|(other, _)| renumber(other));
        renumber(index);
    }

    /// Has the feature go alone: no other takes over what it did.
    fn alone(&mut self) {
        self.replacement = Replacement { index: self.replacement.index, ..Replacement::default() };
    }

    /// Makes it, where `made`; its event.
    fn told(&self, network: &mut Network, made: bool, reason: &str) -> Event {
        let (place, index) = (self.place, self.replacement.index);
        let weights = network.weight_count();
        let feature = match place {
            Place::Inputs => network.inputs.feature(index),
            Place::Axis(_) => 0,
        };
        if made {
            replace::replace(network, place, &self.replacement);
        }
        let reason = reason.to_owned();
        let mut event = match place {
            Place::Axis(axis) => Event::of_feature(network, Kind::Remove, (axis, index), weights, reason),
            Place::Inputs => Event::of_input(network, Kind::DropInput, feature, weights, reason),
        };
        event = event.judged(self.before, self.loss, 0.0).foreseen(self.predicted);
        if made {
            return event;
        }
        event.verdict = Verdict::Undone;
        event.weights_after = weights - Cost::Weights.saved_by_feature(network, place) as usize;
        event
    }
}

/// What came of a round of removals.
pub(super) struct Round {
    /// Those that were made.
    pub(super) made: Vec<Event>,
    /// The cheapest of those that did not pay, and its event.
    pub(super) spared: Option<(Removal, Event)>,
}

/// What may go at an event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    /// Whether features of the rows may.
    pub(super) inputs: bool,
    /// Steps that a feature must have had.
    pub(super) mature: u32,
    /// What is saved.
    pub(super) cost: Cost,
    /// Those that layers keep as far as the loss allows.
    pub(super) proportions: &'a Proportions,
    /// Whether others take over what a feature did as it goes, as its judgement has it, also a hidden one that is read as one
    /// value for each row; or training is left to do so. What a few rows say about the shares of such features is noise too, and
    /// training has half of the steps to find better ones. Where it was left to do so, `price` ended higher: the digits by 0.1
    /// points with as many weights (from -0.1 to +0.3, standard errors of 0.1; from three widths, at three prices, with and without
    /// weight decay, 20 seeds), tables by 0.0 to 0.3 (standard errors of 0.1 to 0.2, 100 seeds), MNIST as high. But `budget` with 460
    /// weights for the digits ended half a point lower: it goes on for longer, and takes what it must. Features of the rows that were
    /// dropped so gained nothing, and maps of convolutions, of which there are many values for each row, lost: CIFAR-10 ended 0.0
    /// to 0.7 points lower, 0.3 in the mean (six starts, prices and costs, 10 seeds, standard errors of about 0.3).
    pub(super) hands_over: bool,
}

impl Scope<'_> {
    /// Whether others take over at once what a feature of `place` did.
    fn hands_over(&self, network: &Network, place: Place) -> bool {
        let maps = || network.shapes[replace::reader(network, place)].positions() > 1;
        self.hands_over || place == Place::Inputs || maps()
    }

    /// What one feature of `place` saves, and what that counts for where removals are put in order: with the square of how much wider
    /// its layer is than the mean of all, each as a share of its width at the start. What a price is compared with is the first.
    ///
    /// The loss now says too little of what a feature is worth to a network that goes on learning, most in a narrow layer, which
    /// all the rest depends on. Without this CIFAR-10 ended at 52.2 % with 7,200 weights, in layers of 8, 9 and 26 features; with the
    /// square at 53.0, in 9, 10 and 24; with the powers 3, 5 and 12 at 53.3, 53.2 and 53.1, the last in 13, 14 and 18 (10 seeds, standard
    /// errors of 0.3). On the ten splits of STUDY.md, by which it was not chosen, the square is worth 0.1 there, with the found shape
    /// trained from the start 0.6 better, and 0.8, 1.0 and 0.6 points on MNIST with 770, 1,500 and 3,200 weights; the digits end within
    /// 0.3 of what they were, with weight decay within 0.2.
    pub(super) fn saved(&self, network: &Network, place: Place) -> (f64, f64) {
        let cost = self.cost.saved_by_feature(network, place);
        let Place::Axis(axis) = place else { return (cost, cost) };
        let widths = self.proportions.known(network);
        let share =
            |axis: usize| widths.map_or(1.0, |widths| network.width(axis) as f64 / widths[axis] as f64);
        let (sum, count) = candidates::growable(network)
            .fold((0.0, 0.0), |(sum, count), axis| (sum + share(axis), count + 1.0));
        let wider = share(axis) * count / sum;
        (cost, cost * wider * wider)
    }
}

/// The removals that may be made and look cheapest, in no order.
///
/// # Errors
/// `OutOfMemory`.
fn removals(model: &mut Model, sample: &Sample, scope: Scope, team: &Team) -> Result<Vec<Removal>> {
    let network = &model.network;
    let mut places: Vec<Place> = candidates::growable(network).map(Place::Axis).collect();
    if scope.inputs && network.input_reader().is_ok() {
        places.push(Place::Inputs);
    }
    places.retain(|&place| width(network, place) > min(network, place));
    let sample = sample.hold_with_gradients(model, team)?;
    let before = sample.before(model, team)?;
    let looks = places.iter().map(|&place| Look::new(model, place)).collect::<Result<Vec<_>>>()?;
    let (mut removals, rows) = (Vec::new(), sample.count());
    let lists = shortlist(&model.network, &looks, scope);
    for (look, listed) in looks.iter().zip(lists).filter(|(_, listed)| !listed.is_empty()) {
        let place = look.place;
        let (cost, weighed) = scope.saved(&model.network, place);
        let list: Vec<Candidate> =
            look.replacements(model, &listed)?.into_iter().map(Candidate::Replace).collect();
        let scores = sample.scores(model, place, &list, team)?;
        for (candidate, score) in list.into_iter().zip(scores) {
            let Candidate::Replace(replacement) = candidate else { continue };
            let rise = if score.loss.is_finite() { score.loss - before } else { f64::INFINITY };
            let (loss, error) = (score.loss, score.error);
            let predicted = look.predicted(&model.network, replacement.index, rows);
            removals.push(Removal {
                place,
                replacement,
                before,
                loss,
                rise,
                error,
                predicted,
                cost,
                weighed,
            });
        }
    }
    Ok(removals)
}

/// Features at `place`.
fn width(network: &Network, place: Place) -> usize {
    match place {
        Place::Axis(axis) => network.width(axis),
        Place::Inputs => network.input().channels,
    }
}

/// Fewest features that `place` may have.
fn min(network: &Network, place: Place) -> usize {
    match place {
        Place::Axis(axis) => network.axes[axis].min,
        Place::Inputs => network.min_inputs(),
    }
}

/// Most features that may go from a place in a round: few enough that each judgement, made before the others went, still holds.
/// A fifth of the features of the rows, and of a layer one and an eighth. With a third of both the digits ended 0.7 points lower
/// with 630 weights (10 seeds).
fn most(network: &Network, place: Place) -> usize {
    match place {
        Place::Inputs => width(network, place).div_ceil(5),
        Place::Axis(_) => 1 + width(network, place) / 8,
    }
}

/// Removes features, those that cost the least loss for what they save first, as long as `pays` says so, all judged in the network
/// as it is: at most [`most`] of a place, and none that leans on one that has gone. The round ends where the next one would be one
/// too many. Of those that did not pay, the cheapest is told of.
///
/// # Errors
/// As [`removals`].
pub(super) fn round(
    moment: &mut Moment,
    scope: Scope,
    pays: &dyn Fn(&Network, &Removal) -> bool,
    reason: &str,
) -> Result<Round> {
    let Moment { model, sample, team, .. } = moment;
    let mut removals = removals(model, sample, scope, team)?;
    removals.sort_by(|a, b| (a.rise / a.weighed).total_cmp(&(b.rise / b.weighed)));
    let limits: Vec<usize> = removals.iter().map(|removal| most(&model.network, removal.place)).collect();
    let (mut made, mut spared) = (Vec::new(), None);
    let mut gone: Vec<(Place, usize)> = Vec::new();
    let gone_of = |gone: &[(Place, usize)], place: Place| -> Vec<usize> {
        gone.iter().filter(|(p, _)| *p == place).map(|(_, at)| *at).collect()
    };
    let network = &mut model.network;
    let mut removals = removals.into_iter().zip(limits);
    for (mut removal, limit) in removals.by_ref() {
        let place = removal.place;
        if !pays(network, &removal) {
            spared = spared.or(Some(removal));
            continue;
        }
        if width(network, place) == min(network, place) {
            continue;
        }
        let index = removal.replacement.index;
        let before_it = gone_of(&gone, place);
        if before_it.len() >= limit {
            break;
        }
        if leans_on(&removal.replacement.shares, &before_it) {
            continue;
        }
        gone.push((place, index));
        removal.renumber(&before_it);
        if !scope.hands_over(network, place) {
            removal.alone();
        }
        made.push(removal.told(network, true, reason));
    }
    let mut rest = removals.map(|(removal, _)| removal);
    let spared = spared.or_else(|| rest.find(|removal| !pays(network, removal))).map(|mut removal| {
        removal.renumber(&gone_of(&gone, removal.place));
        let event = removal.told(network, false, "");
        (removal, event)
    });
    Ok(Round { made, spared })
}

/// Whether features that have gone would have had a large part in standing in for one.
fn leans_on(shares: &[(usize, f32)], gone: &[usize]) -> bool {
    let largest = shares.iter().fold(0.0_f32, |most, (_, c)| if c.abs() > most { c.abs() } else { most });
    shares.iter().any(|(other, c)| c.abs() > 0.25 * largest && gone.contains(other))
}

#[cfg(test)]
mod tests {
    use super::super::{depth, feature};
    use super::*;
    use crate::json::from_str;
    use crate::param::Plane;

    fn network(input: &str, layers: &[&str]) -> Network {
        let spec = format!(r#"{{"input": {input}, "seed": 1, "layers": [{}]}}"#, layers.join(", "));
        Model::new(&from_str(&spec).unwrap()).unwrap().network
    }

    const DENSE: [&str; 3] = [
        r#"{"type": "DynamicDense", "units": 2}"#,
        r#"{"type": "DynamicDense", "units": 6}"#,
        r#"{"type": "DynamicDense", "units": 3}"#,
    ];

    #[test]
    fn others_take_over_where_they_are_to() {
        let dense = || network("[5]", &DENSE);
        let conv = r#"{"type": "DynamicConv2D", "filters": 4}"#;
        let [_, _, readout] = DENSE;
        let maps = || network("[8, 8, 1]", &[conv, conv, r#"{"type": "Flatten"}"#, readout]);
        for (mut network, place, hands_over, handed) in [
            (dense(), Place::Axis(1), true, true),
            (dense(), Place::Axis(1), false, false),
            (dense(), Place::Inputs, false, true),
            (maps(), Place::Axis(0), false, true),
            (maps(), Place::Axis(1), false, true),
        ] {
            let layer = replace::reader(&network, place);
            // Of each tap the rows of weights, one for each feature that is read.
            let outgoing = |network: &Network| -> Vec<Vec<Vec<f32>>> {
                let values = network.linear(layer).weight.view(Plane::Value);
                values.outer_iter().map(|tap| tap.outer_iter().map(|row| row.to_vec()).collect()).collect()
            };
            let mut expected = outgoing(&network);
            for rows in &mut expected {
                let gone = rows.remove(1);
                if handed {
                    rows[2].iter_mut().zip(gone).for_each(|(w, gone)| *w += 0.5 * gone);
                }
            }
            let replacement = Replacement { index: 1, shares: vec![(3, 0.5)], constant: 0.0 };
            let (before, loss, rise, error, predicted) = (1.0, 1.1, 0.1, 0.01, 0.1);
            let (cost, weighed) = (9.0, 9.0);
            let mut removal =
                Removal { place, replacement, before, loss, rise, error, predicted, cost, weighed };
            let proportions = &Proportions::of(&network);
            let scope = Scope { inputs: true, mature: 0, cost: Cost::Weights, proportions, hands_over };
            if !scope.hands_over(&network, place) {
                removal.alone();
            }
            removal.told(&mut network, true, "");
            assert_eq!(outgoing(&network), expected, "{place:?}, {hands_over}");
        }
    }

    #[test]
    fn what_a_narrow_layer_saves_counts_for_less() {
        let mut network = network("[5]", &DENSE);
        let saved = |network: &Network, proportions: &Proportions, place| {
            Scope { inputs: true, mature: 0, cost: Cost::Weights, proportions, hands_over: true }
                .saved(network, place)
        };
        let kept = Proportions::of(&network);
        // In shares of [2, 6] the layers have widths of 1 and 1/3 now, three halves and half of the mean.
        for index in (2..6).rev() {
            feature::remove(&mut network, 1, index, &mut feature::Feature::default());
        }
        assert_eq!(network.widths(), [2, 2]);
        assert_eq!(saved(&network, &kept, Place::Axis(0)), (8.0, 8.0 * 2.25));
        assert_eq!(saved(&network, &kept, Place::Axis(1)), (6.0, 6.0 * 0.25));
        assert_eq!(saved(&network, &kept, Place::Inputs), (2.0, 2.0));
        // As they are now, or not known because a layer has come.
        let mut deeper = network.try_clone().unwrap();
        depth::add_layer(&mut deeper, 1).unwrap();
        for (network, proportions) in [(&network, &Proportions::of(&network)), (&deeper, &kept)] {
            assert_eq!(saved(network, proportions, Place::Axis(0)), (8.0, 8.0));
        }
    }

    #[test]
    fn of_a_residual_stream_less_is_saved_than_one_more_would_cost() {
        let dense = |units| format!(r#"{{"type": "DynamicDense", "units": {units}}}"#);
        let network = network("[5]", &[&dense(4), &dense(4), r#"{"type": "Add", "from": 1}"#, &dense(3)]);
        assert_eq!(network.widths(), [4]);
        let place = Place::Axis(0);
        // 5 + 1 and 3 for each feature, and (w + 1) w in the block.
        assert_eq!(Cost::Weights.saved_by_feature(&network, place), 9.0 + 20.0 - 12.0);
        assert_eq!(Cost::Weights.of_feature(&network, place), 9.0 + 30.0 - 20.0);
    }
}
