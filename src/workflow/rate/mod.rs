//! Rate limits: so many in such a time, with so many at once.
//!
//! [`Gcra`] is the algorithm, which is told the time; [`RateLimiter`] shares one, and waits.
//!
//! # Sources
//!
//! The generic cell rate algorithm, ITU-T I.371 (virtual scheduling): a token bucket that keeps one
//! number, the *theoretical arrival time* of the next, and no timer that fills it.

mod gcra;
mod limiter;

pub use gcra::{Gcra, Rate};
pub use limiter::RateLimiter;
