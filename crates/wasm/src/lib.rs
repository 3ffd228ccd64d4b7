//! The WebAssembly boundary of `cambium-core`: handles, one JSON string for each plan and report, typed arrays
//! for data. No logic of its own.
#![forbid(unsafe_code)]
