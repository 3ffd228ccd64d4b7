//! What all growth methods have in common, and what is special to those that stop by themselves or drop inputs.

use super::from_value;
use super::{bits, data, decisions, labels, model, values};
use crate::checkpoint;
use crate::error::Code;
use crate::growth::{self, Event, GrowthPlan, Kind, Moment, Verdict};
use crate::param::Plane;
use crate::train::workspace::{blocks, Mode};
use crate::train::{evaluate, predict, Dataset, Fit, FitPlan, Sample};
use crate::Model;
use cambium_kernels::pool::with_team;
use ndarray::Axis;
use serde_json::{json, Value};

fn dense(inputs: usize) -> Value {
    json!({"input": [inputs], "seed": 3, "layers": [{"type": "DynamicDense", "units": 3},
        {"type": "DynamicDense", "units": 3}, {"type": "DynamicDense", "units": 4}]})
}

fn images() -> Value {
    json!({"input": [6, 6, 2], "seed": 5, "layers": [
        {"type": "DynamicConv2D", "filters": 3, "kernelSize": [3, 3]},
        {"type": "DynamicConv2DToDense", "units": 3}, {"type": "DynamicDense", "units": 4}]})
}

fn plan(growth: Value) -> FitPlan {
    from_value(json!({"epochs": 100, "batchSize": 50, "optimizer": {"learningRate": 0.01}, "growth": growth}))
        .unwrap()
}

pub(super) fn run(
    model: &mut Model,
    growth: &Value,
    train: &Dataset,
    valid: &Dataset,
    threads: usize,
) -> Vec<Event> {
    let mut fit = Fit::new(model, &plan(growth.clone()), train, Some(valid)).unwrap();
    let mut events = Vec::new();
    while !fit.is_done() {
        events.extend(fit.chunk(model, train, Some(valid), threads).unwrap().events);
    }
    events
}

/// A growth plan of every method that scores many candidates, for a dense network and one for images.
fn plans(inputs: bool) -> Vec<(Value, Value, Vec<usize>)> {
    let mut plans = Vec::new();
    for (spec, shape, weights) in [(dense(12), vec![12], 150), (images(), vec![6, 6, 2], 700)] {
        for method in ["gradMax", "tiny", "split", "cascade"] {
            let growth = json!({"method": method, "every": 4, "scoring": "training", "weights": weights});
            plans.push((spec.clone(), growth, shape.clone()));
        }
        for (method, key, value) in [
            ("budget", "weights", json!(weights)),
            ("price", "price", json!(0.3)),
            ("auto", "every", json!(4)),
        ] {
            let mut growth = json!({"method": method, "every": 4, "scoring": "validation"});
            growth[key] = value;
            if inputs && shape.len() == 1 {
                growth["inputs"] = json!(true);
            }
            plans.push((spec.clone(), growth, shape.clone()));
        }
    }
    plans
}

#[test]
fn bits_do_not_depend_on_threads() {
    for (spec, growth, shape) in plans(true) {
        let (train, valid) = (data(100, &shape, labels(4), 7), data(60, &shape, labels(4), 8));
        let ends: Vec<_> = [1, 3]
            .map(|threads| {
                let mut model = model(spec.clone());
                assert_eq!(
                    blocks(&model.network, 50, threads, Mode::Training) > 1,
                    threads > 1 || shape.len() > 1
                );
                let events = run(&mut model, &growth, &train, &valid, threads);
                assert!(!events.is_empty(), "{growth}");
                assert!(model.network.params().all(|param| param.pads_are_zero()), "{growth}");
                (bits(&model), events)
            })
            .into();
        assert!(ends[0] == ends[1], "{growth} {spec}");
    }
}

/// A fit goes on by the layers that it finds: whoever works with a model while it trains may change them.
#[test]
fn layers_may_come_and_go_by_hand_during_a_fit() {
    let deep = json!({"method": "price", "every": 4, "scoring": "validation", "depth": true});
    let mut plans = plans(true);
    plans.push((dense(12), deep, vec![12]));
    for (spec, growth, shape) in plans {
        let (train, valid) = (data(100, &shape, labels(4), 7), data(60, &shape, labels(4), 8));
        let mut model = model(spec);
        let mut fit = Fit::new(&mut model, &plan(growth.clone()), &train, Some(&valid)).unwrap();
        fit.chunk_work = 1;
        let (mut came, mut went) = (0, 0);
        while !fit.is_done() {
            fit.chunk(&mut model, &train, Some(&valid), 1).unwrap();
            // While features come, while a layer may be on trial, while features go.
            let change = match model.network.step {
                11 | 41 | 71 => json!({"type": "addLayer", "axis": 0}),
                31 | 61 | 91 => json!({"type": "removeLayer", "layer": 0}),
                _ => continue,
            };
            let layers = model.network.layers.len();
            // Convolutions are not merged.
            let Ok(_) = growth::apply(&mut model, &from_value(change).unwrap()) else { continue };
            came += model.network.layers.len().saturating_sub(layers);
            went += layers.saturating_sub(model.network.layers.len());
        }
        assert_eq!((came, went), if shape.len() == 1 { (3, 3) } else { (3, 0) }, "{growth}");
        assert!(model.network.params().all(|param| param.pads_are_zero()), "{growth}");
        assert!(evaluate(&mut model, &valid, 60, 1).unwrap().loss.is_finite());
        if let (Some(most), true) = (growth["weights"].as_u64(), growth["method"] == "budget") {
            assert!(model.network.weight_count() as u64 <= most, "{growth}");
        }
    }
}

/// Weights of the readers of axis 0, and their biases, for each feature that is read.
fn outgoing(model: &Model) -> Vec<Vec<u32>> {
    let reader = model.network.linear(model.network.axes[0].consumers[0]);
    let bits = |values: &mut dyn Iterator<Item = &f32>| values.map(|value| value.to_bits()).collect();
    let weights = reader.weight.view(Plane::Value);
    let biases = reader.bias.as_ref().unwrap().view(Plane::Value);
    let rows = (0..weights.shape()[1]).map(|row| bits(&mut weights.index_axis(Axis(1), row).iter()));
    rows.chain([bits(&mut biases.iter())]).collect()
}

#[test]
fn a_price_leaves_dense_layers_to_training_and_a_budget_does_not() {
    let conv = json!({"type": "DynamicConv2D", "filters": 6, "kernelSize": [3, 3]});
    let readout = json!({"type": "DynamicDense", "units": 4});
    let dense = json!({"input": [12], "seed": 3, "layers": [{"type": "DynamicDense", "units": 6}, readout]});
    let maps = json!({"input": [6, 6, 2], "seed": 5, "layers": [conv, {"type": "Flatten"}, readout]});
    let one = json!({"method": "price", "price": 10, "inputs": false});
    let other = json!({"method": "budget", "weights": 60, "inputs": false});
    for (spec, shape, growth, kept) in [
        (&dense, vec![12], &one, true),
        (&maps, vec![6, 6, 2], &one, false),
        (&dense, vec![12], &other, false),
    ] {
        let train = data(128, &shape, labels(4), 7);
        let mut model = model(spec.clone());
        // Old enough to go.
        model.network.step = 500;
        let growth: GrowthPlan = from_value(growth.clone()).unwrap();
        let mut rule = growth.rule(&model.network, (1, 1), 1000).unwrap();
        let rows = train.all_rows().unwrap();
        let sample = Sample::new(&model.network, &train, &rows, None).unwrap();
        let mut before = outgoing(&model);
        let events = with_team(1, |team| {
            decisions(&mut *rule, Moment { model: &mut model, share: 0.45, sample: &sample, team })
        });
        let gone: Vec<&Event> = events.iter().filter(|event| event.kind == Kind::Remove).collect();
        assert!(gone.iter().any(|event| event.verdict == Verdict::Kept), "{events:?}");
        for event in gone.iter().filter(|event| event.verdict == Verdict::Kept) {
            before.remove(event.index.unwrap());
        }
        assert_eq!(outgoing(&model) == before, kept, "{growth:?}");
    }
}

#[test]
fn growing_methods_end_within_their_weights() {
    for (spec, growth, shape) in plans(false) {
        let Some(most) = growth["weights"].as_u64() else { continue };
        let (train, valid) = (data(100, &shape, labels(4), 7), data(60, &shape, labels(4), 8));
        let mut model = model(spec);
        run(&mut model, &growth, &train, &valid, 1);
        let count = model.network.weight_count() as u64;
        assert!(count <= most && count > most * 3 / 4, "{count} of {most}: {growth}");
    }
}

#[test]
fn a_higher_price_gives_a_smaller_network() {
    let (train, valid) = (two_of_twelve(400, 7), two_of_twelve(200, 8));
    let ends = [0.01, 30.0].map(|price| {
        let mut spec = dense(12);
        spec["layers"][2]["units"] = json!(1);
        let mut model = model(spec);
        let growth = json!({"method": "price", "every": 4, "price": price, "inputs": false});
        let events = run(&mut model, &growth, &train, &valid, 1);
        let paid = events.iter().filter(|e| e.kind == Kind::Remove && e.verdict == Verdict::Kept);
        assert!(paid.clone().all(|event| event.penalty > 0.0 && event.loss_after.is_some()));
        model.network.weight_count()
    });
    assert!(ends[0] > 2 * ends[1], "{ends:?}");
}

/// Rows of which only the first two features matter.
pub(super) fn two_of_twelve(rows: usize, seed: u32) -> Dataset {
    let mut data = data(rows, &[12], values(1), seed);
    let crate::train::FeaturesMut::F32(x) = data.features_mut() else { panic!() };
    let targets: Vec<f32> = x.chunks_exact(12).map(|row| row[0] - 2.0 * row[1]).collect();
    let crate::train::TargetsMut::Values(y) = data.targets_mut() else { panic!() };
    y.copy_from_slice(&targets);
    data
}

#[test]
fn inputs_that_say_nothing_go_and_rows_keep_them() {
    let mut spec = dense(12);
    spec["layers"][2]["units"] = json!(1);
    let (train, valid) = (two_of_twelve(400, 7), two_of_twelve(200, 8));
    let mut model = model(spec);
    let growth = json!({"method": "price", "every": 5, "inputs": true});
    let events = run(&mut model, &growth, &train, &valid, 1);
    let used = model.network.inputs.used().expect("some went").to_vec();
    assert!(used.starts_with(&[0, 1]) && used.len() < 8, "{used:?}");
    let kept = |e: &&Event| e.verdict == Verdict::Kept;
    let count = |kind: Kind| events.iter().filter(kept).filter(|event| event.kind == kind).count();
    assert_eq!(count(Kind::DropInput) - count(Kind::RestoreInput), 12 - used.len());
    let before = predict(&mut model, &valid, true, 1).unwrap();
    assert!(evaluate(&mut model, &valid, 100, 1).unwrap().loss < 0.1);
    // Saved and loaded, it reads the same features, and its arrays have rows of zeros for the others.
    let saved = checkpoint::save(&model).unwrap();
    let mut loaded = checkpoint::load(&saved).unwrap();
    assert_eq!(predict(&mut loaded, &valid, true, 1).unwrap(), before);
    assert_eq!(checkpoint::save(&loaded).unwrap(), saved);
    assert_eq!(loaded.network.inputs, model.network.inputs);
}

#[test]
fn what_cannot_be_is_refused() {
    let refuse = |spec: Value, growth: Value, shape: &[usize], words: &str| {
        let (mut model, train) = (model(spec), data(50, shape, labels(4), 1));
        let before = bits(&model);
        let error = Fit::new(&mut model, &plan(growth), &train, Some(&train)).unwrap_err();
        assert_eq!(error.code, Code::Option, "{}", error.message);
        assert!(error.message.contains(words), "{}", error.message);
        assert_eq!(bits(&model), before);
    };
    refuse(dense(12), json!({"method": "price", "price": -0.1}), &[12], "growth.price is -0.1");
    refuse(dense(12), json!({"method": "auto", "price": 0.1}), &[12], "growth.price is 0.1");
    refuse(dense(12), json!({"method": "tiny"}), &[12], "growth.weights is missing");
    refuse(dense(12), json!({"method": "tiny", "weights": 20}), &[12], "growth.weights is 20");
    refuse(dense(12), json!({"method": "auto", "weights": 90}), &[12], "growth.weights is 90");
    refuse(dense(12), json!({"method": "auto", "scoring": "batch"}), &[12], "growth.scoring is 'batch'");
    refuse(dense(12), json!({"method": "stochastic", "inputs": true}), &[12], "growth.inputs is true");
    refuse(
        images(),
        json!({"method": "auto", "inputs": true}),
        &[6, 6, 2],
        "no input can go: rows are images",
    );
    let mut spec = dense(12);
    spec["layers"][0]["growth"] = json!({"minInputs": 12});
    refuse(
        spec,
        json!({"method": "budget", "weights": 200, "inputs": true}),
        &[12],
        "minInputs is 12, and the rows have 12",
    );
    refuse(
        dense(12),
        json!({"method": "gradMax", "weights": 500, "until": 0.2}),
        &[12],
        "growth.until 0.2: of 100 steps none",
    );
}
