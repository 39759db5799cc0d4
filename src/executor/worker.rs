//! One worker: take, run, search, look about, sleep.

use std::{hint, time::Duration, time::Instant};

use super::run_queue::{RunQueue, RunQueues};
use super::{driver::SharedDriver, idle::Risen, local::BATCH, local::Local};
use super::{policy::Policy, scheduler::Scheduler};
use crate::sync::{Ordering, lock};
use crate::{task::Colony, task::Magazine, task::TaskRef};

/// The shortest time for which it is worth to look about before sleeping.
const SPIN_MIN: Duration = Duration::from_micros(1);

/// What the kernel needs to wake a thread, at most, where nothing else runs.
const WAKE_UP: Duration = Duration::from_micros(60);

/// The most sleeps that go by without looking about before.
const DOUBTS_MAX: u32 = 255;

/// So many looks at the injector between two at the clock and at the others' queues.
const LOOKS: u32 = 8;

/// How long a worker that is fed task by task lets more come before it takes them.
const GROW: Duration = Duration::from_micros(1);

/// What must have come meanwhile, for that to have been worth it.
const GROWN: usize = 4;

/// Who brings so many at once brings more.
const MANY: usize = 32;

/// The finds that go by, at first and at most, before a worker lets tasks grow into a batch.
const HASTE: u32 = 7;
const HASTE_MAX: u32 = 1023;

/// What a worker keeps between its turns.
pub(super) struct Worker {
    seat: Seat,
    pub(super) driver: SharedDriver,
    magazine: Magazine,
}

struct Seat {
    index: usize,
    ticks: u32,
    /// Whether this worker counts as searching.
    searching: bool,
    /// How long it looks about before it sleeps: longer after short sleeps that a push ended.
    spin_for: Duration,
    /// So many sleeps go by before it looks about again.
    doubts: u32,
    /// So many finds go by before it lets a batch grow, and how many it was the last time.
    haste: u32,
    haste_last: u32,
}

/// A worker at work, on its thread.
pub(super) struct AtWork<'a, P, Q: RunQueues> {
    worker: &'a mut Seat,
    driver: &'a SharedDriver,
    magazine: &'a Magazine,
    scheduler: &'a Scheduler<P, Q>,
    local: &'a Local<'a, P, Q>,
}

impl Worker {
    pub(super) fn new(index: usize, driver: SharedDriver, magazine: Magazine) -> Self {
        let seat = Seat {
            index,
            ticks: 0,
            searching: false,
            spin_for: Duration::ZERO,
            doubts: 0,
            haste: HASTE,
            haste_last: HASTE,
        };
        Self { seat, driver, magazine }
    }

    /// Runs `work` as this worker, on the calling thread.
    pub(super) fn enter<P: Policy, Q: RunQueues, R>(
        &mut self,
        colony: &Colony<Scheduler<P, Q>>,
        work: impl FnOnce(&mut AtWork<'_, P, Q>) -> R,
    ) -> R {
        let scheduler = &**colony;
        // SAFETY: there is one `Worker` for each index, and it is borrowed meanwhile.
        let local = unsafe { Local::new(scheduler, self.seat.index, Instant::now()) };
        let Self { seat: worker, driver, magazine } = self;
        let mut at_work = AtWork { worker, driver, magazine, scheduler, local: &local };
        magazine.enter(|| local.enter(|| work(&mut at_work)))
    }
}

impl<P: Policy, Q: RunQueues> AtWork<'_, P, Q> {
    /// Works until the executor closes.
    pub(super) fn work(&mut self) {
        self.counters().got_up(Instant::now());
        while !self.scheduler.presence.is_closed() {
            match self.take() {
                Some(task) => self.run(task),
                None => self.search_or_sleep(),
            }
        }
    }

    #[inline]
    fn run(&mut self, task: TaskRef) {
        if self.worker.searching {
            self.stop_searching();
        }
        self.local.run(task);
    }

    #[inline]
    fn take(&mut self) -> Option<TaskRef> {
        self.worker.ticks += 1;
        if self.worker.ticks >= P::TURN_TASKS {
            self.worker.ticks = 0;
            self.turn();
            if let Some(task) = self.local.take_injected() {
                return Some(task);
            }
        }
        self.local.next().or_else(|| self.local.take_injected())
    }

    #[cold]
    fn turn(&mut self) {
        self.local.ask_for_help();
        self.look_at_driver(Some(Duration::ZERO));
    }

    fn look_at_driver(&mut self, timeout: Option<Duration>) {
        let mut driver = lock(self.driver);
        driver.wait(timeout);
        driver.dispatch();
    }

    fn search_or_sleep(&mut self) {
        let woken = self.worker.searching;
        if !woken && !P::PINNED {
            self.worker.searching = self.scheduler.idle.try_search(self.scheduler.workers());
        }
        if self.worker.searching
            && let Some(task) = self.steal(woken)
        {
            return self.run(task);
        }
        let began = Instant::now();
        self.local.kept_up(began);
        if (self.worker.searching || P::PINNED) && self.look_about(began) {
            self.counters().spin_hits.add(1);
            self.worker.doubts = 0;
            return;
        }
        self.sleep(began);
    }

    /// Looks for work again and again for a while, counted as searching, so that a push that comes
    /// meanwhile asks the kernel for nothing. Whether there is some.
    fn look_about(&mut self, began: Instant) -> bool {
        let (scheduler, index) = (self.scheduler, self.worker.index);
        if self.worker.spin_for.is_zero() {
            return false;
        }
        loop {
            for _ in 0..LOOKS {
                if !scheduler.injector(index).is_empty() {
                    self.let_grow();
                    return true;
                }
                if scheduler.presence.is_closed() {
                    return true;
                }
                hint::spin_loop();
            }
            if let Some(task) = self.steal(false) {
                self.local.push(task);
                return true;
            }
            if began.elapsed() >= self.worker.spin_for {
                return false;
            }
        }
    }

    /// Who takes task by task from a thread that spawns many makes the queue's lines go to and fro
    /// for each: better to let some come to those that wait already. Who waits for an answer before
    /// it wakes again sends no more meanwhile: then it is not tried again for a while, each time
    /// for longer.
    fn let_grow(&mut self) {
        let seat = &mut *self.worker;
        if seat.haste > 0 {
            seat.haste -= 1;
            return;
        }
        let injector = self.scheduler.injector(seat.index);
        let (began, waiting) = (Instant::now(), injector.len());
        while began.elapsed() < GROW {
            hint::spin_loop();
        }
        let has_grown = waiting >= MANY || injector.len() >= waiting + GROWN;
        seat.haste_last = if has_grown { 0 } else { (2 * seat.haste_last + 1).min(HASTE_MAX) };
        seat.haste = seat.haste_last;
    }

    /// Every task in another worker's queue has that worker; so what is looked at once more is the
    /// injector.
    fn sleep(&mut self, began: Instant) {
        self.magazine.flush();
        if !self.lie_down() {
            // What came since was left to this searcher, and may be more than one worker's: it
            // searches on, so that whoever finds it passes the search on.
            if !self.get_up() && !P::PINNED {
                self.worker.searching = self.scheduler.idle.try_search(self.scheduler.workers());
            }
            return;
        }
        self.counters().sleeps.add(1);
        self.counters().lay_down(began);
        let mut driver = lock(self.driver);
        driver.wait(None);
        let woken = self.get_up();
        let now = Instant::now();
        self.counters().got_up(now);
        self.local.kept_up(now);
        self.adapt(woken, now - began);
        driver.dispatch();
    }

    /// Leaves the sleepers. Whether a push woke this worker: then it counts as searching.
    fn get_up(&mut self) -> bool {
        let Risen { claimed, stirs } = self.scheduler.idle.rise(self.worker.index);
        self.worker.searching = claimed && !P::PINNED;
        self.counters().wakes.add(u64::from(claimed));
        if stirs {
            self.scheduler.stir_monitor();
        }
        claimed
    }

    /// For a host that calls now and then: runs at most `most` ready tasks; when there is none,
    /// waits for events or tasks, at most for `timeout`, and runs what came. How many ran.
    pub(super) fn visit(&mut self, most: usize, timeout: Option<Duration>) -> usize {
        let told = lock(self.driver).come_back();
        self.get_up();
        self.look_at_driver(Some(Duration::ZERO));
        let mut ran = self.run_ready(most);
        if ran == 0 && timeout != Some(Duration::ZERO) {
            let timeout = if self.lie_down() && !told { timeout } else { Some(Duration::ZERO) };
            lock(self.driver).wait(timeout);
            self.get_up();
            lock(self.driver).dispatch();
            ran = self.run_ready(most);
        }
        self.go_away();
        ran
    }

    /// Lies down without waiting: from now on whatever there is to do notifies the driver, which
    /// tells the host.
    pub(super) fn go_away(&mut self) {
        self.magazine.flush();
        lock(self.driver).leave();
        if !self.lie_down() || self.local.has_tasks() {
            lock(self.driver).notifier().notify();
        }
    }

    fn run_ready(&mut self, most: usize) -> usize {
        let mut ran = 0;
        while ran < most
            && let Some(task) = self.take()
        {
            self.run(task);
            ran += 1;
        }
        ran
    }

    /// Whoever pushes from now on notifies the driver. `false`: there is work.
    fn lie_down(&mut self) -> bool {
        let (scheduler, index) = (self.scheduler, self.worker.index);
        let look_again = scheduler.idle.sleep(index, self.worker.searching);
        self.worker.searching = false;
        !look_again || (scheduler.injector(index).is_empty() && !scheduler.presence.is_closed())
    }

    /// Would looking about have found the push that ended this sleep? Then it is done for longer
    /// the next time, else for shorter (as Linux's haltpoll governor does). How long the sleep was
    /// is known only with the time that the kernel needs to end one, so the guess is a generous
    /// one; where it proves wrong, it is not made again for a while, each time for longer.
    fn adapt(&mut self, woken: bool, slept: Duration) {
        let (seat, max) = (&mut *self.worker, self.scheduler.spin_max);
        if seat.spin_for > Duration::ZERO && seat.spin_for == max {
            seat.doubts = (2 * seat.doubts + 1).min(DOUBTS_MAX);
            seat.spin_for = Duration::ZERO;
        } else if seat.doubts > 0 {
            seat.doubts -= 1;
        } else if woken && slept < max + WAKE_UP {
            seat.spin_for = (seat.spin_for * 2).max(SPIN_MIN).min(max);
        } else {
            seat.spin_for = Duration::ZERO;
        }
    }

    /// The searcher has found work. Was it the last, a push may have relied on it: it passes the
    /// search on.
    #[cold]
    fn stop_searching(&mut self) {
        self.worker.searching = false;
        let scheduler = self.scheduler;
        if scheduler.idle.found() && !scheduler.injector(self.worker.index).is_empty() {
            scheduler.wake_worker();
        }
    }

    /// Moves tasks from another's queue into this one's, as many as the policy says, and returns
    /// the first. From one that stands still as many as go at once, and what is in its LIFO slot.
    fn steal(&self, woken: bool) -> Option<TaskRef> {
        if P::PINNED {
            return None;
        }
        let remotes = &self.scheduler.remotes;
        for distance in 1..remotes.len() {
            let victim = &remotes[(self.worker.index + distance) % remotes.len()];
            let stuck = victim.stuck.load(Ordering::Relaxed) != 0;
            let share = if stuck { BATCH } else { P::steal(victim.queue.len(), woken).min(BATCH) };
            let mut first = None;
            let mut stolen = victim.queue.pop_many(share, |task| match first {
                None => first = Some(task),
                Some(_) => self.local.push(task),
            });
            if first.is_none() && stuck {
                first = victim.lifo.take();
                stolen = usize::from(first.is_some());
            }
            if first.is_some() {
                self.counters().steals.add(1);
                self.counters().stolen.add(stolen as u64);
                return first;
            }
        }
        None
    }

    fn counters(&self) -> &super::counters::Counters {
        &self.local.remote().counters
    }
}
