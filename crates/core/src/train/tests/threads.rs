//! The same bits for any number of threads, and any ends of chunks.

use super::from_value;
use super::{bits, data, labels, model, values};
use crate::growth::Kind;
use crate::train::workspace::{blocks, Mode};
use crate::train::{evaluate, predict, ChunkReport, Dataset, Fit, FitPlan};
use crate::Model;
use serde_json::{json, Value};

type Outcome = (Model, Vec<ChunkReport>);

fn fit(spec: &Value, plan: &Value, train: &Dataset, valid: &Dataset, threads: usize, chunk: u64) -> Outcome {
    let mut model = model(spec.clone());
    let mut fit = Fit::new(&mut model, &from_value(plan.clone()).unwrap(), train, Some(valid)).unwrap();
    fit.chunk_work = chunk;
    let mut reports = Vec::new();
    while !fit.is_done() {
        reports.push(fit.chunk(&mut model, train, Some(valid), threads).unwrap());
    }
    (model, reports)
}

fn same_bits(spec: Value, plan: Value, train: &Dataset, valid: &Dataset) {
    let batch = from_value::<FitPlan>(plan.clone()).unwrap().batch(train.rows());
    let blocks = blocks(&model(spec.clone()).network, batch, 4, Mode::Training);
    assert!(blocks >= 3, "the threads are in use");
    let (one, reports) = fit(&spec, &plan, train, valid, 1, u64::MAX);
    assert!(one.network.params().all(|p| p.pads_are_zero()));
    for threads in 2..=4 {
        let (many, others) = fit(&spec, &plan, train, valid, threads, u64::MAX);
        assert!(bits(&one) == bits(&many), "{threads} threads: {spec}");
        assert_eq!(reports, others, "{threads} threads");
    }
    let (stepwise, others) = fit(&spec, &plan, train, valid, 2, 1);
    assert!(bits(&one) == bits(&stepwise) && others.len() > reports.len());
    let losses = |reports: &[ChunkReport]| reports.iter().flat_map(|r| r.losses.clone()).collect::<Vec<_>>();
    assert_eq!(losses(&reports), losses(&others));
    assert_eq!(reports.last().unwrap().epoch_end, others.last().unwrap().epoch_end);
}

#[test]
fn dense_with_growth_clipping_and_decay() {
    let (train, valid) = (data(330, &[60], labels(7), 1), data(90, &[60], labels(7), 2));
    let spec = json!({"input": [60], "seed": 1, "optimizer": {"clipNorm": 0.5, "clipValue": 0.05,
        "schedule": {"type": "cosine"}, "method": {"type": "adam", "weightDecay": 0.01}},
        "layers": [{"type": "DynamicDense", "units": 45}, {"type": "Dropout", "rate": 0.3},
            {"type": "DynamicDense", "units": 31, "activation": "gelu"}, {"type": "DynamicDense", "units": 7}]});
    let growth = json!({"method": "stochastic", "every": 2, "prune": 0.01});
    same_bits(spec, json!({"epochs": 3, "growth": growth}), &train, &valid);
}

/// Features of the rows that stand in for one that goes are found from covariances, sums with rows in the lanes.
#[test]
fn dense_with_inputs_that_go() {
    let (train, valid) = (data(330, &[150], labels(7), 1), data(130, &[150], labels(7), 2));
    let spec = json!({"input": [150], "seed": 1, "layers": [
        {"type": "DynamicDense", "units": 30, "growth": {"minOutputs": 30}}, {"type": "DynamicDense", "units": 7}]});
    let growth = json!({"method": "budget", "every": 3, "weights": 3500, "inputs": true});
    let plan = json!({"epochs": 12, "batchSize": 110, "growth": growth});
    let (_, reports) = fit(&spec, &plan, &train, &valid, 1, u64::MAX);
    assert!(reports.iter().flat_map(|report| &report.events).any(|event| event.kind == Kind::DropInput));
    same_bits(spec, plan, &train, &valid);
}

#[test]
fn convolution_with_momentum() {
    let (train, valid) = (data(50, &[12, 12, 3], values(3), 3), data(20, &[12, 12, 3], values(3), 4));
    let spec = json!({"input": [12, 12, 3], "seed": 2, "loss": {"type": "binaryCrossEntropy"},
        "optimizer": {"learningRate": 0.01, "method": {"type": "sgd", "momentum": 0.9}},
        "layers": [{"type": "DynamicConv2D", "filters": 12}, {"type": "MaxPooling2D"},
            {"type": "DynamicConv2DToDense", "units": 5, "activation": "sigmoid"}, {"type": "Dense", "units": 3}]});
    let growth = json!({"method": "pruneExpand", "every": 1, "scoring": "batch"});
    same_bits(spec, json!({"epochs": 2, "batchSize": 43, "growth": growth}), &train, &valid);
}

#[test]
fn norms_and_residual_blocks_with_growth() {
    let dense = |units: usize, activation: &str| json!({"type": "DynamicDense", "units": units, "activation": activation});
    let (train, valid) = (data(330, &[60], labels(7), 6), data(90, &[60], labels(7), 7));
    for norm in ["BatchNorm", "LayerNorm"] {
        let spec = json!({"input": [60], "seed": 3, "optimizer": {"clipNorm": 0.5}, "layers": [{"type": norm}, dense(45, "relu"),
            dense(31, "linear"), {"type": norm}, {"type": "Activation", "activation": "relu"}, dense(45, "linear"),
            {"type": "Add", "from": 2}, {"type": norm}, dense(7, "linear")]});
        let growth = json!({"method": "stochastic", "every": 2, "prune": 0.01});
        same_bits(spec, json!({"epochs": 2, "growth": growth}), &train, &valid);
        let (train, valid) = (data(60, &[6, 6, 2], labels(4), 8), data(20, &[6, 6, 2], labels(4), 9));
        let growth = json!({"method": "stochastic", "every": 1, "scoring": "batch"});
        let mut spec = super::trial::with_norm(norm);
        spec["layers"][0]["filters"] = json!(16);
        spec["layers"][5]["filters"] = json!(16);
        same_bits(spec, json!({"epochs": 2, "batchSize": 47, "growth": growth}), &train, &valid);
    }
}

#[test]
fn evaluation_for_any_batch() {
    let data = data(301, &[40], labels(5), 5);
    let mut model = model(json!({"input": [40], "layers": [{"type": "Dense", "units": 90},
        {"type": "Dense", "units": 5}]}));
    assert_eq!(blocks(&model.network, 301, 4, Mode::Inference), 4, "the threads are in use");
    let whole = evaluate(&mut model, &data, 301, 1).unwrap();
    let outputs = predict(&mut model, &data, false, 1).unwrap();
    for (batch, threads) in [(1, 1), (7, 2), (100, 3), (1000, 4)] {
        assert_eq!(evaluate(&mut model, &data, batch, threads).unwrap(), whole);
        assert_eq!(predict(&mut model, &data, false, threads).unwrap(), outputs);
    }
}
