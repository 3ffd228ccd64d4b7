//! Methods that count multiply-adds or microseconds in place of weights.

use super::from_value;
use super::{bits, data, labels, model};
use crate::error::Code;
use crate::growth::{Cost, Event, Kind};
use crate::train::{Dataset, Fit, FitPlan};
use crate::{checkpoint, Model};
use serde_json::{json, Value};

/// A convolution of few weights and many multiply-adds, then layers of as many weights as multiply-adds.
fn images() -> Value {
    json!({"input": [8, 8, 1], "seed": 5, "layers": [
        {"type": "DynamicConv2D", "filters": 8}, {"type": "GlobalAveragePooling2D"},
        {"type": "DynamicDense", "units": 12}, {"type": "DynamicDense", "units": 3}]})
}

fn run(model: &mut Model, growth: &Value, train: &Dataset) -> Vec<Event> {
    let plan: FitPlan = from_value(json!({
        "epochs": 60, "batchSize": 20, "optimizer": {"learningRate": 0.01}, "growth": growth}))
    .unwrap();
    let mut fit = Fit::new(model, &plan, train, None).unwrap();
    let mut events = Vec::new();
    while !fit.is_done() {
        events.extend(fit.chunk(model, train, None, 1).unwrap().events);
    }
    events
}

fn growth(method: &str, more: Value) -> Value {
    let mut growth = json!({"method": method, "every": 4, "scoring": "training"});
    growth.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    growth
}

#[test]
fn a_price_of_multiply_adds_takes_from_the_layer_that_has_most() {
    let train = data(100, &[8, 8, 1], labels(3), 1);
    let [by_weights, by_work] = ["weights", "multiplyAdds"].map(|cost| {
        let mut model = model(images());
        let events = run(&mut model, &growth("price", json!({"price": 0.09, "cost": cost})), &train);
        assert!(events.iter().any(|event| event.kind == Kind::Remove && event.penalty > 0.0));
        model.network.widths()
    });
    assert!(by_work[0] < by_weights[0] && by_work[1] > by_weights[1], "{by_weights:?}, {by_work:?}");
}

#[test]
fn a_limit_holds_in_every_unit() {
    let train = data(100, &[8, 8, 1], labels(3), 1);
    for method in ["budget", "split", "cascade"] {
        for (name, most, cost) in [
            ("weights", 300.0, Cost::Weights),
            ("multiplyAdds", 6000.0, Cost::MultiplyAdds),
            ("microseconds", 3.5, Cost::Microseconds),
        ] {
            let mut model = model(images());
            let mut limit = json!({"rates": [0.5, 0.0, 1.0, 1.0]});
            limit[name] = if cost == Cost::Weights { json!(300) } else { json!(most) };
            let events = run(&mut model, &growth(method, limit), &train);
            let end = cost.of(&model.network);
            assert!(end <= most && end > 0.8 * most, "{method}: {end} of {most} {name}");
            let last = &events.last().unwrap().reason;
            assert!(last.contains(&format!("{}s are allowed", cost.unit())), "{last}");
        }
    }
}

#[test]
fn microseconds_at_one_rate_judge_as_multiply_adds_do() {
    let train = data(100, &[8, 8, 1], labels(3), 1);
    let ends =
        [json!({"cost": "multiplyAdds"}), json!({"cost": "microseconds", "rates": [1000, 0, 1000, 1000]})]
            .map(|more| {
                let mut model = model(images());
                run(&mut model, &growth("auto", more), &train);
                bits(&model)
            });
    assert!(ends[0] == ends[1]);
}

#[test]
fn rates_of_a_plan_stay_with_the_model() {
    let train = data(40, &[8, 8, 1], labels(3), 1);
    let mut model = model(images());
    let microseconds = |more: Value| growth("auto", more);
    run(&mut model, &microseconds(json!({"cost": "microseconds", "rates": [0.5, 0, 1, 1.25]})), &train);
    let mut loaded = checkpoint::load(&checkpoint::save(&model).unwrap()).unwrap();
    assert_eq!(loaded.network.rates().unwrap(), [0.5, 0.0, 1.0, 1.25]);
    let again = microseconds(json!({"cost": "microseconds"}));
    assert_eq!(run(&mut loaded, &again, &train), run(&mut model, &again, &train));
    assert!(checkpoint::save(&loaded).unwrap() == checkpoint::save(&model).unwrap());
}

#[test]
fn what_cannot_be_is_refused() {
    let train = data(40, &[8, 8, 1], labels(3), 1);
    let refuse = |growth: Value, words: &str| {
        let mut model = model(images());
        let before = (bits(&model), model.network.rates());
        let plan: FitPlan = from_value(json!({"epochs": 60, "batchSize": 20, "growth": growth})).unwrap();
        let error = Fit::new(&mut model, &plan, &train, None).unwrap_err();
        assert_eq!(error.code, Code::Option);
        assert!(error.message.contains(words), "{}", error.message);
        assert_eq!((bits(&model), model.network.rates()), before);
    };
    let rates = json!([0.5, 0, 1, 1]);
    for (method, more, words) in [
        ("auto", json!({"cost": "microseconds"}), "growth.rates is missing"),
        ("budget", json!({"microseconds": 3}), "growth.rates is missing"),
        (
            "auto",
            json!({"cost": "microseconds", "rates": [1]}),
            "rates has 1 numbers; the model has 4 layers",
        ),
        ("auto", json!({"multiplyAdds": 90}), "growth.multiplyAdds is 90"),
        (
            "budget",
            json!({"multiplyAdds": 90, "weights": 80}),
            "growth.weights is 80 and growth.multiplyAdds 90",
        ),
        ("budget", json!({"cost": "multiplyAdds", "weights": 80}), "growth.cost is for"),
        ("budget", json!({"multiplyAdds": -1}), "growth.multiplyAdds is -1"),
        // 11 x 11 links of a 3 x 3 window at 4 x 4 places, then one weight to each of 1 and 3 features.
        ("budget", json!({"multiplyAdds": 124}), "least widths this model has 125 multiply-adds"),
        ("budget", json!({"microseconds": 0.06, "rates": rates}), "this model has 0.064500 microseconds"),
        ("split", json!({"multiplyAdds": 1099}), "the model has 1100 multiply-adds already"),
    ] {
        refuse(growth(method, more), words);
    }
}
