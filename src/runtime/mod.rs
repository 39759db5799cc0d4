//! Composes the floors below into a runtime: builds, starts, enters, blocks on, shuts down.

mod error;
#[cfg_attr(feature = "net", path = "drivers_net.rs")]
#[cfg_attr(not(feature = "net"), path = "drivers_condvar.rs")]
mod drivers;
mod handle;
mod block_on;
mod hooks;
mod start;
mod hosted;
mod builder;
#[cfg(feature = "net")]
mod builder_net;
mod yield_now;
mod join_set;
mod scope;
mod local_set;

pub use self::{
    block_on::NestedBlockOn, builder::Builder, error::BuildError, hosted::Hosted,
    join_set::JoinSet, start::Runtime,
};
pub use crate::executor::{Metrics, TrySpawnError, task_name};
pub use handle::{EnterGuard, Handle, NoRuntime, spawn, spawn_blocking};
pub use local_set::{LocalSet, spawn_local};
pub use scope::{Scope, ScopedJoinHandle};
pub use yield_now::{YieldNow, yield_now};
