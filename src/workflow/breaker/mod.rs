//! A circuit breaker: who fails too often is left alone for a while, then tried with care.
//!
//! ```text
//!             failures are `failure_share` of at least
//!             `calls_min` calls in the window (1)
//!    +--------+ -----------------------------------> +------+ <---+
//!    | closed |                                      | open |     | a probe failed (4)
//!    +--------+ <-----+                              +------+ ----|-----+
//!                     |                                           |     | `open_for` is over, and
//!                     | `probes` succeeded (3)      +-----------+ |     | somebody comes (2)
//!                     +-----------------------------| half-open |-+     |
//!                                                   +-----------+ <-----+
//! ```
//!
//! Closed, all pass, and what becomes of them is counted over a sliding window. Open, all are
//! refused at once, with the time after which to come again. Half-open, at most `probes` are under
//! way; the others are refused.
//!
//! **Rules.** 1. Each change of state begins a new *term*, and a pass knows its own: a call that
//! ends in another term than it began in changes nothing, so a slow call from before the outage
//! neither closes the breaker nor opens it again. 2. A pass that is dropped without an outcome (its
//! caller was cancelled) says nothing about the service; the probe's place is given to the next. 3.
//! Probes that are not back after `open_for` are given up: a new term begins with new ones, so that
//! one call that hangs keeps nobody out for ever.
//!
//! [`Circuit`] is the machine, which is told the time; [`Breaker`] shares one.
//!
//! # Sources
//!
//! M. Nygard, "Release It!", 2007 (the pattern); resilience4j (a share of failures over a window,
//! with a least number of calls).

mod window;
mod circuit;
mod shared;

pub use circuit::{BreakerSettings, Circuit, CircuitMetrics, Open, Outcome, Pass, State};
pub use shared::{Breaker, CallError, Permit};
