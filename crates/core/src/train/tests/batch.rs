//! Single steps, custom losses, given gradients, predictions.

use super::{bits, data, labels, model, values};
use crate::error::Code;
use crate::growth::{apply, Change};
use crate::train::{
    apply_gradients, backward_batch, evaluate, forward_batch, gradients, predict, train_on_batch,
};
use serde_json::{json, Value};

fn spec() -> Value {
    json!({"input": [6], "seed": 2, "layers": [{"type": "DynamicDense", "units": 9},
        {"type": "Dropout", "rate": 0.3}, {"type": "DynamicDense", "units": 5}]})
}

#[test]
fn gradients_applied_are_a_step() {
    let data = data(14, &[6], labels(5), 1);
    let (mut one, mut two) = (model(spec()), model(spec()));
    for _ in 0..3 {
        train_on_batch(&mut one, &data, 1).unwrap();
        let bytes = gradients(&mut two, &data).unwrap();
        apply_gradients(&mut two, &bytes).unwrap();
    }
    assert_eq!(bits(&one), bits(&two));
    assert_eq!(two.network.step, 3);
    let before = bits(&two);
    let error = apply_gradients(&mut two, b"not a file").unwrap_err();
    assert_eq!((error.code, bits(&two)), (Code::State, before));
}

#[test]
fn a_custom_loss_is_a_step() {
    let data = data(14, &[6], values(5), 1);
    let mut custom_spec = spec();
    custom_spec["layers"][1]["rate"] = json!(0.0);
    let (mut built_in, mut custom) = (model(custom_spec.clone()), model(custom_spec));
    train_on_batch(&mut built_in, &data, 1).unwrap();
    let outputs = forward_batch(&mut custom, &data).unwrap();
    let mut targets = Vec::new();
    data.gather_values(&data.all_rows().unwrap(), 1, &mut targets);
    let share = (1.0f32 / 14.0) / 5.0;
    let gradient: Vec<f32> = outputs.iter().zip(&targets).map(|(y, t)| ((y - t) + (y - t)) * share).collect();
    backward_batch(&mut custom, &gradient).unwrap();
    assert_eq!(bits(&built_in), bits(&custom));
}

#[test]
fn a_gradient_needs_its_forward_pass() {
    let data = data(4, &[6], labels(5), 1);
    let mut model = model(spec());
    let gradient = [0.1; 20];
    let refused = |model: &mut _, gradient: &[f32]| backward_batch(model, gradient).unwrap_err().code;
    assert_eq!(refused(&mut model, &gradient), Code::Structure);
    forward_batch(&mut model, &data).unwrap();
    assert_eq!(refused(&mut model, &gradient[1..]), Code::Shape);
    assert_eq!(refused(&mut model, &[f32::NAN; 20]), Code::NotFinite);
    let grow = Change::Expand { axis: Some(0), incoming: None, bias: None, outgoing: None };
    apply(&mut model, &grow).unwrap();
    assert_eq!(refused(&mut model, &gradient), Code::Structure);
    forward_batch(&mut model, &data).unwrap();
    evaluate(&mut model, &data, 4, 1).unwrap();
    assert_eq!(refused(&mut model, &gradient), Code::Structure);
    forward_batch(&mut model, &data).unwrap();
    backward_batch(&mut model, &gradient).unwrap();
    assert_eq!(refused(&mut model, &gradient), Code::Structure);
}

#[test]
fn predictions_follow_the_loss() {
    let classes = data(3, &[6], labels(5), 1);
    let mut model = model(spec());
    let logits = predict(&mut model, &classes, true, 1).unwrap();
    let rows = data(3, &[6], json!({"type": "none"}), 1);
    assert_eq!(predict(&mut model, &rows, false, 1).unwrap(), logits, "no loss is known yet");
    train_on_batch(&mut model, &classes, 1).unwrap();
    let probabilities = predict(&mut model, &rows, false, 1).unwrap();
    assert_eq!(probabilities.len(), 15);
    for row in probabilities.chunks_exact(5) {
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{row:?}");
    }
}

#[test]
fn refuses_targets_that_do_not_fit() {
    let code = |loss: Value, targets: Value| {
        let mut spec = spec();
        spec["loss"] = loss;
        let mut model = model(spec);
        let before = bits(&model);
        let error = train_on_batch(&mut model, &data(4, &[6], targets, 1), 1).unwrap_err();
        assert_eq!(bits(&model), before);
        error.code
    };
    let loss = |name: &str| json!({"type": name});
    assert_eq!(code(Value::Null, labels(6)), Code::Shape);
    assert_eq!(code(Value::Null, values(4)), Code::Shape);
    assert_eq!(code(Value::Null, json!({"type": "none"})), Code::Option);
    assert_eq!(code(loss("meanSquaredError"), labels(5)), Code::Option);
    assert_eq!(code(loss("binaryCrossEntropy"), labels(2)), Code::Option);
    let mut other = model(spec());
    assert_eq!(evaluate(&mut other, &data(4, &[5], labels(5), 1), 4, 1).unwrap_err().code, Code::Shape);
    assert_eq!(evaluate(&mut other, &data(4, &[6], labels(5), 1), 0, 1).unwrap_err().code, Code::Option);
}
