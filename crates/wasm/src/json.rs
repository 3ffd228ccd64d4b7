//! Plans in, reports and errors out.

use cambium_core::{json, Code, Error};

/// The result of a function on the boundary; the error is the JSON of `{ code, message }`.
pub type Result<T> = std::result::Result<T, String>;

/// The error as it is thrown.
pub fn thrown(error: Error) -> String {
    let [code, message] = [error.code.as_str(), &error.message].map(json::to_string);
    format!("{{\"code\":{code},\"message\":{message}}}")
}

/// Reads `what`; unknown fields and wrong types are an `OPTION` error.
pub fn read<T: json::Read>(what: &str, text: &str) -> Result<T> {
    json::from_str(text).map_err(|error| refused(what, &error))
}

fn refused(what: &str, error: &str) -> String {
    thrown(Error::new(Code::Option, format!("{what}: {error}")))
}

/// Writes a report.
pub fn write<T: json::Write>(report: cambium_core::Result<T>) -> Result<String> {
    report.map(|report| json::to_string(&report)).map_err(thrown)
}
