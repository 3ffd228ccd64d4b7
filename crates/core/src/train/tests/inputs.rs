//! Features of the rows that go: exact scores, and what stands in for them.

use super::trial::with_norm;
use super::{data, labels, model, values};
use super::{decisions, from_value};
use crate::checkpoint::save;
use crate::error::Code;
use crate::growth::replace::{replace, takes_constants};
use crate::growth::score::{score, Candidate, Place, Replacement};
use crate::growth::{apply, Change, Event, GrowthPlan, Kind, Moment, Rule, Verdict};
use crate::train::{evaluate, predict, Dataset, FeaturesMut, Fit, FitPlan, Sample, TargetsMut};
use crate::Model;
use cambium_kernels::pool::with_team;
use serde_json::{json, Value};

fn dense(units: usize, activation: &str, bias: bool) -> Value {
    json!({"type": "DynamicDense", "units": units, "activation": activation, "useBias": bias})
}

/// Networks of which features of the rows may go, with everything that can lie before and behind the layer that reads them; the
/// last but one is wide enough to be dealt out to blocks.
fn networks() -> Vec<(Value, usize)> {
    let mut all: Vec<_> = ["relu", "linear", "gelu", "sigmoid"]
        .map(|activation| (vec![dense(7, activation, true), dense(4, "linear", true)], 9))
        .into();
    all.push((vec![dense(4, "linear", true)], 9));
    let tanh = json!({"type": "Activation", "activation": "tanh"});
    all.push((vec![tanh, dense(6, "relu", false), dense(4, "linear", true)], 9));
    for norm in ["BatchNorm", "LayerNorm"] {
        let norm = json!({"type": norm});
        let block = [norm.clone(), dense(5, "relu", true), dense(7, "linear", true)];
        let mut layers = vec![dense(7, "linear", true)];
        layers.extend(block);
        layers.extend([json!({"type": "Add", "from": 2}), norm, dense(4, "linear", true)]);
        all.push((layers, 9));
    }
    all.push((vec![dense(90, "relu", true), dense(70, "relu", true), dense(4, "linear", true)], 80));
    all.push((
        vec![json!({"type": "Dropout", "rate": 0.0}), dense(3, "relu", true), dense(4, "linear", true)],
        30,
    ));
    let spec = |(layers, inputs): (Vec<Value>, usize)| {
        (json!({"input": [inputs], "seed": 6, "layers": layers}), inputs)
    };
    all.into_iter().map(spec).collect()
}

/// A model of `spec` that no longer reads the features `gone`.
fn without(spec: &Value, gone: &[usize]) -> Model {
    let mut model = model(spec.clone());
    for &input in gone {
        apply(&mut model, &Change::DropInput { input, constant: 0.0 }).unwrap();
    }
    model
}

fn candidates(model: &mut Model) -> Vec<Candidate> {
    let (width, constants) = (model.network.input().channels, takes_constants(&model.network, Place::Inputs));
    let mut all = Vec::new();
    for index in 0..width {
        let stream = &mut model.network.streams.growth;
        let others = (0..width).filter(|&other| other != index);
        let shares = others.map(|other| (other, 0.4 * stream.normal())).collect();
        let constant = if constants { 0.3 } else { 0.0 };
        all.push(Candidate::Remove(index));
        all.push(Candidate::Replace(Replacement { index, shares, constant }));
        all.push(Candidate::Replace(Replacement { index, shares: Vec::new(), constant }));
    }
    all
}

/// The cross-entropy of each row.
fn losses(model: &mut Model, data: &Dataset) -> Vec<f64> {
    let logits = predict(model, data, true, 1).unwrap();
    let mut classes = Vec::new();
    data.gather_labels(&data.all_rows().unwrap(), &mut classes);
    let loss = |(row, &class): (&[f32], &u32)| {
        let sum: f64 = row.iter().map(|&z| f64::from(z).exp()).sum();
        sum.ln() - f64::from(row[class as usize])
    };
    logits.chunks_exact(4).zip(&classes).map(loss).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn scores_are_the_losses_of_networks_with_the_replacement_made() {
    for (spec, inputs) in networks() {
        let data = data(40, &[inputs], labels(4), 1);
        for gone in [&[][..], &[1, 6]] {
            let mut one = without(&spec, gone);
            let candidates = candidates(&mut one);
            let before = save(&one).unwrap();
            let scores = score(&mut one, &data, Place::Inputs, &candidates, 1).unwrap();
            assert_eq!(scores, score(&mut one, &data, Place::Inputs, &candidates, 3).unwrap());
            assert!(save(&one).unwrap() == before, "the model is as before");
            let with = losses(&mut one, &data);
            for (candidate, found) in candidates.iter().zip(&scores) {
                let mut other = without(&spec, gone);
                let replacement = match candidate {
                    Candidate::Replace(replacement) => replacement.clone(),
                    &Candidate::Remove(index) => Replacement { index, ..Replacement::default() },
                    Candidate::Add(_) => panic!(),
                };
                let strip = replace(&mut other.network, Place::Inputs, &replacement).expect("its weights");
                assert!(strip.planes[0].iter().any(|&w| w != 0.0));
                assert_eq!(other.network.input().channels, inputs - gone.len() - 1);
                let exact = evaluate(&mut other, &data, 40, 1).unwrap().loss;
                let near = |found: f64, exact: f64, bound: f64| {
                    assert!(
                        (found - exact).abs() <= bound * exact.abs().max(0.1),
                        "{candidate:?} {found} {exact}: {spec}"
                    );
                };
                near(found.loss, exact, 1e-5);
                assert_ne!(found.loss, mean(&with), "{candidate:?} {spec}");
                // The standard error of the mean of the rows' changes.
                let changes: Vec<f64> = losses(&mut other, &data)
                    .iter()
                    .zip(&with)
                    .map(|(after, before)| after - before)
                    .collect();
                let squares: Vec<f64> =
                    changes.iter().map(|change| (change - mean(&changes)).powi(2)).collect();
                near(found.error, (mean(&squares) / 39.0).sqrt(), 1e-4);
            }
        }
    }
}

#[test]
fn refuses_what_does_not_fit() {
    let score_of = |spec: Value, shape: &[usize], candidate: Candidate| {
        let data = data(20, shape, labels(4), 1);
        score(&mut model(spec), &data, Place::Inputs, &[candidate], 1).unwrap_err().code
    };
    let plain = networks().remove(0).0;
    assert_eq!(score_of(plain.clone(), &[9], Candidate::Remove(9)), Code::Index);
    for (index, other) in [(0, 9), (3, 3)] {
        let beyond = Replacement { index, shares: vec![(other, 0.5)], constant: 0.0 };
        assert_eq!(score_of(plain.clone(), &[9], Candidate::Replace(beyond)), Code::Index);
    }
    assert_eq!(score_of(plain, &[9], Candidate::Add(Default::default())), Code::Shape);
    assert_eq!(score_of(with_norm("LayerNorm"), &[6, 6, 2], Candidate::Remove(0)), Code::Structure);
}

/// Rows of five features around different means, the last of which follows from the first two, with what they are to give.
fn dependent(rows: usize, seed: u32) -> Dataset {
    let mut data = data(rows, &[5], values(1), seed);
    let mut targets = Vec::new();
    let FeaturesMut::F32(x) = data.features_mut() else { panic!() };
    for row in x.chunks_exact_mut(5) {
        for (at, x) in row.iter_mut().enumerate() {
            *x += at as f32 - 1.0;
        }
        row[4] = row[0] - row[1] + 2.0;
        targets.push(row[0] + (row[1] - row[4]).tanh() + row[2] - 0.7 * row[3]);
    }
    let TargetsMut::Values(y) = data.targets_mut() else { panic!() };
    y.copy_from_slice(&targets);
    data
}

/// Trains without growth.
fn fit(model: &mut Model, train: &Dataset, epochs: usize, batch: usize) {
    let plan: FitPlan =
        from_value(json!({"epochs": epochs, "batchSize": batch, "optimizer": {"learningRate": 0.01}}))
            .unwrap();
    let mut fit = Fit::new(model, &plan, train, None).unwrap();
    while !fit.is_done() {
        fit.chunk(model, train, None, 1).unwrap();
    }
}

#[test]
fn a_feature_that_follows_from_others_goes_for_next_to_nothing() {
    let train = dependent(300, 3);
    let mut trained = model(
        json!({"input": [5], "seed": 2, "layers": [dense(12, "relu", true), dense(1, "linear", true)]}),
    );
    fit(&mut trained, &train, 60, 30);
    // All widths are the least, so that nothing but one of the five features can go, at a price that pays for any.
    for axis in &mut trained.network.axes {
        axis.min = 12;
    }
    let before = evaluate(&mut trained, &train, 300, 1).unwrap().loss;
    let means: Vec<f32> = {
        let mut x = vec![0.0; 300 * 5];
        train.gather(&train.all_rows().unwrap(), &trained.network.inputs, &mut x);
        (0..5).map(|at| x.iter().skip(at).step_by(5).sum::<f32>() / 300.0).collect()
    };
    let constants: Vec<Candidate> = (0..5)
        .map(|index| Candidate::Replace(Replacement { index, shares: Vec::new(), constant: means[index] }))
        .collect();
    let alone = score(&mut trained, &train, Place::Inputs, &constants, 1).unwrap();
    let growth: GrowthPlan = from_value(json!({"method": "price", "price": 1e6, "inputs": true})).unwrap();
    // So few numbers to fit that no newborn is tried.
    let mut rule = growth.rule(&trained.network, (1, 1), 1000).unwrap();
    let rows = train.all_rows().unwrap();
    let sample = Sample::new(&trained.network, &train, &rows, None).unwrap();
    let events = with_team(1, |team| {
        decisions(&mut *rule, Moment { model: &mut trained, share: 0.45, sample: &sample, team })
    });
    let [event] = &events[..] else { panic!("{events:?}") };
    let gone = event.index.unwrap();
    assert_eq!(event.kind, Kind::DropInput);
    assert!([0, 1, 4].contains(&gone), "{event:?}");
    assert_eq!(event.loss_before, Some(before));
    let (after, found) = (evaluate(&mut trained, &train, 300, 1).unwrap().loss, event.loss_after.unwrap());
    assert!((found - after).abs() <= 1e-5 * after, "{found} {after}");
    // A constant in its place would have cost far more.
    let rise = |loss: f64| loss - before;
    assert!(rise(after) < 0.05 * rise(alone[gone].loss), "{after} of {before} against {alone:?}");
}

#[test]
fn features_go_where_none_can_stand_in_for_them() {
    // One feature is always zero, or all rows are one and the same: nothing varies that is like what is to go.
    for (features, rows) in [(2, 40), (3, 1)] {
        let mut train = data(rows, &[features], values(1), 4);
        let FeaturesMut::F32(x) = train.features_mut() else { panic!() };
        x.chunks_exact_mut(features).for_each(|row| row[features - 1] = 0.0);
        let mut model = model(json!({"input": [features], "seed": 2, "layers": [
            dense(3, "relu", true), dense(1, "linear", true),
        ]}));
        for axis in &mut model.network.axes {
            axis.min = 3;
        }
        let growth: GrowthPlan =
            from_value(json!({"method": "price", "price": 1e6, "inputs": true})).unwrap();
        // So few numbers to fit that no newborn is tried.
        let mut rule = growth.rule(&model.network, (1, 1), 1000).unwrap();
        let all = train.all_rows().unwrap();
        let sample = Sample::new(&model.network, &train, &all, None).unwrap();
        model.network.step = 1000;
        let events = with_team(1, |team| {
            decisions(&mut *rule, Moment { model: &mut model, share: 0.45, sample: &sample, team })
        });
        assert_eq!(events.first().map(|event| event.kind), Some(Kind::DropInput), "{events:?}");
    }
}

#[test]
fn a_feature_that_says_something_comes_back_once() {
    // Of the five features the last but one is needed, and the last says nothing.
    let mut train = data(400, &[5], values(1), 3);
    let FeaturesMut::F32(x) = train.features_mut() else { panic!() };
    let targets: Vec<f32> =
        x.chunks_exact(5).map(|row| row[0] + row[1].tanh() - row[2] + 0.7 * row[3]).collect();
    let TargetsMut::Values(y) = train.targets_mut() else { panic!() };
    y.copy_from_slice(&targets);
    let spec = json!({"input": [5], "seed": 2, "layers": [dense(6, "relu", true), dense(1, "linear", true)]});
    let mut model = without(&spec, &[3, 4]);
    fit(&mut model, &train, 30, 40);
    // All widths are the least, so that nothing but features of the rows can go, and those in use are worth more than they cost.
    for axis in &mut model.network.axes {
        axis.min = 6;
    }
    let growth: GrowthPlan = from_value(json!({"method": "price", "inputs": true})).unwrap();
    // So few numbers to fit that no newborn is tried.
    let rule = |model: &Model| growth.rule(&model.network, (1, 1), 1000).unwrap();
    let rows = train.all_rows().unwrap();
    let sample = Sample::new(&model.network, &train, &rows, None).unwrap();
    // The features that come back at an event.
    let returned = |rule: &mut dyn Rule, model: &mut Model| -> Vec<Event> {
        let events =
            with_team(1, |team| decisions(rule, Moment { model, share: 0.3, sample: &sample, team }));
        events.into_iter().filter(|event| event.kind == Kind::RestoreInput).collect()
    };
    let drop = |model: &mut Model| apply(model, &Change::DropInput { input: 3, constant: 0.0 }).unwrap();
    let before = evaluate(&mut model, &train, 400, 1).unwrap().loss;
    let mut first = rule(&model);
    let events = returned(&mut *first, &mut model);
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.index, event.width, event.verdict), (Some(3), Some(4), Verdict::Kept));
    assert!(event.predicted.unwrap() < 0.0 && event.penalty > 0.0, "{event:?}");
    assert_eq!(event.weights_after, event.weights_before + 6);
    assert_eq!(model.network.inputs.used(), Some(&[0, 1, 2, 3][..]));
    // Nothing changes until it learns.
    assert_eq!(evaluate(&mut model, &train, 400, 1).unwrap().loss, before);
    // When it goes again it stays away, at more events than pass without a look, though it promises what it did.
    drop(&mut model);
    for _ in 0..8 {
        assert_eq!(returned(&mut *first, &mut model), []);
    }
    let again = returned(&mut *rule(&model), &mut model);
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].index, again[0].predicted), (Some(3), event.predicted));
}
