//! What a model remembers of the decisions about its structure.

mod support;

use cambium_core::checkpoint::{load, save};
use cambium_core::growth::{apply, try_change, update_features, Change, Event, Judge, Kind, Verdict};
use cambium_core::train::{Dataset, DatasetSpec, FeaturesMut, Fit, TargetsMut};
use cambium_core::{Code, Model};
use serde_json::{json, Value};
use support::from_value;

fn model() -> Model {
    let spec = json!({"input": [3], "seed": 2, "layers": [
        {"type": "DynamicDense", "units": 4}, {"type": "DynamicDense", "units": 3}, {"type": "DynamicDense", "units": 2}
    ]});
    Model::new(&from_value(spec).unwrap()).unwrap()
}

fn data() -> Dataset {
    let spec: DatasetSpec = from_value(json!({
        "rows": 40, "shape": [3], "dtype": "u8", "scale": 0.01, "targets": {"type": "labels", "classes": 2}
    }))
    .unwrap();
    let mut data = Dataset::reserve(&spec).unwrap();
    if let FeaturesMut::U8(x) = data.features_mut() {
        x.iter_mut().enumerate().for_each(|(i, x)| *x = (i * 83 % 251) as u8);
    }
    if let TargetsMut::Labels(y) = data.targets_mut() {
        y.iter_mut().enumerate().for_each(|(i, y)| *y = (i * 5 % 3 % 2) as u32);
    }
    data
}

fn change(value: Value) -> Change {
    from_value(value).unwrap()
}

/// Fits with an event before every second step; gives the events that were told, and how it ended.
fn fit(model: &mut Model, data: &Dataset, plan: Value) -> (Vec<Event>, Result<(), Code>) {
    let mut fit = Fit::new(model, &from_value(plan).unwrap(), data, None).unwrap();
    let mut events = Vec::new();
    while !fit.is_done() {
        match fit.chunk(model, data, None, 1) {
            Ok(report) => events.extend(report.events),
            Err(error) => return (events, Err(error.code)),
        }
    }
    (events, Ok(()))
}

#[test]
fn every_decision_is_remembered_in_order_and_in_files() {
    let (mut model, data, judge) = (model(), data(), Judge::default());
    let mut told = Vec::new();
    for method in ["stochastic", "pruneExpand"] {
        let growth =
            json!({"method": method, "every": 2, "scoring": "batch", "weightPenalty": 1e-4, "prune": 0.05});
        let (events, end) = fit(&mut model, &data, json!({"epochs": 6, "batchSize": 10, "growth": growth}));
        end.unwrap();
        assert!(events.len() >= 12);
        told.extend(events);
    }
    let budget = json!({"method": "budget", "every": 1, "scoring": "training", "weights": 40});
    let (events, end) = fit(&mut model, &data, json!({"epochs": 6, "batchSize": 10, "growth": budget}));
    end.unwrap();
    told.extend(events);
    told.push(update_features(&mut model, &data, &judge, 1).unwrap());
    told.push(
        try_change(&mut model, &change(json!({"type": "addLayer", "axis": 0})), &data, &judge, 1).unwrap(),
    );
    assert_eq!(model.log().events(), told);
    for verdict in [Verdict::Kept, Verdict::Undone] {
        assert!(told.iter().any(|event| event.verdict == verdict), "no event is {verdict:?}");
    }
    let file = save(&model).unwrap();
    let mut again = load(&file).unwrap();
    assert_eq!(again.log().events(), told);
    assert_eq!(save(&again).unwrap(), file);
    again.compact().unwrap();
    assert_eq!(again.log().events(), told);
}

/// The widths and the inputs in use to which `events` lead from those at the start.
fn replayed(events: &[Event], mut widths: Vec<usize>, mut inputs: usize) -> (Vec<usize>, usize) {
    for event in events.iter().filter(|event| event.verdict == Verdict::Kept) {
        match event.kind {
            Kind::Add => widths[event.axis.unwrap()] += 1,
            Kind::Remove => widths[event.axis.unwrap()] -= 1,
            Kind::Prune => event.removed.iter().for_each(|feature| widths[feature.axis] -= 1),
            Kind::DropInput => inputs -= 1,
            Kind::RestoreInput => inputs += 1,
            _ => panic!("{event:?}"),
        }
        let now = event.axis.map_or(inputs, |axis| widths[axis]);
        assert!(event.kind == Kind::Prune || event.width == Some(now), "{event:?}");
    }
    (widths, inputs)
}

#[test]
fn the_decisions_of_every_method_account_for_every_change() {
    for growth in [
        json!({"method": "stochastic", "every": 1, "scoring": "batch", "weightPenalty": 1e-3, "prune": 0.1}),
        json!({"method": "pruneExpand", "every": 2, "scoring": "batch"}),
        json!({"method": "budget", "every": 2, "scoring": "training", "weights": 50, "inputs": true}),
        json!({"method": "price", "every": 2, "scoring": "training", "price": 1.0, "inputs": true}),
        json!({"method": "auto", "every": 2, "scoring": "training"}),
    ] {
        let (mut model, data) = (model(), data());
        let (widths, inputs) = (model.network.widths(), model.network.input().features());
        let (told, end) = fit(&mut model, &data, json!({"epochs": 20, "batchSize": 10, "growth": growth}));
        end.unwrap();
        assert!(told.iter().any(|event| event.verdict == Verdict::Kept), "{growth}");
        assert_eq!(model.log().events(), told);
        let after = (model.network.widths(), model.network.input().features());
        assert_eq!(replayed(&told, widths, inputs), after, "{growth}");
    }
}

#[test]
fn changes_made_by_hand_are_remembered() {
    let mut model = model();
    for each in [
        json!({"type": "expand", "axis": 1}),
        json!({"type": "contract", "axis": 0, "index": 2}),
        json!({"type": "prune", "threshold": 1e-9}),
        json!({"type": "prune", "threshold": 1e9}),
        json!({"type": "contract", "axis": 0}),
        json!({"type": "addLayer", "axis": 0}),
        json!({"type": "removeLayer", "layer": 1}),
    ] {
        apply(&mut model, &change(each)).unwrap();
    }
    apply(&mut model, &change(json!({"type": "expand", "axis": 9}))).unwrap_err();
    let short = |e: &Event| (e.kind, e.verdict, e.axis, e.width, e.removed.len(), e.weights_after);
    let weights = |a: usize, b: usize| 3 * a + a + a * b + b + b * 2 + 2;
    let events: Vec<_> = model.log().events().iter().map(short).collect();
    // The prune that found nothing is no decision.
    assert_eq!(
        events,
        [
            (Kind::Add, Verdict::Kept, Some(1), Some(4), 0, weights(4, 4)),
            (Kind::Remove, Verdict::Kept, Some(0), Some(3), 0, weights(3, 4)),
            (Kind::Prune, Verdict::Kept, None, None, 5, weights(1, 1)),
            (Kind::Remove, Verdict::Blocked, Some(0), Some(1), 0, weights(1, 1)),
            (Kind::AddLayer, Verdict::Kept, Some(0), Some(1), 0, weights(1, 1) + 2),
            (Kind::RemoveLayer, Verdict::Kept, Some(1), None, 0, weights(1, 1)),
        ]
    );
    let file = save(&model).unwrap();
    assert_eq!(load(&file).unwrap().log().events(), model.log().events());
}

#[test]
fn a_fit_that_falls_back_forgets_the_decisions_of_that_epoch() {
    let (mut model, data) = (model(), data());
    apply(&mut model, &change(json!({"type": "expand", "axis": 1}))).unwrap();
    let (before, widths) = (model.log().events().to_vec(), model.network.widths());
    let plan = json!({
        "epochs": 3, "batchSize": 10, "growth": {"method": "stochastic", "every": 1, "scoring": "batch"},
        "optimizer": {"learningRate": 1e6, "method": {"type": "sgd", "weightDecay": 1e6}}
    });
    let (_, end) = fit(&mut model, &data, plan);
    assert_eq!(end, Err(Code::NotFinite));
    assert_eq!(model.network.widths(), widths);
    assert_eq!(model.log().events(), before);
}

#[test]
fn a_file_without_decisions_loads_and_one_with_broken_ones_is_refused() {
    let mut model = model();
    let plain = save(&model).unwrap();
    assert!(!String::from_utf8_lossy(&plain).contains("events"));
    assert!(load(&plain).unwrap().log().events().is_empty());
    model.network.step = 10;
    apply(&mut model, &change(json!({"type": "expand", "axis": 1}))).unwrap();
    let mut file = save(&model).unwrap();
    // Its first number is the step, its second the kind: step 1 and a kind that there is not.
    let at = file.windows(8).position(|bytes| bytes == b":\\\"10 0 ").unwrap();
    file[at + 3..at + 7].copy_from_slice(b"1 10");
    assert_eq!(load(&file).unwrap_err().code, Code::State);
}
