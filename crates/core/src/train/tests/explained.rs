//! What events tell of removals that were scored: the change of the loss that was predicted, and why one was not made.

use super::methods::{run, two_of_twelve};
use super::{bits, data, model, values};
use super::{decisions, from_value};
use crate::error::{Code, Error, Result};
use crate::growth::{self, Event, GrowthPlan, Kind, Moment, Rule, Verdict};
use crate::param::Plane;
use crate::train::{evaluate, Dataset, FeaturesMut, Sample};
use crate::{checkpoint, Model};
use cambium_kernels::pool::with_team;
use ndarray::Axis;
use serde_json::{json, Value};

/// A network whose output is linear in its rows.
fn linear(inputs: usize, units: usize) -> Model {
    model(json!({"input": [inputs], "seed": 3, "layers": [
        {"type": "DynamicDense", "units": units, "activation": "linear"}, {"type": "DynamicDense", "units": 1}]}))
}

/// One late event, judged on `rows`.
fn event(model: &mut Model, growth: Value, train: &Dataset, rows: &[u32]) -> Vec<Event> {
    let growth: GrowthPlan = from_value(growth).unwrap();
    // Old enough to be judged.
    model.network.step = 1000;
    // So few numbers to fit that no newborn is tried.
    let mut rule = growth.rule(&model.network, (1, 1), 1000).unwrap();
    let sample = Sample::new(&model.network, train, rows, None).unwrap();
    with_team(1, |team| decisions(&mut *rule, Moment { model, share: 0.45, sample: &sample, team }))
}

#[test]
fn the_prediction_is_a_change_of_the_mean_loss_to_second_order() {
    let (mut train, mut model) = (data(200, &[5], values(1), 4), linear(5, 3));
    // The width is the least, so that only features of the rows can go.
    model.network.axes[0].min = 3;
    let loss = evaluate(&mut model, &train, 200, 1).unwrap().loss;
    let [first, second] = [0, 1].map(|layer| model.network.linear(layer).weight.view(Plane::Value));
    // By each unit: the square of how it moves the output.
    let slopes: Vec<f64> = second.iter().map(|&v| f64::from(v) * f64::from(v)).collect();
    let squares: Vec<f64> = (0..5)
        .map(|k| {
            let weights = first.index_axis(Axis(1), k);
            weights.iter().zip(&slopes).map(|(&w, v)| f64::from(w) * f64::from(w) * v).sum()
        })
        .collect();
    let FeaturesMut::F32(x) = train.features_mut() else { panic!() };
    let variances: Vec<f64> = (0..5)
        .map(|k| {
            let column = x.chunks_exact(5).map(|row| f64::from(row[k]));
            let mean = column.clone().sum::<f64>() / 200.0;
            column.map(|x| (x - mean) * (x - mean)).sum::<f64>() / 200.0
        })
        .collect();
    let events = event(
        &mut model,
        json!({"method": "price", "price": 0.3, "inputs": true}),
        &train,
        &train.all_rows().unwrap(),
    );
    assert!(!events.is_empty());
    for event in &events {
        assert_eq!(event.kind, Kind::DropInput);
        let k = event.index.unwrap();
        // The gradient of a squared error is twice the error, so its square is four times the loss on average.
        let expected = 0.5 * variances[k] * squares[k] * 4.0 * loss;
        let predicted = event.predicted.unwrap();
        assert!((predicted - expected).abs() < 1e-4 * expected, "{predicted} for {expected}: {event:?}");
    }
}

#[test]
fn the_prediction_counts_all_readers_of_a_stream() {
    let train = data(200, &[5], values(1), 4);
    let dense = |units: usize| json!({"type": "DynamicDense", "units": units, "activation": "linear"});
    let layers = [dense(3), dense(3), json!({"type": "Add", "from": 1}), dense(1)];
    let mut model = model(json!({"input": [5], "seed": 3, "layers": layers}));
    let loss = evaluate(&mut model, &train, 200, 1).unwrap().loss;
    let [make, inner, last] = [0, 1, 3].map(|layer| {
        let weights = model.network.linear(layer).weight.view(Plane::Value);
        weights.iter().copied().collect::<Vec<f32>>()
    });
    let rows = train.all_rows().unwrap();
    let mut copy = train.clone();
    let FeaturesMut::F32(x) = copy.features_mut() else { panic!() };
    // What the stream carries to each reader, before the block and behind it, and how much of that the reader brings to the output.
    let square_of = |value: f64| value * value;
    let expected: Vec<f64> = (0..3)
        .map(|k| {
            let made =
                |row: &[f32], k: usize| (0..5).map(|i| f64::from(row[i] * make[3 * i + k])).sum::<f64>();
            let added = |row: &[f32]| (0..3).map(|m| made(row, m) * f64::from(inner[3 * m + k])).sum::<f64>();
            let mean = |value: &dyn Fn(&[f32]) -> f64| x.chunks_exact(5).map(value).sum::<f64>() / 200.0;
            let before = mean(&|row| square_of(made(row, k)));
            let behind = mean(&|row| square_of(made(row, k) + added(row)));
            let through = |j: usize| square_of(f64::from(inner[3 * k + j]) * f64::from(last[j]));
            let harm = before * (0..3).map(through).sum::<f64>() + behind * square_of(f64::from(last[k]));
            0.5 * harm * 4.0 * loss
        })
        .collect();
    let events =
        event(&mut model, json!({"method": "budget", "weights": 12, "inputs": false}), &train, &rows);
    assert_eq!(events[0].kind, Kind::Remove);
    let (predicted, expected) = (events[0].predicted.unwrap(), expected[events[0].index.unwrap()]);
    assert!((predicted - expected).abs() < 1e-4 * expected, "{predicted} for {expected}: {:?}", events[0]);
}

#[test]
fn the_prediction_does_not_depend_on_how_often_the_rows_are_there() {
    let train = two_of_twelve(100, 7);
    let once = train.all_rows().unwrap();
    let thrice = [&once[..], &once, &once].concat();
    let [one, three] = [&once, &thrice].map(|rows| {
        let mut model = linear(12, 6);
        let growth = json!({"method": "budget", "weights": 60, "inputs": true, "every": 1});
        let growth: GrowthPlan = from_value(growth).unwrap();
        let mut rule = growth.rule(&model.network, (rows.len(), 1), 100).unwrap();
        let sample = Sample::new(&model.network, &train, rows, None).unwrap();
        let first = with_team(1, |team| {
            decisions(&mut *rule, Moment { model: &mut model, share: 0.9, sample: &sample, team })
        });
        first[0].clone()
    });
    assert_eq!((one.kind, one.index), (three.kind, three.index));
    let (one, three) = (one.predicted.unwrap(), three.predicted.unwrap());
    assert!(one > 0.0 && (one - three).abs() < 1e-4 * one, "{one} and {three}");
}

#[test]
fn the_cheapest_removal_that_does_not_pay_is_told_of() {
    let (train, valid) = (two_of_twelve(400, 7), two_of_twelve(200, 8));
    let mut trained = linear(12, 6);
    let growth = json!({"method": "price", "every": 4, "inputs": true});
    let events = run(&mut trained, &growth, &train, &valid, 1);
    let removals = |event: &&Event| matches!(event.kind, Kind::Remove | Kind::DropInput);
    assert!(events.iter().filter(removals).all(|event| event.predicted.is_some_and(|rise| rise >= 0.0)));
    let spared: Vec<&Event> =
        events.iter().filter(removals).filter(|event| event.verdict == Verdict::Undone).collect();
    assert!(spared.len() > 10 && spared.is_sorted_by(|a, b| a.step < b.step), "at most one at an event");
    let number = |reason: &str, before: &str| -> f64 {
        let text = reason.split(before).nth(1).unwrap();
        text.split(|c: char| c != '.' && c != '-' && !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    for event in &spared {
        let rise = event.loss_after.unwrap() - event.loss_before.unwrap();
        let [told, error, saved, worth] =
            ["rise by ", "error ", "its ", "worth "].map(|before| number(&event.reason, before));
        // It was judged before others went at the same event, which its weights may have read.
        let fewer = (event.weights_before - event.weights_after) as f64;
        assert!(fewer > 0.0 && fewer <= saved, "{event:?}");
        assert!((told - rise).abs() < 1e-6 && (worth - event.penalty * saved).abs() < 1e-6, "{event:?}");
        assert!(rise + 0.25 * error > worth - 2e-6, "{event:?}");
    }
    // The rest of the numbers is that of the network after the removals of the event.
    events.iter().fold(events[0].weights_before, |weights, event| {
        assert_eq!(event.weights_before, weights, "{event:?}");
        if event.verdict == Verdict::Kept {
            event.weights_after
        } else {
            weights
        }
    });
    let loaded = checkpoint::load(&checkpoint::save(&trained).unwrap()).unwrap();
    assert_eq!(loaded.log.events(), events);
}

#[test]
fn a_removal_that_is_only_told_of_changes_nothing() {
    let (train, mut model) = (two_of_twelve(400, 7), linear(12, 2));
    run(&mut model, &Value::Null, &train, &train, 1);
    let before = bits(&model);
    let rows = train.all_rows().unwrap();
    let events = event(&mut model, json!({"method": "price", "price": 0.0, "inputs": false}), &train, &rows);
    let [spared] = &events[..] else { panic!("{events:?}") };
    assert_eq!((spared.kind, spared.verdict, spared.width), (Kind::Remove, Verdict::Undone, Some(2)));
    assert!(spared.loss_after > spared.loss_before && spared.index < Some(2));
    assert_eq!(bits(&model), before);
}

/// A rule whose events fail once they have done their work, as where memory runs out.
#[derive(Debug)]
struct Failing(Box<dyn Rule>);

impl Rule for Failing {
    fn event(&mut self, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()> {
        self.0.event(moment, events)?;
        Err(Error::new(Code::OutOfMemory, "no room"))
    }
}

#[test]
fn what_was_decided_before_an_event_failed_is_remembered() {
    let (train, mut model) = (two_of_twelve(400, 7), linear(12, 6));
    let rows = train.all_rows().unwrap();
    let growth: GrowthPlan = from_value(json!({"method": "budget", "weights": 40, "inputs": false})).unwrap();
    let mut rule = Failing(growth.rule(&model.network, (400, 1), 1000).unwrap());
    let sample = Sample::new(&model.network, &train, &rows, None).unwrap();
    let mut told = Vec::new();
    let ended = with_team(1, |team| {
        let mut moment = Moment { model: &mut model, share: 0.7, sample: &sample, team };
        growth::event(&mut rule, &mut moment, &mut told)
    });
    assert_eq!(ended.unwrap_err().code, Code::OutOfMemory);
    let events = model.log.events();
    assert_eq!(events, told);
    assert!(!events.is_empty() && events.iter().all(|event| event.kind == Kind::Remove));
    assert_eq!(events.last().unwrap().weights_after, model.network.weight_count());
}
