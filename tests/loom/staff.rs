//! An executor made of the very source, but for threads, monitor and kernel: what `pool` does with
//! a thread is done with a role. Workers wait on condition variables.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::driver::{CondvarDriver, Driver, SharedDriver};
use super::end::end;
use super::hooks::Hooks;
use super::local::Local;
use super::policy::Policy;
use super::run_queue::Rings;
use super::scheduler::{Scheduler, Settings};
use super::spawner::{Spawner, spawn};
use super::worker::Worker;
use crate::explore::Role;
use crate::park::Parker;
use crate::sync::{Mutex, Ordering};
use crate::task::{Colony, JoinHandle};

pub(crate) struct Staff<P: Policy> {
    colony: Colony<Scheduler<P, Rings>>,
    drivers: Vec<SharedDriver>,
}

impl<P: Policy> Clone for Staff<P> {
    fn clone(&self) -> Self {
        Self { colony: self.colony.clone(), drivers: self.drivers.clone() }
    }
}

impl<P: Policy> Staff<P> {
    /// Nobody is in yet.
    pub(crate) fn new(workers: usize, tasks_max: usize) -> Self {
        let driver = |_| -> Box<dyn Driver> { Box::new(CondvarDriver::default()) };
        let drivers: Vec<_> = (0..workers).map(driver).collect();
        let settings = Settings {
            tasks_max,
            spin_max: Duration::ZERO,
            poll_times: false,
            guests: true,
            hooks: Hooks::default(),
            at_end: Box::new(|| ()),
        };
        let notifiers = drivers.iter().map(|driver| driver.notifier()).collect();
        let colony = Colony::new(tasks_max, workers, Scheduler::new(settings, notifiers));
        let shared = |driver| Arc::new(Mutex::new(driver));
        Self { colony, drivers: drivers.into_iter().map(shared).collect() }
    }

    /// A role: that worker's thread, which is in from now on.
    pub(crate) fn worker(&self, index: usize) -> Role {
        let colony = self.colony.clone();
        assert!(colony.presence.enter(), "closed already");
        let mut worker = Worker::new(index, self.drivers[index].clone(), colony.slab().magazine());
        Box::new(move || {
            worker.enter(&colony, |at_work| at_work.work());
            drop(worker);
            if colony.presence.leave() {
                end(&colony);
            }
        })
    }

    pub(crate) fn spawn<F>(&self, future: F) -> Option<JoinHandle<F::Output>>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        spawn(&self.colony, future).ok()
    }

    pub(crate) fn close(&self) {
        Spawner::close(&self.colony);
    }

    /// Runs `root` as a guest, and what becomes ready on it.
    pub(crate) fn lodge(&self, mut root: impl FnMut() -> bool) {
        _ = self.colony.lodge(&mut root, &mut Parker::new());
    }

    /// The number of a guest's place, taken.
    pub(crate) fn take_place(&self) -> Option<usize> {
        Some(self.colony.take_guest_place()? - self.colony.workers())
    }

    pub(crate) fn leave_place(&self, place: usize) {
        self.colony.leave_guest_place(place + self.colony.workers());
    }

    /// Spawns a task and puts it into that worker's own queue, before the worker begins.
    pub(crate) fn queue_up<F>(&self, worker: usize, future: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let Ok((task, handle)) = self.colony.slab().spawn(future) else {
            panic!("no permit");
        };
        // SAFETY: the worker has not begun.
        unsafe { Local::new(&*self.colony, worker, Instant::now()) }.push(task);
        handle
    }

    /// The monitor has found that the worker stands still.
    pub(crate) fn stands_still(&self, worker: usize) {
        self.colony.remotes[worker].stuck.store(1, Ordering::Relaxed);
    }

    /// How many tasks wait in that injector.
    pub(crate) fn injected(&self, worker: usize) -> usize {
        self.colony.injector(worker).len()
    }

    /// After all have left: no task is left, and who waits for the end is told.
    pub(crate) fn check_ended<T>(&self, handles: impl IntoIterator<Item = JoinHandle<T>>) {
        assert!(self.colony.wait_ended(Some(Duration::ZERO)), "nobody has ended the tasks");
        for handle in handles {
            assert!(handle.is_finished(), "a task outlives its executor");
        }
        assert_eq!(self.colony.slab().tasks_alive(), 0, "a cell is not freed");
    }
}
