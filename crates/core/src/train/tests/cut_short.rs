//! Fits that are cut short at an event.

use super::from_value;
use super::residual::{self, shifted};
use super::{bits, model};
use crate::checkpoint;
use crate::growth::{Kind, Verdict};
use crate::train::{predict, Dataset, Fit, FitPlan};
use crate::Model;
use serde_json::{json, Value};

fn plan(epochs: usize, growth: &Value) -> FitPlan {
    let plan =
        json!({"epochs": epochs, "batchSize": 60, "optimizer": {"learningRate": 0.01}, "growth": growth});
    from_value(plan).unwrap()
}

fn outputs(model: &mut Model, data: &Dataset) -> Vec<u32> {
    predict(model, data, true, 1).unwrap().iter().map(|z| z.to_bits()).collect()
}

/// Cuts a fit at every event: what is there then can be saved, loaded, and trained afresh, and the fit that goes on does not notice.
fn stands_at_every_event(spec: &Value, shape: &[usize], growth: &Value, kinds: &[Kind]) {
    let epochs = 16;
    let (train, valid) = (shifted(300, shape, 4, 7), shifted(80, shape, 4, 8));
    let fits = |model: &mut Model, epochs: usize, growth: &Value| {
        let mut fit = Fit::new(model, &plan(epochs, growth), &train, Some(&valid)).unwrap();
        while !fit.is_done() {
            fit.chunk(model, &train, Some(&valid), 2).unwrap();
        }
    };
    let mut whole = model(spec.clone());
    fits(&mut whole, epochs, growth);

    let mut cut = model(spec.clone());
    let mut fit = Fit::new(&mut cut, &plan(epochs, growth), &train, Some(&valid)).unwrap();
    fit.chunk_work = 1;
    let mut cuts = 0;
    while !fit.is_done() {
        let report = fit.chunk(&mut cut, &train, Some(&valid), 1).unwrap();
        if report.events.is_empty() {
            continue;
        }
        cuts += 1;
        assert!(cut.log.events().ends_with(&report.events));
        let saved = checkpoint::save(&cut).unwrap();
        let mut loaded = checkpoint::load(&saved).unwrap();
        assert!(checkpoint::save(&loaded).unwrap() == saved);
        assert_eq!(loaded.log.events(), cut.log.events());
        for model in [&cut, &loaded] {
            assert!(model.network.params().all(|param| param.pads_are_zero()), "{:?}", report.events);
        }
        assert_eq!(outputs(&mut loaded, &valid), outputs(&mut cut, &valid), "{:?}", report.events);
        let (step, before) = (loaded.network.step, bits(&loaded));
        let mut afresh = growth.clone();
        afresh["every"] = json!(1);
        fits(&mut loaded, 1, &afresh);
        assert_eq!(loaded.network.step, step + 5);
        assert!(bits(&loaded) != before && loaded.network.is_finite());
        assert!(loaded.network.params().all(|param| param.pads_are_zero()));
    }
    assert!(cuts >= 2 * kinds.len(), "{cuts}");
    for kind in kinds {
        assert!(
            cut.log.events().iter().any(|event| (event.kind, event.verdict) == (*kind, Verdict::Kept)),
            "{kind:?} {growth}"
        );
    }
    assert!(bits(&cut) == bits(&whole) && cut.log.events() == whole.log.events());
}

fn plans(weights: usize) -> [Value; 2] {
    [
        json!({"method": "budget", "every": 3, "weights": weights}),
        json!({"method": "auto", "every": 3, "scoring": "training", "scoringRows": 80}),
    ]
}

#[test]
fn where_inputs_and_layers_come_and_go() {
    let dense = |units: usize| json!({"type": "DynamicDense", "units": units});
    let spec = json!({"input": [12], "seed": 4, "layers": [dense(4), dense(4), dense(4)]});
    for mut growth in plans(70) {
        growth["inputs"] = json!(true);
        let mut kinds = vec![Kind::Add, Kind::Remove, Kind::DropInput];
        if growth["method"] == "auto" {
            growth["depth"] = json!(true);
            kinds.extend([Kind::AddLayer, Kind::RemoveLayer]);
        }
        stands_at_every_event(&spec, &[12], &growth, &kinds);
    }
}

#[test]
fn in_residual_blocks_with_norms() {
    for norm in ["BatchNorm", "LayerNorm"] {
        for growth in plans(200) {
            stands_at_every_event(
                &residual::dense(norm, [12, 6, 5, 4]),
                &[12],
                &growth,
                &[Kind::Add, Kind::Remove],
            );
        }
    }
}

#[test]
fn in_networks_for_images() {
    for growth in plans(260) {
        stands_at_every_event(
            &residual::images("BatchNorm"),
            &[6, 6, 2],
            &growth,
            &[Kind::Add, Kind::Remove],
        );
    }
}
