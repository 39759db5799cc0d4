//! What only the thread that runs tasks touches: the worker's way to its own queue and LIFO slot,
//! by which what becomes ready on it stays on it.

use std::time::{Duration, Instant};
use std::{cell::Cell, ptr, sync::Arc};

use super::scheduler::{HAS_ROOM, Remote, Scheduler};
use super::{policy::Policy, run_queue::RunQueue, run_queue::RunQueues};
use crate::sync::{Mutex, Ordering, lock, thread_local, within};
use crate::{budget, task, task::Readied, task::TaskRef};

/// How long a queue is long before a worker is woken for it: about twice what waking one costs.
const BEHIND: Duration = Duration::from_micros(100);

/// How many tasks move at once: from the injector, from another's queue, to the injector.
pub(super) const BATCH: usize = 128;

/// What a thread that runs tasks points to: the scheduler, its `Local`, and where the others see
/// the name of the task that it runs.
#[derive(Clone, Copy)]
struct Current {
    scheduler: *const (),
    local: *const (),
    name: *const Mutex<Option<Arc<str>>>,
}

thread_local! {
    static CURRENT: Cell<Current> = const {
        Cell::new(Current { scheduler: ptr::null(), local: ptr::null(), name: ptr::null() })
    };
}

/// The thread-bound part of one worker or guest.
pub(super) struct Local<'a, P, Q: RunQueues> {
    scheduler: &'a Scheduler<P, Q>,
    index: usize,
    lifo_run: Cell<u32>,
    /// When the queue was last seen short.
    kept_up: Cell<Instant>,
}

/// The name of the task that the calling thread runs, if it was spawned with one.
pub fn task_name() -> Option<Arc<str>> {
    let name = replace_name(None);
    replace_name(name.clone());
    name
}

/// Gives the task on this thread another name. The one before.
pub(super) fn replace_name(name: Option<Arc<str>>) -> Option<Arc<str>> {
    // SAFETY: the pointer is null, or set for the length of `enter`, on this thread, which borrows
    // the scheduler that holds the name.
    let place = unsafe { CURRENT.with(Cell::get).name.as_ref() }?;
    std::mem::replace(&mut *lock(place), name)
}

impl<'a, P: Policy, Q: RunQueues> Local<'a, P, Q> {
    /// # Safety
    /// While this exists, no other thread has a `Local` of the same scheduler and `index`.
    pub(super) unsafe fn new(scheduler: &'a Scheduler<P, Q>, index: usize, now: Instant) -> Self {
        Self { scheduler, index, lifo_run: Cell::new(0), kept_up: Cell::new(now) }
    }

    /// Runs `work` with this as the thread's worker.
    pub(super) fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        let _budget = budget::grant();
        let current = Current {
            scheduler: ptr::from_ref(self.scheduler).cast(),
            local: ptr::from_ref(self).cast(),
            name: &raw const self.remote().name,
        };
        within(|current| CURRENT.with(|place| place.replace(current)), current, work)
    }

    /// The calling thread's worker, if it is one of `scheduler`'s. Valid for the length of a call
    /// made by a task or a driver on this thread, since `enter` outlives both.
    #[inline]
    pub(super) fn of(scheduler: &Scheduler<P, Q>) -> Option<&Self> {
        let current = CURRENT.with(Cell::get);
        if !ptr::addr_eq(current.scheduler, ptr::from_ref(scheduler)) {
            return None;
        }
        // SAFETY: both pointers are set together, for the length of `enter`, on this thread, so
        // that the scheduler's type is the local's; `Local` is not `Sync`, so the reference stays.
        Some(unsafe { &*current.local.cast::<Self>() })
    }

    pub(super) fn remote(&self) -> &'a Remote<Q> {
        &self.scheduler.remotes[self.index]
    }

    /// Takes a task that became ready on this worker. Where workers have queues of their own, no
    /// other is woken for it: see `monitor`.
    #[inline]
    pub(super) fn accept(&self, task: TaskRef, readied: Readied) {
        if P::PINNED {
            // SAFETY: a task that became ready is alive until it has run.
            let home = unsafe {
                if readied == Readied::Spawned {
                    task.set_home(self.index as u8);
                }
                usize::from(task.home())
            };
            if home != self.index {
                return self.scheduler.send_home(task);
            }
        }
        if !P::OWN_QUEUES {
            return self.scheduler.inject(task, false);
        }
        match readied {
            Readied::Woken if P::LIFO_RUN_MAX > 0 && task::is_polling() => {
                if let Some(displaced) = self.remote().lifo.put(task) {
                    self.push(displaced);
                }
            }
            Readied::Woken | Readied::Spawned | Readied::Yielded => self.push(task),
        }
    }

    /// Into the worker's own queue.
    #[inline]
    pub(super) fn push(&self, task: TaskRef) {
        // SAFETY: only the thread of this `Local` pushes into its queue, as `new`'s caller states.
        if let Err(task) = unsafe { self.remote().queue.push_alone(task) } {
            self.spill(task);
        }
    }

    /// The queue is short now.
    pub(super) fn kept_up(&self, now: Instant) {
        self.kept_up.set(now);
    }

    /// A queue that holds a whole turn of tasks, and has done so for a while, is more than this
    /// thread keeps up with: a worker is woken.
    #[cold]
    pub(super) fn ask_for_help(&self) {
        if !P::OWN_QUEUES || P::PINNED {
            return;
        }
        let now = Instant::now();
        let behind = self.remote().queue.len() >= P::TURN_TASKS as usize;
        if behind && now - self.kept_up.get() < BEHIND {
            return;
        }
        self.kept_up(now);
        if behind {
            self.scheduler.wake_worker();
        }
    }

    /// The worker's own queue is full, or is given up: a batch of it moves to the injector, and
    /// then the task. That is more than this worker keeps up with, and a guest takes nothing from
    /// there: one is woken.
    #[cold]
    fn spill(&self, task: TaskRef) {
        let (mut moved, mut count) = ([task; BATCH], 0);
        self.remote().queue.pop_many(BATCH - 1, |first| {
            moved[count] = first;
            count += 1;
        });
        moved[count] = task;
        let moved = moved[..=count].iter().copied();
        self.scheduler.injector(self.index).push_many(moved).expect(HAS_ROOM);
        self.scheduler.wake_worker();
    }

    /// The next task of this worker's own: the LIFO slot first, within its bound.
    #[inline]
    pub(super) fn next(&self) -> Option<TaskRef> {
        if !P::OWN_QUEUES {
            return None;
        }
        let remote = self.remote();
        if self.lifo_run.get() < P::LIFO_RUN_MAX
            && let Some(task) = remote.lifo.take()
        {
            self.lifo_run.set(self.lifo_run.get() + 1);
            remote.counters.lifo_hits.add(1);
            return Some(task);
        }
        self.lifo_run.set(0);
        remote.queue.pop().or_else(|| remote.lifo.take())
    }

    /// Takes its share of what came from outside into the worker's own queue.
    pub(super) fn take_injected(&self) -> Option<TaskRef> {
        let injector = self.scheduler.injector(self.index);
        if !P::OWN_QUEUES {
            return injector.pop();
        }
        let waiting = injector.len();
        if waiting == 0 {
            return None;
        }
        let sharers = if P::PINNED { 1 } else { self.scheduler.workers() };
        let share = waiting.div_ceil(sharers).min(BATCH);
        let mut first = None;
        injector.pop_many(share, |task| match first {
            None => first = Some(task),
            Some(_) => self.push(task),
        });
        first
    }

    /// Runs one task.
    #[inline]
    pub(super) fn run(&self, task: TaskRef) {
        let remote = self.remote();
        remote.counters.polls.add(1);
        let began = remote.counters.measures_polls().then(Instant::now);
        budget::renew();
        // SAFETY: the task was taken from a queue, where only `schedule` puts it, once for each
        // time it may run; until then it is alive.
        unsafe {
            remote.running.store(task.kind_address(), Ordering::Relaxed);
            task.run();
        }
        if let Some(began) = began {
            remote.counters.polled(began.elapsed());
        }
    }

    pub(super) fn has_tasks(&self) -> bool {
        !self.remote().queue.is_empty() || !self.remote().lifo.is_empty()
    }

    /// Puts all that is left in the worker's own queue before the others.
    pub(super) fn give_up_queue(&self) {
        let remote = self.remote();
        while let Some(task) = remote.lifo.take().or_else(|| remote.queue.pop()) {
            self.spill(task);
        }
    }

    /// No task runs: what stands still from now on is none.
    pub(super) fn runs_nothing(&self) {
        self.remote().running.store(0, Ordering::Relaxed);
    }
}
