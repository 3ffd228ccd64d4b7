//! A text that was read, as a tree.

use std::borrow::Cow;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it stands in the text, so that nothing is lost of whole numbers with 64 bits.
    Number(&'a str),
    /// A text, without its escapes.
    String(Cow<'a, str>),
    /// Values in their order.
    Array(Vec<Value<'a>>),
    /// Values by name, in their order. A name can come twice; who reads them decides what that means.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
}

impl Value<'_> {
    /// The value of that name, if this is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Value::Object(fields) = self else { return None };
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// The text, if this is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}
