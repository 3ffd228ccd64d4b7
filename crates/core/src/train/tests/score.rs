//! Scores of many candidates against whole passes, one at a time.

use super::trial::{networks, with_norm};
use super::{data, labels, model, values};
use crate::axes::Role;
use crate::checkpoint::save;
use crate::error::Code;
use crate::growth::feature::{insert, remove, Feature};
use crate::growth::newborn::random;
use crate::growth::replace::{replace, takes_constants};
use crate::growth::score::{score, Candidate, Place, Replacement};
use crate::param::Plane;
use crate::train::loss::Loss;
use crate::train::sample::Sample;
use crate::train::score::sweeps;
use crate::train::step;
use crate::train::{evaluate, train_on_batch};
use crate::Model;
use cambium_kernels::pool::with_team;
use serde_json::{json, Value};

fn candidates(model: &mut Model, axis: usize) -> Vec<Candidate> {
    let width = model.network.width(axis);
    let mut all: Vec<Candidate> = (0..width).map(Candidate::Remove).collect();
    let place = Place::Axis(axis);
    let constants = takes_constants(&model.network, place);
    for index in 0..if sweeps(&model.network, axis) { width } else { 0 } {
        let stream = &mut model.network.streams.growth;
        let others = (0..width).filter(|&other| other != index);
        let shares = others.map(|other| (other, 0.3 * stream.normal())).collect();
        let constant = if constants { 0.2 } else { 0.0 };
        all.push(Candidate::Replace(Replacement { index, shares, constant }));
        all.push(Candidate::Replace(Replacement { index, shares: Vec::new(), constant }));
    }
    // Additions between removals, and more rows than one stack takes.
    for n in 0..30 {
        let newborn = random(&mut model.network, axis);
        all.insert((7 * n) % all.len(), Candidate::Add(newborn));
    }
    all
}

fn agrees(spec: Value, shape: &[usize], targets: Value) {
    let data = data(50, shape, targets, 1);
    let mut one = model(spec.clone());
    for axis in 0..one.network.axes.len() {
        let candidates = candidates(&mut one, axis);
        let before = save(&one).unwrap();
        let scores = score(&mut one, &data, Place::Axis(axis), &candidates, 1).unwrap();
        assert_eq!(
            scores,
            score(&mut one, &data, Place::Axis(axis), &candidates, 3).unwrap(),
            "threads change nothing"
        );
        assert!(save(&one).unwrap() == before, "the model is as before");
        for (candidate, &found) in candidates.iter().zip(&scores) {
            let mut other = model(spec.clone());
            match candidate {
                Candidate::Remove(index) => {
                    remove(&mut other.network, axis, *index, &mut Feature::default());
                }
                Candidate::Add(feature) => {
                    let width = other.network.width(axis);
                    insert(&mut other.network, axis, width, feature).unwrap();
                }
                Candidate::Replace(replacement) => {
                    replace(&mut other.network, Place::Axis(axis), replacement);
                }
            }
            let exact = evaluate(&mut other, &data, 50, 1).unwrap().loss;
            assert!(
                (found.loss - exact).abs() <= 1e-5 * exact.abs().max(0.1),
                "{found:?} {exact} axis {axis}: {spec}"
            );
        }
    }
}

#[test]
fn scores_are_the_losses_of_whole_passes() {
    for (spec, shape) in networks() {
        agrees(spec, &shape, labels(4));
    }
}

#[test]
fn axes_that_mix_features_or_have_several_ends_are_not_swept() {
    let all = |spec: Value| {
        let network = model(spec).network;
        (0..network.axes.len()).map(|axis| sweeps(&network, axis)).collect::<Vec<_>>()
    };
    let mut networks = networks();
    // The stream, and the axes before a norm or an addition that reads from before them.
    assert_eq!(all(networks.pop().unwrap().0), [false, false, false]);
    assert_eq!(all(networks.pop().unwrap().0), [false, false]);
    assert!(networks.into_iter().flat_map(|(spec, _)| all(spec)).all(|swept| swept));
    let behind = json!({"input": [9], "seed": 8, "layers": [{"type": "DynamicDense", "units": 6}, {"type": "DynamicDense", "units": 5},
        {"type": "LayerNorm"}, {"type": "DynamicDense", "units": 5}, {"type": "Add", "from": 3}, {"type": "DynamicDense", "units": 4}]});
    assert_eq!(all(behind), [true, false], "what comes behind the reader may be anything");
}

#[test]
fn removals_before_batch_norms_are_scored_and_additions_get_statistics() {
    let (spec, shape) = (with_norm("BatchNorm"), [6, 6, 2]);
    let (train, valid) = (data(50, &shape, labels(4), 2), data(50, &shape, labels(4), 1));
    let trained = || {
        let mut model = model(spec.clone());
        train_on_batch(&mut model, &train, 1).unwrap();
        model
    };
    let mut one = trained();
    for axis in 0..one.network.axes.len() {
        let newborn = random(&mut one.network, axis);
        let mut candidates = vec![Candidate::Add(newborn.clone())];
        candidates.extend((0..one.network.width(axis)).map(Candidate::Remove));
        let before = save(&one).unwrap();
        let scores = score(&mut one, &valid, Place::Axis(axis), &candidates, 2).unwrap();
        assert!(save(&one).unwrap() == before, "the model is as before");
        for (index, found) in scores[1..].iter().enumerate() {
            let mut other = trained();
            remove(&mut other.network, axis, index, &mut Feature::default());
            assert_eq!(found.loss, evaluate(&mut other, &valid, 50, 1).unwrap().loss, "axis {axis} {index}");
            assert!(found.error > 0.0);
        }
        // With a rate of zero a step gives the newborn its statistics, and moves those of the others not at all.
        let mut other = trained();
        let width = other.network.width(axis);
        insert(&mut other.network, axis, width, &newborn).unwrap();
        let step = other.network.step;
        let untouched = evaluate(&mut other, &valid, 50, 1).unwrap().loss;
        let grown = other.network.clone();
        other.network.optimizer.learning_rate = 0.0;
        train_on_batch(&mut other, &valid, 1).unwrap();
        let parts: Vec<_> = grown.axes[axis]
            .parts
            .iter()
            .filter(|part| matches!(part.role, Role::Mean | Role::Variance))
            .collect();
        let mut settled = grown.clone();
        for part in &parts {
            let at = grown.width(axis) - 1;
            part.array_mut(&mut settled.layers).planes_mut()[0][at] =
                part.array(&other.network.layers).plane(Plane::Value)[at];
        }
        other.network = settled;
        other.network.step = step;
        let exact = evaluate(&mut other, &valid, 50, 1).unwrap().loss;
        assert_eq!(scores[0].loss, exact, "axis {axis}");
        assert_eq!(parts.is_empty(), exact == untouched);
    }
}

#[test]
fn a_step_scores_from_its_own_pass() {
    for (spec, shape) in networks() {
        let data = data(50, &shape, labels(4), 1);
        let rows: Vec<u32> = (0..50).collect();
        let (mut one, mut plain) = (model(spec.clone()), model(spec.clone()));
        let candidates = candidates(&mut one, 0);
        let (loss, all) =
            (Loss::SoftmaxLabels, score(&mut one, &data, Place::Axis(0), &candidates, 1).unwrap());
        with_team(2, |team| {
            for count in [50, 20] {
                let mut found = Vec::new();
                step::train_around(&mut plain, &data, &rows, loss, 0.0, team, |model| {
                    let sample = Sample::of_step(&data, &rows, loss, count);
                    found = sample.scores(model, Place::Axis(0), &candidates, team)?;
                    Ok(())
                })
                .unwrap();
                if count == 50 {
                    assert_eq!(found, all, "{spec}");
                    continue;
                }
                let sample = Sample::new(&one.network, &data, &rows[..count], None).unwrap();
                let few = sample.scores(&mut one, Place::Axis(0), &candidates, team).unwrap();
                assert_eq!(found, few, "the rate is zero, so the model is as before: {spec}");
            }
        });
    }
}

#[test]
fn scores_with_values_at_several_positions() {
    let spec = json!({"input": [6, 5, 2], "seed": 7, "layers": [
        {"type": "DynamicConv2D", "filters": 4, "useBias": true}, {"type": "DynamicConv2D", "filters": 5},
        {"type": "DynamicConv2D", "filters": 3, "activation": "linear"}]});
    let outputs = model(spec.clone()).network.output().features();
    agrees(spec, &[6, 5, 2], values(outputs));
}

#[test]
fn refuses_what_does_not_fit() {
    let (spec, shape) = networks().remove(0);
    let data = data(50, &shape, labels(4), 1);
    let mut model = model(spec);
    let mut code = |axis: usize, candidate: Candidate| {
        score(&mut model, &data, Place::Axis(axis), &[candidate], 1).unwrap_err().code
    };
    assert_eq!(code(5, Candidate::Remove(0)), Code::Index);
    assert_eq!(code(0, Candidate::Remove(7)), Code::Index);
    assert_eq!(code(0, Candidate::Add(Feature::default())), Code::Shape);
    let large = super::data(600, &shape, labels(4), 1);
    assert_eq!(score(&mut model, &large, Place::Axis(0), &[], 1).unwrap_err().code, Code::Shape);
    assert_eq!(score(&mut model, &data, Place::Axis(0), &[], 1).unwrap(), []);
}
