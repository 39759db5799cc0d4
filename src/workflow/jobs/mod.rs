//! Background jobs: at once, later, or every so often; seen, counted, and drained at the end.
//!
//! ```text
//!    spawn         spawn_after        spawn_every
//!      |               | waits            | waits <-------+
//!      v               v                  v               | next tick
//!   +---------------------------------------------+      |
//!   |                   runs                      |------+
//!   +---------------------------------------------+
//!        | ready: done      | panic: counted and reported, the others go on
//!        v                  v
//! ```
//!
//! **The end.** [`Jobs::shutdown`] takes no new jobs; those that wait for their time end without
//! having run, those that run are waited for until the deadline, and then aborted and named. A job
//! that goes on and on listens to [`Jobs::stopping`].
//!
//! A periodic job never runs beside itself: the next run begins after the last one has ended, and
//! what became of the ticks meanwhile is [`MissedTicks`](crate::time::MissedTicks)'. A run that
//! panics is reported; the next one comes all the same.

mod board;
mod run;
mod schedule;

pub use board::{Drained, JobPanic, JobsMetrics, Stopping};
pub use schedule::{Every, JobError, Jobs, JobsSettings, NotStarted};
