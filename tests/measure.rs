//! Measuring, through the kit's public door: rounds and records, statistics against distributions
//! whose answer is known, what changed between two runs.
#![cfg(feature = "kit")]

#[path = "measure/changes.rs"]
mod changes;
#[path = "measure/controls.rs"]
mod controls;
#[path = "measure/curves.rs"]
mod curves;
#[path = "measure/drawn.rs"]
mod drawn;
#[path = "measure/exact.rs"]
mod exact;
#[path = "measure/exact_ranks.rs"]
mod exact_ranks;
#[path = "measure/histogram.rs"]
mod histogram;
#[path = "measure/intervals.rs"]
mod intervals;
// The report's tests need more of it.
#[allow(dead_code)]
mod made_up;
#[path = "measure/ranks.rs"]
mod ranks;
#[path = "measure/reach.rs"]
mod reach;
#[path = "measure/rounds.rs"]
mod rounds;
