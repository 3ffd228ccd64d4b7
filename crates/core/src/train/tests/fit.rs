//! The loop: plans, epochs, schedules, short batches, losses that are not finite.

use super::from_value;
use super::{bits, data, labels, model, values};
use crate::error::Code;
use crate::model::Model;
use crate::param::Plane;
use crate::train::{evaluate, ChunkReport, Dataset, Fit, FitPlan};
use serde_json::{json, Value};
use std::sync::atomic::{AtomicU32, Ordering};

fn dense(units: usize) -> Value {
    json!({"input": [8], "seed": 4, "layers": [{"type": "DynamicDense", "units": units},
        {"type": "DynamicDense", "units": 3}]})
}

fn plan(plan: Value) -> FitPlan {
    from_value(plan).unwrap()
}

fn run(model: &mut Model, plan: &FitPlan, train: &Dataset, valid: Option<&Dataset>) -> Vec<ChunkReport> {
    let mut fit = Fit::new(model, plan, train, valid).unwrap();
    let mut reports = Vec::new();
    while !fit.is_done() {
        reports.push(fit.chunk(model, train, valid, 1).unwrap());
    }
    reports
}

#[test]
fn reports_epochs_and_learns() {
    let mut train = data(130, &[8], labels(3), 1);
    // A rule that can be learnt: the class is the largest of the first three features.
    let mut x = vec![0.0; 130 * 8];
    train.gather(&train.all_rows().unwrap(), &model(dense(4)).network.inputs, &mut x);
    let best = |row: &[f32]| (0..3).fold(0, |best, i| if row[i] > row[best] { i } else { best }) as u32;
    let crate::train::TargetsMut::Labels(y) = train.targets_mut() else { panic!() };
    y.iter_mut().zip(x.chunks_exact(8)).for_each(|(y, row)| *y = best(row));

    let mut model = model(dense(16));
    model.network.optimizer.learning_rate = 0.01;
    let plan = plan(json!({"epochs": 60, "batchSize": 50}));
    let reports = run(&mut model, &plan, &train, Some(&train));
    assert!(reports.iter().all(|r| r.steps_in_epoch == 3 && r.losses.len() == 3));
    let ends: Vec<_> = reports.iter().filter_map(|r| r.epoch_end.as_ref()).collect();
    assert_eq!(ends.iter().map(|e| e.epoch).collect::<Vec<_>>(), (0..60).collect::<Vec<_>>());
    assert!(ends[59].accuracy.unwrap() > 0.95 && ends[59].loss < ends[0].loss / 2.0, "{:?}", ends[59]);
    let evaluation = evaluate(&mut model, &train, 100, 1).unwrap();
    assert_eq!((ends[59].val_loss, ends[59].val_accuracy), (Some(evaluation.loss), evaluation.accuracy));
    assert_eq!((model.network.step, reports.last().unwrap().done), (180, true));
    // The mean of an epoch weighs each batch by its rows: 50, 50 and 30.
    let losses = &reports[7].losses;
    let mean = (losses[0] * 50.0 + losses[1] * 50.0 + losses[2] * 30.0) / 130.0;
    assert!((reports[7].epoch_end.as_ref().unwrap().loss - mean).abs() < 1e-12);
}

#[test]
fn a_short_last_batch_is_a_batch_of_its_own() {
    let (all, first, last) =
        (data(7, &[8], values(3), 1), data(4, &[8], values(3), 1), data(3, &[8], values(3), 1));
    let rows = |data: &Dataset, rows: &[u32]| {
        let mut values = Vec::new();
        data.gather_values(rows, 1, &mut values);
        values
    };
    let mut unshuffled = model(dense(5));
    run(&mut unshuffled, &plan(json!({"epochs": 1, "batchSize": 4, "shuffle": false})), &all, None);
    // The same seven rows as two data sets.
    let mut parts = [first, last];
    let mut x = vec![0.0; 7 * 8];
    all.gather(&all.all_rows().unwrap(), &unshuffled.network.inputs, &mut x);
    let y = rows(&all, &all.all_rows().unwrap());
    let mut by_hand = model(dense(5));
    for (part, range) in parts.iter_mut().zip([0..4, 4..7]) {
        let crate::train::FeaturesMut::F32(to) = part.features_mut() else { panic!() };
        to.copy_from_slice(&x[range.start * 8..range.end * 8]);
        let crate::train::TargetsMut::Values(to) = part.targets_mut() else { panic!() };
        to.copy_from_slice(&y[range.start * 3..range.end * 3]);
        crate::train::train_on_batch(&mut by_hand, part, 1).unwrap();
    }
    assert_eq!(bits(&unshuffled), bits(&by_hand));
}

#[test]
fn the_schedule_reaches_the_steps() {
    let train = data(20, &[8], labels(3), 1);
    let mut model = model(dense(5));
    let schedule = json!({"type": "step", "every": 4, "factor": 0.5});
    model.network.optimizer = from_value(json!({"learningRate": 0.1, "schedule": schedule})).unwrap();
    let reports = run(&mut model, &plan(json!({"epochs": 3, "batchSize": 5})), &train, None);
    let rates: Vec<_> = reports.iter().map(|r| r.epoch_end.as_ref().unwrap().learning_rate).collect();
    assert_eq!(rates, [0.1, 0.05, 0.025]);
}

#[test]
fn growth_comes_when_due_and_rests() {
    let (train, valid) = (data(40, &[8], labels(3), 1), data(30, &[8], labels(3), 2));
    let growth = json!({"method": "stochastic", "every": 3, "until": 0.5, "scoringRows": 30});
    let mut model = model(dense(5));
    let plan = plan(json!({"epochs": 6, "batchSize": 10, "growth": growth}));
    let reports = run(&mut model, &plan, &train, Some(&valid));
    let steps: Vec<_> = reports.iter().flat_map(|r| &r.events).map(|e| e.step).collect();
    assert_eq!(steps, [2, 5, 8, 11], "before every third step, in the first half of 24 steps");
    assert!(model.network.params().all(|p| p.pads_are_zero()));
}

#[test]
fn the_clock_times_events_and_changes_nothing() {
    static READINGS: AtomicU32 = AtomicU32::new(0);
    let (train, valid) = (data(40, &[8], labels(3), 1), data(30, &[8], labels(3), 2));
    let growth = |scoring| json!({"method": "stochastic", "every": 3, "until": 0.5, "scoring": scoring});
    for scoring in ["validation", "batch"] {
        let plan = plan(json!({"epochs": 6, "batchSize": 10, "growth": growth(scoring)}));
        let (mut still, mut timed) = (model(dense(5)), model(dense(5)));
        let mut reports = run(&mut still, &plan, &train, Some(&valid));
        assert!(reports.iter().all(|r| r.milliseconds == 0.0 && r.event_milliseconds == 0.0));
        // Every reading is a millisecond after the one before: two for each event, one of them inside it.
        let clock = || f64::from(READINGS.fetch_add(1, Ordering::Relaxed));
        let mut fit = Fit::new(&mut timed, &plan, &train, Some(&valid)).unwrap().with_clock(clock);
        for report in &mut reports {
            let events = report.events.len() as f64;
            (report.milliseconds, report.event_milliseconds) = (2.0 * events + 1.0, events);
            assert_eq!(fit.chunk(&mut timed, &train, Some(&valid), 1).unwrap(), *report);
        }
        assert_eq!(reports.iter().map(|r| r.event_milliseconds).sum::<f64>(), 4.0);
        assert_eq!(bits(&timed), bits(&still));
    }
}

#[test]
fn a_loss_that_is_not_finite_brings_the_last_good_weights_back() {
    let train = data(20, &[8], values(3), 1);
    let mut model = model(dense(5));
    let good = plan(json!({"epochs": 1, "batchSize": 5, "shuffle": false}));
    run(&mut model, &good, &train, None);
    let before = bits(&model);
    model.network.optimizer = from_value(json!({"learningRate": 1e6, "method": {"type": "sgd"}})).unwrap();
    let mut fit = Fit::new(&mut model, &plan(json!({"epochs": 9, "batchSize": 5})), &train, None).unwrap();
    let error = (0..9).find_map(|_| fit.chunk(&mut model, &train, None, 1).err()).unwrap();
    assert_eq!(error.code, Code::NotFinite);
    assert!(error.message.contains("epoch 0"), "{error}");
    assert_eq!((bits(&model), model.network.step), (before, 4));
    assert!(fit.is_done());
}

#[test]
fn moments_of_a_dead_unit_become_zero() {
    let train = data(20, &[8], labels(3), 1);
    let mut model = model(dense(5));
    let quick = plan(json!({"epochs": 1, "shuffle": false}));
    run(&mut model, &quick, &train, None);
    // A bias far below every input: the unit never fires again.
    model.network.linear_mut(0).bias.as_mut().unwrap().view_mut(Plane::Value)[[0, 0, 2]] = -1e6;
    run(&mut model, &plan(json!({"epochs": 1500})), &train, None);
    for plane in [Plane::First, Plane::Second] {
        let moments = model.network.linear(0).weight.view(plane);
        let dead = moments.index_axis(ndarray::Axis(2), 2);
        assert!(dead.iter().all(|m| *m == 0.0 || m.is_normal()), "{dead}");
        assert!(plane == Plane::Second || dead.iter().all(|&m| m == 0.0), "{dead}");
    }
}

#[test]
fn refuses_plans_that_cannot_work() {
    let (train, valid) = (data(20, &[8], labels(3), 1), data(10, &[8], labels(3), 1));
    let code = |given: Value, valid: Option<&Dataset>| {
        let mut model = model(dense(5));
        let error = Fit::new(&mut model, &plan(given), &train, valid).unwrap_err();
        assert_eq!(model.network.loss, None, "nothing has changed");
        error.code
    };
    assert_eq!(code(json!({"epochs": 0}), None), Code::Option);
    assert_eq!(code(json!({"epochs": 1, "batchSize": 0}), None), Code::Option);
    assert_eq!(code(json!({"epochs": 1, "batchSize": 21}), None), Code::Option);
    let growth = |growth: Value| json!({"epochs": 1, "growth": growth});
    assert_eq!(code(growth(json!({"method": "stochastic"})), None), Code::Option);
    let many = json!({"method": "stochastic", "scoringRows": 11});
    assert_eq!(code(growth(many), Some(&valid)), Code::Option);
    assert_eq!(code(growth(json!({"method": "pruneExpand", "every": 0})), None), Code::Option);
    assert_eq!(code(json!({"epochs": 1}), Some(&data(9, &[7], labels(3), 1))), Code::Shape);
    assert!(from_value::<FitPlan>(json!({"epochs": 1, "batch": 3})).is_err(), "unknown options are named");
    let mut model = model(dense(5));
    let mut fit = Fit::new(&mut model, &plan(json!({"epochs": 1})), &train, None).unwrap();
    assert_eq!(fit.chunk(&mut model, &valid, None, 1).unwrap_err().code, Code::Shape);
}
