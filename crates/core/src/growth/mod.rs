//! Structural changes and the methods that propose them.
//!
//! Two functions on an axis carry everything: [`feature::insert`] and [`feature::remove`]. [`change`] names the
//! changes a user can ask for, [`apply`] carries them out; [`judge`] tries a change and keeps or undoes it; [`score`]
//! finds the exact losses of many at once. A method is
//! made of four parts: *when* ([`schedule`]), *where* ([`candidates`]), *newborn* weights ([`newborn`]) and the
//! judge; [`method`] puts them together.

mod apply;
mod budget;
pub mod candidates;
pub mod change;
mod cost;
mod deepen;
mod depth;
mod ends;
pub mod feature;
mod fitted;
mod grow;
pub mod judge;
mod linalg;
pub(crate) mod log;
mod look;
pub mod method;
pub mod newborn;
mod price;
mod proportions;
mod prune;
mod prune_expand;
mod removal;
pub(crate) mod replace;
mod restore;
pub mod schedule;
pub mod score;
mod stochastic;
mod widen;

pub use apply::apply;
pub use change::{Change, ChangeReport};
pub use cost::Cost;
pub use ends::End;
pub use judge::{stochastic_add_feature, try_change, update_features, Event, Judge, Kind, Verdict};
pub use log::Log;
pub(crate) use method::{event, Moment, Rule};
pub use method::{GrowthPlan, Method, Scoring};
