//! When structure may change.

/// Whether a growth event comes before the gradient step number `step` of a fit of `total` steps: every `every` steps,
/// counting from one, while at most the share `until` of the steps is done.
pub fn is_due(step: u64, total: u64, every: u32, until: f32) -> bool {
    (step + 1).is_multiple_of(u64::from(every)) && (step as f64) < f64::from(until) * total as f64
}

/// The last step with an event of such a fit, or none.
pub fn last_due(total: u64, every: u32, until: f32) -> Option<u64> {
    let open = (f64::from(until) * total as f64).ceil() as u64;
    (open.min(total) / u64::from(every) * u64::from(every)).checked_sub(1)
}
