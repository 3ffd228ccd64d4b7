//! Growth of odd models, on odd data, at odd times.

use super::from_value;
use super::{data, labels, model, values};
use crate::checkpoint;
use crate::error::Code;
use crate::growth::{apply, Change, Event, Kind};
use crate::train::{Dataset, Fit, FitPlan, TargetsMut};
use crate::Model;
use serde_json::{json, Value};

fn plan(growth: &Value) -> FitPlan {
    let optimizer = json!({"learningRate": 0.01});
    from_value(json!({"epochs": 40, "batchSize": 20, "optimizer": optimizer, "growth": growth})).unwrap()
}

fn run(model: &mut Model, growth: &Value, train: &Dataset) -> Vec<Event> {
    let mut fit = Fit::new(model, &plan(growth), train, None).unwrap();
    let mut events = Vec::new();
    while !fit.is_done() {
        events.extend(fit.chunk(model, train, None, 1).unwrap().events);
    }
    events
}

fn dense(units: &[usize]) -> Model {
    let layers: Vec<Value> =
        units.iter().map(|units| json!({"type": "DynamicDense", "units": units})).collect();
    model(json!({"input": [12], "seed": 3, "layers": layers}))
}

#[test]
fn events_must_come_when_features_come_and_go() {
    let train = data(100, &[12], labels(4), 7);
    let refuse = |growth: Value, words: &str| {
        let error = Fit::new(&mut dense(&[3, 4]), &plan(&growth), &train, None).unwrap_err();
        assert_eq!(error.code, Code::Option);
        assert!(error.message.contains(words), "{}", error.message);
    };
    let auto = json!({"method": "auto", "every": 50, "scoring": "training"});
    refuse(auto, "growth.every is 50 and growth.until 1: of 200 steps none with an event comes between 0 and 0.15 of them, when features come");
    let auto = json!({"method": "auto", "every": 90, "until": 0.4, "scoring": "training"});
    refuse(auto, "none with an event comes between 0 and 0.15 of them, when features come");
    let auto = json!({"method": "auto", "every": 10, "until": 0.15, "scoring": "training"});
    refuse(auto, "growth.until is 0.15; a price needs more than 0.35 of the steps");
    let deep = json!({"method": "auto", "every": 10, "until": 0.4, "depth": true, "scoring": "training"});
    refuse(deep, "with growth.depth use at least 0.5 of the steps");
    let far = |limit: &str| json!({"method": "budget", "every": 10, limit: 1e300, "scoring": "training"});
    refuse(far("multiplyAdds"), "use at most");
    refuse(
        json!({"method": "budget", "every": 10, "weights": 2e9 as u64, "scoring": "training"}),
        "growth.weights is 2000000000; use at most 1000000000",
    );
}

#[test]
fn a_model_without_hidden_layers_gives_up_inputs() {
    let train = data(100, &[12], labels(4), 7);
    let mut model = dense(&[4]);
    let growth =
        json!({"method": "budget", "every": 10, "weights": 24, "inputs": true, "scoring": "training"});
    let events = run(&mut model, &growth, &train);
    assert!(events.iter().all(|event| event.kind == Kind::DropInput));
    assert_eq!(model.network.weight_count(), 24);
}

#[test]
fn inputs_stay_as_they_are_where_they_may_not_go() {
    let train = data(100, &[12], labels(4), 7);
    let mut model = dense(&[8, 4]);
    apply(&mut model, &Change::DropInput { input: 3, constant: 0.0 }).unwrap();
    let growth = json!({"method": "price", "price": 0.0, "every": 5, "inputs": false, "scoring": "training"});
    run(&mut model, &growth, &train);
    assert_eq!(model.network.inputs.dropped(), [3]);
}

#[test]
fn losses_that_are_no_numbers_leave_a_model_that_can_be_saved() {
    let mut train = data(100, &[12], values(4), 7);
    let TargetsMut::Values(y) = train.targets_mut() else { panic!() };
    y.iter_mut().for_each(|y| *y *= 1e30);
    for depth in [false, true] {
        let mut model = dense(&[8, 8, 4]);
        let growth = json!({"method": "auto", "every": 5, "depth": depth, "scoring": "training"});
        let mut fit = Fit::new(&mut model, &plan(&growth), &train, None).unwrap();
        // The fit ends by an error sooner or later; what it leaves is to be sound.
        while !fit.is_done() && fit.chunk(&mut model, &train, None, 1).is_ok() {}
        let loaded = checkpoint::load(&checkpoint::save(&model).unwrap()).unwrap();
        assert_eq!(loaded.log.events(), model.log.events());
    }
}

#[test]
fn wide_layers_shrink_without_a_regression_on_all() {
    let train = data(200, &[12], labels(4), 7);
    let mut model = dense(&[600, 4]);
    let growth =
        json!({"method": "price", "price": 1.0, "every": 100, "inputs": false, "scoring": "training"});
    // Growth and removal have an event each.
    let plan = FitPlan { epochs: 40, batch_size: Some(20), ..plan(&growth) };
    let mut fit = Fit::new(&mut model, &plan, &train, None).unwrap();
    let mut removed = 0;
    while !fit.is_done() {
        for event in fit.chunk(&mut model, &train, None, 1).unwrap().events {
            let (before, after) = (event.loss_before.unwrap(), event.loss_after.unwrap());
            assert!(event.kind == Kind::Remove && (after - before).abs() < 0.1 * before, "{event:?}");
            removed += usize::from(event.verdict == crate::growth::Verdict::Kept);
        }
    }
    assert!(removed > 50, "{removed}");
    assert_eq!(model.network.width(0), 600 - removed);
}
