//! Putting a thread to sleep without losing the wake-up that comes just before.
//!
//! One token a thread. `unpark` leaves the token; `park` takes it, or sleeps until it comes. Any
//! number of `unpark`s leave one token. The protocol is the one of Rust's own `std::thread::park`
//! (futex parker), split in two: `Token` decides *whether* the kernel must be asked, [`Parker`]
//! asks it by mutex and condition variable. The reactor uses the same token over an eventfd.
//!
//! ```text
//!                    notify                           states
//!   +---------+ ---------------> +----------+         EMPTY     no token, the thread runs
//!   |  EMPTY  | <--------------- | NOTIFIED |         NOTIFIED  token left, not yet taken
//!   +---------+  prepare, finish +----------+         PARKED    the thread sleeps or is about to
//!     |     ^                         ^
//!     |     | finish (timeout)        | notify: the only edge on which the kernel is asked to wake
//!     v     |                         |
//!   +---------+ ----------------------+
//!   | PARKED  |
//!   +---------+
//! ```
//!
//! **The race.** (1) The sleeper looks for work and finds none. (2) A notifier adds work and leaves
//! the token. (3) The sleeper goes to sleep. It does not: `prepare` is one compare-exchange from
//! EMPTY to PARKED, so either it finds the token, or the notifier finds PARKED and wakes through
//! the kernel, which remembers (a locked condition variable, an eventfd's counter).

pub(crate) mod token;
mod parker;

pub use parker::{Parker, Unparker};
