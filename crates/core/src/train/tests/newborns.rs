//! Newborns that a price tries.

use super::methods::two_of_twelve;
use super::{bits, data, decisions, from_value, labels, model};
use crate::growth::{Cost, Event, GrowthPlan, Kind, Moment, Verdict};
use crate::train::{evaluate, Dataset, Place, Sample, TargetsMut};
use crate::Model;
use cambium_kernels::pool::with_team;
use serde_json::{json, Value};

/// Makes all widths the least, so that nothing but newborns changes the network.
fn keep_all(model: &mut Model) {
    let widths = model.network.widths();
    for (axis, width) in model.network.axes.iter_mut().zip(widths) {
        axis.min = width;
    }
}

/// A network whose features stay.
fn lasting(spec: Value) -> Model {
    let mut model = model(spec);
    keep_all(&mut model);
    model
}

fn dense() -> Value {
    json!({"input": [12], "seed": 3, "layers": [{"type": "DynamicDense", "units": 3}, {"type": "DynamicDense", "units": 1}]})
}

/// The bits of all weights and moments, without the room that arrays have for more.
fn numbers(model: &Model) -> Vec<u32> {
    let planes =
        model.network.params().flat_map(|param| crate::param::STATE_PLANES.map(|plane| param.view(plane)));
    planes.flat_map(|plane| plane.iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect()
}

/// One event of `growth` at a share of a fit to so many numbers, judged on all of `train`; of what comes, only what was tried.
fn tried(model: &mut Model, growth: Value, (share, targets): (f64, usize), train: &Dataset) -> Vec<Event> {
    let growth: GrowthPlan = from_value(growth).unwrap();
    let mut rule = growth.rule(&model.network, (targets, 1), 1000).unwrap();
    let rows = train.all_rows().unwrap();
    let sample = Sample::new(&model.network, train, &rows, None).unwrap();
    let events = with_team(1, |team| decisions(&mut *rule, Moment { model, share, sample: &sample, team }));
    let tried = |event: &Event| event.reason.is_empty() || event.reason.starts_with("stays if");
    events.into_iter().filter(|event| event.kind == Kind::Add && tried(event)).collect()
}

fn price() -> Value {
    json!({"method": "price", "price": 0.2, "inputs": false})
}

#[test]
fn one_is_tried_at_every_event_at_a_quarter_of_the_price() {
    let train = two_of_twelve(400, 7);
    for (share, ramp) in [(0.01, 0.0), (0.14, 0.0), (0.25, 0.5), (0.45, 1.0)] {
        let mut model = lasting(dense());
        let loss = evaluate(&mut model, &train, 400, 1).unwrap().loss;
        let weights = model.network.weight_count() as f64;
        let events = tried(&mut model, price(), (share, 400), &train);
        let [event] = &events[..] else { panic!("at {share}: {events:?}") };
        let expected = ramp * 0.25 * 0.2 * loss / weights;
        assert!((event.penalty - expected).abs() <= 1e-6 * expected, "{} for {expected}", event.penalty);
        assert!((event.loss_before.unwrap() - loss).abs() < 1e-6 * loss);
        assert_eq!(event.weights_after, event.weights_before + 12 + 1 + 1);
    }
}

#[test]
fn none_is_tried_at_the_peak_or_at_rest() {
    let train = two_of_twelve(400, 7);
    // The peak is at half a weight for each number to fit.
    for (share, targets) in [(0.45, 2 * 43), (0.5, 400)] {
        let mut model = lasting(dense());
        assert_eq!(model.network.weight_count(), 43);
        let before = bits(&model);
        assert_eq!(tried(&mut model, price(), (share, targets), &train), []);
        assert_eq!(bits(&model), before);
    }
}

#[test]
fn it_stays_where_what_the_fit_counts_is_worth_less_than_the_loss_falls() {
    let spec = json!({"input": [6, 6, 2], "seed": 5, "layers": [
        {"type": "DynamicConv2D", "filters": 3, "kernelSize": [3, 3]},
        {"type": "DynamicConv2DToDense", "units": 3}, {"type": "DynamicDense", "units": 4}]});
    let train = data(100, &[6, 6, 2], labels(4), 7);
    let mut model = lasting(spec);
    let mut verdicts = [0, 0];
    for _ in 0..40 {
        let growth = json!({"method": "price", "price": 0.02, "cost": "multiplyAdds", "inputs": false});
        let (before, whole) = (numbers(&model), Cost::MultiplyAdds.of(&model.network));
        let feature = [0, 1].map(|axis| Cost::MultiplyAdds.of_feature(&model.network, Place::Axis(axis)));
        let events = tried(&mut model, growth, (0.45, 10_000), &train);
        let [event] = &events[..] else { panic!("{events:?}") };
        let (loss, after) = (event.loss_before.unwrap(), event.loss_after.unwrap());
        assert!((event.penalty - 0.005 * loss / whole).abs() < 1e-6 * event.penalty);
        let excess = after - loss + event.penalty * feature[event.axis.unwrap()];
        let kept = event.verdict == Verdict::Kept;
        assert!(if kept { excess < 1e-9 } else { excess > -1e-9 }, "{excess}: {event:?}");
        assert_eq!(numbers(&model) == before, !kept);
        let (asked, pay) = (feature[event.axis.unwrap()], event.penalty * feature[event.axis.unwrap()]);
        let words = format!("stays if the loss falls by at least {pay:.6}, for its {asked} multiply-adds");
        assert_eq!(event.reason, words);
        keep_all(&mut model);
        verdicts[usize::from(kept)] += 1;
    }
    assert!(verdicts[0] > 2 && verdicts[1] > 2, "{verdicts:?}");
}

#[test]
fn none_is_tried_where_the_loss_is_no_number() {
    let mut train = two_of_twelve(40, 7);
    let TargetsMut::Values(y) = train.targets_mut() else { panic!() };
    y.fill(1e30);
    for share in [0.14, 0.45] {
        assert_eq!(tried(&mut lasting(dense()), price(), (share, 400), &train), []);
    }
}
