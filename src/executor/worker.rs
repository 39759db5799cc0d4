//! One worker thread: take, run, search, sleep.

use std::time::Duration;

use super::driver::Driver;
use super::local::Local;
use super::queues::Queues;
use super::spawner::Executor;
use crate::task::TaskRef;

/// Every so many tasks the worker looks at its driver and takes from the injector first, so that
/// neither events nor spawns from outside wait behind tasks that are always ready.
const TURN_TASKS: u32 = 61;

/// How many tasks a worker moves from another's ring at most.
const STEAL_MAX: usize = 128;

pub(super) struct Worker {
    spawner: Executor,
    index: usize,
    driver: Box<dyn Driver>,
    ticks: u32,
    /// Whether this worker counts as searching.
    searching: bool,
    /// Whether it was woken to help, and has found work ever since.
    helping: bool,
}

impl Worker {
    pub(super) fn new(spawner: Executor, index: usize, driver: Box<dyn Driver>) -> Self {
        Self {
            spawner,
            index,
            driver,
            ticks: 0,
            searching: false,
            helping: false,
        }
    }

    /// Works until the executor closes.
    pub(super) fn work(mut self) {
        let spawner = self.spawner.clone();
        let local = Local::new(&spawner.queues, self.index);
        let magazine = spawner.slab().magazine();
        magazine.enter(|| {
            local.enter(|| {
                while !spawner.is_closing() {
                    match self.take(&local) {
                        Some(task) => self.run(task),
                        None => {
                            magazine.flush();
                            self.search_or_sleep(&local);
                        }
                    }
                }
            });
        });
    }

    fn run(&mut self, task: TaskRef) {
        if self.searching {
            self.stop_searching();
        }
        self.queues().workers[self.index].counters.polls.add(1);
        // SAFETY: the task was taken from a queue, where only `schedule` puts it, once for each
        // time it may run.
        unsafe { task.run() };
    }

    fn take(&mut self, local: &Local) -> Option<TaskRef> {
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(TURN_TASKS) {
            self.turn(local);
            if let Some(task) = self.queues().injector.pop() {
                return Some(task);
            }
        }
        local
            .next(self.queues())
            .or_else(|| self.queues().injector.pop())
    }

    /// Looks at the driver. A ring that still holds a whole turn of tasks after one is more than
    /// this worker keeps up with: one more is woken.
    fn turn(&mut self, local: &Local) {
        if self.queues().workers[self.index].ring.len() >= TURN_TASKS as usize {
            self.queues().wake_worker();
        }
        self.driver.wait(Some(Duration::ZERO));
        local.dispatch(|| self.driver.dispatch());
    }

    fn search_or_sleep(&mut self, local: &Local) {
        // Who was woken takes what there is; who only ran out of work leaves the others what they
        // keep up with.
        let worthwhile = if self.searching {
            1
        } else {
            TURN_TASKS as usize
        };
        if !self.searching {
            self.searching = self.queues().idle.try_search(self.queues().workers.len());
        }
        if self.searching
            && let Some(task) = self.steal(worthwhile)
        {
            return self.run(task);
        }
        self.helping = false;
        self.sleep(local);
    }

    /// Every task in another worker's ring has that worker; so what is looked at once more is the
    /// injector.
    fn sleep(&mut self, local: &Local) {
        let look_again = self.queues().idle.sleep(self.index, self.searching);
        if look_again && (!self.queues().injector.is_empty() || self.spawner.is_closing()) {
            self.searching = self.queues().idle.rise(self.index);
            return;
        }
        self.queues().workers[self.index].counters.sleeps.add(1);
        self.driver.wait(None);
        self.searching = self.queues().idle.rise(self.index);
        local.dispatch(|| self.driver.dispatch());
    }

    /// The searcher has found work. Was it the last, a push may have relied on it: it passes the
    /// search on.
    fn stop_searching(&mut self) {
        self.searching = false;
        if self.queues().idle.found() && !self.queues().injector.is_empty() {
            self.queues().wake_worker();
        }
    }

    fn queues(&self) -> &Queues {
        &self.spawner.queues
    }

    /// Moves half of another worker's ring into this one's, and returns the first. Leaves rings
    /// with less than `worthwhile` tasks alone.
    fn steal(&self, worthwhile: usize) -> Option<TaskRef> {
        let workers = &self.queues().workers;
        let own = &workers[self.index];
        for distance in 1..workers.len() {
            let victim = &workers[(self.index + distance) % workers.len()];
            if victim.ring.len() < worthwhile {
                continue;
            }
            let Some(first) = victim.ring.pop() else {
                continue;
            };
            let more = (victim.ring.len() / 2).min(STEAL_MAX);
            let mut moved = 0;
            while moved < more
                && let Some(task) = victim.ring.pop()
            {
                self.queues().push_worker(self.index, task);
                moved += 1;
            }
            own.counters.stolen.add(moved as u64 + 1);
            return Some(first);
        }
        None
    }
}
