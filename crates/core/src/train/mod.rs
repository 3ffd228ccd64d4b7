//! Training.

/// Buffers of one model.
#[derive(Debug, Default)]
pub struct Workspace {}
