//! Futures over the reactor's timer wheel: never early; late by 33 us at most, and by what the
//! kernel takes to wake a worker. (Where it is not Linux: by a millisecond at most.)

mod sleep;
mod timeout;
mod interval;

pub use interval::{Interval, MissedTicks, interval};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, timeout};
