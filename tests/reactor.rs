//! What the reactor promises as a whole: events and timers of a worker that stands still, clocks
//! that tests hold in their hands, timers that are never early.

#[path = "reactor/clocks.rs"]
mod clocks;
#[path = "reactor/standstill.rs"]
mod standstill;
#[path = "support/runtime.rs"]
mod support;
