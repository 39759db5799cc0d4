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

#[cfg(feature = "hyper")]
pub mod hyper;

#[cfg(feature = "kit")]
pub mod kit;

#[cfg(feature = "net")]
pub use reactor::{Clock, SystemClock};

pub use executor::CorePlan;
pub use runtime::{
    BuildError, Builder, Handle, JoinSet, LocalSet, Runtime, spawn, spawn_blocking, spawn_local,
    yield_now,
};
pub use task::{AbortHandle, JoinError, JoinHandle};

/// The examples of docs/embedding.md, compiled.
#[cfg(all(doctest, feature = "net"))]
#[doc = include_str!("../docs/embedding.md")]
mod embedding {}
