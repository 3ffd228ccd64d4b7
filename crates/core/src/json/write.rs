//! Types that are written.

use std::borrow::Cow;
use std::fmt::{Debug, Write as _};

/// A type that can be written.
pub trait Write {
    /// Puts its text, without spaces, behind `text`.
    fn write(&self, text: &mut String);

    /// Whether there is nothing to tell, for fields that are then left out.
    fn is_nothing(&self) -> bool {
        false
    }
}

/// Puts `value` in quotes behind `text`.
pub(crate) fn write_text(value: &str, text: &mut String) {
    text.push('"');
    let mut rest = value;
    while let Some(at) = rest.find(|character| matches!(character, '"' | '\\' | '\0'..' ')) {
        text.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\x08' => text.push_str("\\b"),
            b'\x0c' => text.push_str("\\f"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            control => write_shown(text, format_args!("\\u{control:04x}")),
        }
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
    text.push('"');
}

fn write_shown(text: &mut String, shown: std::fmt::Arguments) {
    text.write_fmt(shown).expect("memory is all that a text needs");
}

/// A float as short as it can be read again, by the standard library, whose text of floats messages need anyway. What is not
/// finite has no number in JSON.
fn write_float(value: &dyn Debug, is_finite: bool, text: &mut String) {
    if is_finite {
        write_shown(text, format_args!("{value:?}"));
    } else {
        text.push_str("null");
    }
}

/// Types of whole numbers.
macro_rules! wholes {
    ($($number:ty),*) => { $(
        impl Write for $number {
            fn write(&self, text: &mut String) {
                write_whole(*self as u64, text);
            }
        }
    )* };
}

wholes!(u8, u32, u64, usize);

fn write_whole(value: u64, text: &mut String) {
    write_shown(text, format_args!("{value}"));
}

impl Write for f32 {
    fn write(&self, text: &mut String) {
        write_float(self, self.is_finite(), text);
    }
}

impl Write for f64 {
    fn write(&self, text: &mut String) {
        write_float(self, self.is_finite(), text);
    }
}

impl Write for bool {
    fn write(&self, text: &mut String) {
        text.push_str(if *self { "true" } else { "false" });
    }
}

impl Write for str {
    fn write(&self, text: &mut String) {
        write_text(self, text);
    }
}

impl Write for String {
    fn write(&self, text: &mut String) {
        write_text(self, text);
    }
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl Write for Cow<'_, str> {
    fn write(&self, text: &mut String) {
        write_text(self, text);
    }
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, text: &mut String) {
        match self {
            Some(value) => value.write(text),
            None => text.push_str("null"),
        }
    }
    fn is_nothing(&self) -> bool {
        self.is_none()
    }
}

impl<T: Write> Write for [T] {
    fn write(&self, text: &mut String) {
        write_elements(&mut self.iter().map(|element| element as &dyn Write), text);
    }
}

fn write_elements(elements: &mut dyn Iterator<Item = &dyn Write>, text: &mut String) {
    text.push('[');
    for (index, element) in elements.enumerate() {
        if index > 0 {
            text.push(',');
        }
        element.write(text);
    }
    text.push(']');
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, text: &mut String) {
        self.as_slice().write(text);
    }
    fn is_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Write, const N: usize> Write for [T; N] {
    fn write(&self, text: &mut String) {
        self.as_slice().write(text);
    }
}
