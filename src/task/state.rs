//! The state word: a pure [`Snapshot`] that says what each step does, and the atomic [`State`] that
//! does it.

use crate::sync::{AtomicUsize, Ordering};

const SCHEDULED: usize = 1;
const RUNNING: usize = 1 << 1;
const COMPLETED: usize = 1 << 2;
const CLOSED: usize = 1 << 3;
const JOIN: usize = 1 << 4;
const REFERENCE: usize = 1 << 5;

/// Beyond this many references the process is out of memory or leaks wakers in a loop.
const REFERENCES_MAX: usize = usize::MAX >> 7;

/// One value of the state word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(usize);

/// What whoever set SCHEDULED must do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Woken {
    /// The task was idle: put it into a queue.
    Enqueue,
    /// It is queued, running or completed: nothing.
    Nothing,
}

/// What the worker that set RUNNING must do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Begun {
    /// Poll the future.
    Poll,
    /// Drop the future, complete as cancelled.
    Cancel,
}

/// What the worker must do after a poll that returned `Pending`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Ended {
    /// The task is idle and may already run elsewhere or be gone: touch it no more.
    Idle,
    /// It was woken meanwhile: put it into a queue.
    Enqueue,
    /// It was closed meanwhile and is still ours: drop the future, complete as cancelled.
    Cancel,
}

/// Whose output it is when a task has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Completed {
    /// The join handle's: wake whoever waits on it.
    WakeJoin,
    /// Nobody's: drop it.
    DropOutput,
}

impl Snapshot {
    /// A new task: queued (or about to be), referenced by its executor and its join handle.
    pub(crate) const NEW: Self = Self(SCHEDULED | JOIN | (2 * REFERENCE));

    pub(crate) fn is_scheduled(self) -> bool {
        self.0 & SCHEDULED != 0
    }

    pub(crate) fn is_running(self) -> bool {
        self.0 & RUNNING != 0
    }

    pub(crate) fn is_completed(self) -> bool {
        self.0 & COMPLETED != 0
    }

    pub(crate) fn is_closed(self) -> bool {
        self.0 & CLOSED != 0
    }

    pub(crate) fn has_join(self) -> bool {
        self.0 & JOIN != 0
    }

    pub(crate) fn references(self) -> usize {
        self.0 / REFERENCE
    }

    /// Edges 1 and 1'.
    pub(crate) fn wake(self) -> (Self, Woken) {
        let enqueue = self.0 & (SCHEDULED | RUNNING | COMPLETED) == 0;
        let woken = if enqueue {
            Woken::Enqueue
        } else {
            Woken::Nothing
        };
        (Self(self.0 | SCHEDULED), woken)
    }

    /// Abort: as a wake, and the future will be dropped instead of polled.
    pub(crate) fn close(self) -> (Self, Woken) {
        let (woken, action) = self.wake();
        (Self(woken.0 | CLOSED), action)
    }

    /// Edge 2.
    pub(crate) fn begin(self) -> (Self, Begun) {
        let begun = if self.is_closed() {
            Begun::Cancel
        } else {
            Begun::Poll
        };
        (Self(self.0 ^ (SCHEDULED | RUNNING)), begun)
    }

    /// Edges 3 and 4.
    pub(crate) fn end_poll(self) -> (Self, Ended) {
        if self.is_closed() {
            (self, Ended::Cancel)
        } else if self.is_scheduled() {
            (Self(self.0 & !RUNNING), Ended::Enqueue)
        } else {
            (Self(self.0 & !RUNNING), Ended::Idle)
        }
    }

    /// Edge 5.
    pub(crate) fn complete(self) -> (Self, Completed) {
        let completed = if self.has_join() {
            Completed::WakeJoin
        } else {
            Completed::DropOutput
        };
        (Self(self.0 ^ (RUNNING | COMPLETED)), completed)
    }

    /// Shutdown takes a task that no worker runs, queued or idle; `None` when it is running or
    /// completed.
    pub(crate) fn seize(self) -> Option<Self> {
        let free = self.0 & (RUNNING | COMPLETED) == 0;
        free.then_some(Self((self.0 | RUNNING | CLOSED) & !SCHEDULED))
    }

    /// The join handle goes. `true`: the task has completed, so the output is the handle's to drop.
    pub(crate) fn drop_join(self) -> (Self, bool) {
        (Self(self.0 & !JOIN), self.is_completed())
    }
}

/// The atomic state word. Each method is the [`Snapshot`] step of the same name.
#[derive(Debug)]
pub(crate) struct State(AtomicUsize);

impl State {
    pub(crate) fn new() -> Self {
        Self(AtomicUsize::new(Snapshot::NEW.0))
    }

    pub(crate) fn load(&self) -> Snapshot {
        // [task.look] pairs with [task.complete]: the output of a completed task is seen whole.
        Snapshot(self.0.load(Ordering::Acquire))
    }

    pub(crate) fn wake(&self) -> Woken {
        // [task.wake] pairs with [task.begin], [task.idle]: the next poll sees what came before
        // this wake, and who enqueues an idle task knows that it has left the queue it was in: a
        // ring sized for all tasks would else look full to a thread that has not heard of that pop.
        Snapshot(self.0.fetch_or(SCHEDULED, Ordering::AcqRel))
            .wake()
            .1
    }

    pub(crate) fn close(&self) -> Woken {
        // [task.close] pairs with [task.idle]: as a wake, who enqueues an idle task knows that it
        // has left its queue. An abort hands nothing over but its bit.
        Snapshot(self.0.fetch_or(SCHEDULED | CLOSED, Ordering::Acquire))
            .close()
            .1
    }

    pub(crate) fn begin(&self) -> Begun {
        // [task.begin] pairs with [task.wake], [task.idle]: all that came before any wake so far
        // is seen, and what the last poll left.
        let before = Snapshot(self.0.fetch_xor(SCHEDULED | RUNNING, Ordering::Acquire));
        debug_assert!(
            before.is_scheduled() && !before.is_running(),
            "ran twice: {before:?}"
        );
        before.begin().1
    }

    pub(crate) fn end_poll(&self) -> Ended {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            let (next, ended) = Snapshot(seen).end_poll();
            if ended == Ended::Cancel {
                return ended;
            }
            // [task.idle] pairs with [task.begin], [task.wake], [task.close], [task.seize]: the
            // next runner sees what this poll left, and who enqueues the task sees its pop.
            match self
                .0
                .compare_exchange_weak(seen, next.0, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return ended,
                Err(now) => seen = now,
            }
        }
    }

    pub(crate) fn complete(&self) -> Completed {
        // [task.complete] pairs with [task.look], [task.drop_join]: the output is seen whole.
        Snapshot(self.0.fetch_xor(RUNNING | COMPLETED, Ordering::Release))
            .complete()
            .1
    }

    pub(crate) fn seize(&self) -> bool {
        let mut seen = self.0.load(Ordering::Relaxed);
        while let Some(next) = Snapshot(seen).seize() {
            // [task.seize] pairs with [task.idle]: what the last poll left is seen.
            match self
                .0
                .compare_exchange_weak(seen, next.0, Ordering::Acquire, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Whether the task had completed: then the caller drops the output.
    pub(crate) fn drop_join(&self) -> bool {
        // [task.drop_join] pairs with [task.complete]: the output is seen whole.
        Snapshot(self.0.fetch_and(!JOIN, Ordering::Acquire))
            .drop_join()
            .1
    }

    pub(crate) fn add_reference(&self) {
        let before = Snapshot(self.0.fetch_add(REFERENCE, Ordering::Relaxed));
        if before.references() > REFERENCES_MAX {
            std::process::abort();
        }
    }

    /// Whether this was the last reference: then the caller frees the cell.
    #[must_use]
    pub(crate) fn drop_reference(&self) -> bool {
        // [task.dropped] pairs with [task.last]: all that was done through this reference is done.
        if Snapshot(self.0.fetch_sub(REFERENCE, Ordering::Release)).references() != 1 {
            return false;
        }
        // [task.last] pairs with [task.dropped]: so that nothing is freed that is still in use.
        let _last = self.0.load(Ordering::Acquire);
        true
    }
}
