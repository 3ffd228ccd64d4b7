//! What tests share.

use cambium_core::json::{from_str, Read};
use serde_json::Value;

/// A `T` from a value of serde_json, by its text.
pub fn from_value<T: Read>(value: Value) -> Result<T, String> {
    from_str(&value.to_string())
}
