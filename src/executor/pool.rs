//! The worker threads of one executor: started, pinned, stopped.

use std::sync::{Arc, Mutex, mpsc};
use std::{fmt, io, thread, thread::JoinHandle as ThreadHandle, time::Duration};

use super::{
    driver::Driver, driver::SharedDriver, end::end, monitor, pin, policy::Policy,
    run_queue::RunQueues, scheduler::Scheduler, spawner::Spawner, worker::Worker,
};
use crate::task::Colony;

/// Runs a worker's work inside what its thread needs around it, with the worker's number.
pub(crate) type Around = Arc<dyn Fn(usize, &mut dyn FnMut()) + Send + Sync>;

/// What a pool is made of.
pub(crate) struct Config {
    pub(crate) thread_name: String,
    /// One entry a worker.
    pub(crate) cores: Vec<Option<usize>>,
    /// One entry a worker.
    pub(crate) drivers: Vec<Box<dyn Driver>>,
}

/// Why the workers could not be started.
#[derive(Debug)]
pub(crate) enum StartError {
    Spawn(io::Error),
    Pin { worker: usize, core: usize },
}

/// Running worker threads.
pub(crate) struct Pool {
    executor: Arc<dyn Spawner>,
    threads: Vec<ThreadHandle<()>>,
    monitor: Option<ThreadHandle<()>>,
}

impl Pool {
    /// Starts one thread for each driver; the scheduler was made of their notifiers, in this order.
    /// When one of them cannot be started or pinned, those that were are ended again.
    pub(crate) fn start<P: Policy, Q: RunQueues>(
        colony: &Colony<Scheduler<P, Q>>,
        config: Config,
        around: Around,
    ) -> Result<Self, StartError> {
        let executor = Arc::new(colony.clone());
        let mut pool = Self { executor, threads: Vec::new(), monitor: None };
        let started = pool.start_threads(colony, config, around);
        if let Err(error) = started {
            pool.shut_down(None);
            return Err(error);
        }
        Ok(pool)
    }

    fn start_threads<P: Policy, Q: RunQueues>(
        &mut self,
        colony: &Colony<Scheduler<P, Q>>,
        config: Config,
        around: Around,
    ) -> Result<(), StartError> {
        let (report, reports) = mpsc::channel();
        let drivers = config.drivers.into_iter().map(|driver| Arc::new(Mutex::new(driver)));
        let drivers: Vec<SharedDriver> = drivers.collect();
        for (index, (driver, core)) in drivers.iter().zip(config.cores).enumerate() {
            let worker = Worker::new(index, driver.clone(), colony.slab().magazine());
            let around = around.clone();
            let (presence, report) = (Present::enter(colony.clone()), report.clone());
            let thread = thread::Builder::new().name(format!("{}-{index}", config.thread_name));
            let started = thread.spawn(move || {
                let failed = core.filter(|&core| !pin::pin_current_thread(core));
                if report.send(failed.map(|core| (index, core))).is_err() {
                    return;
                }
                let mut worker = Some(worker);
                around(index, &mut || {
                    if let Some(mut worker) = worker.take() {
                        worker.enter(&presence.0, |at_work| at_work.work());
                    }
                });
            });
            self.threads.push(started.map_err(StartError::Spawn)?);
        }
        drop(report);
        if let Some((worker, core)) = reports.iter().take(self.threads.len()).flatten().next() {
            return Err(StartError::Pin { worker, core });
        }
        let monitor = monitor::start(colony.clone(), drivers, &config.thread_name);
        let monitor = monitor.map_err(StartError::Spawn)?;
        colony.monitor.get_or_init(|| monitor.thread().clone());
        self.monitor = Some(monitor);
        Ok(())
    }

    /// Ends the workers; the last of them drops every task that is left. `false`: after `timeout`
    /// one was still in a task's poll, or the calling thread is one: then that happens later.
    pub(crate) fn shut_down(self, timeout: Option<Duration>) -> bool {
        self.executor.close();
        if let Some(monitor) = self.monitor {
            monitor.thread().unpark();
            // It calls the embedder's hook, which may end the runtime: no thread waits for itself.
            if monitor.thread().id() != thread::current().id() {
                // Only that hook can panic there, and the panic hook has reported it.
                let _ended = monitor.join();
            }
        }
        if !self.executor.wait_ended(timeout) {
            return false;
        }
        for thread in self.threads {
            // A worker does not panic: tasks' panics are caught.
            let _ended = thread.join();
        }
        true
    }
}

/// One that may run tasks.
pub(super) struct Present<P: Policy, Q: RunQueues>(pub(super) Colony<Scheduler<P, Q>>);

impl<P: Policy, Q: RunQueues> Present<P, Q> {
    /// Before the executor closes.
    pub(super) fn enter(colony: Colony<Scheduler<P, Q>>) -> Self {
        assert!(colony.presence.enter(), "the executor was closed while it was being started");
        Self(colony)
    }
}

impl<P: Policy, Q: RunQueues> Drop for Present<P, Q> {
    fn drop(&mut self) {
        if self.0.presence.leave() {
            end(&self.0);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.threads.len()).finish()
    }
}
