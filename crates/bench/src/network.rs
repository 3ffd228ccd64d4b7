//! Changes of structure inside the engine, and exact scores of candidates.

use crate::case::{noise, prepare, Case};
use cambium_core::growth::feature::{insert, remove, Feature};
use cambium_core::growth::newborn::random;
use cambium_core::growth::score::{score, Candidate, Place};
use cambium_core::spec::ModelSpec;
use cambium_core::train::{train_on_batch, Dataset, DatasetSpec, Dtype, FeaturesMut, TargetSpec, TargetsMut};
use cambium_core::{json, Model};

/// Rows of a batch.
const BATCH: usize = 100;

/// A dense network by its widths, inputs first.
fn dense(widths: [usize; 4]) -> Model {
    let layers = widths[1..].iter().map(|units| format!(r#"{{"type":"DynamicDense","units":{units}}}"#));
    let layers = layers.collect::<Vec<_>>().join(",");
    let spec = format!(r#"{{"input":[{}],"layers":[{layers}],"seed":1}}"#, widths[0]);
    let spec: ModelSpec = json::from_str(&spec).expect("a description");
    Model::new(&spec).expect("a model")
}

/// A batch of random bytes with random labels.
fn batch(features: usize, classes: usize) -> Dataset {
    let spec = DatasetSpec {
        rows: BATCH,
        shape: vec![features],
        dtype: Dtype::U8,
        scale: 1.0 / 255.0,
        targets: TargetSpec::Labels { classes },
    };
    let mut data = Dataset::reserve(&spec).expect("a data set");
    let random = noise(BATCH * (features + 1));
    let (for_features, for_labels) = random.split_at(BATCH * features);
    let below = |number: f32, limit: usize| ((number + 1.0) / 2.0 * limit as f32) as usize % limit;
    if let FeaturesMut::U8(x) = data.features_mut() {
        x.iter_mut().zip(for_features).for_each(|(x, &number)| *x = below(number, 256) as u8);
    }
    if let TargetsMut::Labels(y) = data.targets_mut() {
        y.iter_mut().zip(for_labels).for_each(|(y, &number)| *y = below(number, classes) as u32);
    }
    data
}

struct FeatureCase {
    model: Model,
    axis: usize,
    feature: Feature,
}

impl Case for FeatureCase {
    fn run(&mut self) {
        let network = &mut self.model.network;
        let width = network.width(self.axis);
        insert(network, self.axis, width, &self.feature).expect("within capacity");
        remove(network, self.axis, 0, &mut self.feature);
    }

    /// What is added: the weights of a feature. What is removed: in its two layers all weights behind it move. Each has two moments
    /// that are written or moved with it and do not count.
    fn weights(&self) -> f64 {
        let network = &self.model.network;
        let (maker, reader) = (network.axes[self.axis].producers[0], network.axes[self.axis].consumers[0]);
        let (maker, reader) = (&network.linear(maker).weight, &network.linear(reader).weight);
        let own = maker.inputs() + 1 + reader.outputs();
        (own + maker.count() + maker.outputs() + reader.count()) as f64
    }
}

/// Prepares adding a feature at the end of a hidden axis of a dense network, within capacity, and removing its first one.
#[no_mangle]
pub extern "C" fn feature(inputs: usize, hidden1: usize, hidden2: usize, outputs: usize, axis: usize) {
    let mut model = dense([inputs, hidden1, hidden2, outputs]);
    let data = batch(inputs, outputs);
    // Moments that are not zero, as in training.
    train_on_batch(&mut model, &data, 1).expect("a step");
    let feature = random(&mut model.network, axis);
    let mut case = FeatureCase { model, axis, feature };
    // Makes the room.
    case.run();
    prepare(case);
}

struct Candidates {
    model: Model,
    data: Dataset,
    axis: usize,
    candidates: Vec<Candidate>,
}

impl Case for Candidates {
    fn run(&mut self) {
        score(&mut self.model, &self.data, Place::Axis(self.axis), &self.candidates, 1).expect("scores");
    }
}

/// Prepares the exact losses of `count` candidates, every other one an addition, on a batch of 100 rows.
#[no_mangle]
pub extern "C" fn candidates(
    count: usize,
    inputs: usize,
    hidden1: usize,
    hidden2: usize,
    outputs: usize,
    axis: usize,
) {
    let mut model = dense([inputs, hidden1, hidden2, outputs]);
    let width = model.network.width(axis);
    let candidates = (0..count)
        .map(|n| match n % 2 {
            0 => Candidate::Remove(n / 2 % width),
            _ => Candidate::Add(random(&mut model.network, axis)),
        })
        .collect();
    prepare(Candidates { model, data: batch(inputs, outputs), axis, candidates });
}
