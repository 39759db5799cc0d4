//! What a service is built of that acknowledges now and works later.
//!
//! Each part stands alone and has an example of its own. Those that wait do so as futures on a
//! runtime, and have twins for threads where that makes sense. `docs/workflow.md` says how they fit
//! together.
//!
//! | you want | take |
//! |---|---|
//! | to hand work over, to be done later, by one of many | [`queue`] |
//! | to send to somebody who may not be there yet | [`mailbox`] |
//! | to keep what was acknowledged, over crashes | `sqlite`, with the feature of that name |
//! | random numbers that a seed repeats | [`random`] |
//! | to try again, but not too often, nor all at once | [`retry`] |
//! | to leave a service alone that fails | [`breaker`] |
//! | to bound how much of the program one thing takes up | [`bulkhead`] |
//! | to do something so often a second, and not more | [`rate`] |
//! | to say what happens when too much comes | [`pressure`] |
//! | work beside the requests: later, every so often | [`jobs`] |
//! | news for several, and to see who is behind | [`events`] |
//!
//! **Time** is that of the runtime that the caller is in, so that a
//! [`TestClock`](crate::sim::TestClock) moves it; on other threads, the system's. What one object's
//! callers do is to be by one clock. The algorithms stand apart, as machines that are told the time
//! ([`breaker::Circuit`], [`rate::Gcra`], [`retry::Retries`]): a clock that goes back is taken for
//! one that stands still, and times too long to be counted for the longest that can be.
//!
//! **Settings** that cannot be meant, such as a breaker that opens after no calls, are refused by
//! an [`InvalidSetting`] that names the setting, and says what it must be.

mod blocking;
pub mod wall;
#[cfg(feature = "sqlite")]
pub mod sqlite;
pub mod queue;
pub mod mailbox;
mod settings;
pub mod random;
mod moment;
mod line;
mod drain;
mod refusal;
mod seats;
pub mod retry;
pub mod breaker;
pub mod bulkhead;
pub mod rate;
pub mod pressure;
pub mod jobs;
pub mod events;

pub use refusal::Refusal;
pub use settings::InvalidSetting;
