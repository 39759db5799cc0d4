//! Worker threads that run tasks, the queues between them, and the protocol by which they sleep.
//!
//! ```text
//!            spawn, wake from outside                wake, spawn, yield on the worker itself
//!                      |                                              |
//!                      v                                              v
//!   +-------- injector (ring, tasks_max) --------+     lifo slot -> own ring (1024) -> injector
//!   |  batches                                   |                    |
//!   v                                            v                    v
//!  worker 0 <------------- steal ------------> worker 1        pop, run
//! ```
//!
//! Which kind of queue stands for the rings ([`RunQueues`]) and who may take what from where
//! ([`Policy`]) are parameters, known when the executor is compiled.
//!
//! **Spawn can fail, wake cannot.** A place in the task registry is taken at spawn; the injector
//! holds as many tasks as the registry, and a task stands in at most one queue: so the push that a
//! wake makes always finds room. No wake allocates, blocks, or loses a task.
//!
//! **As few workers as keep up.** What comes from outside wakes at most one sleeper, and none while
//! a worker is searching: the searcher that finds work wakes the next one if there is more. What a
//! worker readies itself stays with it while it keeps up: another one is woken when its ring has
//! held a turn of tasks for 100 us, or when the monitor finds that tasks wait too long.

#[cfg_attr(all(feature = "pin", target_os = "linux"), path = "mask.rs")]
#[cfg_attr(not(all(feature = "pin", target_os = "linux")), path = "mask_off.rs")]
mod mask;
mod blocking;
mod counters;
mod driver;
mod idle;
#[cfg(feature = "pin")]
mod topology;
#[cfg_attr(feature = "pin", path = "pin.rs")]
#[cfg_attr(not(feature = "pin"), path = "pin_off.rs")]
mod pin;
mod affinity;
mod hooks;
mod run_queue;
mod policy;
mod lifo;
mod presence;
mod scheduler;
mod local;
mod named;
mod end;
mod guest;
mod spawner;
mod worker;
mod monitor;
mod pool;
mod visitor;

pub use self::{idle::WORKERS_MAX, local::task_name, spawner::TrySpawnError};
pub use affinity::{CoreError, CorePlan};
pub use blocking::{BlockingPool, BlockingThreads, Job};
pub use counters::{Metrics, PollTimes, WorkerCounts};
pub use driver::{CondvarDriver, Driver, Notify};
pub use hooks::{PanicPolicy, SlowPoll};
pub use policy::{Pinned, Policy, Shared, Stealing};
pub use run_queue::{Rings, RunQueue, RunQueues};

pub(crate) use self::{blocking::spawn as spawn_blocking, guest::Stay, hooks::Hooks, named::Named};
pub(crate) use self::{spawner::Spawner, spawner::spawn, visitor::Visitor};
pub(crate) use pool::{Config, Pool, StartError};
pub(crate) use scheduler::{Scheduler, Settings};
