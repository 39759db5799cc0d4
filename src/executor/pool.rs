//! The worker threads of one executor: started, pinned, stopped.

use std::fmt;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle as ThreadHandle};
use std::time::Duration;

use super::driver::Driver;
use super::monitor::Monitor;
use super::pin;
use super::spawner::Executor;
use super::worker::Worker;

/// Runs a worker's work inside what its thread needs around it.
pub(crate) type Around = Arc<dyn Fn(usize, &mut dyn FnMut()) + Send + Sync>;

/// What a pool is made of.
pub(crate) struct Config {
    pub(crate) thread_name: String,
    /// One entry a worker.
    pub(crate) cores: Vec<Option<usize>>,
    /// One entry a worker.
    pub(crate) drivers: Vec<Box<dyn Driver>>,
    /// Runs on each worker's thread around its work, with the worker's number.
    pub(crate) around: Around,
    /// Runs once the workers have ended, before the tasks that are left are dropped.
    pub(crate) at_end: Box<dyn FnOnce() + Send>,
}

/// Why the workers could not be started.
#[derive(Debug)]
pub(crate) enum StartError {
    Spawn(io::Error),
    Pin { worker: usize, core: usize },
}

/// Running worker threads.
pub(crate) struct Pool {
    spawner: Executor,
    threads: Vec<ThreadHandle<()>>,
    monitor: Option<Monitor>,
    at_end: Box<dyn FnOnce() + Send>,
    ended: mpsc::Receiver<()>,
}

impl Pool {
    /// Starts one thread for each driver; `spawner` was made of their notifiers, in this order.
    /// When one of them cannot be started or pinned, those that were are ended again.
    pub(crate) fn start(spawner: &Executor, config: Config) -> Result<Self, StartError> {
        let (end, ended) = mpsc::channel();
        let (report, reports) = mpsc::channel();
        let mut pool = Self {
            spawner: spawner.clone(),
            threads: Vec::new(),
            monitor: None,
            at_end: config.at_end,
            ended,
        };
        for (index, (driver, core)) in config.drivers.into_iter().zip(config.cores).enumerate() {
            let worker = Worker::new(spawner.clone(), index, driver);
            let around = config.around.clone();
            let (end, report) = (end.clone(), report.clone());
            let thread = thread::Builder::new().name(format!("{}-{index}", config.thread_name));
            let started = thread.spawn(move || {
                let _end = end;
                let pinned = core.filter(|&core| !pin::pin_current_thread(core));
                let failed = pinned.map(|core| StartError::Pin {
                    worker: index,
                    core,
                });
                if report.send(failed).is_err() {
                    return;
                }
                let mut worker = Some(worker);
                around(index, &mut || {
                    if let Some(worker) = worker.take() {
                        worker.work();
                    }
                });
            });
            match started {
                Ok(thread) => pool.threads.push(thread),
                Err(error) => return Err(pool.give_up(StartError::Spawn(error))),
            }
        }
        drop(report);
        if let Some(error) = reports.iter().take(pool.threads.len()).flatten().next() {
            return Err(pool.give_up(error));
        }
        if pool.threads.len() > 1 {
            match Monitor::start(spawner.clone(), &config.thread_name) {
                Ok(monitor) => pool.monitor = Some(monitor),
                Err(error) => return Err(pool.give_up(StartError::Spawn(error))),
            }
        }
        Ok(pool)
    }

    /// Ends the workers, then drops every task that is left. `false`: after `timeout` some worker
    /// was still in a task's poll; then a thread of its own waits for it and drops the tasks.
    pub(crate) fn shut_down(self, timeout: Option<Duration>) -> bool {
        self.spawner.close();
        let this_thread = thread::current().id();
        let own = self
            .threads
            .iter()
            .any(|worker| worker.thread().id() == this_thread);
        if !own && self.wait_ended(timeout) {
            self.reap();
            return true;
        }
        // A worker cannot wait for itself, and who is short of time does not want to.
        let reaper = thread::Builder::new().name("windlass-reaper".to_owned());
        let _reaped_or_leaked = reaper.spawn(move || self.reap());
        false
    }

    /// Every worker holds a sender that it drops at its end: the channel closes with the last one.
    fn wait_ended(&self, timeout: Option<Duration>) -> bool {
        match timeout {
            None => self.ended.recv().is_err(),
            Some(timeout) => {
                self.ended.recv_timeout(timeout) == Err(mpsc::RecvTimeoutError::Disconnected)
            }
        }
    }

    fn reap(self) {
        if let Some(monitor) = self.monitor {
            monitor.end();
        }
        for thread in self.threads {
            // A worker does not panic: tasks' panics are caught.
            let _ended = thread.join();
        }
        (self.at_end)();
        self.spawner.drain();
    }

    fn give_up(self, error: StartError) -> StartError {
        // Joining needs no word from the workers, some of which were never started.
        self.spawner.close();
        self.reap();
        error
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("workers", &self.threads.len())
            .finish_non_exhaustive()
    }
}
