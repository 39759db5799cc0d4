//! The load generator: many connections in one thread, every reply checked.
//!
//! It stands on mio alone and not on windlass's runtime, so that no contender's client differs.
//!
//! *Closed loop* means: each connection sends its next request when the last one is answered. So
//! its latencies say how long a request took, not how long a client with a rate of its own would
//! wait (coordinated omission). *Open loop* ([`Rate`]) means: requests are due at a fixed rate,
//! whatever became of those before, and a latency counts from when its request was due.

mod config;
mod timeline;
mod outcome;
mod schedule;
mod expect;
mod dial;
mod connection;
mod client;
mod child;

pub use child::{ChildError, ServerProcess, UNTIL_STDIN_CLOSES};
pub use client::LoadClient;
pub use config::{Expect, LoadConfig, LoadError, Manner, Rate, Window};
pub use outcome::{Errors, LoadOutcome, nanos_histogram};
pub use timeline::{SLICE, Slice, Timeline};
