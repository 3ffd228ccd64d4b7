//! When structure may change.

/// Whether a growth event comes before the gradient step number `step` of a fit of `total` steps: every `every` steps,
/// counting from one, while at most the share `until` of the steps is done.
pub fn is_due(step: u64, total: u64, every: u32, until: f32) -> bool {
    (step + 1).is_multiple_of(u64::from(every)) && (step as f64) < f64::from(until) * total as f64
}

/// Whether an event of such a fit comes when at least the share `from` of the steps is done, and less than `to`.
pub(super) fn is_due_between(total: u64, every: u32, until: f32, (from, to): (f64, f64)) -> bool {
    let share = |step: u64| step as f64 / total as f64;
    let every_event = (1..=total / u64::from(every)).map(|event| event * u64::from(every) - 1);
    let mut later = every_event.skip_while(|&step| share(step) < from);
    later.next().is_some_and(|step| share(step) < to && is_due(step, total, every, until))
}

/// The last step with an event of such a fit, or none.
pub fn last_due(total: u64, every: u32, until: f32) -> Option<u64> {
    let open = (f64::from(until) * total as f64).ceil() as u64;
    (open.min(total) / u64::from(every) * u64::from(every)).checked_sub(1)
}
