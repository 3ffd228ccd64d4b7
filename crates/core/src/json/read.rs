//! Types that are read from a tree.

use super::number::float;
use super::Value;
use std::fmt;

/// A type that can be read.
pub trait Read {
    /// What is filled by reading: the defaults.
    fn blank() -> Self
    where
        Self: Sized;

    /// Takes what `value` says.
    ///
    /// # Errors
    /// What is wrong, and in which field. Some fields may then have been taken.
    fn read(&mut self, value: &Value) -> Result;
}

/// Whether a value was taken.
pub type Result = std::result::Result<(), Box<Wrong>>;

/// What is wrong, and where.
#[derive(Debug)]
pub struct Wrong {
    /// The field, by the names on the way to it: `growth.every`, `layers[2].units`.
    place: String,
    what: String,
}

impl Wrong {
    #[cold]
    pub(crate) fn new(what: String) -> Box<Self> {
        Box::new(Wrong { place: String::new(), what })
    }

    /// The same, seen from outside of the field or element `name`.
    #[cold]
    pub(super) fn of(mut self: Box<Self>, name: &str) -> Box<Self> {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        self.place = format!("{name}{dot}{}", self.place);
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(out, "{}: ", self.place)?;
        }
        out.write_str(&self.what)
    }
}

/// Most characters of what was found that a message shows.
const SHOWN: usize = 60;

fn shown(text: &str) -> &str {
    text.char_indices().nth(SHOWN).map_or(text, |(end, _)| &text[..end])
}

/// `value` is no `expected`.
#[cold]
pub(crate) fn unexpected(expected: &str, value: &Value) -> Box<Wrong> {
    let found = match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => shown(text).into(),
        Value::String(text) => super::to_string(shown(text)),
        Value::Array(values) => format!("an array of {}", values.len()),
        Value::Object(_) => "an object".into(),
    };
    Wrong::new(format!("expected {expected}, found {found}"))
}

fn read_whole(value: &Value, most: u64) -> std::result::Result<u64, Box<Wrong>> {
    let number = match value {
        Value::Number(text) => text.parse().ok().filter(|number| *number <= most),
        _ => None,
    };
    number.ok_or_else(|| unexpected(&format!("a whole number from 0 to {most}"), value))
}

fn read_float(value: &Value) -> std::result::Result<f64, Box<Wrong>> {
    let number = match value {
        Value::Number(text) => float(text),
        _ => None,
    };
    number.ok_or_else(|| unexpected("a number", value))
}

/// Types of numbers.
macro_rules! numbers {
    ($($number:ty: $read:expr),*) => { $(
        impl Read for $number {
            fn blank() -> Self {
                <$number>::default()
            }
            fn read(&mut self, value: &Value) -> Result {
                *self = $read(value)? as $number;
                Ok(())
            }
        }
    )* };
}

numbers! {
    u8: |value| read_whole(value, u64::from(u8::MAX)),
    u32: |value| read_whole(value, u64::from(u32::MAX)),
    u64: |value| read_whole(value, u64::MAX),
    usize: |value| read_whole(value, usize::MAX as u64),
    f32: read_float,
    f64: read_float
}

impl Read for bool {
    fn blank() -> Self {
        false
    }
    fn read(&mut self, value: &Value) -> Result {
        let Value::Bool(value) = value else { return Err(unexpected("true or false", value)) };
        *self = *value;
        Ok(())
    }
}

impl Read for String {
    fn blank() -> Self {
        String::new()
    }
    fn read(&mut self, value: &Value) -> Result {
        *self = value.as_str().ok_or_else(|| unexpected("a text", value))?.to_owned();
        Ok(())
    }
}

/// `null` is nothing.
impl<T: Read> Read for Option<T> {
    fn blank() -> Self {
        None
    }
    fn read(&mut self, value: &Value) -> Result {
        *self = None;
        match value {
            Value::Null => Ok(()),
            value => self.insert(T::blank()).read(value),
        }
    }
}

impl<T: Read> Read for Vec<T> {
    fn blank() -> Self {
        Vec::new()
    }
    fn read(&mut self, value: &Value) -> Result {
        self.clear();
        read_elements(value, &mut |value| {
            let mut element = T::blank();
            element.read(value)?;
            self.push(element);
            Ok(())
        })
    }
}

fn read_elements(value: &Value, take: &mut dyn FnMut(&Value) -> Result) -> Result {
    let Value::Array(values) = value else { return Err(unexpected("an array", value)) };
    for (index, value) in values.iter().enumerate() {
        take(value).map_err(|wrong| wrong.of(&format!("[{index}]")))?;
    }
    Ok(())
}

impl Read for [usize; 2] {
    fn blank() -> Self {
        [0; 2]
    }
    fn read(&mut self, value: &Value) -> Result {
        let mut list = Vec::new();
        match value {
            Value::Array(values) if values.len() == self.len() => list.read(value)?,
            _ => return Err(unexpected("an array of 2", value)),
        }
        self.copy_from_slice(&list);
        Ok(())
    }
}

/// Where `value` stands among `names`.
pub(crate) fn read_name(value: &Value, names: &[&str]) -> std::result::Result<usize, Box<Wrong>> {
    let at = value.as_str().and_then(|name| names.iter().position(|known| *known == name));
    at.ok_or_else(|| unexpected(&format!("one of {}", names.join(", ")), value))
}
