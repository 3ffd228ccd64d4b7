//! Growth alone, to a number of weights by half of the steps, with newborns as published methods make them: for
//! comparison.

use super::fitted;
use super::judge::Event;
use super::method::{GrowthPlan, Method, Moment, Rule};
use super::newborn;
use super::widen::{self, Make};
use crate::error::{Code, Error, Result};
use crate::model::Network;

/// Share of a fit's steps by which all weights are there.
const GROWN_AT: f64 = 0.5;

/// The method at work.
#[derive(Debug)]
pub(super) struct Grow {
    method: Method,
    /// Weights at the start and at the end.
    first: f64,
    last: f64,
    /// Widths at the start.
    widths: Vec<usize>,
}

impl Grow {
    /// The method of `plan` for a fit of `network`.
    ///
    /// # Errors
    /// `Option` where the network has more weights already.
    pub(super) fn new(plan: &GrowthPlan, network: &Network) -> Result<Self> {
        let (weights, first) = (plan.weights.unwrap_or(0), network.weight_count());
        if weights < first {
            let text = format!(
                "growth.weights is {weights}; the model has {first} already, and this method only adds"
            );
            return Err(Error::new(Code::Option, text));
        }
        Ok(Grow { method: plan.method, first: first as f64, last: weights as f64, widths: network.widths() })
    }
}

impl Rule for Grow {
    fn event(&mut self, moment: &mut Moment) -> Result<Vec<Event>> {
        let share = (moment.share / GROWN_AT).min(1.0);
        let allowed = (self.first + share * (self.last - self.first)) as usize;
        let wanted = widen::up_to(&moment.model.network, &self.widths, allowed);
        let reason = format!("made without a test: {allowed} weights are allowed");
        let make: Make = match self.method {
            Method::GradMax => &fitted::steepest,
            Method::Tiny => &fitted::bottleneck,
            Method::Split => &newborn::twins,
            _ => &newborn::useful,
        };
        widen::widen(moment, &wanted, &reason, make)
    }
}
