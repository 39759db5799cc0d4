//! Futures over the reactor's timer wheel: resolution 1 ms, never early.

mod sleep;
mod timeout;
mod interval;

pub use interval::{Interval, interval};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, timeout};
