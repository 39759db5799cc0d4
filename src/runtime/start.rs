//! The runtime: worker threads that run until it is dropped.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::block_on::{Driving, NestedBlockOn};
use super::drivers::Reactors;
use super::error::BuildError;
use super::handle::{Handle, Inside};
use super::metrics::Metrics;
use crate::executor::{BlockingPool, Config, Driver, Pool, Spawner};
use crate::task::JoinHandle;

/// A runtime: pinned workers, each with its own reactor, and a pool of threads for what blocks.
///
/// Dropping it ends it in order: the workers finish the polls they are in, every task that is left
/// is dropped, and closures that block are waited for (those that have not begun are cancelled).
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
pub(super) struct Parts {
    pub(super) tasks_max: usize,
    pub(super) thread_name: String,
    pub(super) cores: Vec<Option<usize>>,
    pub(super) drivers: Vec<Box<dyn Driver>>,
    pub(super) reactors: Reactors,
    pub(super) blocking: Arc<dyn BlockingPool>,
}

impl Runtime {
    pub(super) fn start(parts: Parts) -> Result<Self, BuildError> {
        let notifiers = parts
            .drivers
            .iter()
            .map(|driver| driver.notifier())
            .collect();
        let spawner = Spawner::executor(parts.tasks_max, notifiers);
        let handle = Handle::new(Inside {
            spawner: spawner.clone(),
            blocking: parts.blocking,
            reactors: parts.reactors,
        });
        let entered = handle.clone();
        let reactors = handle.inside().reactors.clone();
        let config = Config {
            thread_name: parts.thread_name,
            cores: parts.cores,
            drivers: parts.drivers,
            around: Arc::new(move |worker, work| {
                let _driving = Driving::begin();
                let _entered = entered.enter_as(Some(worker));
                work();
            }),
            at_end: Box::new(move || reactors.end()),
        };
        let pool = Pool::start(&spawner, config)?;
        Ok(Self {
            handle,
            pool: Some(pool),
        })
    }

    /// A handle to spawn, enter and block on from other threads.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// See [`Handle::block_on`].
    ///
    /// # Panics
    /// When called inside a task or another `block_on`.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.handle.block_on(future)
    }

    /// See [`Handle::try_block_on`].
    ///
    /// # Errors
    /// [`NestedBlockOn`] when called inside a task or another `block_on`.
    pub fn try_block_on<F: Future>(&self, future: F) -> Result<F::Output, NestedBlockOn> {
        self.handle.try_block_on(future)
    }

    /// See [`spawn`](super::spawn).
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// See [`spawn_blocking`](super::spawn_blocking).
    pub fn spawn_blocking<T, F>(&self, closure: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        self.handle.spawn_blocking(closure)
    }

    /// See [`Handle::metrics`].
    pub fn metrics(&self) -> Metrics {
        self.handle.metrics()
    }

    /// Ends the runtime, waiting at most `timeout` for polls and blocking closures that are under
    /// way. Whether all ended in time; what did not is waited for by a thread of its own, which
    /// then drops the tasks.
    pub fn shutdown_timeout(mut self, timeout: Duration) -> bool {
        self.shut_down(Some(timeout))
    }

    fn shut_down(&mut self, timeout: Option<Duration>) -> bool {
        let Some(pool) = self.pool.take() else {
            return true;
        };
        let begun = Instant::now();
        let workers_ended = pool.shut_down(timeout);
        // A worker that drops its own runtime must not wait for closures that may wait for it.
        let left = match timeout {
            _ if !workers_ended => Some(Duration::ZERO),
            timeout => timeout.map(|timeout| timeout.saturating_sub(begun.elapsed())),
        };
        self.handle.inside().blocking.shut_down(left) && workers_ended
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.shut_down(None);
    }
}
