//! Growth within capacity and training steps take no memory from the system.

mod support;

use cambium_core::growth::feature::{insert, remove, Feature};
use cambium_core::growth::newborn;
use cambium_core::spec::ModelSpec;
use cambium_core::train::{train_on_batch, Dataset, DatasetSpec};
use cambium_core::Model;
use serde_json::json;
use stats_alloc::{Region, StatsAlloc, INSTRUMENTED_SYSTEM};
use std::alloc::System;
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
