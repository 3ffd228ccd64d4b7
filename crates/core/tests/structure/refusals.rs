//! What cannot be done is refused, with its numbers, and changes nothing.

use super::*;

#[test]
fn what_cannot_be_is_an_error_with_its_numbers_and_changes_nothing() {
    let mut model = model(FLAT);
    let before = (bits(&model), model.network.streams.clone());
    let with = |axis, incoming: Option<Vec<f32>>, bias| Change::Expand {
        axis: Some(axis),
        incoming,
        bias,
        outgoing: None,
    };
    let cases = [
        (expand(9), Code::Index, "there is no axis 9: the hidden axes are 0 to 2"),
        (expand(1), Code::Structure, "fixed width"),
        (
            Change::Contract { axis: Some(0), index: Some(3) },
            Code::Index,
            "no feature 3; its 3 features are 0 to 2",
        ),
        (
            with(0, Some(vec![0.0; 5]), None),
            Code::Shape,
            "incoming holds 5 numbers; a feature of axis 0 needs 18",
        ),
        (with(0, Some(vec![f32::NAN; 18]), None), Code::NotFinite, "incoming[0] is NaN"),
        (with(0, None, Some(1.0)), Code::Shape, "has none"),
        (Change::Prune { threshold: -1.0 }, Code::Option, "threshold is -1"),
        (Change::AddLayer { axis: 4 }, Code::Index, "there is no axis 4"),
        (Change::RemoveLayer { layer: 1 }, Code::Structure, "layer 1 is not"),
        (Change::RemoveLayer { layer: 3 }, Code::Structure, "fixed width"),
    ];
    for (change, code, text) in cases {
        let error = apply(&mut model, &change).unwrap_err();
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(text), "{error}");
        assert_eq!((bits(&model), model.network.streams.clone()), before, "{error}");
    }
}

#[test]
fn hostile_files_are_refused() {
    let bytes = save(&model(DENSE)).unwrap();
    for cut in [0, 7, 8, 100, bytes.len() - 1] {
        assert_eq!(load(&bytes[..cut]).unwrap_err().code, Code::State);
    }
    // The same length, so that only the meaning is wrong.
    let forged = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let mut forged = bytes.clone();
        let found = bytes.windows(from.len()).position(|w| w == from.as_bytes());
        let at = found.unwrap_or_else(|| panic!("the file has no {from}"));
        forged[at..at + to.len()].copy_from_slice(to.as_bytes());
        load(&forged).unwrap_err()
    };
    for (from, to) in [
        ("layers.0.weight", "layers.9.weight"),
        ("cambium", "cambiun"),
        ("\\\"version\\\":1", "\\\"version\\\":7"),
        ("\\\"units\\\":5", "\\\"units\\\":0"),
        ("\\\"units\\\":6", "\\\"units\\\":9"),
        ("DynamicDense", "DynamicDensf"),
    ] {
        assert_eq!(forged(from, to).code, Code::State, "{from} -> {to}");
    }
    let mut flipped = bytes.clone();
    let last = flipped.len() - 4;
    flipped[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert_eq!(load(&flipped).unwrap_err().code, Code::State);
}

#[test]
fn sizes_beyond_all_memory_are_errors() {
    for (input, layers, code) in [
        ("[100000,100000,3]", r#"{"type":"DynamicConv2D","filters":4}"#, Code::Option),
        ("[4294967295]", r#"{"type":"DynamicDense","units":1}"#, Code::Option),
        ("[4000,4000,1]", r#"{"type":"DynamicConv2D","filters":4,"kernelSize":[99,99]}"#, Code::Option),
        ("[2000]", r#"{"type":"DynamicDense","units":60000000}"#, Code::OutOfMemory),
        ("[8,8,1]", r#"{"type":"DynamicConv2D","filters":1,"kernelSize":[20000,20000]}"#, Code::Option),
        ("[8,8,1]", r#"{"type":"DynamicConv2D","filters":1,"strides":[4294967295,1]}"#, Code::Option),
        ("[8]", r#"{"type":"DynamicDense","units":1,"growth":{"minInputs":9}}"#, Code::Option),
    ] {
        let spec: ModelSpec = from_str(&format!(r#"{{"input":{input},"layers":[{layers}]}}"#)).unwrap();
        let error = Model::new(&spec).unwrap_err();
        assert_eq!(error.code, code, "{error}");
    }
    let huber = r#"{"input":[3],"layers":[{"type":"Dense","units":1}],"loss":{"type":"huber","delta":0}}"#;
    assert_eq!(Model::new(&from_str(huber).unwrap()).unwrap_err().code, Code::Option);
}

#[test]
fn broken_streams_and_endless_counts_are_refused() {
    let bytes = save(&model(DENSE)).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let start = text.find(r#"\"streams\""#).expect("the header holds the streams");
    let at = start + text[start..].find(r#"\"increment\":"#).unwrap() + r#"\"increment\":"#.len();
    let digit = bytes[..].windows(14).position(|w| w == br#"\"increment\":"#.as_slice()).unwrap() + 14;
    assert!(bytes[digit].is_ascii_digit(), "{}", &text[at..at + 5]);
    let mut forged = bytes.clone();
    forged[digit] = b'4';
    assert!(load(&forged).unwrap_err().message.contains("increment is even"));
}

#[test]
fn an_error_moves_no_random_stream() {
    let mut model = model(DENSE);
    let before = save(&model).unwrap();
    let short = Change::Expand { axis: None, incoming: Some(vec![1.0]), bias: None, outgoing: None };
    for change in [short, Change::Contract { axis: None, index: Some(99) }] {
        apply(&mut model, &change).unwrap_err();
        assert_eq!(save(&model).unwrap(), before);
    }
}

#[test]
fn blocks_that_do_not_fit_are_refused() {
    let error = |layers: &str| {
        let spec: ModelSpec = from_str(&format!(r#"{{"input":[8,8,3],"layers":[{layers}]}}"#)).unwrap();
        Model::new(&spec).unwrap_err()
    };
    let conv = r#"{"type":"Conv2D","filters":3,"padding":"same"}"#;
    let smaller = r#"{"type":"DynamicConv2D","filters":3}"#;
    let shape = error(&format!(r#"{conv},{smaller},{{"type":"Add","from":1}}"#));
    assert_eq!(shape.code, Code::Shape);
    assert_eq!(
        shape.message,
        "layer 2: a residual block must give the shape that it reads; it reads [8, 8, 3], the input of layer 1, and gives [4, 4, 3]"
    );
    assert_eq!(error(&format!(r#"{conv},{{"type":"Add","from":2}}"#)).code, Code::Index);
    assert_eq!(error(&format!(r#"{conv},{{"type":"BatchNorm","momentum":1}}"#)).code, Code::Option);
    assert_eq!(error(&format!(r#"{conv},{{"type":"LayerNorm","epsilon":0}}"#)).code, Code::Option);
}

#[test]
fn moving_statistics_of_a_file_must_be_sound() {
    let mut model = model(RESIDUAL);
    let Layer::Norm(norm) = &mut model.network.layers[1] else { panic!() };
    norm.moving.as_mut().unwrap().variance.view_mut(Plane::Value)[[0, 0, 2]] = -1.0;
    let error = load(&save(&model).unwrap()).unwrap_err();
    assert_eq!(error.code, Code::State);
    assert!(error.message.contains("`layers.1.running_var` holds -1"), "{error}");
}
