//! What a model remembers of the decisions about its structure.

use super::change::{Blocked, FeatureAt};
use super::judge::{Event, Verdict, KINDS, VERDICTS};
use std::str::SplitAsciiWhitespace;

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

    /// Remembers `events`.
    pub(crate) fn extend(&mut self, events: &[Event]) {
        for event in events {
            if self.events.len() >= MOST {
                self.forget();
            }
            self.events.push(event.clone());
        }
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

/// `events` as text: a line of numbers, and a line for each text that they name.
///
/// An event is step, kind, verdict; axis, index and width, each plus one or zero for none; loss before and after, as the whole
/// numbers of the same bits; weights before and after, penalty (bits), reason; how many features were removed, with axis, index
/// and width of each; how many changes were blocked, with axis, index (plus one or zero) and reason of each; and the predicted
/// change (bits) where there is one, which [`PREDICTED`] more in the verdict tells: files that are older have none. As JSON it
/// would take two to three times the room.
pub(crate) fn to_text(events: &[Event]) -> String {
    let mut writer = Writer::default();
    events.iter().for_each(|event| writer.event(event));
    let Writer { numbers: mut text, texts } = writer;
    for line in texts {
        text.push('\n');
        text.push_str(line);
    }
    text
}

/// The events in what [`to_text`] gave, or nothing where it has no meaning.
pub(crate) fn from_text(text: &str) -> Option<Vec<Event>> {
    let mut lines = text.split('\n');
    let numbers = lines.next()?.split_ascii_whitespace();
    let mut reader = Reader { numbers, texts: lines.collect() };
    let mut events = Vec::new();
    while let Some(step) = reader.numbers.next() {
        events.push(reader.event(step.parse().ok()?)?);
    }
    Some(events)
}

/// What the verdict of an event with a predicted change is more.
const PREDICTED: usize = VERDICTS.len();

/// How far back a text is looked for before it is written again.
const NEAR: usize = 8;

#[derive(Default)]
struct Writer<'a> {
    numbers: String,
    texts: Vec<&'a str>,
}

impl<'a> Writer<'a> {
    fn event(&mut self, event: &'a Event) {
        let Event { step, kind, verdict, axis, index, width, loss_before, loss_after, .. } = *event;
        let Event { weights_before, weights_after, penalty, predicted, .. } = *event;
        let Event { removed, blocked, reason, .. } = event;
        let whole = |n: usize| n as u64;
        let some = |n: Option<usize>| n.map_or(0, |n| whole(n) + 1);
        let bits = |loss: Option<f64>| loss.unwrap_or(f64::NAN).to_bits();
        let reason = self.text(reason);
        let verdict = verdict as usize + if predicted.is_some() { PREDICTED } else { 0 };
        self.put(&[step.into(), kind as u64, whole(verdict), some(axis), some(index), some(width)]);
        self.put(&[bits(loss_before), bits(loss_after), whole(weights_before), whole(weights_after)]);
        self.put(&[penalty.to_bits(), reason, whole(removed.len())]);
        for FeatureAt { axis, index, width } in removed {
            self.put(&[axis, index, width].map(|&n| whole(n)));
        }
        self.put(&[whole(blocked.len())]);
        for blocked in blocked {
            let reason = self.text(&blocked.reason);
            self.put(&[whole(blocked.axis), some(blocked.index), reason]);
        }
        if let Some(predicted) = predicted {
            self.put(&[predicted.to_bits()]);
        }
    }

    fn put(&mut self, numbers: &[u64]) {
        for number in numbers {
            self.numbers.push_str(&number.to_string());
            self.numbers.push(' ');
        }
    }

    /// The number of `text`.
    fn text(&mut self, text: &'a str) -> u64 {
        let near = self.texts.len().saturating_sub(NEAR);
        let found = self.texts[near..].iter().position(|&known| known == text);
        let number = found.map_or(self.texts.len(), |at| near + at);
        if found.is_none() {
            self.texts.push(text);
        }
        number as u64
    }
}

struct Reader<'a> {
    numbers: SplitAsciiWhitespace<'a>,
    texts: Vec<&'a str>,
}

impl Reader<'_> {
    fn number(&mut self) -> Option<u64> {
        self.numbers.next()?.parse().ok()
    }

    fn whole(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn some(&mut self) -> Option<Option<usize>> {
        self.whole().map(|n| n.checked_sub(1))
    }

    fn float(&mut self) -> Option<Option<f64>> {
        let float = f64::from_bits(self.number()?);
        Some(Some(float).filter(|float| float.is_finite()))
    }

    fn text(&mut self) -> Option<String> {
        let number = self.whole()?;
        self.texts.get(number).map(|&text| text.to_owned())
    }

    fn event(&mut self, step: u32) -> Option<Event> {
        let (kind, verdict) = (*KINDS.get(self.whole()?)?, self.whole()?);
        let foreseen = verdict >= PREDICTED;
        let verdict = *VERDICTS.get(if foreseen { verdict - PREDICTED } else { verdict })?;
        let (axis, index, width) = (self.some()?, self.some()?, self.some()?);
        let (loss_before, loss_after) = (self.float()?, self.float()?);
        let (weights_before, weights_after) = (self.whole()?, self.whole()?);
        let (penalty, reason) = (self.float()??, self.text()?.into());
        let (mut removed, mut blocked) = (Vec::new(), Vec::new());
        for _ in 0..self.number()? {
            removed.push(FeatureAt { axis: self.whole()?, index: self.whole()?, width: self.whole()? });
        }
        for _ in 0..self.number()? {
            blocked.push(Blocked { axis: self.whole()?, index: self.some()?, reason: self.text()? });
        }
        let predicted = if foreseen { self.float()? } else { None };
        Some(Event {
            step,
            kind,
            axis,
            index,
            width,
            removed,
            blocked,
            loss_before,
            loss_after,
            predicted,
            weights_before,
            weights_after,
            penalty,
            verdict,
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(step: u32, verdict: Verdict) -> Event {
        from_text(&format!("{step} 0 {} 0 0 0 0 0 0 0 0 0 0 0\n", verdict as usize)).unwrap().remove(0)
    }

    #[test]
    fn kinds_and_verdicts_have_their_numbers() {
        assert!(KINDS.iter().enumerate().all(|(number, &kind)| kind as usize == number));
        assert!(VERDICTS.iter().enumerate().all(|(number, &verdict)| verdict as usize == number));
    }

    #[test]
    fn a_predicted_change_is_kept_to_the_bit_and_older_texts_have_none() {
        let plain = event(7, Verdict::Undone);
        assert_eq!(plain.predicted, None);
        let events = [Event { predicted: Some(-1.0 / 3.0), ..plain.clone() }, plain.clone()];
        assert_eq!(from_text(&to_text(&events)).unwrap(), events);
        let older = "7 0 1 0 0 0 0 0 0 0 0 0 0 0 \n";
        assert_eq!(from_text(older).unwrap(), [Event { loss_before: Some(0.0), ..plain }]);
        assert!(from_text("7 0 4 0 0 0 0 0 0 0 0 0 0 0 \n").is_none(), "the number is missing");
        assert!(from_text("7 0 6 0 0 0 0 0 0 0 0 0 0 0 0 \n").is_none(), "there is no such verdict");
    }

    fn steps(log: &Log, verdict: Verdict) -> Vec<u32> {
        log.events.iter().filter(|event| event.verdict == verdict).map(|event| event.step).collect()
    }

    #[test]
    fn the_oldest_tries_go_first_and_then_the_oldest_changes() {
        let mut log = Log::default();
        for step in 0..20_000 {
            log.extend(&[event(step, if step % 7 == 0 { Verdict::Kept } else { Verdict::Undone })]);
            assert!(log.events.len() <= MOST);
        }
        assert!(log.events.is_sorted_by_key(|event| event.step));
        assert!(steps(&log, Verdict::Kept).into_iter().eq((0..20_000).step_by(7)), "all changes are there");
        let tries = steps(&log, Verdict::Undone);
        let newest = (0..20_000).rev().filter(|step| step % 7 != 0);
        assert!(tries.len() > 200 && tries.into_iter().rev().zip(newest).all(|(a, b)| a == b));
        (20_000..30_000).for_each(|step| log.extend(&[event(step, Verdict::Kept)]));
        let changes = steps(&log, Verdict::Kept);
        assert_eq!(changes.len(), log.events.len());
        assert!((MOST - SHARE..=MOST).contains(&changes.len()));
        assert_eq!(changes.last(), Some(&29_999));
    }

    #[test]
    fn a_fall_back_finds_the_start_of_the_epoch_after_tries_were_forgotten() {
        let mut log = Log::default();
        for step in 0..3000 {
            log.extend(&[event(step, if step % 2 == 0 { Verdict::Kept } else { Verdict::Blocked })]);
        }
        log.begin_epoch();
        (3000..5000).for_each(|step| log.extend(&[event(step, Verdict::Undone)]));
        log.fall_back();
        assert!(steps(&log, Verdict::Kept).into_iter().eq((0..3000).step_by(2)));
        assert_eq!(steps(&log, Verdict::Blocked).last(), Some(&2999));
        assert!(steps(&log, Verdict::Undone).is_empty());
    }
}
