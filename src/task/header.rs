//! What all cells have in common, and the slab they live in, whatever their futures are and
//! whoever schedules them.

use std::ptr::NonNull;
use std::task::Waker;

use super::join_error::Panic;
use super::magazine::{Housing, Magazine};
use super::slot::{Front, Slot};
use super::snapshot::{Begun, Woken};
use crate::sync::{AtomicUsize, Ordering};

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
    pub(super) vtable: &'static VTable,
    pub(super) slab: SlabRef,
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

/// The slab of a cell, and the cell's home in the bits that alignment leaves free.
#[derive(Clone, Copy)]
pub(super) struct SlabRef(NonNull<Slab>);

const HOMES: usize = 64;

impl SlabRef {
    pub(super) fn new(slab: &Slab, home: u8) -> Self {
        debug_assert!(usize::from(home) < HOMES, "home {home}");
        Self(NonNull::from(slab).map_addr(|address| address | usize::from(home)))
    }

    /// # Safety
    /// A cell of the slab is alive for as long as the result is used.
    #[inline]
    pub(super) unsafe fn get<'a>(self) -> &'a Slab {
        let slab = self.0.as_ptr().map_addr(|address| address & !(HOMES - 1));
        // SAFETY: it was made of a reference; the caller states that the slab is alive.
        unsafe { &*slab }
    }

    fn home(self) -> u8 {
        (self.0.addr().get() & (HOMES - 1)) as u8
    }
}

/// The functions that know the type behind the header. All take a pointer to a live cell of that
/// type.
pub(super) struct VTable {
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
    pub(super) type_name: fn() -> &'static str,
}

/// Where the tasks of one executor live: spawns them, and knows who schedules them. Kept alive by
/// its owners and by each cell.
///
/// [`Colony`](super::Colony) makes one and owns it.
#[repr(align(64))]
pub(crate) struct Slab {
    pub(super) housing: Housing,
    owners: AtomicUsize,
    hooks: Hooks,
    /// What the hooks are called with.
    inside: NonNull<()>,
}

/// The functions that know the scheduler's type.
#[derive(Clone, Copy)]
pub(super) struct Hooks {
    pub(super) schedule: unsafe fn(NonNull<()>, TaskRef, Readied),
    pub(super) panicked: unsafe fn(NonNull<()>, &Panic),
    /// Frees all, this slab too.
    pub(super) free: unsafe fn(NonNull<()>),
}

// SAFETY: `inside` is only handed to the hooks, and a scheduler is `Send + Sync`.
unsafe impl Send for Slab {}
// SAFETY: as above.
unsafe impl Sync for Slab {}

impl Slab {
    /// With one owner. `inside` lives until `hooks.free` is called with it.
    pub(super) fn new(housing: Housing, hooks: Hooks, inside: NonNull<()>) -> Self {
        Self {
            housing,
            owners: AtomicUsize::new(1),
            hooks,
            inside,
        }
    }

    /// Hands a task that became ready to the scheduler.
    #[inline]
    pub(crate) fn schedule(&self, task: TaskRef, readied: Readied) {
        // SAFETY: the slab is alive, and with it what is inside.
        unsafe { (self.hooks.schedule)(self.inside, task, readied) };
    }

    pub(super) fn panicked(&self, panic: &Panic) {
        // SAFETY: as above.
        unsafe { (self.hooks.panicked)(self.inside, panic) };
    }

    /// How many cells are taken: from spawn until the task has completed and its handle and wakers
    /// are gone. Jobs are not counted. Exact while nobody spawns or ends.
    pub(crate) fn tasks_alive(&self) -> usize {
        self.housing.permits.taken()
    }

    /// A worker's own slots and permits, for the thread that makes it: see [`Magazine::enter`].
    pub(crate) fn magazine(&self) -> Magazine<'_> {
        Magazine::new(&self.housing)
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
                unsafe { (task.header().vtable.cancel)(task) };
            }
        });
    }

    pub(super) fn add_owner(&self) {
        self.owners.fetch_add(1, Ordering::Relaxed);
    }

    /// `true`: the caller frees the slab.
    #[must_use]
    fn drop_owner(&self) -> bool {
        // [task.disowned] pairs with [task.last_owner]: all that was done by this owner is done.
        if self.owners.fetch_sub(1, Ordering::Release) != 1 {
            return false;
        }
        // [task.last_owner] pairs with [task.disowned]: so that nothing is freed that is in use.
        self.owners.load(Ordering::Acquire);
        self.housing.permits.give(1)
    }

    /// # Safety
    /// The caller is an owner, and no more from now on.
    pub(super) unsafe fn disown(slab: NonNull<Self>) {
        // SAFETY: the owner keeps it alive until its part is given up.
        let (slab, hooks, inside) =
            unsafe { (slab.as_ref(), slab.as_ref().hooks, slab.as_ref().inside) };
        if slab.drop_owner() {
            // SAFETY: nobody else knows the slab any more.
            unsafe { (hooks.free)(inside) };
        }
    }

    /// Gives back the slot of a cell that is dead.
    ///
    /// # Safety
    /// The caller was told to free the cell, which is of that class and a job or not.
    #[inline]
    pub(super) unsafe fn release(task: TaskRef, class: usize, is_job: bool) {
        // SAFETY: the dead cell keeps the slab alive until its part is given up.
        let slab = unsafe { task.header().slab.get() };
        let (hooks, inside, slot) = (slab.hooks, slab.inside, Slot::at(task.0.cast()));
        let last = if is_job {
            slab.housing.give_slot(class, slot);
            slab.drop_owner()
        } else {
            slab.housing.give(class, slot)
        };
        if last {
            // SAFETY: nobody else knows the slab any more.
            unsafe { (hooks.free)(inside) };
        }
    }
}

/// A plain pointer to a task cell. It keeps nothing alive: rule 3 of the room says what does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TaskRef(NonNull<Header>);

// SAFETY: a cell is made only of `Send` futures and outputs, or its spawner promised that they stay
// on their thread; its header is `Sync`.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl TaskRef {
    pub(super) fn new(header: NonNull<Header>) -> Self {
        Self(header)
    }

    /// For a place that is an atomic pointer; never null, aligned by 64.
    pub(crate) fn as_ptr(self) -> *mut () {
        self.0.as_ptr().cast()
    }

    /// # Safety
    /// The pointer is null or came from [`TaskRef::as_ptr`].
    #[allow(dead_code, reason = "for the executor's queues, policies and reports")]
    pub(crate) unsafe fn from_ptr(pointer: *mut ()) -> Option<Self> {
        NonNull::new(pointer.cast()).map(Self)
    }

    /// # Safety
    /// The cell is alive for as long as the result is used.
    #[inline]
    pub(super) unsafe fn header<'a>(self) -> &'a Header {
        // SAFETY: the caller states that the cell is alive.
        unsafe { self.0.as_ref() }
    }

    /// The number that the task was spawned with, below 64.
    ///
    /// # Safety
    /// The cell is alive, as that of a task which has not completed is.
    #[allow(dead_code, reason = "for the executor's queues, policies and reports")]
    pub(crate) unsafe fn home(self) -> u8 {
        // SAFETY: the caller states that the cell is alive.
        unsafe { self.header() }.slab.home()
    }

    /// The name of the future's type.
    ///
    /// # Safety
    /// As [`TaskRef::home`].
    #[allow(dead_code, reason = "for the executor's queues, policies and reports")]
    pub(crate) unsafe fn type_name(self) -> &'static str {
        // SAFETY: the caller states that the cell is alive.
        (unsafe { self.header() }.vtable.type_name)()
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
                Begun::Poll => (header.vtable.poll)(self),
                Begun::Cancel => (header.vtable.cancel)(self),
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
            if header.front.state.load().is_closed() {
                (header.vtable.cancel)(self);
            } else {
                (header.vtable.poll)(self);
            }
        }
    }

    /// Drops the job's closure; the handle resolves to cancelled.
    ///
    /// # Safety
    /// As [`TaskRef::run_job`].
    pub(crate) unsafe fn cancel_job(self) {
        // SAFETY: a job is alive and RUNNING from its beginning.
        unsafe { (self.header().vtable.cancel)(self) };
    }

    /// # Safety
    /// The caller holds a reference.
    #[inline]
    pub(super) unsafe fn wake(self) {
        // SAFETY: the caller's reference keeps the cell alive through this call.
        let header = unsafe { self.header() };
        if header.front.state.wake() == Woken::Enqueue {
            // SAFETY: as above.
            unsafe { header.slab.get() }.schedule(self, Readied::Woken);
        }
    }

    /// # Safety
    /// The caller holds a reference.
    pub(super) unsafe fn abort(self) {
        // SAFETY: the caller's reference keeps the cell alive through this call.
        let header = unsafe { self.header() };
        if header.front.state.close() == Woken::Enqueue {
            // SAFETY: as above.
            unsafe { header.slab.get() }.schedule(self, Readied::Woken);
        }
    }

    /// # Safety
    /// The caller holds the cell.
    pub(super) unsafe fn is_completed(self) -> bool {
        // SAFETY: the caller keeps the cell alive.
        unsafe { self.header() }.front.state.load().is_completed()
    }

    /// One more reference, which the caller drops.
    ///
    /// # Safety
    /// The caller holds the cell.
    #[inline]
    pub(super) unsafe fn add_reference(self) -> Self {
        // SAFETY: the caller keeps the cell alive.
        unsafe { self.header() }.front.state.add_reference();
        self
    }

    /// # Safety
    /// The caller holds a reference, and gives it up.
    #[inline]
    pub(super) unsafe fn drop_reference(self) {
        // SAFETY: the caller's reference kept the cell alive; who is told so frees it.
        unsafe {
            let header = self.header();
            if header.front.state.drop_reference() {
                (header.vtable.free)(self);
            }
        }
    }
}
