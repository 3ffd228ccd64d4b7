//! What all growth methods have in common, and what is special to those that stop by themselves or drop inputs.

use super::from_value;
use super::{bits, data, labels, model, values};
use crate::checkpoint;
use crate::error::Code;
use crate::growth::{Event, Kind, Verdict};
use crate::train::workspace::{blocks, Mode};
use crate::train::{evaluate, predict, Dataset, Fit, FitPlan};
use crate::Model;
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
