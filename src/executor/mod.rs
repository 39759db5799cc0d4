//! Worker threads that run tasks, the queues between them, and the protocol by which they sleep.
//!
//! ```text
//!            spawn, wake from outside                wake, spawn, yield on the worker itself
//!                      |                                              |
//!                      v                                              v
//!   +-------- injector (ring, tasks_max) --------+    lifo slot -> run ring (256) -> injector
//!   |                                            |                    |
//!   v                                            v                    v
//!  worker 0 <------------- steal half -------> worker 1        pop, run
//! ```
//!
//! **Spawn can fail, wake cannot.** A permit is taken at spawn; the injector holds as many tasks as
//! there are permits, and a task stands in at most one queue: so the push that a
//! wake makes always finds room. No wake allocates, blocks, or loses a task.
//!
//! **As few workers as keep up.** What comes from outside wakes at most one sleeper, and none while
//! a worker is searching: the searcher that finds work wakes the next one if there is more. What a
//! worker readies itself stays with it while it keeps up: another one is woken when its ring
//! still holds a turn of tasks after one, or when the monitor finds that tasks wait too long.

#[cfg_attr(all(feature = "pin", target_os = "linux"), path = "mask.rs")]
#[cfg_attr(not(all(feature = "pin", target_os = "linux")), path = "mask_off.rs")]
mod mask;
mod blocking;
mod counters;
mod driver;
mod idle;
#[cfg_attr(feature = "pin", path = "pin.rs")]
#[cfg_attr(not(feature = "pin"), path = "pin_off.rs")]
mod pin;
mod affinity;
mod queues;
mod local;
mod spawner;
mod worker;
mod monitor;
mod pool;

pub use affinity::{CoreError, CorePlan};
pub use blocking::{BlockingPool, BlockingThreads, Job};
pub use counters::WorkerCounts;
pub use driver::{CondvarDriver, Driver, Notify};
pub use idle::WORKERS_MAX;

pub(crate) use affinity::resolve;
pub(crate) use blocking::spawn as spawn_blocking;
pub(crate) use pool::{Config, Pool, StartError};
pub(crate) use spawner::{Executor, Refused, Spawner};
