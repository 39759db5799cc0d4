//! One value of a task's state word, and what each step makes of it: pure, so that it can be tested
//! against a table.

pub(super) const SCHEDULED: usize = 1;
pub(super) const RUNNING: usize = 1 << 1;
pub(super) const COMPLETED: usize = 1 << 2;
pub(super) const CLOSED: usize = 1 << 3;
pub(super) const JOIN: usize = 1 << 4;
pub(super) const JOIN_WAKER: usize = 1 << 5;
pub(super) const HOME_SHIFT: u32 = 6;
pub(super) const HOME: usize = 0xff << HOME_SHIFT;
pub(super) const REFERENCE: usize = 1 << 14;

/// Beyond this many references the process is out of memory or leaks wakers in a loop.
pub(super) const REFERENCES_MAX: usize = usize::MAX >> 16;

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

/// What whoever completed a task must do now, before it gives its reference up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Completed {
    /// The join handle has the output, and nobody waits for it.
    Left,
    /// Somebody waits: wake, then call [`State::woke_join`].
    WakeJoin,
    /// Nobody wants the output: drop it.
    DropOutput,
}

/// What a join handle that goes must do now, before it gives its reference up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) struct JoinDropped {
    /// The task has completed: the output is the handle's.
    pub(crate) output: bool,
    /// The place of the join waker is the handle's.
    pub(crate) waker: bool,
}

impl Snapshot {
    /// A new task: queued (or about to be), referenced by its executor and its join handle.
    pub(crate) const NEW: Self = Self(SCHEDULED | JOIN | (2 * REFERENCE));

    /// A place without a task: to be woken, run or ended as little as a completed one.
    pub(super) const FREE: Self = Self(COMPLETED);

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

    pub(crate) fn has_join_waker(self) -> bool {
        self.0 & JOIN_WAKER != 0
    }

    pub(crate) fn references(self) -> usize {
        self.0 / REFERENCE
    }

    pub(crate) fn home(self) -> u8 {
        ((self.0 & HOME) >> HOME_SHIFT) as u8
    }

    /// Whether a queued task is the executor's alone: no handle, no waker, nobody to close it.
    pub(super) fn is_alone_queued(self) -> bool {
        self.0 & !HOME == SCHEDULED | REFERENCE
    }

    /// Whether a running task is the runner's alone.
    pub(super) fn is_alone_running(self) -> bool {
        self.0 & !HOME == RUNNING | REFERENCE
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

    /// Edges 3 and 4; `yields`: the task asks for another turn without a wake.
    pub(crate) fn end_poll(self, yields: bool) -> (Self, Ended) {
        if self.is_closed() {
            (self, Ended::Cancel)
        } else if self.is_scheduled() || yields {
            (Self(self.0 & !RUNNING | SCHEDULED), Ended::Enqueue)
        } else {
            (Self(self.0 & !RUNNING), Ended::Idle)
        }
    }

    /// Edge 5.
    pub(crate) fn complete(self) -> (Self, Completed) {
        let completed = match (self.has_join(), self.has_join_waker()) {
            (false, _) => Completed::DropOutput,
            (true, false) => Completed::Left,
            (true, true) => Completed::WakeJoin,
        };
        (Self(self.0 ^ (RUNNING | COMPLETED)), completed)
    }

    /// Shutdown takes a task that no worker runs, queued or idle; `None` when it is running or
    /// completed.
    pub(crate) fn seize(self) -> Option<Self> {
        let free = self.0 & (RUNNING | COMPLETED) == 0;
        free.then_some(Self((self.0 | RUNNING | CLOSED) & !SCHEDULED))
    }

    /// The join handle goes. Before the end it takes the place of the join waker back; after it,
    /// that is the handle's unless the runner is about to wake.
    pub(crate) fn drop_join(self) -> (Self, JoinDropped) {
        let dropped = JoinDropped {
            output: self.is_completed(),
            waker: !self.is_completed() || !self.has_join_waker(),
        };
        let kept = if self.is_completed() {
            !JOIN
        } else {
            !(JOIN | JOIN_WAKER)
        };
        (Self(self.0 & kept), dropped)
    }

    /// The place of the join waker passes from or to the handle; `None` once the task has
    /// completed.
    pub(crate) fn pass_waker(self) -> Option<Self> {
        (!self.is_completed()).then_some(Self(self.0 ^ JOIN_WAKER))
    }
}
