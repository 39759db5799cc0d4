//! The signals that a process gets, as a stream.
//!
//! ```text
//!   kernel -> handler: one write to a pipe -> reactor -> Signals: one read -> the task
//! ```
//!
//! The handlers are chained by signal-hook-registry, so that others in the process keep theirs.
//! **Once a signal was listened to, its default action (to end the process, say) does not come
//! back**, also after the last [`Signals`] is dropped.
//!
//! ```
//! use windlass::signal::{Signal, Signals};
//!
//! windlass::Runtime::new()?.block_on(async {
//!     let mut signals = Signals::new(&[Signal::TERMINATE, Signal::HANG_UP])?;
//!     let own = std::process::id().to_string();
//!     std::process::Command::new("kill").args(["-HUP", &own]).status()?;
//!     assert_eq!(signals.next().await?, Signal::HANG_UP);
//!     Ok::<_, std::io::Error>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod signals;

pub use signals::{Signal, Signals, ctrl_c, terminate};
