//! Our JSON against that of serde_json.

use cambium_core::json::{from_str, from_value, parse, to_string, Value};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Number};

type Theirs = serde_json::Value;

/// What serde_json would have made of it: of names that come twice the last one counts.
fn theirs(value: &Value) -> Theirs {
    match value {
        Value::Null => Theirs::Null,
        Value::Bool(value) => Theirs::Bool(*value),
        Value::Number(text) => match (text.parse::<u64>(), text.parse::<i64>()) {
            (Ok(_), _) => from_value::<u64>(value).unwrap().into(),
            (_, Ok(whole)) if whole != 0 => whole.into(),
            _ => Theirs::Number(Number::from_f64(from_value(value).unwrap()).unwrap()),
        },
        Value::String(text) => Theirs::String(text.to_string()),
        Value::Array(values) => values.iter().map(theirs).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.to_string(), theirs(value))).collect()
        }
    }
}

/// Both take `text` for the same, or neither takes it. Numbers that are too large are refused by serde_json with the text, by
/// us when they are read as numbers.
fn check(text: &str) {
    match (parse(text), serde_json::from_str::<Theirs>(text)) {
        (Ok(ours), Ok(want)) => assert_eq!(theirs(&ours), want, "{text}"),
        (Err(_), Err(_)) => {}
        (Ok(_), Err(error)) if error.to_string().starts_with("number out of range") => {}
        (ours, want) => panic!("{text}: {ours:?} and not {want:?}"),
    }
}

fn trees() -> impl Strategy<Value = Theirs> {
    let leaves = prop_oneof![
        Just(Theirs::Null),
        any::<bool>().prop_map(Theirs::from),
        any::<u64>().prop_map(Theirs::from),
        any::<i64>().prop_map(Theirs::from),
        any::<f64>().prop_map(Theirs::from),
        any::<String>().prop_map(Theirs::from),
        "[\\x00-\\x20\"\\\\/bfnrtu\\x7f\u{80}\u{2028}\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,8}"
            .prop_map(Theirs::from),
    ];
    leaves.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Theirs::from),
            prop::collection::vec(("[a-d\"\\\\\n]{0,2}", inner), 0..8)
                .prop_map(|fields| Theirs::from(fields.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// What texts are made of.
const PIECES: [&str; 38] = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "d83d",
    "\\ude00",
    "\\udc00",
    "\\n",
    "\\/",
    "\\x",
    "\"a\"",
    "\"b\":",
    "null",
    "true",
    "false",
    "nul",
    "NaN",
    "Infinity",
    "0",
    "-",
    "1",
    "00",
    ".",
    ".5",
    "e",
    "E+3",
    "e-400",
    "1e400",
    " ",
    "\n",
    "\t",
    "\u{b}",
    "\u{feff}é",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

    #[test]
    fn texts_are_read_alike(tree in trees(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&tree) } else { serde_json::to_string(&tree) }.unwrap();
        prop_assert_eq!(theirs(&parse(&text).unwrap()), tree);
    }

    #[test]
    fn changed_texts_are_refused_alike(
        tree in trees(),
        changes in prop::collection::vec((any::<Index>(), 0usize..4, prop::sample::select(&PIECES[..])), 1..4),
    ) {
        let mut text: Vec<char> = serde_json::to_string(&tree).unwrap().chars().collect();
        for (place, removed, piece) in changes {
            let start = place.index(text.len() + 1);
            let end = text.len().min(start + removed);
            text.splice(start..end, piece.chars());
        }
        check(&text.into_iter().collect::<String>());
    }

    #[test]
    fn pieces_are_refused_alike(pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..8)) {
        check(&pieces.concat());
        check(&format!("[{}]", pieces.concat()));
        check(&format!("{{\"a\":\"{}\"}}", pieces.concat()));
    }

    #[test]
    fn beginnings_are_refused_alike(tree in trees(), place: Index) {
        let text = serde_json::to_string(&tree).unwrap();
        let end = (0..=place.index(text.len())).rev().find(|&end| text.is_char_boundary(end)).unwrap();
        check(&text[..end]);
    }

    #[test]
    fn what_is_written_is_what_serde_json_writes(text: String, whole: u64, list: Vec<Option<bool>>) {
        prop_assert_eq!(to_string(&text), serde_json::to_string(&text).unwrap());
        prop_assert_eq!(to_string(&whole), serde_json::to_string(&whole).unwrap());
        prop_assert_eq!(to_string(&list), serde_json::to_string(&list).unwrap());
    }

    #[test]
    fn what_is_written_comes_back(text: String, wholes: Vec<u64>, bits: Vec<u64>, pair: [usize; 2]) {
        prop_assert_eq!(from_str::<String>(&to_string(&text)).unwrap(), text);
        prop_assert_eq!(from_str::<Vec<u64>>(&to_string(&wholes)).unwrap(), wholes);
        prop_assert_eq!(from_str::<[usize; 2]>(&to_string(&pair)).unwrap(), pair);
        let finite = |bits: &u64| Some(f64::from_bits(*bits)).filter(|float| float.is_finite());
        let floats: Vec<Option<f64>> = bits.iter().map(finite).collect();
        prop_assert_eq!(from_str::<Vec<Option<f64>>>(&to_string(&floats)).unwrap(), floats);
        let small: Vec<f32> = bits.iter().map(|bits| f32::from_bits(*bits as u32)).filter(|float| float.is_finite()).collect();
        prop_assert_eq!(from_str::<Vec<f32>>(&to_string(&small)).unwrap(), small);
    }
}

#[test]
fn every_character_is_written_as_serde_json_writes_it() {
    let text: String = (0..0x3000).filter_map(char::from_u32).collect();
    assert_eq!(to_string(&text), serde_json::to_string(&text).unwrap());
}

#[test]
fn floats_that_are_not_finite_are_null() {
    assert_eq!(to_string(&[f64::NAN, f64::INFINITY, 1e300, -0.0]), "[null,null,1e300,-0.0]");
    assert_eq!(to_string(&[f32::NAN, f32::NEG_INFINITY, 0.1, 1e16]), "[null,null,0.1,1e16]");
}

#[test]
fn whole_numbers_keep_all_bits_and_their_range() {
    assert_eq!(from_str("18446744073709551615"), Ok(u64::MAX));
    assert_eq!(from_str("4294967295"), Ok(u32::MAX));
    assert_eq!(from_str("0"), Ok(0u8));
    for text in ["-1", "-0", "1.0", "1e0", "256", "\"1\"", "18446744073709551616", "null", "[1]"] {
        let error = from_str::<u8>(text).unwrap_err();
        assert!(error.starts_with("expected a whole number from 0 to 255, found "), "{text}: {error}");
    }
}

#[test]
fn errors_say_where() {
    for (text, error) in [
        ("", "expected a value at byte 0"),
        ("[1,]", "expected a value at byte 3"),
        ("[1 2]", "expected `,` or `]` at byte 3"),
        ("{\"a\" 1}", "expected `:` at byte 5"),
        ("{a: 1}", "expected a name in quotes at byte 1"),
        ("{\"a\":1 \"b\":2}", "expected `,` or `}` at byte 7"),
        ("01", "expected the end at byte 1"),
        ("-", "expected a digit at byte 1"),
        ("tru", "expected a value at byte 0"),
        ("\"é", "a text without an end at byte 3"),
        ("\"\n\"", "a control character in a text at byte 1"),
        ("\"\\x\"", "an unknown escape at byte 2"),
        ("\"\\ud800\"", "half a character at byte 7"),
        ("\"\\u12g4\"", "expected four hexadecimal digits at byte 5"),
    ] {
        assert_eq!(parse(text).unwrap_err(), error, "{text}");
    }
    assert_eq!(from_str::<f64>("1e999").unwrap_err(), "expected a number, found 1e999");
    let long = format!("\"{}\"", "é".repeat(100));
    assert_eq!(
        from_str::<bool>(&long).unwrap_err().chars().count(),
        60 + "expected true or false, found \"\"".len()
    );
}

#[test]
fn deep_texts_are_refused_and_long_ones_are_not() {
    for open in ["[", "{\"a\":", "[{\"\":"] {
        parse(&open.repeat(1_000_000)).unwrap_err();
    }
    for depth in [127, 128] {
        let text = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(parse(&text).is_ok(), depth == 127);
        check(&text);
    }
    let numbers = format!("[1{}]", ",1".repeat(100_000));
    assert_eq!(from_str::<Vec<u8>>(&numbers).unwrap().len(), 100_001);
}
