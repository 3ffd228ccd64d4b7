//! Plans in, reports and errors out.

use cambium_core::{json, Code, Error};
use serde::{de::DeserializeOwned, Serialize};

/// The result of a function on the boundary; the error is the JSON of `{ code, message }`.
pub type Result<T> = std::result::Result<T, String>;

/// The error as it is thrown.
pub fn thrown(error: Error) -> String {
    let parts = serde_json::json!({ "code": error.code.as_str(), "message": error.message });
    json::to_string(&parts).unwrap_or_default()
}

/// Reads `what`; unknown fields and wrong types are an `OPTION` error.
pub fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T> {
    json::from_str(text).map_err(|error| thrown(Error::new(Code::Option, format!("{what}: {error}"))))
}

/// Writes a report.
pub fn write<T: Serialize>(report: cambium_core::Result<T>) -> Result<String> {
    let report = report.map_err(thrown)?;
    json::to_string(&report).map_err(|error| thrown(Error::new(Code::State, format!("report: {error}"))))
}
