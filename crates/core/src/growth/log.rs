//! What a model remembers of the decisions about its structure.

use super::change::{Blocked, FeatureAt};
use super::judge::{Event, Kind, Verdict};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Most decisions that are remembered: some 500 KB, and 300 KB in a file.
const MOST: usize = 4096;
/// So many are forgotten at a time.
const SHARE: usize = MOST / 4;

/// The decisions of a model's life, oldest first. Where they are too many, the oldest tries that came to nothing are
/// forgotten, and where there are no more of these, the oldest changes.
#[derive(Debug, Default)]
pub struct Log {
    events: Vec<Event>,
    /// How many of them are older than the present epoch of a fit.
    before_epoch: usize,
}

impl Log {
    /// A log of `events`, oldest first.
    pub(crate) fn of(events: Vec<Event>) -> Self {
        Log { events, before_epoch: 0 }
    }

    /// The decisions, oldest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Remembers `event`.
    pub(crate) fn push(&mut self, event: Event) {
        if self.events.len() >= MOST {
            self.forget();
        }
        self.events.push(event);
    }

    /// Marks the start of an epoch.
    pub(crate) fn begin_epoch(&mut self) {
        self.before_epoch = self.events.len();
    }

    /// Forgets what came since the start of the epoch.
    pub(crate) fn fall_back(&mut self) {
        self.events.truncate(self.before_epoch);
    }

    fn forget(&mut self) {
        let excess = self.events.len() - MOST + SHARE;
        let tries = self.events.iter().filter(|event| event.verdict != Verdict::Kept).count().min(excess);
        let (mut left, mut index, before) = ([tries, excess - tries], 0, self.before_epoch);
        self.events.retain(|event| {
            let left = &mut left[usize::from(event.verdict == Verdict::Kept)];
            let goes = *left > 0;
            *left -= usize::from(goes);
            self.before_epoch -= usize::from(goes && index < before);
            index += 1;
            !goes
        });
    }
}

/// An event in a file: a list without names. Numbers of 64 bits stand there as the whole number of the same bits, since
/// what is read from the text of a fraction can differ from it in the last bit.
#[derive(Serialize, Deserialize)]
pub(crate) struct Row(
    u32,
    Kind,
    Verdict,
    [Option<usize>; 3],
    [Option<u64>; 2],
    [usize; 2],
    u64,
    Vec<FeatureAt>,
    Vec<Blocked>,
    Cow<'static, str>,
);

impl From<&Event> for Row {
    fn from(event: &Event) -> Self {
        let Event { step, kind, verdict, axis, index, width, .. } = *event;
        let Event { loss_before, loss_after, weights_before, weights_after, penalty, .. } = *event;
        let Event { removed, blocked, reason, .. } = event.clone();
        Row(
            step,
            kind,
            verdict,
            [axis, index, width],
            [loss_before, loss_after].map(|loss| loss.map(f64::to_bits)),
            [weights_before, weights_after],
            penalty.to_bits(),
            removed,
            blocked,
            reason,
        )
    }
}

impl From<Row> for Event {
    fn from(row: Row) -> Self {
        let Row(
            step,
            kind,
            verdict,
            [axis, index, width],
            losses,
            weights,
            penalty,
            removed,
            blocked,
            reason,
        ) = row;
        let [loss_before, loss_after] =
            losses.map(|loss| loss.map(f64::from_bits).filter(|loss| loss.is_finite()));
        let [weights_before, weights_after] = weights;
        let penalty = f64::from_bits(penalty);
        Event {
            step,
            kind,
            axis,
            index,
            width,
            removed,
            blocked,
            loss_before,
            loss_after,
            weights_before,
            weights_after,
            penalty,
            verdict,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(step: u32, verdict: Verdict) -> Event {
        Event::from(Row(
            step,
            Kind::Add,
            verdict,
            [None; 3],
            [None; 2],
            [0; 2],
            0,
            Vec::new(),
            Vec::new(),
            "".into(),
        ))
    }

    fn steps(log: &Log, verdict: Verdict) -> Vec<u32> {
        log.events.iter().filter(|event| event.verdict == verdict).map(|event| event.step).collect()
    }

    #[test]
    fn the_oldest_tries_go_first_and_then_the_oldest_changes() {
        let mut log = Log::default();
        for step in 0..20_000 {
            log.push(event(step, if step % 7 == 0 { Verdict::Kept } else { Verdict::Undone }));
            assert!(log.events.len() <= MOST);
        }
        assert!(log.events.is_sorted_by_key(|event| event.step));
        assert!(steps(&log, Verdict::Kept).into_iter().eq((0..20_000).step_by(7)), "all changes are there");
        let tries = steps(&log, Verdict::Undone);
        let newest = (0..20_000).rev().filter(|step| step % 7 != 0);
        assert!(tries.len() > 200 && tries.into_iter().rev().zip(newest).all(|(a, b)| a == b));
        (20_000..30_000).for_each(|step| log.push(event(step, Verdict::Kept)));
        let changes = steps(&log, Verdict::Kept);
        assert_eq!(changes.len(), log.events.len());
        assert!((MOST - SHARE..=MOST).contains(&changes.len()));
        assert_eq!(changes.last(), Some(&29_999));
    }

    #[test]
    fn a_fall_back_finds_the_start_of_the_epoch_after_tries_were_forgotten() {
        let mut log = Log::default();
        for step in 0..3000 {
            log.push(event(step, if step % 2 == 0 { Verdict::Kept } else { Verdict::Blocked }));
        }
        log.begin_epoch();
        (3000..5000).for_each(|step| log.push(event(step, Verdict::Undone)));
        log.fall_back();
        assert!(steps(&log, Verdict::Kept).into_iter().eq((0..3000).step_by(2)));
        assert_eq!(steps(&log, Verdict::Blocked).last(), Some(&2999));
        assert!(steps(&log, Verdict::Undone).is_empty());
    }
}
