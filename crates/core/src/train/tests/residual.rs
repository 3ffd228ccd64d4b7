//! Growth on axes with norms, and with several layers that make them and read them.

use super::from_value;
use super::trial::with_norm;
use super::{bits, data, labels, model};
use crate::checkpoint;
use crate::growth::{Event, Kind, Verdict};
use crate::train::workspace::{blocks, Mode};
use crate::train::{predict, Dataset, FeaturesMut, Fit, FitPlan, TargetsMut};
use crate::Model;
use serde_json::{json, Value};

/// A residual block between two dense layers, with norms inside it and behind it. Two layers make the stream, and two read it.
pub(super) fn dense(norm: &str, [inputs, stream, block, outputs]: [usize; 4]) -> Value {
    let dense = |units: usize| json!({"type": "DynamicDense", "units": units, "activation": "linear"});
    let (norm, relu) = (json!({"type": norm}), json!({"type": "Activation", "activation": "relu"}));
    json!({"input": [inputs], "seed": 3, "layers": [dense(stream), dense(block), norm, relu, dense(stream),
        {"type": "Add", "from": 1}, norm, relu, dense(outputs)]})
}

/// A small residual network for images.
pub(super) fn images(norm: &str) -> Value {
    let mut spec = with_norm(norm);
    for (layer, width) in [(0, 3), (2, 2), (5, 3)] {
        spec["layers"][layer]["filters"] = json!(width);
    }
    spec["layers"][9]["units"] = json!(3);
    spec
}

/// Rows of four classes, of which the even and the odd features (of images, the two channels) have different means.
pub(super) fn shifted(rows: usize, shape: &[usize], classes: usize, seed: u32) -> Dataset {
    let mut data = data(rows, shape, labels(classes), seed);
    let TargetsMut::Labels(y) = data.targets_mut() else { panic!() };
    y.iter_mut().for_each(|class| *class %= 4);
    let labels = y.to_vec();
    let FeaturesMut::F32(x) = data.features_mut() else { panic!() };
    for (row, class) in x.chunks_exact_mut(shape.iter().product()).zip(labels) {
        row.iter_mut().enumerate().for_each(|(at, x)| *x += (class >> (at % 2) & 1) as f32);
    }
    data
}

/// Rows of a step.
const BATCH: usize = 100;

fn run(model: &mut Model, growth: &Value, train: &Dataset, valid: &Dataset, threads: usize) -> Vec<Event> {
    let epochs = 3000 / train.rows();
    let plan =
        json!({"epochs": epochs, "batchSize": BATCH, "optimizer": {"learningRate": 0.01}, "growth": growth});
    let plan: FitPlan = from_value(plan).unwrap();
    let mut fit = Fit::new(model, &plan, train, Some(valid)).unwrap();
    let mut events = Vec::new();
    while !fit.is_done() {
        events.extend(fit.chunk(model, train, Some(valid), threads).unwrap().events);
    }
    events
}

/// Runs the methods that grow and shrink on `spec`.
fn grows_and_shrinks(spec: &Value, shape: &[usize], rows: usize) {
    let start = model(spec.clone());
    let classes = start.network.output().features();
    let (train, valid) = (shifted(rows, shape, classes, 7), shifted(256, shape, classes, 8));
    let stream = &start.network.axes[0];
    assert_eq!((stream.producers.len(), stream.consumers.len()), (2, 2));
    for (rows, mode) in [(BATCH, Mode::Training), (256, Mode::Inference)] {
        assert!(blocks(&start.network, rows, 3, mode) >= 3, "the threads are in use");
    }
    let budget = start.network.weight_count();
    let mut left_stream = 0;
    for growth in [
        json!({"method": "budget", "every": 2, "weights": budget}),
        json!({"method": "price", "every": 2, "price": 0.2}),
        json!({"method": "auto", "every": 2, "scoring": "training"}),
    ] {
        let [(mut one, events), (other, others)] = [1, 3].map(|threads| {
            let mut model = model(spec.clone());
            let events = run(&mut model, &growth, &train, &valid, threads);
            assert!(model.network.params().all(|param| param.pads_are_zero()), "{growth} {spec}");
            (model, events)
        });
        assert!(bits(&one) == bits(&other) && events == others, "{growth} {spec}");
        let made = || events.iter().filter(|event| event.verdict == Verdict::Kept);
        let of = |kind: Kind, axis: usize| {
            made().filter(|event| event.kind == kind && event.axis == Some(axis)).count()
        };
        for (axis, after) in one.network.widths().into_iter().enumerate() {
            let (came, went) = (of(Kind::Add, axis), of(Kind::Remove, axis));
            assert_eq!(after + went, start.network.width(axis) + came, "axis {axis}: {growth} {spec}");
        }
        assert!(of(Kind::Add, 0) > 0 && made().any(|event| event.kind == Kind::Remove), "{growth} {spec}");
        left_stream += of(Kind::Remove, 0);
        assert!(growth["method"] != "budget" || one.network.weight_count() <= budget);
        let saved = checkpoint::save(&one).unwrap();
        let mut loaded = checkpoint::load(&saved).unwrap();
        assert!(checkpoint::save(&loaded).unwrap() == saved);
        let outputs = predict(&mut one, &valid, true, 1).unwrap();
        assert!(outputs.iter().all(|z| z.is_finite()));
        assert!(outputs.chunks_exact(classes).any(|row| *row != outputs[..classes]), "{growth} {spec}");
        assert_eq!(predict(&mut loaded, &valid, true, 3).unwrap(), outputs, "{growth} {spec}");
    }
    assert!(left_stream > 0, "features go from axes with several ends: {spec}");
}

#[test]
fn dense_blocks_with_batch_norm() {
    grows_and_shrinks(&dense("BatchNorm", [64, 36, 30, 10]), &[64], 1500);
}

#[test]
fn dense_blocks_with_layer_norm() {
    grows_and_shrinks(&dense("LayerNorm", [64, 36, 30, 10]), &[64], 1500);
}

#[test]
fn blocks_for_images_with_batch_norm() {
    grows_and_shrinks(&images("BatchNorm"), &[6, 6, 2], 300);
}

#[test]
fn blocks_for_images_with_layer_norm() {
    grows_and_shrinks(&images("LayerNorm"), &[6, 6, 2], 300);
}

/// Residual blocks of a single layer, which makes what it reads.
fn looping() -> [(Value, Vec<usize>); 2] {
    let dense = |units: usize, activation: &str| json!({"type": "DynamicDense", "units": units, "activation": activation});
    let conv = json!({"type": "DynamicConv2D", "filters": 3, "strides": [1, 1], "activation": "linear", "useBias": true});
    let spec = json!({"input": [12], "seed": 3, "layers": [dense(3, "relu"), dense(3, "linear"), {"type": "Add", "from": 1}, dense(4, "linear")]});
    let images = json!({"input": [6, 6, 2], "seed": 4, "layers": [conv, {"type": "BatchNorm"}, conv, {"type": "Add", "from": 2},
        {"type": "MaxPooling2D"}, {"type": "DynamicConv2DToDense", "units": 3}, dense(4, "linear")]});
    [(spec, vec![12]), (images, vec![6, 6, 2])]
}

#[test]
fn several_features_at_once_come_to_a_layer_that_makes_what_it_reads() {
    for (spec, shape) in looping() {
        let start = model(spec.clone());
        assert!(start.network.axes[0].loops() && !start.network.axes.iter().skip(1).any(|axis| axis.loops()));
        let (train, valid) = (shifted(600, &shape, 4, 7), shifted(100, &shape, 4, 8));
        let budget = 3 * start.network.weight_count();
        for method in ["budget", "gradMax", "tiny", "split", "cascade", "price", "auto"] {
            let mut growth = json!({"method": method, "every": 2, "scoring": "training"});
            if ["budget", "gradMax", "tiny", "split", "cascade"].contains(&method) {
                growth["weights"] = json!(budget);
            }
            let [(one, events), (other, others)] = [1, 3].map(|threads| {
                let mut model = model(spec.clone());
                let events = run(&mut model, &growth, &train, &valid, threads);
                assert!(model.network.params().all(|param| param.pads_are_zero()), "{growth} {spec}");
                (model, events)
            });
            assert!(bits(&one) == bits(&other) && events == others, "{growth} {spec}");
            let came = |event: &&Event| {
                event.kind == Kind::Add && event.axis == Some(0) && event.verdict == Verdict::Kept
            };
            assert!(events.iter().filter(came).count() > 1, "{growth} {spec}");
            let saved = checkpoint::save(&one).unwrap();
            assert!(checkpoint::save(&checkpoint::load(&saved).unwrap()).unwrap() == saved);
        }
    }
}
