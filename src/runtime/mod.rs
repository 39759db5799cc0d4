//! Composes the floors below into a runtime: builds, starts, enters, blocks on, shuts down.

mod error;
#[cfg_attr(feature = "net", path = "drivers_net.rs")]
#[cfg_attr(not(feature = "net"), path = "drivers_condvar.rs")]
mod drivers;
mod handle;
mod block_on;
mod metrics;
mod hooks;
mod start;
mod hosted;
mod builder;
mod builder_tuning;
#[cfg(feature = "net")]
mod builder_net;
mod yield_now;
mod try_spawn;
mod join_set;
mod scope;
mod local_set;

pub use block_on::NestedBlockOn;
pub use builder::Builder;
pub use error::BuildError;
pub use handle::{EnterGuard, Handle, NoRuntime, spawn, spawn_blocking, task_name};
pub use hosted::Hosted;
pub use join_set::JoinSet;
pub use local_set::{LocalSet, spawn_local};
pub use metrics::Metrics;
pub use scope::{Scope, ScopedJoinHandle};
pub use start::Runtime;
pub use try_spawn::TrySpawnError;
pub use yield_now::{YieldNow, yield_now};
