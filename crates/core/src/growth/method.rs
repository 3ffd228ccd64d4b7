//! Growth methods: what happens at an event of a `fit`.

use super::budget::{self, Budget};
use super::candidates;
use super::cost::Cost;
use super::deepen;
use super::grow::Grow;
use super::judge::{Event, Judge};
use super::price::{self, Price};
use super::prune_expand::PruneExpand;
use super::schedule;
use super::stochastic::Stochastic;
use crate::error::{Code, Error, Result};
use crate::json;
use crate::model::{Model, Network};
use crate::train::Sample;
use cambium_kernels::pool::Team;

/// Rows that judge where many features are scored. With 64, 128 and 256 the digits ended alike (20 seeds, four budgets), MNIST
/// too (4 seeds, three budgets), and CIFAR-10 at 50.9, 51.7 and 51.9 % with 7,200 weights (4 and 10 seeds). With 64 of its 85 breast cancer ended from
/// a width of 32 at 150 weights in place of 210, 0.1 points lower (1,000 seeds).
const SCORING_ROWS: usize = 128;

/// Fewest rows of training data with which features of the rows are dropped unasked. On the 265 of diabetes dropping them ended
/// at 46 % of the variance against 49 (10 seeds).
const ROWS_TO_DROP_INPUTS: usize = 1000;

/// Most weights that a limit may be: with values, gradients and moments more than fit the memory that WebAssembly addresses.
const MOST_WEIGHTS: f64 = 1e9;

/// Which method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `updateFeatures` on scoring rows, then `prune` where a threshold is given.
    Stochastic,
    /// `prune`, then `expand`, without a test.
    PruneExpand,
    /// Growth past a limit, then removal down to it of what costs the least loss for what it saves.
    Budget,
    /// Growth to what the data could need, then removal of what is not worth its price.
    Price,
    /// [`Method::Price`] at its usual price.
    Auto,
    /// Growth to a limit by half of the steps, with newborns of the steepest gradient.
    GradMax,
    /// The same with newborns fitted to what the present features cannot do.
    Tiny,
    /// The same with copies of present features.
    Split,
    /// The same with the best of a pool of random newborns.
    Cascade,
}

json::names!(Method {
    Stochastic: "stochastic",
    PruneExpand: "pruneExpand",
    Budget: "budget",
    Price: "price",
    Auto: "auto",
    GradMax: "gradMax",
    Tiny: "tiny",
    Split: "split",
    Cascade: "cascade",
});

impl Method {
    fn needs_limit(self) -> bool {
        !matches!(self, Method::Stochastic | Method::PruneExpand | Method::Price | Method::Auto)
    }
}

/// The rows on which changes are judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scoring {
    /// Random rows of the validation data.
    #[default]
    Validation,
    /// The rows of the step.
    Batch,
    /// Random rows of the training data.
    Training,
}

json::names!(Scoring { Validation: "validation", Batch: "batch", Training: "training" });

/// How a network may change during a `fit`.
#[derive(Clone, Debug, PartialEq)]
pub struct GrowthPlan {
    /// Which method.
    pub method: Method,
    /// Steps from one event to the next.
    pub every: u32,
    /// For `stochastic`: what one weight costs, in units of the loss.
    pub weight_penalty: f64,
    /// Which rows judge.
    pub scoring: Scoring,
    /// How many rows judge; default the batch size, and for methods that score many features at once 128 (or the batch size where that is
    /// more, or all where there are fewer).
    pub scoring_rows: Option<usize>,
    /// Features go whose outgoing weights have an L1 norm below this; default none for `stochastic` and 0.01 for
    /// `pruneExpand`.
    pub prune: Option<f32>,
    /// Share of the steps after which structure rests.
    pub until: f32,
    /// Most weights at the end, for the methods that go to a limit.
    pub weights: Option<usize>,
    /// In place of `weights`, most multiply-adds of one row on its way forward.
    pub multiply_adds: Option<f64>,
    /// In place of `weights`, most microseconds of one row in a step.
    pub microseconds: Option<f64>,
    /// What the price of `price` and `auto` is a price of.
    pub cost: Cost,
    /// Rates for the model's layers, as [`Network::rates`] has them; default those that the model has.
    pub rates: Option<Vec<f32>>,
    /// For `price`: removing one per cent of the cost may cost this share of a per cent of the loss; default 0.1.
    pub price: Option<f64>,
    /// Whether features of the rows may go, for `budget`, `price` and `auto`; default where that can be and there are at least
    /// 1,000 rows.
    pub inputs: Option<bool>,
    /// Whether layers may come and go too, for `price` and `auto`.
    pub depth: bool,
}

json::record!(GrowthPlan {
    method: "method",
    every: "every" = 10,
    weight_penalty: "weightPenalty" = 0.0,
    scoring: "scoring" = Scoring::default(),
    scoring_rows: "scoringRows" optional,
    prune: "prune" optional,
    until: "until" = 1.0,
    weights: "weights" optional,
    multiply_adds: "multiplyAdds" optional,
    microseconds: "microseconds" optional,
    cost: "cost" = Cost::default(),
    rates: "rates" optional,
    price: "price" optional,
    inputs: "inputs" optional,
    depth: "depth" = false,
});

/// Where a method stops.
pub(super) struct Limit {
    /// What is counted.
    pub(super) cost: Cost,
    /// The most at the end.
    pub(super) most: f64,
    /// The option that said so.
    pub(super) name: &'static str,
}

/// A fit at an event.
pub(crate) struct Moment<'a> {
    /// What changes.
    pub(crate) model: &'a mut Model,
    /// Share of the steps that are done.
    pub(crate) share: f64,
    /// The rows that judge.
    pub(crate) sample: &'a Sample<'a>,
    /// The threads.
    pub(crate) team: &'a Team,
}

/// A method at work: when and where structure changes, with what, and by whose judgement.
pub(crate) trait Rule: std::fmt::Debug + Send {
    /// One growth event: what is decided goes to the end of `events`, nothing where nothing was to be done.
    ///
    /// # Errors
    /// As [`super::apply`] and the loss; the changes before stay, and `events` has them.
    fn event(&mut self, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()>;

    /// Whether features of the rows may go.
    fn drops_inputs(&self) -> bool {
        false
    }
}

impl GrowthPlan {
    /// The rule of a fit of `network` in `steps` steps on `rows` rows, each with `free` numbers to get right.
    ///
    /// # Errors
    /// `Option` for numbers that the network or the data rule out.
    pub(crate) fn rule(
        &self,
        network: &Network,
        (rows, free): (usize, usize),
        steps: u64,
    ) -> Result<Box<dyn Rule>> {
        let inputs = self.drops_inputs(network, rows)?;
        if self.microseconds.is_some() || self.cost == Cost::Microseconds {
            network.rates().ok_or_else(|| {
                Error::new(
                    Code::Option,
                    "growth.rates is missing, and the model has none: measure them first",
                )
            })?;
        }
        if let (true, Err(why)) = (self.depth, deepen::check(network)) {
            let text = format!("growth.depth is true, but no layer can come or go: {why}");
            return Err(Error::new(Code::Option, text));
        }
        let size = (rows * free, steps);
        Ok(match self.method {
            Method::Stochastic => Box::new(Stochastic::new(self)),
            Method::PruneExpand => Box::new(PruneExpand::new(self)),
            Method::Budget => Box::new(Budget::new(self, network, inputs, size)?),
            Method::GradMax | Method::Tiny | Method::Split | Method::Cascade => {
                Box::new(Grow::new(self, network, steps)?)
            }
            Method::Price | Method::Auto => Box::new(Price::new(self, network, inputs, size)?),
        })
    }

    /// Whether the method scores many candidates at once, for which all rows must be in one pass.
    pub(crate) fn sweeps(&self) -> bool {
        !matches!(self.method, Method::Stochastic | Method::PruneExpand)
    }

    /// The limits that were given.
    fn limits(&self) -> impl Iterator<Item = Limit> {
        let given = [
            (Cost::Weights, self.weights.map(|most| most as f64), "weights"),
            (Cost::MultiplyAdds, self.multiply_adds, "multiplyAdds"),
            (Cost::Microseconds, self.microseconds, "microseconds"),
        ];
        given.into_iter().filter_map(|(cost, most, name)| Some(Limit { cost, most: most?, name }))
    }

    /// Where a method stops that needs a limit.
    ///
    /// # Errors
    /// `Option` unless exactly one was given.
    pub(super) fn limit(&self) -> Result<Limit> {
        let bad = |text: String| Err(Error::new(Code::Option, text));
        match (self.limits().next(), self.limits().nth(1)) {
            (Some(Limit { cost: Cost::Weights, most, .. }), None) if most > MOST_WEIGHTS => {
                bad(format!("growth.weights is {most}; use at most {MOST_WEIGHTS}"))
            }
            (Some(limit), None) => Ok(limit),
            (Some(Limit { most, name, .. }), Some(other)) => {
                bad(format!("growth.{name} is {most} and growth.{} {}; give one of them", other.name, other.most))
            }
            _ => bad("growth.weights is missing; this method needs the most weights at the end, or multiplyAdds or microseconds".into()),
        }
    }

    /// The limit of [`GrowthPlan::limit`] for a fit of `network`.
    ///
    /// # Errors
    /// `Option` where there is none, or where a network of that cost, in the proportions of this one, could not be held.
    pub(super) fn limit_of(&self, network: &Network) -> Result<Limit> {
        let limit = self.limit()?;
        let most = MOST_WEIGHTS / network.weight_count() as f64 * limit.cost.of(network);
        if limit.most > most {
            let (name, given) = (limit.name, limit.most);
            let text =
                format!("growth.{name} is {given}; use at most {most} for this model: more cannot be held");
            return Err(Error::new(Code::Option, text));
        }
        Ok(limit)
    }

    /// Checks that an event comes when at least the share `from` of `steps` steps is done, `when` in words.
    ///
    /// # Errors
    /// `Option`.
    pub(super) fn check_due(&self, steps: u64, from: f64, when: &str) -> Result<()> {
        let last = schedule::last_due(steps, self.every, self.until);
        if last.is_some_and(|last| last as f64 >= from * steps as f64) {
            return Ok(());
        }
        let text = format!(
            "growth.every is {} and growth.until {}: of {steps} steps none with an event comes after {from} of them, {when}",
            self.every, self.until
        );
        Err(Error::new(Code::Option, text))
    }

    /// Whether the method removes what is not worth its cost.
    fn shrinks(&self) -> bool {
        matches!(self.method, Method::Budget | Method::Price | Method::Auto)
    }

    /// Whether an event is one change that is judged, and nothing else.
    pub(crate) fn is_one_judged_change(&self) -> bool {
        self.method == Method::Stochastic && self.prune.is_none()
    }

    /// Whether features of the rows may go.
    fn drops_inputs(&self, network: &Network, rows: usize) -> Result<bool> {
        match (self.inputs, network.may_drop_inputs()) {
            (Some(true), Err(why)) => {
                Err(Error::new(Code::Option, format!("growth.inputs is true, but no input can go: {why}")))
            }
            (Some(wanted), _) => Ok(wanted),
            (None, may) => Ok(self.shrinks() && may.is_ok() && rows >= ROWS_TO_DROP_INPUTS),
        }
    }

    /// Checks the ranges of all numbers.
    ///
    /// # Errors
    /// `Option`, naming the number and its range.
    pub fn check(&self) -> Result<()> {
        let bad = |text: String| Err(Error::new(Code::Option, text));
        if self.every == 0 {
            return bad("growth.every is 0; use at least 1 step".into());
        }
        if self.scoring_rows == Some(0) {
            return bad("growth.scoringRows is 0; use at least 1 row".into());
        }
        if !(0.0..=1.0).contains(&self.until) {
            return bad(format!("growth.until is {}; use a share from 0 to 1", self.until));
        }
        if let Some(threshold) = self.prune.filter(|t| !(t.is_finite() && *t >= 0.0)) {
            return bad(format!("growth.prune is {threshold}; use a finite number >= 0"));
        }
        if let Some(price) = self.price.filter(|price| !(price.is_finite() && *price >= 0.0)) {
            return bad(format!("growth.price is {price}; use a finite number >= 0"));
        }
        if self.method.needs_limit() {
            self.limit()?;
        }
        for Limit { most, name, .. } in self.limits() {
            if !self.method.needs_limit() {
                return bad(format!("growth.{name} is {most}; this method takes no limit"));
            }
            if !(most.is_finite() && most > 0.0) {
                return bad(format!("growth.{name} is {most}; use a finite number > 0"));
            }
        }
        if self.cost != Cost::Weights && !matches!(self.method, Method::Price | Method::Auto) {
            return bad("growth.cost is for 'price' and 'auto'; other methods go by their limit".into());
        }
        if let (Some(price), true) = (self.price, self.method != Method::Price) {
            return bad(format!("growth.price is {price}; only 'price' takes one"));
        }
        if let (Some(inputs), false) = (self.inputs, self.shrinks()) {
            return bad(format!("growth.inputs is {inputs}; this method drops no features of the rows"));
        }
        if self.depth && !matches!(self.method, Method::Price | Method::Auto) {
            return bad("growth.depth is true; only 'price' and 'auto' propose layers".into());
        }
        if self.sweeps() && self.scoring == Scoring::Batch {
            return bad(
                "growth.scoring is 'batch'; this method judges by rows of 'training' or 'validation' data"
                    .into(),
            );
        }
        budget::check_until(self)?;
        price::check_until(self)?;
        Judge { loss: None, weight_penalty: self.weight_penalty }.check()
    }

    /// Rows that judge, where a step has `batch` and there are `most`.
    pub(crate) fn scoring_rows(&self, batch: usize, most: usize) -> usize {
        let usual = if self.sweeps() { batch.max(SCORING_ROWS) } else { batch };
        self.scoring_rows.unwrap_or(usual).min(most)
    }
}

/// One growth event of `rule`, as [`Rule::event`], remembered by the model. Nothing where nothing can change.
///
/// # Errors
/// As [`Rule::event`]; the model too remembers what was decided before.
pub(crate) fn event(rule: &mut dyn Rule, moment: &mut Moment, events: &mut Vec<Event>) -> Result<()> {
    if candidates::growable(&moment.model.network).next().is_none() && !rule.drops_inputs() {
        return Ok(());
    }
    let before = events.len();
    let ended = rule.event(moment, events);
    moment.model.log.extend(&events[before..]);
    ended
}
