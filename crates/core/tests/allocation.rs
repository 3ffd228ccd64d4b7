//! Growth within capacity and training steps take no memory from the system.

mod support;

use cambium_core::growth::feature::{insert, remove, Feature};
use cambium_core::growth::newborn;
use cambium_core::spec::ModelSpec;
use cambium_core::train::{train_on_batch, Dataset, DatasetSpec, Fit, FitPlan};
use cambium_core::Model;
use serde_json::json;
use stats_alloc::{Region, StatsAlloc, INSTRUMENTED_SYSTEM};
use std::alloc::System;
use std::sync::{Mutex, PoisonError};
use support::from_value;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn model() -> Model {
    let spec: ModelSpec = from_value(json!({"input": [8, 8, 3], "layers": [
        {"type": "DynamicConv2D", "filters": 4, "useBias": true}, {"type": "BatchNorm"},
        {"type": "DynamicConv2D", "filters": 4, "strides": [1, 1]}, {"type": "Add", "from": 2}, {"type": "LayerNorm"},
        {"type": "DynamicConv2D", "filters": 5},
        {"type": "DynamicConv2DToDense", "units": 6}, {"type": "DynamicDense", "units": 4}
    ]}))
    .unwrap();
    Model::new(&spec).unwrap()
}

/// Held by each test, so that none counts what another one takes.
static ALONE: Mutex<()> = Mutex::new(());

/// The least number of allocations over some rounds of `f`: the test harness's own thread may allocate beside it, which
/// only adds, and the first round may make room that later ones use.
fn allocations(mut f: impl FnMut()) -> usize {
    let count = |_| {
        let region = Region::new(ALLOCATOR);
        f();
        let counted = region.change();
        counted.allocations + counted.reallocations
    };
    (0..6).map(count).min().unwrap()
}

#[test]
fn steps_and_growth_within_capacity_allocate_nothing() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut model = model();
    let network = &mut model.network;
    for axis in 0..network.axes.len() {
        let newborn = newborn::random(network, axis);
        let mut gone = Feature::default();
        let counted = allocations(|| {
            insert(network, axis, 1, &newborn).unwrap();
            remove(network, axis, 1, &mut gone);
        });
        assert_eq!(gone, newborn);
        assert_eq!(counted, 0, "axis {axis}");
    }

    let spec: DatasetSpec = from_value(json!({
        "rows": 20, "shape": [8, 8, 3], "dtype": "u8", "scale": 0.01, "targets": {"type": "labels", "classes": 4}
    }))
    .unwrap();
    let data = Dataset::reserve(&spec).unwrap();
    let counted = allocations(|| {
        train_on_batch(&mut model, &data, 1).unwrap();
    });
    // The list of the rows is the call's own; the step itself takes nothing.
    assert!(counted <= 1, "{counted} allocations in a step");
}

#[test]
fn a_chunk_of_steps_takes_room_for_its_report_and_its_team_only() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let spec: DatasetSpec = from_value(json!({
        "rows": 150_000, "shape": [8, 8, 3], "dtype": "u8", "scale": 0.01, "targets": {"type": "labels", "classes": 4}
    }))
    .unwrap();
    let data = Dataset::reserve(&spec).unwrap();
    let plan: FitPlan = from_value(json!({"epochs": 1, "batchSize": 120})).unwrap();
    for threads in [1, 2] {
        let mut model = model();
        let mut fit = Fit::new(&mut model, &plan, &data, None).unwrap();
        let mut steps = Vec::new();
        let counted = allocations(|| {
            let report = fit.chunk(&mut model, &data, None, threads).unwrap();
            assert!(report.epoch_end.is_none(), "the epoch is too short");
            steps.push(report.losses.len());
        });
        assert!(steps.iter().all(|&n| n == steps[0] && n > 50), "{steps:?}");
        // The losses of a chunk are a list that grows.
        let listed = allocations(|| {
            let mut losses = Vec::new();
            (0..steps[0]).for_each(|step| losses.push(step as f64));
            std::hint::black_box(losses);
        });
        // A team is what its threads share, and a call for each of them.
        let more = counted - listed;
        let alone = threads == 1 || cfg!(not(feature = "threads"));
        assert!(if alone { more == 0 } else { (1..=3).contains(&more) }, "{more} more on {threads} threads");
    }
}
