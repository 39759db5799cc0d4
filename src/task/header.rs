//! What all cells have in common: the table of functions that know the future's type, and the
//! socket into which an executor is plugged.

use std::ptr::NonNull;
use std::sync::Arc;

use super::index::Index;
use super::state::{State, Woken};
use crate::wake_cell::WakeCell;

/// How a task became ready: an executor may choose the place in its queues by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readied {
    /// It is new.
    Spawned,
    /// Somebody woke it while it was idle.
    Woken,
    /// It was woken during its own poll, and gives the others a turn.
    Yielded,
}

/// What a task needs of its executor.
pub(crate) trait Schedule: Send + Sync {
    /// Takes a task that became ready. Must not allocate, block or fail: admission happened at
    /// spawn.
    fn schedule(&self, task: TaskRef, readied: Readied);

    /// The task has completed; its place is free again.
    fn release(&self, _index: Index) {}
    fn panicked(&self, _panic: &super::Panic) {}
}

/// The front of every task cell.
pub(super) struct Header {
    pub(super) state: State,
    pub(super) vtable: &'static VTable,
    pub(super) schedule: Arc<dyn Schedule>,
    pub(super) join: WakeCell,
    pub(super) index: Index,
}

/// The functions that know the type behind the header. All take a pointer to a live cell of that
/// type.
pub(super) struct VTable {
    /// Runs the task; the caller took it from a queue.
    pub(super) run: unsafe fn(TaskRef),
    /// Drops the future and completes as cancelled; the caller set RUNNING.
    pub(super) cancel: unsafe fn(TaskRef),
    /// Moves the output into the `Option<Result<T, JoinError>>` behind the pointer; the caller owns
    /// the output.
    pub(super) take_output: unsafe fn(TaskRef, *mut ()),
    /// Drops the output in place, if it is still there, and discards its panic; the caller owns it.
    pub(super) drop_output: unsafe fn(TaskRef),
    /// Frees the cell; the caller dropped the last reference.
    pub(super) free: unsafe fn(TaskRef),
}

/// A plain pointer to a task cell. It keeps nothing alive: rule 3 of the room says what does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskRef(NonNull<Header>);

// SAFETY: a cell is made only of `Send` futures and outputs (see `spawn`), and its header is
// `Sync`.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl TaskRef {
    pub(super) fn new(header: NonNull<Header>) -> Self {
        Self(header)
    }

    /// The address, never 0 and always even; [`TaskRef::from_address`] turns it back.
    pub(crate) fn address(self) -> usize {
        self.0.as_ptr().expose_provenance()
    }

    pub(crate) fn from_address(address: usize) -> Option<Self> {
        NonNull::new(std::ptr::with_exposed_provenance_mut(address)).map(Self)
    }

    pub(super) fn as_ptr(self) -> *mut Header {
        self.0.as_ptr()
    }

    /// # Safety
    /// The cell is alive for as long as the result is used.
    pub(super) unsafe fn header<'a>(self) -> &'a Header {
        // SAFETY: the caller states that the cell is alive.
        unsafe { self.0.as_ref() }
    }

    /// Runs the task once.
    ///
    /// # Safety
    /// The task was handed to [`Schedule::schedule`] and has not been run or shut down since.
    pub(crate) unsafe fn run(self) {
        // SAFETY: the executor's reference keeps the cell alive: a queued task has not completed.
        unsafe { (self.header().vtable.run)(self) };
    }

    /// Drops the future and completes as cancelled, unless the task has completed.
    ///
    /// # Safety
    /// The cell is alive, and no other thread runs or shuts down tasks of this executor.
    pub(crate) unsafe fn shut_down(self) {
        // SAFETY: the caller states that the cell is alive; `seize` set RUNNING.
        unsafe {
            if self.header().state.seize() {
                (self.header().vtable.cancel)(self);
            }
        }
    }

    /// # Safety
    /// The caller holds a reference.
    pub(super) unsafe fn wake(self) {
        // SAFETY: the caller's reference keeps the cell alive through this call.
        let header = unsafe { self.header() };
        if header.state.wake() == Woken::Enqueue {
            header.schedule.schedule(self, Readied::Woken);
        }
    }

    /// # Safety
    /// The caller holds a reference.
    pub(super) unsafe fn abort(self) {
        // SAFETY: the caller's reference keeps the cell alive through this call.
        let header = unsafe { self.header() };
        if header.state.close() == Woken::Enqueue {
            header.schedule.schedule(self, Readied::Woken);
        }
    }

    /// # Safety
    /// The caller holds a reference, and gives it up.
    pub(super) unsafe fn drop_reference(self) {
        // SAFETY: the caller's reference kept the cell alive; the last one frees it.
        unsafe {
            if self.header().state.drop_reference() {
                (self.header().vtable.free)(self);
            }
        }
    }
}
