//! The training loop, a chunk of steps at a time.

use super::dataset::Dataset;
use super::evaluate::{checked_loss, measure, pass_rows, settle_loss};
use super::loss::Loss;
use super::optimizer::factor;
use super::plan::FitPlan;
use super::report::{ChunkReport, EpochEnd};
use super::sample::Sample;
use super::step::{self, Sums};
use super::workspace::{row_work, worth, Mode};
use crate::error::{try_reserve, Code, Error, Result};
use crate::growth::{self, GrowthPlan, Moment, Rule, Scoring};
use crate::model::{Model, Network};
use crate::rng::Stream;
use cambium_kernels::pool::{with_team, Team};

/// Work of a chunk in multiply-adds: about 12 ms on one core, so that progress, pause and abort feel immediate while
/// calls across the boundary stay rare.
const CHUNK_WORK: u64 = 250_000_000;

/// What a step costs beside its multiply-adds, in multiply-adds: about 5 us.
const STEP_WORK: u64 = 125_000;

/// A training session on one model and its data.
#[derive(Debug)]
pub struct Fit {
    plan: FitPlan,
    batch: usize,
    loss: Loss,
    valid_loss: Option<Loss>,
    /// Rows of the training and of the validation data.
    sizes: (usize, Option<usize>),
    /// The rows in the order of this epoch.
    order: Vec<u32>,
    scorer: Scorer,
    /// The growth method at work.
    rule: Option<Box<dyn Rule>>,
    epoch: usize,
    step_in_epoch: usize,
    /// The rows seen in this epoch.
    seen: Sums,
    /// The network at the start of the epoch.
    good: Option<Network>,
    /// Work of a chunk.
    pub(super) chunk_work: u64,
    clock: Clock,
    /// What went wrong after steps or decisions that had to be told of first.
    failed: Option<Error>,
}

/// A clock in milliseconds since any moment. Reports tell its times; nothing else depends on it.
pub type Clock = fn() -> f64;

/// In place of a clock, for which every time is 0.
fn no_clock() -> f64 {
    0.0
}

/// Draws the rows on which changes are judged.
#[derive(Debug, Default)]
struct Scorer {
    /// `0..rows`, in order between draws.
    pool: Vec<u32>,
    drawn: Vec<u32>,
    swaps: Vec<(usize, usize)>,
}

impl Scorer {
    /// `count` different rows, a function of the stream alone.
    fn draw(&mut self, count: usize, stream: &mut Stream) -> &[u32] {
        self.swaps.clear();
        for i in 0..count {
            let j = i + stream.below((self.pool.len() - i) as u32) as usize;
            self.pool.swap(i, j);
            self.swaps.push((i, j));
        }
        self.drawn.clear();
        self.drawn.extend_from_slice(&self.pool[..count]);
        for &(i, j) in self.swaps.iter().rev() {
            self.pool.swap(i, j);
        }
        &self.drawn
    }
}

impl Fit {
    /// Checks `plan` against model and data and sets up the session. A model without a loss takes that of the targets
    /// for good, and rates of the plan are the model's from then on.
    ///
    /// # Errors
    /// `Option` for numbers out of range or targets that the loss cannot read, `Shape` where rows, targets and model do
    /// not fit, `Label` for target values outside the loss's range, `NotFinite` for a model with weights that are not
    /// finite, `OutOfMemory`. The model is then as before.
    pub fn new(model: &mut Model, plan: &FitPlan, train: &Dataset, valid: Option<&Dataset>) -> Result<Self> {
        let rates = model.network.rates();
        let fit = Fit::begin(model, plan, train, valid);
        if fit.is_err() {
            model.network.set_rates(rates.as_deref())?;
        }
        fit
    }

    fn begin(model: &mut Model, plan: &FitPlan, train: &Dataset, valid: Option<&Dataset>) -> Result<Self> {
        plan.check(train, valid)?;
        let loss = checked_loss(&model.network, train)?;
        let valid_loss =
            valid.map(|valid| checked_loss(&model.network, valid).map_err(in_validation)).transpose()?;
        if !model.network.is_finite() {
            return Err(Error::new(Code::NotFinite, "the model has weights that are not finite"));
        }
        let mut order = Vec::new();
        try_reserve(&mut order, train.rows(), "the order of the rows")?;
        order.extend(0..train.rows() as u32);
        let mut rule = None;
        if let Some(growth) = &plan.growth {
            let steps = train.rows().div_ceil(plan.batch(train.rows())) as u64 * plan.epochs as u64;
            if let Some(rates) = &growth.rates {
                model.network.set_rates(Some(rates))?;
            }
            let free = loss.free(model.network.output());
            rule = Some(growth.rule(&model.network, (train.rows(), free), steps)?);
            let most = pass_rows(&model.network);
            if let Some(rows) = growth.scoring_rows.filter(|&rows| growth.sweeps() && rows > most) {
                let text = format!("growth.scoringRows is {rows}; this model judges by at most {most} rows");
                return Err(Error::new(Code::Option, text));
            }
        }
        let mut scorer = Scorer::default();
        let pool = match plan.growth.as_ref().map(|growth| growth.scoring) {
            Some(Scoring::Validation) => valid.map_or(0, Dataset::rows),
            Some(Scoring::Training) => train.rows(),
            Some(Scoring::Batch) | None => 0,
        };
        try_reserve(&mut scorer.pool, pool, "scoring rows")?;
        scorer.pool.extend(0..pool as u32);
        if let Some(optimizer) = &plan.optimizer {
            model.network.set_optimizer(optimizer.clone())?;
        }
        settle_loss(&mut model.network, train);
        Ok(Fit {
            batch: plan.batch(train.rows()),
            plan: plan.clone(),
            loss,
            valid_loss,
            sizes: (train.rows(), valid.map(Dataset::rows)),
            order,
            rule,
            scorer,
            epoch: 0,
            step_in_epoch: 0,
            seen: Sums::default(),
            good: None,
            chunk_work: CHUNK_WORK,
            clock: no_clock,
            failed: None,
        })
    }

    /// The session with a clock for its reports, whose times are 0 without one.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Fit { clock, ..self }
    }

    fn steps_in_epoch(&self) -> usize {
        self.sizes.0.div_ceil(self.batch)
    }

    /// Steps done since the start of the fit, and steps of the whole fit.
    fn progress(&self) -> (u64, u64) {
        let steps = self.steps_in_epoch() as u64;
        (self.epoch as u64 * steps + self.step_in_epoch as u64, self.plan.epochs as u64 * steps)
    }

    /// Whether all steps are done.
    pub fn is_done(&self) -> bool {
        self.epoch >= self.plan.epochs
    }

    /// Runs the next steps: as many as fill a chunk, up to the end of the epoch. Model and data must be those of
    /// [`Fit::new`]. Where chunks end has no influence on results.
    ///
    /// # Errors
    /// `NotFinite` when a loss or a weight is no longer finite: the model is then as at the start of the epoch, and the
    /// fit is over. `Shape` for other data than at the start, `OutOfMemory`; after steps of this chunk the report of those comes
    /// first, and the error with the next call.
    pub fn chunk(
        &mut self,
        model: &mut Model,
        train: &Dataset,
        valid: Option<&Dataset>,
        threads: usize,
    ) -> Result<ChunkReport> {
        if self.sizes != (train.rows(), valid.map(Dataset::rows)) {
            return Err(Error::new(Code::Shape, "this is not the data that the fit was started with"));
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        let threads = worth(&model.network, self.batch, threads, Mode::Training);
        let result = with_team(threads, |team| self.steps(model, train, valid, team));
        if let Err(Error { code: Code::NotFinite, .. }) = result {
            if let Some(good) = self.good.take() {
                model.network = good;
                model.log.fall_back();
            }
            self.epoch = self.plan.epochs;
            self.step_in_epoch = 0;
        }
        result
    }

    fn steps(
        &mut self,
        model: &mut Model,
        train: &Dataset,
        valid: Option<&Dataset>,
        team: &Team,
    ) -> Result<ChunkReport> {
        let begun = (self.clock)();
        let steps_in_epoch = self.steps_in_epoch();
        let mut report = ChunkReport { epoch: self.epoch, steps_in_epoch, ..ChunkReport::default() };
        if !self.is_done() && self.step_in_epoch == 0 {
            self.begin_epoch(model)?;
        }
        let mut work = 0;
        while work < self.chunk_work && !self.is_done() && self.step_in_epoch < steps_in_epoch {
            let stepped = if self.event_is_due() {
                self.step_with_event(model, train, valid, team, &mut report)
            } else {
                self.step(model, train, team)
            };
            let sums = match stepped {
                Ok(sums) => sums,
                Err(error) if error.code != Code::NotFinite && !report.is_empty() => {
                    self.failed = Some(error);
                    break;
                }
                Err(error) => return Err(error),
            };
            report.losses.push(sums.mean());
            self.seen.add(sums);
            self.step_in_epoch += 1;
            work += sums.rows as u64 * row_work(&model.network) * 3 + STEP_WORK;
        }
        report.step_in_epoch = self.step_in_epoch;
        if self.step_in_epoch == steps_in_epoch {
            report.epoch_end = Some(self.end_epoch(model, valid, team)?);
        }
        report.step = model.network.step;
        report.done = self.is_done();
        report.milliseconds = (self.clock)() - begun;
        Ok(report)
    }

    fn begin_epoch(&mut self, model: &mut Model) -> Result<()> {
        let network = &mut model.network;
        self.good = None;
        self.good = Some(network.try_clone()?);
        model.log.begin_epoch();
        self.seen = Sums::default();
        if self.plan.shuffle {
            self.order.iter_mut().enumerate().for_each(|(i, row)| *row = i as u32);
            network.streams.shuffle.shuffle(&mut self.order);
        }
        Ok(())
    }

    /// Rows of the next step.
    fn batch_rows(&self) -> &[u32] {
        let start = self.step_in_epoch * self.batch;
        &self.order[start..(start + self.batch).min(self.order.len())]
    }

    fn factor(&self, network: &Network) -> f32 {
        let (step, total) = self.progress();
        factor(network.optimizer.schedule, step, total)
    }

    fn step(&self, model: &mut Model, train: &Dataset, team: &Team) -> Result<Sums> {
        let factor = self.factor(&model.network);
        step::train(model, train, self.batch_rows(), self.loss, factor, team)
            .map_err(|error| self.in_epoch(error))
    }

    /// Whether a growth event comes with the next step.
    fn event_is_due(&self) -> bool {
        let (step, total) = self.progress();
        let plan = self.plan.growth.as_ref();
        plan.is_some_and(|plan| growth::schedule::is_due(step, total, plan.every, plan.until))
    }

    /// The next step, with a growth event inside it where the event is judged on its rows, else before it.
    fn step_with_event(
        &mut self,
        model: &mut Model,
        train: &Dataset,
        valid: Option<&Dataset>,
        team: &Team,
        report: &mut ChunkReport,
    ) -> Result<Sums> {
        let (Some(plan), Some(mut rule)) = (self.plan.growth.take(), self.rule.take()) else {
            return self.step(model, train, team);
        };
        let result = self.step_around(model, (train, valid), team, (&plan, &mut *rule), report);
        (self.plan.growth, self.rule) = (Some(plan), Some(rule));
        result
    }

    fn step_around(
        &mut self,
        model: &mut Model,
        (train, valid): (&Dataset, Option<&Dataset>),
        team: &Team,
        (plan, rule): (&GrowthPlan, &mut dyn Rule),
        report: &mut ChunkReport,
    ) -> Result<Sums> {
        let data = match (plan.scoring, valid) {
            (Scoring::Validation, Some(valid)) => Some(valid),
            (Scoring::Training, _) => Some(train),
            _ => None,
        };
        let (done, total) = self.progress();
        let share = done as f64 / total as f64;
        let clock = self.clock;
        let mut event = |model: &mut Model, sample: &Sample| {
            let begun = clock();
            let mut moment = Moment { model, share, sample, team };
            let ended = growth::event(rule, &mut moment, &mut report.events);
            report.event_milliseconds += clock() - begun;
            ended
        };
        if let Some(data) = data {
            let most = if plan.sweeps() { pass_rows(&model.network) } else { usize::MAX };
            let count = plan.scoring_rows(self.batch, data.rows().min(most));
            let rows = self.scorer.draw(count, &mut model.network.streams.growth);
            let sample = Sample::new(&model.network, data, rows, None)?;
            event(model, &sample)?;
            return self.step(model, train, team);
        }
        let rows = self.batch_rows();
        let count = plan.scoring_rows(rows.len(), rows.len());
        // The pass of a step serves to judge only if it gives the outputs of any other pass, and is of no use once features
        // have gone that it was not told of.
        if model.network.trains_apart() || !plan.is_one_judged_change() {
            let sample = Sample::new(&model.network, train, &rows[..count], None)?;
            event(model, &sample)?;
            return self.step(model, train, team);
        }
        let sample = Sample::of_step(train, rows, self.loss, count);
        let factor = self.factor(&model.network);
        step::train_around(model, train, rows, self.loss, factor, team, |model| event(model, &sample))
            .map_err(|error| self.in_epoch(error))
    }

    fn end_epoch(&mut self, model: &mut Model, valid: Option<&Dataset>, team: &Team) -> Result<EpochEnd> {
        let Model { network, workspace, .. } = model;
        let not_finite = |what: &str| self.in_epoch(Error::new(Code::NotFinite, what));
        if !network.is_finite() {
            return Err(not_finite("some weights are no longer finite"));
        }
        let (step, total) = self.progress();
        let factor = factor(network.optimizer.schedule, step - 1, total);
        let mut end = EpochEnd {
            epoch: self.epoch,
            loss: self.seen.mean(),
            accuracy: self.seen.accuracy(self.loss),
            val_loss: None,
            val_accuracy: None,
            weight_count: network.weight_count(),
            widths: network.widths(),
            learning_rate: network.optimizer.learning_rate * factor,
        };
        if let (Some(valid), Some(loss)) = (valid, self.valid_loss) {
            let sums = measure(network, workspace, valid, &valid.all_rows()?, loss, None, team)?;
            if !sums.loss.is_finite() {
                return Err(not_finite("the validation loss is no longer finite"));
            }
            end.val_loss = Some(sums.mean());
            end.val_accuracy = sums.accuracy(loss);
        }
        self.epoch += 1;
        self.step_in_epoch = 0;
        Ok(end)
    }

    /// Adds where it happened, and what became of the model.
    fn in_epoch(&self, error: Error) -> Error {
        if error.code != Code::NotFinite {
            return error;
        }
        let (epoch, step, steps) = (self.epoch, self.step_in_epoch, self.steps_in_epoch());
        let text = format!(
            "{} (epoch {epoch}, after {step} of {steps} steps); the model is as at the start of this epoch; \
             a smaller learning rate may help",
            error.message
        );
        Error::new(Code::NotFinite, text)
    }
}

fn in_validation(error: Error) -> Error {
    Error::new(error.code, format!("validation data: {}", error.message))
}
