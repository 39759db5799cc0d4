//! What all cells have in common, and the slab they live in, whatever their futures are and
//! whoever schedules them.

use std::{ptr::NonNull, task::Waker};

use super::snapshot::{Begun, CLOSED, COMPLETED, Woken};
use super::{error::Panic, housing::Housing, magazine::Magazine, slot::Front, state::State};

/// How a task became ready: an executor may choose the place in its queues by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readied {
    /// It is new.
    Spawned,
    /// Somebody woke it while it was idle.
    Woken,
    /// It yields, or was woken during its own poll: it gives the others a turn.
    Yielded,
}

/// The front of every cell: 40 bytes.
#[repr(C)]
pub(super) struct Header {
    pub(super) front: Front,
    pub(super) kind: &'static Kind,
    pub(super) slab: NonNull<Slab>,
}

impl Header {
    /// # Safety
    /// The place of the join waker is the caller's.
    pub(super) unsafe fn replace_join_waker(&self, waker: Option<Waker>) -> Option<Waker> {
        // SAFETY: the caller states it.
        let place = |place: *mut Option<Waker>| unsafe { place.replace(waker) };
        self.front.join_waker.with_mut(place)
    }
}

/// The functions that know the type behind the header. All take a pointer to a live cell of that
/// type.
pub(crate) struct Kind {
    /// Polls the future; the caller set RUNNING.
    pub(super) poll: unsafe fn(TaskRef),
    /// Drops the future and completes as cancelled; the caller set RUNNING.
    pub(super) cancel: unsafe fn(TaskRef),
    /// Moves the output into the `Option<Result<T, JoinError>>` behind the pointer; the caller owns
    /// the output.
    pub(super) take_output: unsafe fn(TaskRef, *mut ()),
    /// Drops the output in place and discards its panic; the caller owns it.
    pub(super) drop_output: unsafe fn(TaskRef),
    /// Gives the slot back; the caller was told to free the cell.
    pub(super) free: unsafe fn(TaskRef),
    /// The name of the future's type.
    pub(crate) name: fn() -> &'static str,
}

impl Kind {
    /// # Safety
    /// `address` is 0 or comes from [`TaskRef::kind_address`].
    pub(crate) unsafe fn from_address(address: usize) -> Option<&'static Self> {
        // SAFETY: kinds are never freed.
        unsafe { std::ptr::with_exposed_provenance::<Self>(address).as_ref() }
    }
}

/// Where the tasks of one executor live: spawns them, and knows who schedules them. Kept alive by
/// its owners and by each cell.
///
/// [`Colony`](super::Colony) makes one and owns it.
#[repr(C)]
pub(crate) struct Slab {
    pub(super) housing: Housing,
    pub(super) hooks: Hooks,
}

/// The functions that know the scheduler's type; called with the whole that the slab is in.
pub(super) struct Hooks {
    pub(super) schedule: unsafe fn(NonNull<()>, TaskRef, Readied),
    pub(super) panicked: unsafe fn(NonNull<()>, &Panic),
}

impl Slab {
    /// Hands a task that became ready to the scheduler.
    #[inline]
    pub(crate) fn schedule(&self, task: TaskRef, readied: Readied) {
        // SAFETY: the slab is alive, and with it the whole.
        unsafe { (self.hooks.schedule)(self.housing.whole, task, readied) };
    }

    pub(super) fn panicked(&self, panic: &Panic) {
        // SAFETY: as above.
        unsafe { (self.hooks.panicked)(self.housing.whole, panic) };
    }

    /// How many cells are taken: from spawn until the task has completed and its handle and wakers
    /// are gone. Jobs are not counted. Exact while nobody spawns or ends.
    pub(crate) fn tasks_alive(&self) -> usize {
        self.housing.permits.taken()
    }

    /// Slots and permits for one worker: see [`Magazine::enter`].
    pub(crate) fn magazine(&self) -> Magazine {
        Magazine::new(NonNull::from(&self.housing))
    }

    /// Ends each task that is neither running nor completed: its future is dropped, here. Jobs are
    /// passed by.
    ///
    /// A task that is spawned meanwhile is either ended or not seen: then its spawner sees what was
    /// stored before this call, when both fence in between.
    ///
    /// # Safety
    /// Nobody runs tasks of this slab any more (running ones end by themselves), and no other
    /// thread is in this call.
    pub(crate) unsafe fn shut_down_all(&self) {
        self.housing.depot.walk(|front| {
            let task = TaskRef(front.cast());
            // SAFETY: a slot's front is there as long as the slab.
            let state = unsafe { &(*front.as_ptr()).state };
            if state.seize() {
                // SAFETY: `seize` set RUNNING, so that a live cell is there and stays.
                unsafe { (task.header().kind.cancel)(task) };
            }
        });
    }
}

/// A plain pointer to a task cell. It keeps nothing alive: rule 3 of the room says what does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskRef(pub(super) NonNull<Header>);

// SAFETY: a cell is made only of `Send` futures and outputs, or its spawner promised that they stay
// on their thread; its header is `Sync`.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl TaskRef {
    /// The address, never 0 and aligned by 64; [`TaskRef::from_address`] turns it back.
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

    /// The worker that runs the task, where the policy pins tasks.
    ///
    /// # Safety
    /// The cell is alive, as that of a task which has not completed is.
    pub(crate) unsafe fn home(self) -> u8 {
        // SAFETY: the caller states that the cell is alive.
        unsafe { self.header() }.front.state.home()
    }

    /// Sets it, once.
    ///
    /// # Safety
    /// The task was spawned by the caller, and has not been in a queue.
    pub(crate) unsafe fn set_home(self, home: u8) {
        // SAFETY: the join handle, which the spawner holds, keeps the cell alive.
        unsafe { self.header() }.front.state.set_home(home);
    }

    /// The address of the task's kind, for [`Kind::from_address`].
    ///
    /// # Safety
    /// As [`TaskRef::home`].
    #[inline]
    pub(crate) unsafe fn kind_address(self) -> usize {
        // SAFETY: the caller states that the cell is alive.
        std::ptr::from_ref(unsafe { self.header() }.kind).expose_provenance()
    }

    /// Runs the task once.
    ///
    /// # Safety
    /// The task was spawned, or handed to the scheduler, and has not been run or shut down since.
    #[inline]
    pub(crate) unsafe fn run(self) {
        // SAFETY: a queued task has not completed, so its cell is alive; `begin` sets RUNNING.
        unsafe {
            let header = self.header();
            match header.front.state.begin() {
                Begun::Poll => (header.kind.poll)(self),
                Begun::Cancel => (header.kind.cancel)(self),
            }
        }
    }

    /// Runs the job, unless it was aborted.
    ///
    /// # Safety
    /// It is a job, and has not been run or cancelled.
    pub(crate) unsafe fn run_job(self) {
        // SAFETY: a job is alive and RUNNING from its beginning.
        unsafe {
            let header = self.header();
            let is_closed = header.front.state.load().has(CLOSED);
            let end = if is_closed { header.kind.cancel } else { header.kind.poll };
            end(self);
        }
    }

    /// Drops the job's closure; the handle resolves to cancelled.
    ///
    /// # Safety
    /// As [`TaskRef::run_job`].
    pub(crate) unsafe fn cancel_job(self) {
        // SAFETY: a job is alive and RUNNING from its beginning.
        unsafe { (self.header().kind.cancel)(self) };
    }

    /// A step that makes an idle task ready: [`State::wake`], or [`State::close`] to abort it.
    ///
    /// # Safety
    /// The caller holds a reference.
    #[inline]
    pub(super) unsafe fn ready_by(self, step: impl FnOnce(&State) -> Woken) {
        // SAFETY: the caller's reference keeps the cell alive through this call.
        let header = unsafe { self.header() };
        if step(&header.front.state) == Woken::Enqueue {
            // SAFETY: as above.
            unsafe { header.slab.as_ref() }.schedule(self, Readied::Woken);
        }
    }

    /// # Safety
    /// The caller holds the cell.
    pub(super) unsafe fn is_completed(self) -> bool {
        // SAFETY: the caller keeps the cell alive.
        unsafe { self.header() }.front.state.load().has(COMPLETED)
    }

    /// One more reference, which the caller drops.
    ///
    /// # Safety
    /// The caller holds the cell.
    #[inline]
    pub(super) unsafe fn add_reference(self) {
        // SAFETY: the caller keeps the cell alive.
        unsafe { self.header() }.front.state.add_reference();
    }

    /// # Safety
    /// The caller holds a reference, and gives it up.
    #[inline]
    pub(super) unsafe fn drop_reference(self) {
        // SAFETY: the caller's reference kept the cell alive; who is told so frees it.
        unsafe {
            let header = self.header();
            if header.front.state.drop_reference() {
                (header.kind.free)(self);
            }
        }
    }
}
