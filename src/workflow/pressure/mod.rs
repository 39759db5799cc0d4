//! What happens when more comes than is done: wait, refuse, or give up the oldest; and how much.
//!
//! | [`Policy`] | when it is full | [`Gate`] | [`PressureQueue`] |
//! |---|---|---|---|
//! | `Block` | who comes waits, in line | for a place | for room |
//! | `Reject` | who comes is refused, and told when to come again | the same | the same |
//! | `ShedOldest` | the oldest goes for the newest | of those who wait | of the items |
//! | `RateLimit` | as `Reject`; and who comes faster than the rate is refused | so | so |
//!
//! A [`Gate`] bounds how many do something at once; a [`PressureQueue`] hands items on. Both are
//! bounded in all that they hold, those who wait included, and measure depth, waiters, and who was
//! rejected or shed ([`PressureMetrics`]).
//!
//! **When to come again.** While it is full, the mean time between two that leave is measured; what
//! is ahead, times that, is the hint ([`Refusal::retry_after`]). Whoever does as it says finds the
//! backlog done that it met. When nothing leaves any more the hint grows. A rate limit's hint is
//! exact.

mod policy;
mod error;
mod inside;
mod gate;
mod queue;

pub use super::refusal::{PressureMetrics, Refusal};
pub use super::seats::Seat;
pub use error::PushError;
pub use gate::{Entering, Gate};
pub use policy::{Policy, PressureSettings};
pub use queue::{Pop, PressureQueue, Push};
