//! Layers that come and go during a fit.

use super::{bits, data, labels, model};
use super::{decisions, from_value};
use crate::checkpoint;
use crate::error::Code;
use crate::growth::{Event, GrowthPlan, Kind, Moment, Verdict};
use crate::rng::Stream;
use crate::train::{evaluate, predict, Dataset, FeaturesMut, Fit, FitPlan, Sample, TargetsMut};
use crate::Model;
use cambium_kernels::pool::with_team;
use serde_json::{json, Value};

/// Two arms that wind around each other one and a half times.
fn spirals(rows: usize, seed: u32) -> Dataset {
    let mut spirals = data(rows, &[2], labels(2), seed);
    let (mut stream, mut classes) = (Stream::new(seed, 3), Vec::new());
    let FeaturesMut::F32(x) = spirals.features_mut() else { panic!() };
    for (row, x) in x.chunks_exact_mut(2).enumerate() {
        let (class, radius) = (row as u32 % 2, stream.uniform().sqrt());
        let angle = (3.0 * radius + class as f32) * std::f32::consts::PI;
        x.copy_from_slice(&[2.0 * radius * angle.cos(), 2.0 * radius * angle.sin()]);
        classes.push(class);
    }
    let TargetsMut::Labels(y) = spirals.targets_mut() else { panic!() };
    y.copy_from_slice(&classes);
    spirals
}

/// A network of one hidden layer for rows of two features, with something behind it.
fn narrow(activation: &str, behind: &[Value]) -> Value {
    let mut layers = vec![json!({"type": "DynamicDense", "units": 6, "activation": activation})];
    layers.extend_from_slice(behind);
    layers.push(json!({"type": "DynamicDense", "units": 2}));
    json!({"input": [2], "seed": 4, "layers": layers})
}

fn plan(epochs: usize, growth: &Value) -> FitPlan {
    let optimizer =
        json!({"learningRate": 0.003, "schedule": {"type": "cosine", "start": 0.5, "floor": 0.02}});
    from_value(json!({"epochs": epochs, "batchSize": 32, "optimizer": optimizer, "growth": growth})).unwrap()
}

fn run(model: &mut Model, plan: &FitPlan, train: &Dataset, threads: usize) -> Vec<Event> {
    let mut fit = Fit::new(model, plan, train, Some(train)).unwrap();
    let mut events = Vec::new();
    while !fit.is_done() {
        events.extend(fit.chunk(model, train, Some(train), threads).unwrap().events);
    }
    events
}

fn of(events: &[Event], kind: Kind, verdict: Verdict) -> usize {
    events.iter().filter(|event| (event.kind, event.verdict) == (kind, verdict)).count()
}

#[test]
fn layers_come_where_widths_are_not_enough() {
    let (train, test) = (spirals(600, 1), spirals(600, 2));
    let [flat, deep] = [false, true].map(|depth| {
        let mut model = model(narrow("relu", &[]));
        let growth = json!({"method": "price", "every": 20, "depth": depth});
        let events = run(&mut model, &plan(180, &growth), &train, 1);
        let loss = evaluate(&mut model, &test, 100, 1).unwrap().loss;
        (model, events, loss)
    });
    assert_eq!(of(&flat.1, Kind::AddLayer, Verdict::Kept), 0);
    let (mut model, events, loss) = deep;
    assert!(loss < 0.5 * flat.2, "{loss} against {}", flat.2);
    let (came, went) =
        (of(&events, Kind::AddLayer, Verdict::Kept), of(&events, Kind::RemoveLayer, Verdict::Kept));
    assert!(came - went > 0);
    assert_eq!(model.network.layers.len(), 2 + came - went);
    // Each stands, or not, by the exact loss without it against its cost, give or take a quarter of a standard error.
    for event in events.iter().filter(|event| event.kind == Kind::RemoveLayer) {
        let rise = event.loss_after.unwrap() - event.loss_before.unwrap();
        let saved = event.weights_before as f64 - event.weights_after as f64;
        let error = event.reason.split("error of ").nth(1).unwrap().split(';').next().unwrap();
        let error: f64 = error.parse().unwrap();
        let (excess, guard) = (rise - event.penalty * saved, 0.25 * error + 1e-6);
        assert!(event.penalty > 0.0);
        assert!(if event.verdict == Verdict::Kept { excess < guard } else { excess > -guard }, "{event:?}");
    }
    let saved = checkpoint::save(&model).unwrap();
    let mut loaded = checkpoint::load(&saved).unwrap();
    assert_eq!(loaded.log.events(), model.log.events());
    assert_eq!(loaded.log.events(), events);
    assert_eq!(predict(&mut loaded, &test, true, 1).unwrap(), predict(&mut model, &test, true, 1).unwrap());
}

#[test]
fn bits_do_not_depend_on_threads_where_layers_come_and_go() {
    let train = spirals(600, 1);
    let behind = [json!({"type": "BatchNorm"}), json!({"type": "DynamicDense", "units": 40})];
    let dropout = [json!({"type": "Dropout", "rate": 0.1}), json!({"type": "DynamicDense", "units": 40})];
    for behind in [&behind, &dropout] {
        let growth = json!({"method": "auto", "every": 10, "scoring": "training", "depth": true});
        let ends = [1, 3].map(|threads| {
            let mut model = model(narrow("relu", behind));
            let plan = FitPlan { batch_size: Some(300), ..plan(200, &growth) };
            let events = run(&mut model, &plan, &train, threads);
            assert!(of(&events, Kind::AddLayer, Verdict::Kept) > 0);
            assert!(model.network.params().all(|param| param.pads_are_zero()));
            (bits(&model), events)
        });
        assert!(ends[0] == ends[1]);
    }
}

#[test]
fn a_layer_that_does_nothing_goes() {
    let train = spirals(300, 1);
    let mut model = model(narrow("linear", &[json!({"type": "DynamicDense", "units": 6})]));
    let growth = json!({"method": "price", "every": 20, "depth": true});
    let events = run(&mut model, &plan(100, &growth), &train, 1);
    let linear =
        events.iter().find(|event| event.kind == Kind::RemoveLayer && event.axis == Some(0)).unwrap();
    assert_eq!(linear.verdict, Verdict::Kept);
    assert!((linear.loss_after.unwrap() - linear.loss_before.unwrap()).abs() < 1e-5, "{linear:?}");
    // Merged weights are as old as their last merger.
    let merged = |event: &&Event| event.kind == Kind::RemoveLayer && event.verdict == Verdict::Kept;
    let last = events.iter().filter(merged).rfind(|event| event.axis == Some(0)).unwrap();
    assert_eq!(model.network.linear(0).weight.birth(), last.step);
}

#[test]
fn a_layer_that_is_worth_its_price_stays_to_the_bit() {
    let train = spirals(300, 1);
    let mut trained = model(narrow("relu", &[json!({"type": "DynamicDense", "units": 6})]));
    run(&mut trained, &plan(40, &Value::Null), &train, 1);
    // All widths are the least, so that nothing but layers can go.
    for axis in &mut trained.network.axes {
        axis.min = 6;
    }
    let growth: GrowthPlan =
        from_value(json!({"method": "price", "price": 0.001, "depth": true, "inputs": false})).unwrap();
    // So few numbers to fit that no newborn is tried.
    let mut rule = growth.rule(&trained.network, (1, 1), 1000).unwrap();
    let rows = train.all_rows().unwrap();
    let sample = Sample::new(&trained.network, &train, &rows, None).unwrap();
    let before = bits(&trained);
    let events = with_team(1, |team| {
        decisions(&mut *rule, Moment { model: &mut trained, share: 0.45, sample: &sample, team })
    });
    let [event] = &events[..] else { panic!("{events:?}") };
    assert_eq!((event.kind, event.verdict), (Kind::RemoveLayer, Verdict::Undone));
    assert!(event.loss_after > event.loss_before && event.width == Some(6));
    assert_eq!(bits(&trained), before);
}

#[test]
fn a_model_saved_while_a_layer_is_on_trial_goes_on() {
    let train = spirals(600, 1);
    let growth = json!({"method": "price", "every": 20, "depth": true});
    let mut model = model(narrow("relu", &[]));
    let mut fit = Fit::new(&mut model, &plan(60, &growth), &train, Some(&train)).unwrap();
    fit.chunk_work = 1;
    while of(model.log.events(), Kind::AddLayer, Verdict::Kept) == 0 {
        fit.chunk(&mut model, &train, Some(&train), 1).unwrap();
    }
    let saved = checkpoint::save(&model).unwrap();
    let ends = [(), ()].map(|()| {
        let mut loaded = checkpoint::load(&saved).unwrap();
        assert_eq!(loaded.network.layers.len(), 3);
        assert!(checkpoint::save(&loaded).unwrap() == saved);
        let events = run(&mut loaded, &plan(60, &growth), &train, 1);
        assert_eq!(loaded.log.events().len(), model.log.events().len() + events.len());
        assert!(
            of(&events, Kind::RemoveLayer, Verdict::Kept) + of(&events, Kind::RemoveLayer, Verdict::Undone)
                > 0
        );
        bits(&loaded)
    });
    assert!(ends[0] == ends[1]);
}

#[test]
fn depth_is_refused_where_no_layer_can_come_or_go() {
    let refuse = |spec: Value, growth: Value, words: &str| {
        let (mut model, train) = (model(spec), spirals(40, 1));
        let error = Fit::new(&mut model, &plan(1, &growth), &train, Some(&train)).unwrap_err();
        assert_eq!(error.code, Code::Option, "{}", error.message);
        assert!(error.message.contains(words), "{}", error.message);
    };
    refuse(narrow("tanh", &[]), json!({"method": "auto", "depth": true}), "layer 0, which has no ReLU");
    refuse(
        narrow("relu", &[]),
        json!({"method": "stochastic", "depth": true}),
        "only 'price' and 'auto' propose layers",
    );
    let one = json!({"input": [2], "layers": [{"type": "DynamicDense", "units": 2}]});
    refuse(one, json!({"method": "auto", "depth": true}), "it has no hidden axis");
}
