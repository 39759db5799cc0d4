//! The load generator: a closed loop over many connections in one thread, every reply checked.
//!
//! It stands on mio alone and not on windlass's runtime, so that no contender's client differs.
//! *Closed loop* means: each connection sends its next request when the last one is answered. So
//! its latencies say how long a request took, not how long a client with a rate of its own would
//! wait (coordinated omission).

mod config;
mod outcome;
mod expect;
mod dial;
mod connection;
mod client;
mod child;

pub use child::{ChildError, ServerProcess, UNTIL_STDIN_CLOSES};
pub use client::LoadClient;
pub use config::{LoadConfig, LoadError, Manner, Window};
pub use outcome::{Errors, LoadOutcome};
