//! Files against another implementation of their format.

use cambium_core::checkpoint::{load, save};
use cambium_core::spec::ModelSpec;
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

/// What releases before this one wrote of an untrained model.
const HEADER: &str = concat!(
    r#"{"version":1,"spec":{"input":[8,8,3],"layers":[{"type":"DynamicConv2D","filters":4,"kernelSize":[3,3],"#,
    r#""strides":[2,2],"padding":"same","activation":"relu","useBias":false,"growth":{"newWeightStd":0.1,"#,
    r#""minInputs":1,"minOutputs":1}},{"type":"Conv2D","filters":5,"kernelSize":[3,2],"strides":[1,2],"#,
    r#""padding":"same","activation":"relu","useBias":true},{"type":"MaxPooling2D","poolSize":[2,1],"strides":null,"#,
    r#""padding":"valid"},{"type":"AveragePooling2D","poolSize":[1,2],"strides":[1,1],"padding":"same"},"#,
    r#"{"type":"DynamicConv2D","filters":4,"kernelSize":[3,3],"strides":[2,2],"padding":"same","#,
    r#""activation":"sigmoid","useBias":false,"growth":{"newWeightStd":0.1,"minInputs":1,"minOutputs":1}},"#,
    r#"{"type":"DynamicConv2DToDense","units":6,"activation":"relu","useBias":true,"growth":{"newWeightStd":0.1,"#,
    r#""minInputs":1,"minOutputs":1}},{"type":"DynamicDense","units":4,"activation":"linear","useBias":true,"#,
    r#""growth":{"newWeightStd":0.1,"minInputs":1,"minOutputs":1}}],"seed":4294967295,"#,
    r#""optimizer":{"method":{"type":"adam","beta1":0.9,"beta2":0.999,"epsilon":1e-8,"weightDecay":0.0,"#,
    r#""sharedStepCount":false},"learningRate":0.001,"schedule":{"type":"constant"}},"loss":{"type":"huber","#,
    r#""delta":0.3}},"step":0,"streams":{"init":{"state":16330112653545846714,"increment":3},"#,
    r#""shuffle":{"state":16086944937825951426,"increment":5},"growth":{"state":10368473311809985822,"#,
    r#""increment":7},"dropout":17226552215046492713}}"#,
);

#[test]
fn the_description_in_a_file_keeps_its_bytes() {
    let header = json::parse(HEADER).unwrap();
    let spec: ModelSpec = json::from_value(header.get("spec").unwrap()).unwrap();
    let bytes = save(&Model::new(&spec).unwrap()).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(metadata.metadata().as_ref().unwrap()["cambium"], HEADER);
    assert!(save(&load(&bytes).unwrap()).unwrap() == bytes);
}

/// `bytes` with another header.
fn with_header(bytes: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let (count, rest) = bytes.split_first_chunk().unwrap();
    let (header, data) = rest.split_at(u64::from_le_bytes(*count) as usize);
    let header = change(std::str::from_utf8(header).unwrap());
    [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), data].concat()
}

#[test]
fn what_others_add_to_a_header_does_no_harm_and_a_name_stands_once() {
    let bytes = save(&model()).unwrap();
    let more = |header: &str| {
        let header = header.replacen(r#"{"__metadata__":{"#, r#"{"__metadata__":{"by": "another\n", "#, 1);
        header.replace(r#""dtype":"#, "\"note\": [1, {\"a\": null}],\n \"dtype\": ")
    };
    let again = save(&load(&with_header(&bytes, more)).unwrap()).unwrap();
    assert!(again == bytes);
    let end = bytes.len() - 8 - u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
    let twice = |header: &str| {
        let entry = format!(r#""layers.0.bias":{{"dtype":"F32","shape":[0],"data_offsets":[{end},{end}]}}"#);
        format!("{},{entry}}}", header.trim_end().strip_suffix('}').unwrap())
    };
    let refusal = load(&with_header(&bytes, twice)).unwrap_err().message;
    assert!(refusal.ends_with("two tensors have the name `layers.0.bias`"), "{refusal}");
}
