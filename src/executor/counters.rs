//! What each worker counts. One writer each, so that counting is a load and a store, not a
//! read-modify-write.

use std::{sync::OnceLock, time::Duration, time::Instant};

use crate::sync::{AtomicU64, Ordering};

/// One event's counter: written by its worker alone, read by anybody.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    #[inline]
    pub(super) fn add(&self, count: u64) {
        self.set(self.get() + count);
    }

    #[inline]
    pub(super) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The number of classes of [`PollTimes`].
const CLASSES: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) polls: Counter,
    pub(super) lifo_hits: Counter,
    pub(super) steals: Counter,
    pub(super) stolen: Counter,
    pub(super) sleeps: Counter,
    pub(super) wakes: Counter,
    pub(super) spin_hits: Counter,
    busy_ns: Counter,
    /// When the worker last got up, since `began`, and 1; 0 while it sleeps.
    up_ns: Counter,
    /// The moment that times are counted from: the first that was told.
    began: OnceLock<Instant>,
    poll_times: Option<Box<[Counter; CLASSES]>>,
}

/// What one worker has done since it started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerCounts {
    /// Tasks run (one poll each).
    pub polls: u64,
    /// Tasks run straight from the LIFO slot.
    pub lifo_hits: u64,
    /// Times the worker took tasks from another worker.
    pub steals: u64,
    /// Tasks it took in all.
    pub stolen: u64,
    /// Times the worker went to wait on its driver with nothing to do.
    pub sleeps: u64,
    /// Times it was woken from that to look for tasks: the others ended by an event, a timer or the
    /// end.
    pub wakes: u64,
    /// Times it found work while it looked about before it slept.
    pub spin_hits: u64,
    /// Tasks in its queue now.
    pub queued: usize,
    /// The time it was awake, running tasks or looking for them.
    pub busy: Duration,
    /// How long polls took, if the runtime was built to measure it.
    pub poll_times: Option<PollTimes>,
}

/// A runtime's figures at one moment. Each is right by itself; together they may be moments apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// Tasks whose cells are in use: spawned and not completed, or completed while handles or
    /// wakers of them are kept.
    pub tasks_alive: usize,
    /// Tasks that came from outside, or had no room on their worker, and wait for one.
    pub tasks_injected: usize,
    /// Workers that wait on their drivers with nothing to do.
    pub workers_asleep: usize,
    /// What each worker has done.
    pub workers: Vec<WorkerCounts>,
}

/// How many polls took how long: class `n` counts those of at least 2^n ns and less than 2^(n + 1);
/// the first also those below, the last all above.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollTimes(pub [u64; CLASSES]);

impl Counters {
    pub(super) fn new(poll_times: bool) -> Self {
        Self { poll_times: poll_times.then(Box::default), ..Self::default() }
    }

    /// The worker is awake from `now` on.
    pub(super) fn got_up(&self, now: Instant) {
        self.up_ns.set(self.since_began(now) + 1);
    }

    /// The worker sleeps from `now` on.
    pub(super) fn lay_down(&self, now: Instant) {
        self.busy_ns.set(self.busy_ns_until(now));
        self.up_ns.set(0);
    }

    pub(super) fn is_asleep(&self) -> bool {
        self.up_ns.get() == 0
    }

    pub(super) fn measures_polls(&self) -> bool {
        self.poll_times.is_some()
    }

    pub(super) fn polled(&self, took: Duration) {
        if let Some(classes) = &self.poll_times {
            let ns = took.as_nanos().max(1);
            classes[(ns.ilog2() as usize).min(CLASSES - 1)].add(1);
        }
    }

    pub(super) fn read(&self, queued: usize) -> WorkerCounts {
        let times = |all: &[Counter; CLASSES]| PollTimes(all.each_ref().map(Counter::get));
        WorkerCounts {
            polls: self.polls.get(),
            lifo_hits: self.lifo_hits.get(),
            steals: self.steals.get(),
            stolen: self.stolen.get(),
            sleeps: self.sleeps.get(),
            wakes: self.wakes.get(),
            spin_hits: self.spin_hits.get(),
            queued,
            busy: Duration::from_nanos(self.busy_ns_until(Instant::now())),
            poll_times: self.poll_times.as_deref().map(times),
        }
    }

    fn busy_ns_until(&self, now: Instant) -> u64 {
        let up_ns = match self.up_ns.get() {
            0 => 0,
            up_ns => (self.since_began(now) + 1).saturating_sub(up_ns),
        };
        self.busy_ns.get() + up_ns
    }

    fn since_began(&self, now: Instant) -> u64 {
        let began = self.began.get_or_init(|| now);
        now.saturating_duration_since(*began).as_nanos() as u64
    }
}
