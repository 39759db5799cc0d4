//! windlass: a small lock-free async runtime, and the benchmark kit that measures it.
//!
#![cfg_attr(feature = "net", doc = include_str!("../README.md"))]

mod sync;
#[macro_use]
mod text;

mod budget;
pub mod park;
pub mod ring;
mod wake_cell;

pub mod channel;

#[cfg(feature = "net")]
mod reactor;
pub mod task;

pub mod executor;
#[cfg(feature = "net")]
pub mod net;
#[cfg(feature = "net")]
pub mod time;

pub mod runtime;

pub mod groups;
pub mod hosted;

#[cfg(feature = "net")]
pub mod dial;
#[cfg(feature = "signal")]
pub mod signal;

#[cfg(feature = "workflow")]
pub mod workflow;

#[cfg(feature = "signal")]
pub mod process;
#[cfg(feature = "hyper")]
pub mod hyper;
#[cfg(feature = "net")]
pub mod sim;

#[cfg(feature = "kit")]
pub mod kit;

#[cfg(feature = "net")]
pub use reactor::{Clock, SystemClock, Tell};

pub use executor::CorePlan;
pub use groups::{JoinSet, LocalSet, spawn_local};
pub use runtime::{BuildError, Builder, Handle, Runtime, spawn, spawn_blocking, yield_now};
pub use task::{AbortHandle, JoinError, JoinHandle};

/// The examples of docs/embedding.md, compiled.
#[cfg(all(doctest, feature = "sim"))]
#[doc = include_str!("../docs/embedding.md")]
mod embedding {}

/// The examples of docs/workflow.md, compiled.
#[cfg(all(doctest, feature = "sqlite"))]
#[doc = include_str!("../docs/workflow.md")]
mod workflow_examples {}
