//! Composes the floors below into a runtime: builds, starts, enters, blocks on, shuts down.

mod error;
#[cfg_attr(feature = "net", path = "drivers_net.rs")]
#[cfg_attr(not(feature = "net"), path = "drivers_condvar.rs")]
mod drivers;
mod handle;
mod block_on;
mod hooks;
mod start;
mod builder;
#[cfg(feature = "net")]
mod builder_net;
mod yield_now;

pub use self::{block_on::NestedBlockOn, builder::Builder, error::BuildError, start::Runtime};
pub use crate::executor::{Metrics, TrySpawnError, task_name};
pub(crate) use block_on::Driving;
pub use handle::{EnterGuard, Handle, NoRuntime, spawn, spawn_blocking};
pub use yield_now::{YieldNow, yield_now};
