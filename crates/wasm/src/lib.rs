//! The WebAssembly boundary of `cambium-core`: handles, one JSON string for each plan and report, typed arrays
//! for data. No logic of its own.
//!
//! Every function that can fail throws a string: the JSON of `{ code, message }`.
#![forbid(unsafe_code)]
#![cfg_attr(target_arch = "wasm32", feature(alloc_error_hook))]

mod dataset;
mod fit;
mod json;
mod model;
mod panic;
mod room;

pub use dataset::Dataset;
pub use fit::Fit;
pub use model::Model;
pub use panic::{panic_message, start};
pub use room::room;

#[cfg(all(feature = "threads", target_arch = "wasm32"))]
pub use wasm_bindgen_rayon::init_thread_pool;
