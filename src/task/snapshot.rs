//! What each step makes of the state word, and what whoever took the step must do now.

pub(crate) const SCHEDULED: usize = 1;
pub(crate) const RUNNING: usize = 1 << 1;
pub(crate) const COMPLETED: usize = 1 << 2;
pub(crate) const CLOSED: usize = 1 << 3;
pub(crate) const JOIN: usize = 1 << 4;
pub(crate) const JOIN_WAKER: usize = 1 << 5;
const HOME_SHIFT: u32 = 6;
const HOME: usize = 0xff << HOME_SHIFT;
pub(crate) const REFERENCE: usize = 1 << 14;

/// What keeps a completed cell from being freed.
const HOLDERS: usize = !(REFERENCE - 1) | JOIN | JOIN_WAKER;

/// One value of the state word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(pub(super) usize);

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
    /// It was woken meanwhile, or yields: put it into a queue.
    Enqueue,
    /// It was closed meanwhile and is still ours: drop the future, complete as cancelled.
    Cancel,
}

/// Whose output it is when a task has completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Completed {
    /// The join handle's, which will find it: touch the cell no more.
    Handed,
    /// The join handle's, and its waker is ours to take and wake.
    WakeJoin,
    /// Nobody's: the task is still ours; drop the output, complete without.
    NoJoin,
}

/// Whether the join handle left its waker in its place for the completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Offered {
    /// Completion will wake it.
    Waits,
    /// The task has completed.
    Completed,
}

impl Snapshot {
    /// A new task: queued (or about to be), with a join handle.
    pub(crate) const NEW: Self = Self(SCHEDULED | JOIN);

    /// A new job: whoever holds it runs it, and no queue.
    pub(crate) const JOB: Self = Self(RUNNING | JOIN);

    /// A slot where nobody lives.
    pub(crate) const FREE: Self = Self(COMPLETED);

    /// Whether one of these bits is set.
    pub(crate) fn has(self, bits: usize) -> bool {
        self.0 & bits != 0
    }

    pub(crate) fn references(self) -> usize {
        self.0 / REFERENCE
    }

    pub(crate) fn home(self) -> u8 {
        ((self.0 & HOME) >> HOME_SHIFT) as u8
    }

    /// The task's home, once for each task.
    pub(crate) fn with_home(self, home: u8) -> Self {
        Self(self.0 | usize::from(home) << HOME_SHIFT)
    }

    /// Whether the task is in a queue, its future to be polled, and there is nobody else.
    pub(crate) fn is_queued_alone(self) -> bool {
        self.0 & !HOME == SCHEDULED
    }

    /// Whether the task runs, was neither woken nor closed meanwhile, and there is nobody else.
    pub(crate) fn is_running_alone(self) -> bool {
        self.0 & !HOME == RUNNING
    }

    /// Whether there is nobody but the executor: no join handle, no waker.
    pub(crate) fn is_alone(self) -> bool {
        self.0 & HOLDERS == 0
    }

    /// Whether the cell is to be freed, by whoever made it so.
    pub(crate) fn is_dead(self) -> bool {
        self.has(COMPLETED) && self.is_alone()
    }

    /// Edges 1 and 1'.
    pub(crate) fn wake(self) -> (Self, Woken) {
        let enqueue = self.0 & (SCHEDULED | RUNNING | COMPLETED) == 0;
        let woken = if enqueue { Woken::Enqueue } else { Woken::Nothing };
        (Self(self.0 | SCHEDULED), woken)
    }

    /// Abort: as a wake, and the future will be dropped instead of polled.
    pub(crate) fn close(self) -> (Self, Woken) {
        let (woken, action) = self.wake();
        (Self(woken.0 | CLOSED), action)
    }

    /// Edge 2.
    pub(crate) fn begin(self) -> (Self, Begun) {
        let begun = if self.has(CLOSED) { Begun::Cancel } else { Begun::Poll };
        (Self(self.0 ^ (SCHEDULED | RUNNING)), begun)
    }

    /// Edges 3 and 4; `yielded`: as if it had been woken during the poll.
    pub(crate) fn end_poll(self, yielded: bool) -> (Self, Ended) {
        let idle = Self(self.0 & !RUNNING);
        if self.has(CLOSED) {
            (self, Ended::Cancel)
        } else if yielded || self.has(SCHEDULED) {
            (Self(idle.0 | SCHEDULED), Ended::Enqueue)
        } else {
            (idle, Ended::Idle)
        }
    }

    /// Edge 5, with an output in the stage. Nothing changes where nobody wants it.
    pub(crate) fn complete(self) -> (Self, Completed) {
        let next = Self(self.0 ^ (RUNNING | COMPLETED));
        if !self.has(JOIN) {
            (self, Completed::NoJoin)
        } else if self.has(JOIN_WAKER) {
            (next, Completed::WakeJoin)
        } else {
            (next, Completed::Handed)
        }
    }

    /// Edge 5, without an output. `true`: free the cell.
    pub(crate) fn complete_detached(self) -> (Self, bool) {
        let next = Self(self.0 ^ (RUNNING | COMPLETED));
        (next, next.is_dead())
    }

    /// Edge 7: the completion has taken the waker. `true`: free the cell.
    pub(crate) fn took_waker(self) -> (Self, bool) {
        let next = Self(self.0 & !JOIN_WAKER);
        (next, next.is_dead())
    }

    /// Edge 6: the handle leaves its waker.
    pub(crate) fn offer_waker(self) -> (Self, Offered) {
        if self.has(COMPLETED) {
            (self, Offered::Completed)
        } else {
            (Self(self.0 | JOIN_WAKER), Offered::Waits)
        }
    }

    /// Edge 6': the handle takes its waker's place back; `None` when the task has completed.
    pub(crate) fn withdraw_waker(self) -> Option<Self> {
        (!self.has(COMPLETED)).then_some(Self(self.0 & !JOIN_WAKER))
    }

    /// Edge 8: the join handle goes. `true`: free the cell.
    pub(crate) fn drop_join(self) -> (Self, bool) {
        let next = Self(self.0 & !JOIN);
        (next, next.is_dead())
    }

    /// Shutdown takes a task that no worker runs, queued or idle; `None` when it is running or
    /// completed, or nobody lives in the slot.
    pub(crate) fn seize(self) -> Option<Self> {
        let free = self.0 & (RUNNING | COMPLETED) == 0;
        free.then_some(Self((self.0 | RUNNING | CLOSED) & !SCHEDULED))
    }
}
