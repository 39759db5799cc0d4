//! What one executor shares: its queues, who sleeps, who is in, and whom a push wakes.

use std::sync::{Arc, OnceLock};
use std::{marker::PhantomData, thread::Thread, time::Duration};

use crossbeam_utils::CachePadded;

use super::{
    counters::Counters, driver::Notify, hooks::Hooks, idle::Idle, lifo::LifoSlot, policy::Policy,
    presence::Presence, run_queue::RunQueue, run_queue::RunQueues,
};
use crate::sync::{AtomicBool, AtomicUsize, Ordering, lock, shrunk};
use crate::sync::{Condvar, Mutex, MutexGuard};
use crate::task::TaskRef;

/// How many tasks a worker's own queue holds; more go to the injector.
const OWN_CAPACITY: usize = shrunk(1024, 2);

/// An injector has room for every task there is.
pub(super) const HAS_ROOM: &str = "a run queue refused a task below its capacity";

/// How many threads in `block_on` may run tasks at once; others only wait.
const GUESTS: usize = 4;

type Queue<Q> = <Q as RunQueues>::Queue<TaskRef>;

/// What an executor is made of, apart from its threads and drivers.
pub(crate) struct Settings {
    pub(crate) tasks_max: usize,
    /// How long a worker without work looks about before it sleeps, at most.
    pub(crate) spin_max: Duration,
    pub(crate) poll_times: bool,
    pub(crate) guests: bool,
    pub(crate) hooks: Hooks,
    /// Runs once nobody runs tasks any more, before those that are left are dropped.
    pub(crate) at_end: Box<dyn FnOnce() + Send>,
}

/// What the others see of one worker, or guest.
pub(super) struct Remote<Q: RunQueues> {
    pub(super) queue: Queue<Q>,
    pub(super) lifo: CachePadded<LifoSlot>,
    pub(super) counters: CachePadded<Counters>,
    /// What the worker runs: the address of the task's kind.
    pub(super) running: AtomicUsize,
    /// The name of the task it runs, if that has one.
    pub(super) name: Mutex<Option<Arc<str>>>,
    /// Set by the monitor while the worker stands still in a poll beside tasks that wait.
    pub(super) stuck: AtomicUsize,
}

/// The queues of one executor, and the protocols on them.
pub(crate) struct Scheduler<P, Q: RunQueues> {
    /// One for all; under a policy that pins tasks, one for each worker.
    pub(super) injectors: Box<[Queue<Q>]>,
    /// The workers, then the guests.
    pub(super) remotes: Box<[Remote<Q>]>,
    notifiers: Vec<Arc<dyn Notify>>,
    pub(super) idle: Idle,
    /// The thread to stir when a worker gets up while it rests.
    pub(super) monitor: OnceLock<Thread>,
    pub(super) presence: Presence,
    pub(super) spin_max: Duration,
    pub(super) hooks: Hooks,
    /// Which places of guests are taken.
    guests: AtomicUsize,
    dealt: AtomicUsize,
    /// The tasks that are left are being dropped, from now on also by who spawns.
    pub(super) drained: AtomicBool,
    /// Held by who drops tasks that nobody runs any more.
    pub(super) walking: Mutex<()>,
    ending: Mutex<Ending>,
    pub(super) ended: Condvar,
    policy: PhantomData<P>,
}

pub(super) struct Ending {
    /// What runs before the last tasks are dropped, once.
    pub(super) at_end: Option<Box<dyn FnOnce() + Send>>,
    /// All tasks have ended.
    pub(super) ended: bool,
}

impl<P: Policy, Q: RunQueues> Scheduler<P, Q> {
    /// An executor whose workers are notified by `notifiers`.
    pub(crate) fn new(settings: Settings, notifiers: Vec<Arc<dyn Notify>>) -> Self {
        const { assert!(P::OWN_QUEUES || !P::PINNED, "`PINNED` needs `OWN_QUEUES`") };
        const { assert!(P::TURN_TASKS > 0, "`TURN_TASKS` is at least 1") };
        let workers = notifiers.len();
        let hosts = settings.guests && P::OWN_QUEUES && !P::PINNED;
        let guests = if hosts { GUESTS } else { 0 };
        let remote = |_| Remote {
            queue: Queue::<Q>::with_capacity(OWN_CAPACITY),
            lifo: CachePadded::default(),
            counters: CachePadded::new(Counters::new(settings.poll_times)),
            running: AtomicUsize::new(0),
            name: Mutex::new(None),
            stuck: AtomicUsize::new(0),
        };
        let injector = |_| Queue::<Q>::with_capacity(settings.tasks_max);
        let injectors = if P::PINNED { workers } else { 1 };
        Self {
            injectors: (0..injectors).map(injector).collect(),
            remotes: (0..workers + guests).map(remote).collect(),
            notifiers,
            idle: Idle::default(),
            monitor: OnceLock::new(),
            presence: Presence::default(),
            spin_max: settings.spin_max,
            hooks: settings.hooks,
            guests: AtomicUsize::new(0),
            dealt: AtomicUsize::new(0),
            drained: AtomicBool::new(false),
            walking: Mutex::new(()),
            ending: Mutex::new(Ending { at_end: Some(settings.at_end), ended: false }),
            ended: Condvar::new(),
            policy: PhantomData,
        }
    }

    pub(super) fn workers(&self) -> usize {
        self.notifiers.len()
    }

    /// The queue of what comes to `worker` from outside.
    #[inline]
    pub(super) fn injector(&self, worker: usize) -> &Queue<Q> {
        &self.injectors[if P::PINNED { worker } else { 0 }]
    }

    /// Puts a task that became ready outside where a worker takes it, and sees to it that one does.
    pub(super) fn inject(&self, task: TaskRef, spawned: bool) {
        if !P::PINNED {
            self.injector(0).push(task).expect(HAS_ROOM);
            return self.wake_worker();
        }
        if spawned {
            let turn = self.dealt.fetch_add(1, Ordering::Relaxed) % self.workers();
            // SAFETY: a task that became ready is alive until it has run.
            unsafe { task.set_home(turn as u8) };
        }
        self.send_home(task);
    }

    /// Gives a pinned task to its worker.
    pub(super) fn send_home(&self, task: TaskRef) {
        // SAFETY: a task that became ready is alive until it has run.
        let home = usize::from(unsafe { task.home() });
        self.injector(home).push(task).expect(HAS_ROOM);
        if self.idle.rouse(home) {
            self.notifiers[home].notify();
        }
    }

    /// Wakes a sleeping worker, unless one is searching already. Where tasks are pinned nobody
    /// searches, and who is woken so would find nothing.
    #[inline]
    pub(super) fn wake_worker(&self) {
        if !P::PINNED
            && let Some(worker) = self.idle.claim()
        {
            self.notifiers[worker].notify();
        }
    }

    /// Tells the workers and guests to end after the task each is running. `true`: there is none,
    /// and the caller is to end the tasks.
    #[must_use]
    pub(super) fn close(&self) -> bool {
        let last = self.presence.close();
        self.notifiers.iter().for_each(|notifier| notifier.notify());
        last
    }

    #[cold]
    pub(super) fn stir_monitor(&self) {
        self.monitor.get().into_iter().for_each(Thread::unpark);
    }

    /// Takes a guest's place, if one is free.
    pub(super) fn take_guest_place(&self) -> Option<usize> {
        let places = self.remotes.len() - self.workers();
        let taken = self.guests.load(Ordering::Relaxed);
        let free = |place: &usize| taken & 1 << place == 0;
        // [executor.place_taken] pairs with [executor.place_left]: the queue is as its last guest
        // left it, so that one thread at a time pushes.
        let take = |place: &usize| self.guests.fetch_or(1 << place, Ordering::Acquire);
        let place = (0..places).find(|place| free(place) && take(place) & 1 << place == 0)?;
        Some(self.workers() + place)
    }

    pub(super) fn leave_guest_place(&self, index: usize) {
        // [executor.place_left] pairs with [executor.place_taken]: as there.
        self.guests.fetch_and(!(1 << (index - self.workers())), Ordering::Release);
    }

    pub(super) fn ending(&self) -> MutexGuard<'_, Ending> {
        lock(&self.ending)
    }
}
