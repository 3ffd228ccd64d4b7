//! Tests of training, and what they share.

mod batch;
mod budget;
mod cost;
mod cut_short;
mod dataset;
mod depth;
mod explained;
mod fit;
mod gradients;
mod inputs;
mod methods;
mod newborns;
mod norm;
mod odd;
mod residual;
mod score;
mod slopes;
mod threads;
mod trial;

use super::{Dataset, DatasetSpec, FeaturesMut, TargetsMut};
use crate::growth::{self, Event, Moment, Rule};
use crate::json::{from_str, Read};
use crate::layer::Layer;
use crate::model::Model;
use crate::param::Plane;
use crate::rng::Stream;
use serde_json::{json, Value};

/// A `T` from a value of serde_json, by its text.
fn from_value<T: Read>(value: Value) -> Result<T, String> {
    from_str(&value.to_string())
}

/// A model from JSON.
fn model(spec: Value) -> Model {
    Model::new(&from_value(spec).unwrap()).unwrap()
}

/// Random rows: normal features; random labels, or values between 0 and 1 that sum to 1 in each row.
fn data(rows: usize, shape: &[usize], targets: Value, seed: u32) -> Dataset {
    let spec: DatasetSpec =
        from_value(json!({"rows": rows, "shape": shape, "dtype": "f32", "targets": targets})).unwrap();
    let mut data = Dataset::reserve(&spec).unwrap();
    let mut stream = Stream::new(seed, 9);
    let FeaturesMut::F32(x) = data.features_mut() else { panic!() };
    x.iter_mut().for_each(|x| *x = stream.normal());
    match data.targets_mut() {
        TargetsMut::None => {}
        TargetsMut::Labels(y) => {
            let classes = targets["classes"].as_u64().unwrap() as u32;
            y.iter_mut().for_each(|y| *y = stream.below(classes));
        }
        TargetsMut::Values(y) => {
            let width = targets["width"].as_u64().unwrap() as usize;
            for row in y.chunks_exact_mut(width) {
                row.iter_mut().for_each(|y| *y = stream.uniform());
                let sum: f32 = row.iter().sum::<f32>() + 1e-3;
                row.iter_mut().for_each(|y| *y /= sum);
            }
        }
    }
    data.check().unwrap();
    data
}

fn labels(classes: usize) -> Value {
    json!({"type": "labels", "classes": classes})
}

fn values(width: usize) -> Value {
    json!({"type": "values", "width": width})
}

/// What is decided at one event.
fn decisions(rule: &mut dyn Rule, mut moment: Moment) -> Vec<Event> {
    let mut events = Vec::new();
    growth::event(rule, &mut moment, &mut events).unwrap();
    events
}

/// The bits of all weights and moments, and of moving statistics.
fn bits(model: &Model) -> Vec<u32> {
    let planes = model.network.params().flat_map(|p| crate::param::STATE_PLANES.map(|plane| p.plane(plane)));
    let statistics = model.network.layers.iter().filter_map(|layer| match layer {
        Layer::Norm(norm) => norm.moving.as_ref(),
        _ => None,
    });
    let statistics =
        statistics.flat_map(|moving| [&moving.mean, &moving.variance].map(|p| p.plane(Plane::Value)));
    planes.chain(statistics).flatten().map(|x| x.to_bits()).collect()
}
