//! Faults that tasks and their holders can provoke: each test says what is provoked; in all of them
//! nothing is lost, run twice, or dropped twice.

#[path = "faults/drops.rs"]
mod drops;
#[path = "support/runtime.rs"]
mod support;
#[cfg(feature = "net")]
#[path = "faults/timers.rs"]
mod timers;
#[path = "faults/wakes.rs"]
mod wakes;
