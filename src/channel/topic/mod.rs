//! Every value to every subscriber: a broadcast that waits for nobody and says what was missed.
//!
//! ```text
//!                    publishers take turns (one lock)
//!                                |
//!                   n: value     |  clone to each
//!             +------------------+------------------+
//!             v                  v                  v
//!     | 7 | 8 | 9 |      | 9 |   |   |      | 7 | 8 | 9 |     a ring of `capacity` for each
//!             |                  |                  |
//!        subscriber         subscriber         subscriber
//!        expects 5:         expects 9          expects 7
//!        Lagged(2), 7, ..
//! ```
//!
//! Each value carries its number. A full ring gives up its oldest value for the newest. The
//! subscriber compares the number it finds with the one it expects: a gap is reported, exactly and
//! just before the value behind it.
//!
//! **Order.** All subscribers see the values in one order: publishers number and hand out under one
//! lock. `Clone` of values runs under that lock, so it must not use the same topic; wakers and
//! drops run after it.
//!
//! **Progress.** Publishing waits for other publishers (a mutex), and briefly for a subscriber that
//! is just taking the value to be displaced; never for a subscriber to receive. Receiving takes no
//! lock. A subscriber that is dropped is removed at once, or by the next publisher if one is at
//! work just then.

mod error;
mod shared;
mod subscriber;
mod publisher;

pub use error::{RecvError, TryRecvError};
pub use publisher::{Topic, topic, try_topic};
pub use subscriber::{Recv, Subscriber};
