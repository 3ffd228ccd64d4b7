//! Descriptions and reports in JSON.
//!
//! Text becomes a tree of values ([`Value`]), and types are filled from that through trait objects: a type brings a table of its
//! fields, and the loops over tables, with all checks and messages, are there once (`table.rs`). A type is declared by one of
//! four macros: `record!` for structs that are read and written, `report!` for those that are only written, `variants!` for enums
//! with fields, `names!` for plain ones. Readers and writers that serde derives are compiled anew for each type: modules are
//! 33 KB smaller after gzip without them and serde_json.

mod number;
mod parse;
mod read;
pub(crate) mod table;
mod value;
mod write;

pub use parse::parse;
pub use read::{Read, Result, Wrong};
pub use value::Value;
pub use write::Write;

pub(crate) use table::{names, record, report, variants};

/// Reads a `T`.
///
/// # Errors
/// What is wrong with the text, or which field is wrong, missing or unknown.
pub fn from_str<T: Read>(text: &str) -> std::result::Result<T, String> {
    let mut read = T::blank();
    fill(&mut read, &parse(text)?)?;
    Ok(read)
}

/// Reads a `T` from a value.
///
/// # Errors
/// Which field is wrong, missing or unknown.
pub fn from_value<T: Read>(value: &Value) -> std::result::Result<T, String> {
    let mut read = T::blank();
    fill(&mut read, value)?;
    Ok(read)
}

fn fill(read: &mut dyn Read, value: &Value) -> std::result::Result<(), String> {
    read.read(value).map_err(|wrong| wrong.to_string())
}

/// Writes `value`, without spaces.
pub fn to_string<T: Write + ?Sized>(value: &T) -> String {
    // Room for most of them: a text that grows to that size from nothing asks for memory six times, 2 % of the
    // time of an event on a batch of its own.
    let mut text = String::with_capacity(256);
    value.write(&mut text);
    text
}
