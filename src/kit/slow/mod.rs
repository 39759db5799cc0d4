//! A slow service that can be made to fail: what `orders` calls, and experiments switch.
//!
//! | request | answer |
//! |---|---|
//! | `POST /work` with an idempotency key | 200 after the latency; work is done once for each key |
//! | `GET /effects`, `GET /effects/{key}` | how often each key asked, how often work was done |
//! | `GET /faults`, `POST /faults` | how it behaves; JSON changes that, for a while or for good |
//!
//! A call that fails does so either before its work is done or after it, when only the reply is
//! lost: from the outside the two look alike (500), so whoever asks again must send the same key.
//! Which calls fail follows from the seed, the key, and how often that key has asked; not from the
//! order in which calls happen to arrive. So runs repeat.
//!
//! *Gone* means that every call finds its connection ended without a reply. Effects are kept in
//! memory and end with the process, unless it is given a file for them
//! ([`Slow::with_books`]): then it may be killed, and still does its work once for each key.

mod chance;
mod faults;
mod effects;
mod service;

pub use effects::{Effect, KEYS_MAX};
pub use faults::{BadFaults, Change, Faults};
pub use service::Slow;
