//! The runtime: worker threads that run until it is dropped.

use std::ops::Deref;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use super::handle::{Handle, Inside};
use super::{block_on::Driving, drivers::Reactors, error::BuildError, hooks::Hooks};
use crate::executor::{BlockingPool, Config, Policy, Pool, RunQueues, Scheduler, Settings};
use crate::task::Colony;

/// A runtime: pinned workers, each with its own reactor, and a pool of threads for what blocks. It
/// spawns and blocks on as its [`Handle`] does, to which it derefs.
///
/// Dropping it ends it in order: the workers finish the polls they are in, every task that is left
/// is dropped, and closures that block are waited for (those that have not begun are cancelled).
///
/// That blocks, so two runtimes that each drop the other would wait for ever. Therefore, inside a
/// task or a `block_on` of any runtime, drop waits for nothing: the same happens soon, on a thread
/// of its own. And in a closure of `spawn_blocking` it does not wait for other such closures.
/// [`Runtime::shutdown_timeout`] waits everywhere.
///
/// ```
/// let runtime = windlass::Runtime::builder().workers(2).build()?;
/// assert_eq!(runtime.block_on(async { 6 * 7 }), 42);
/// # Ok::<(), windlass::BuildError>(())
/// ```
#[derive(Debug)]
pub struct Runtime {
    handle: Handle,
    pool: Option<Pool>,
}

/// All that a runtime is started from.
pub(crate) struct Parts {
    pub(super) settings: Settings,
    pub(super) config: Config,
    pub(super) reactors: Reactors,
    pub(super) blocking: Arc<dyn BlockingPool>,
    pub(super) hooks: Hooks,
}

impl Parts {
    /// An executor whose workers wait on the drivers, and a handle to it.
    pub(crate) fn make<P: Policy, Q: RunQueues>(self) -> (Colony<Scheduler<P, Q>>, Handle, Config) {
        let drivers = &self.config.drivers;
        let notifiers = drivers.iter().map(|driver| driver.notifier()).collect();
        let (tasks_max, workers) = (self.settings.tasks_max, drivers.len());
        let colony = Colony::new(tasks_max, workers, Scheduler::new(self.settings, notifiers));
        let executor = Arc::new(colony.clone());
        let inside = Inside { executor, blocking: self.blocking, reactors: self.reactors };
        (colony, Handle { inside: Arc::new(inside) }, self.config)
    }
}

impl Runtime {
    pub(super) fn start<P: Policy, Q: RunQueues>(parts: Parts) -> Result<Self, BuildError> {
        let (hooks, workers) = (parts.hooks.clone(), parts.config.drivers.len());
        let (colony, handle, config) = parts.make::<P, Q>();
        let (said, starts) = mpsc::channel();
        let (entered, around) = (handle.clone(), hooks.clone());
        let around = Arc::new(move |worker, work: &mut dyn FnMut()| {
            let _driving = Driving::begin();
            let _entered = entered.enter_as(Some(worker));
            around.around(worker, &said, work);
        });
        let runtime = Self { handle, pool: Some(Pool::start(&colony, config, around)?) };
        hooks.wait_started(workers, &starts).map_err(|worker| BuildError::Hook { worker })?;
        Ok(runtime)
    }

    /// A handle to spawn, enter and block on from other threads.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Ends the runtime, waiting at most `timeout` for polls and blocking closures that are under
    /// way. Whether all ended in time; else the last poll to end drops the tasks.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> bool {
        self.shut_down(Some(timeout))
    }

    fn shut_down(&mut self, timeout: Option<Duration>) -> bool {
        let Some(pool) = self.pool.take() else { return true };
        let begun = Instant::now();
        let workers_ended = pool.shut_down(timeout);
        // A worker that drops its own runtime must not wait for closures that may wait for it.
        let left = match timeout {
            _ if !workers_ended => Some(Duration::ZERO),
            timeout => timeout.map(|timeout| timeout.saturating_sub(begun.elapsed())),
        };
        self.handle.inside.blocking.shut_down(left) && workers_ended
    }
}

impl Deref for Runtime {
    type Target = Handle;

    fn deref(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.shut_down(Driving::is_under_way().then_some(Duration::ZERO));
    }
}
