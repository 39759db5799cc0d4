//! What all cells have in common: the table of functions that know the future's type, and the
//! socket into which an executor is plugged.

use std::ptr::NonNull;
use std::task::Waker;

use super::error::Panic;
use super::snapshot::Woken;
use super::state::State;
use crate::sync::UnsafeCell;

/// How a task became ready: an executor may choose the place in its queues by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readied {
    /// It is new.
    Spawned,
    /// Somebody woke it while it was idle.
    Woken,
    /// It was woken during its own poll, or yielded, and gives the others a turn.
    Yielded,
}

/// What a task needs of its executor.
pub(crate) trait Schedule: Send + Sync + 'static {
    /// Takes a task that became ready. Must not allocate, block or fail: admission happened at
    /// spawn.
    fn schedule(&self, task: TaskRef, readied: Readied);

    /// A task has panicked; its join handle hears of it afterwards.
    fn panicked(&self, _panic: &Panic) {}
}

/// What cells know of the executor they belong to, whatever its type: kept alive by each of them.
pub(crate) struct Home {
    pub(super) schedule: unsafe fn(NonNull<Home>, TaskRef, Readied),
    pub(super) panicked: unsafe fn(NonNull<Home>, &Panic),
}

/// The front of every task cell. The state stays in its place from task to task: between them it is
/// that of a completed one.
#[repr(C)]
pub(super) struct Header {
    pub(super) state: State,
    pub(super) kind: &'static Kind,
    pub(super) home: NonNull<Home>,
    pub(super) join_waker: UnsafeCell<Option<Waker>>,
}

/// The functions that know the type behind the header. All take a pointer to a live cell of that
/// type.
pub(crate) struct Kind {
    /// The type of the future.
    pub(super) name: fn() -> &'static str,
    /// Whether shutdown ends such tasks; else who queues them does.
    pub(super) walked: bool,
    /// Which size its cells have.
    pub(super) class: usize,
    /// Runs the task; the caller took it from a queue.
    pub(super) run: unsafe fn(TaskRef),
    /// Drops the future and completes as cancelled; the caller set RUNNING.
    pub(super) cancel: unsafe fn(TaskRef),
    /// Moves the output into the `Option<Result<T, JoinError>>` behind the pointer; the caller owns
    /// the output.
    pub(super) take_output: unsafe fn(TaskRef, *mut ()),
    /// Drops the output in place, and discards its panic; the caller owns it.
    pub(super) drop_output: unsafe fn(TaskRef),
    /// Ends the cell, whose future and output are gone; the caller dropped the last reference.
    pub(super) free: unsafe fn(TaskRef),
}

impl Kind {
    /// The type of the future.
    pub(crate) fn name(&self) -> &'static str {
        (self.name)()
    }

    /// # Safety
    /// `address` is 0 or comes from [`TaskRef::kind_address`].
    pub(crate) unsafe fn from_address(address: usize) -> Option<&'static Self> {
        // SAFETY: kinds are never freed.
        unsafe { std::ptr::with_exposed_provenance::<Self>(address).as_ref() }
    }
}

/// A plain pointer to a task cell. It keeps nothing alive: rule 3 of the room says what does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskRef(NonNull<Header>);

// SAFETY: only the thread that runs a task touches its future; the rest of the cell is `Sync`. Cells
// of futures that are not `Send` are made by `spawn_unsend`, whose caller keeps their runs on one
// thread.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl TaskRef {
    pub(super) fn new(header: NonNull<Header>) -> Self {
        Self(header)
    }

    /// The address, never 0 and always even; [`TaskRef::from_address`] turns it back.
    #[inline]
    pub(crate) fn address(self) -> usize {
        self.0.as_ptr().expose_provenance()
    }

    #[inline]
    pub(crate) fn from_address(address: usize) -> Option<Self> {
        NonNull::new(std::ptr::with_exposed_provenance_mut(address)).map(Self)
    }

    pub(super) fn as_ptr(self) -> *mut Header {
        self.0.as_ptr()
    }

    /// # Safety
    /// The cell is alive for as long as the result is used.
    #[inline]
    pub(super) unsafe fn header<'a>(self) -> &'a Header {
        // SAFETY: the caller states that the cell is alive.
        unsafe { self.0.as_ref() }
    }

    /// The address of the task's kind, for [`Kind::from_address`].
    ///
    /// # Safety
    /// The cell is alive.
    #[inline]
    pub(crate) unsafe fn kind_address(self) -> usize {
        // SAFETY: the caller states that the cell is alive.
        std::ptr::from_ref(unsafe { self.header() }.kind).expose_provenance()
    }

    /// The worker that runs the task, where the policy pins tasks.
    ///
    /// # Safety
    /// The cell is alive.
    pub(crate) unsafe fn home(self) -> u8 {
        // SAFETY: the caller states that the cell is alive.
        unsafe { self.header() }.state.home()
    }

    /// Sets it, once, before the task is handed to a queue for the first time.
    ///
    /// # Safety
    /// The cell is alive.
    pub(crate) unsafe fn set_home(self, home: u8) {
        // SAFETY: the caller states that the cell is alive.
        unsafe { self.header() }.state.set_home(home);
    }

    /// Runs the task once.
    ///
    /// # Safety
    /// The task was handed to [`Schedule::schedule`] and has not been run or shut down since.
    #[inline]
    pub(crate) unsafe fn run(self) {
        // SAFETY: the executor's reference keeps the cell alive: a queued task has not completed.
        unsafe { (self.header().kind.run)(self) };
    }

    /// Drops the future and completes as cancelled, unless the task has completed.
    ///
    /// # Safety
    /// The cell is alive, and no other thread runs or shuts down tasks of this executor.
    pub(crate) unsafe fn shut_down(self) {
        // SAFETY: the caller states that the cell is alive; `seize` set RUNNING.
        unsafe {
            if self.header().state.seize() {
                (self.header().kind.cancel)(self);
            }
        }
    }

    /// # Safety
    /// The caller holds a reference.
    pub(super) unsafe fn wake(self) {
        // SAFETY: the caller's reference keeps the cell alive through this call.
        unsafe {
            if self.header().state.wake() == Woken::Enqueue {
                self.schedule(Readied::Woken);
            }
        }
    }

    /// # Safety
    /// The caller holds a reference.
    pub(super) unsafe fn abort(self) {
        // SAFETY: the caller's reference keeps the cell alive through this call.
        unsafe {
            if self.header().state.close() == Woken::Enqueue {
                self.schedule(Readied::Woken);
            }
        }
    }

    /// Hands the task to its executor.
    ///
    /// # Safety
    /// The cell is alive, and the caller alone is to enqueue it.
    #[inline]
    pub(super) unsafe fn schedule(self, readied: Readied) {
        // SAFETY: the caller states that the cell is alive, and it keeps its home alive.
        unsafe {
            let home = self.header().home;
            (home.as_ref().schedule)(home, self, readied);
        }
    }

    /// # Safety
    /// The caller holds a reference, and gives it up.
    pub(super) unsafe fn drop_reference(self) {
        // SAFETY: the caller's reference kept the cell alive; the last one frees it.
        unsafe {
            if self.header().state.drop_reference() {
                (self.header().kind.free)(self);
            }
        }
    }
}
