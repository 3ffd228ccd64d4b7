//! Files against another implementation of their format.

use cambium_core::checkpoint::{load, save};
use cambium_core::{json, Model};
use safetensors::SafeTensors;

fn model() -> Model {
    let spec =
        r#"{"input": [3], "layers": [{"type": "DynamicDense", "units": 4}, {"type": "Dense", "units": 2}]}"#;
    Model::new(&json::from_str(spec).unwrap()).unwrap()
}

#[test]
fn another_writer_makes_the_same_bytes() {
    let bytes = save(&model()).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.tensor("layers.0.weight").unwrap().shape(), [3, 4]);
    let again = safetensors::serialize(file.tensors(), header.metadata().clone()).unwrap();
    assert!(bytes == again);
}

#[test]
fn a_broken_file_is_refused() {
    let bytes = save(&model()).unwrap();
    let with = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = bytes.windows(from.len()).position(|part| part == from.as_bytes()).unwrap();
        let mut changed = bytes.clone();
        changed[at..at + to.len()].copy_from_slice(to.as_bytes());
        load(&changed).unwrap_err().message
    };
    for (from, to, message) in [
        (r#""dtype":"F32""#, r#""dtype":"F16""#, "is F16"),
        (r#""shape":[2]"#, r#""shape":[3]"#, "the model needs F32 [2]"),
        (r#""data_offsets":[0,"#, r#""data_offsets":[1,"#, "invalid offset for tensor `layers.0.bias`"),
        (r#""data_offsets""#, r#""data_offzets""#, "invalid JSON in header"),
        ("{", "[", "invalid JSON in header"),
        ("layers.0.bias", "layers.9.bias", "`layers.0.bias` is missing"),
    ] {
        let refusal = with(from, to);
        assert!(refusal.contains(message), "{to}: {refusal}");
    }
    for (count, message) in
        [(4, "header too small"), (20, "invalid header length"), (bytes.len() - 1, "not fully covered")]
    {
        let refusal = load(&bytes[..count]).unwrap_err().message;
        assert!(refusal.contains(message), "{count} bytes: {refusal}");
    }
    let huge = [u64::MAX.to_le_bytes().as_slice(), &bytes[8..]].concat();
    assert!(load(&huge).unwrap_err().message.contains("header too large"));
}
