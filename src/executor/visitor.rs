//! An executor without threads: its one worker runs when its owner calls.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::{
    driver::Driver, policy::Policy, pool::Present, run_queue::RunQueues, scheduler::Scheduler,
    spawner::Spawner, worker::Worker,
};
use crate::{sync::lock, task::Colony};

/// The worker, between two calls.
pub(crate) struct Visitor<P: Policy, Q: RunQueues> {
    present: Option<Present<P, Q>>,
    worker: Worker,
}

impl<P: Policy, Q: RunQueues> Visitor<P, Q> {
    /// The scheduler was made of this driver's notifier.
    pub(crate) fn new(colony: Colony<Scheduler<P, Q>>, driver: Box<dyn Driver>) -> Self {
        let driver = Arc::new(Mutex::new(driver));
        let mut worker = Worker::new(0, driver, colony.slab().magazine());
        worker.enter(&colony, |at_work| at_work.go_away());
        Self { present: Some(Present::enter(colony)), worker }
    }

    /// Runs at most `most` ready tasks; when there is none, waits for events or tasks, at most for
    /// `timeout`, and runs what came. How many ran.
    pub(crate) fn visit(&mut self, most: usize, timeout: Option<Duration>) -> usize {
        let Some(present) = &self.present else {
            return 0;
        };
        self.worker.enter(&present.0, |at_work| at_work.visit(most, timeout))
    }

    pub(crate) fn driver(&self) -> MutexGuard<'_, Box<dyn Driver>> {
        lock(&self.worker.driver)
    }

    /// Ends the executor: drops the tasks that are left.
    pub(crate) fn end(&mut self) {
        if let Some(present) = self.present.take() {
            Spawner::close(&present.0);
        }
    }
}
