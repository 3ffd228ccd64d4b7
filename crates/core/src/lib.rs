//! Neural networks that grow and shrink while they train.
//!
//! Storage that grows ([`param`]), layers ([`layer`]), feature axes ([`axes`]), structural changes and
//! growth methods ([`growth`]), training ([`train`]), saved states ([`checkpoint`]).
//! Nothing here knows WebAssembly.
#![forbid(unsafe_code)]

pub mod axes;
mod build;
pub mod checkpoint;
pub mod error;
pub mod growth;
pub mod inputs;
pub mod json;
pub mod layer;
pub mod model;
pub mod param;
pub mod rng;
mod safetensors;
pub mod shape;
pub mod spec;
pub mod summary;
pub mod train;

pub use error::{Code, Error, Result};
pub use model::Model;
