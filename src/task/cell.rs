//! The cell: header and future (then output) in one slot, and the functions that know the type.

use std::mem::{ManuallyDrop, needs_drop};
use std::{
    alloc::Layout, any::type_name, future::Ready, panic::AssertUnwindSafe, panic::catch_unwind,
    pin::Pin, ptr::NonNull, task::Context, task::Poll, thread::Result as Caught,
};

use super::body::{Apart, Body, Within};
use super::header::{Header, Kind, Readied, Slab, TaskRef};
use super::slot::{CLASSES, Slot, class_of};
use super::snapshot::{Completed, Ended, Snapshot};
use super::{error::JoinError, error::Panic, housing::Housing, join::JoinHandle, running, waker};
use crate::sync::{UnsafeCell, discard};

/// `repr(C)`: a pointer to the cell is a pointer to its header.
#[repr(C)]
struct Cell<B: Body> {
    header: Header,
    stage: UnsafeCell<Stage<B>>,
}

/// Which of them is there, the state word says: the future until a runner completes, then the
/// output if the join handle wants it, then nothing.
#[repr(C)]
union Stage<B: Body> {
    future: ManuallyDrop<B::Future>,
    output: ManuallyDrop<Output<B>>,
}

type Output<B> = Result<<<B as Body>::Future as Future>::Output, JoinError>;

/// A new task, and its handle.
type Spawned<F> = (TaskRef, JoinHandle<<F as Future>::Output>);

/// A future of 24 bytes with an output of 16 takes one line.
const _: () = assert!(slot_class::<Ready<[u64; 2]>, false>() == 0);

impl Slab {
    /// Makes a task of a future. The caller hands the [`TaskRef`] to the scheduler, once.
    ///
    /// # Errors
    /// The future, at `tasks_max` cells.
    #[inline]
    pub(crate) fn spawn<F>(&self, future: F) -> Result<Spawned<F>, F>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        // SAFETY: what is `Send` may be run and dropped on any thread.
        unsafe { self.spawn_unsend(future) }
    }

    /// As [`Slab::spawn`], of a future that need not be `Send`.
    ///
    /// # Errors
    /// The future, at `tasks_max` cells.
    ///
    /// # Safety
    /// If the future is not `Send`, the task is run and shut down on the calling thread only.
    #[inline]
    pub(crate) unsafe fn spawn_unsend<F>(&self, future: F) -> Result<Spawned<F>, F>
    where
        F: Future + 'static,
    {
        match self.housing.take(slot_class::<F, false>()) {
            // SAFETY: the slot is of that class, and comes with a permit.
            Some(slot) => Ok(unsafe { self.settle::<F, false>(slot, future) }),
            None => Err(future),
        }
    }

    /// Makes a job of a future that is ready at its first poll: a task that the caller runs itself,
    /// by [`TaskRef::run_job`] or [`TaskRef::cancel_job`], once. Jobs take no permit, and shutdown
    /// passes them by; each is an owner of the slab. They end on other threads, so that their slots
    /// come from no magazine.
    pub(crate) fn spawn_job<F>(&self, future: F) -> Spawned<F>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        self.housing.add_owner();
        let slot = self.housing.depot.take(slot_class::<F, true>());
        // SAFETY: the slot is of that class, and comes with an owner's part.
        unsafe { self.settle::<F, true>(slot, future) }
    }

    /// # Safety
    /// The slot is of the future's class; nobody lives there.
    #[inline]
    unsafe fn settle<F: Future + 'static, const JOB: bool>(
        &self,
        slot: Slot,
        future: F,
    ) -> Spawned<F> {
        // SAFETY: as the caller says.
        let task = unsafe {
            if fits::<F, JOB>() {
                Cell::<Within<F, JOB>>::settle(self, slot, future)
            } else {
                Cell::<Apart<F, JOB>>::settle(self, slot, Apart(Box::pin(future)))
            }
        };
        // SAFETY: a new cell's JOIN bit is set and is the handle's.
        (task, unsafe { JoinHandle::new(task) })
    }
}

/// Whether a future and its output fit into a slot.
const fn fits<F: Future, const JOB: bool>() -> bool {
    class_of(Layout::new::<Cell<Within<F, JOB>>>()).is_some()
}

const fn slot_class<F: Future, const JOB: bool>() -> usize {
    if fits::<F, JOB>() { Cell::<Within<F, JOB>>::CLASS } else { Cell::<Apart<F, JOB>>::CLASS }
}

impl<B: Body> Cell<B> {
    /// Of a type that does not fit, none that is used.
    const CLASS: usize = match class_of(Layout::new::<Self>()) {
        Some(class) => class,
        None => CLASSES,
    };

    const KIND: Kind = Kind {
        poll: Self::poll,
        cancel: Self::cancel,
        take_output: Self::take_output,
        drop_output: Self::drop_output,
        free: Self::free,
        name: type_name::<B::Named>,
    };

    /// # Safety
    /// As [`Slab::settle`].
    #[inline]
    unsafe fn settle(slab: &Slab, slot: Slot, future: B::Future) -> TaskRef {
        let task = TaskRef(slot.0.cast());
        let cell = task.as_ptr().cast::<Self>();
        let future = ManuallyDrop::new(future);
        // SAFETY: the slot has room for the cell, and nobody lives there: its front is whole, and
        // only its state word is looked at by others. The join waker's place is empty.
        unsafe {
            (&raw mut (*cell).header.kind).write(&Self::KIND);
            (&raw mut (*cell).header.slab).write(NonNull::from(slab));
            (&raw mut (*cell).stage).write(UnsafeCell::new(Stage { future }));
            let header = task.header();
            debug_assert!(header.front.state.load().is_dead(), "somebody lives there");
            drop(header.replace_join_waker(None));
            let new = if B::JOB { Snapshot::JOB } else { Snapshot::NEW };
            header.front.state.publish(new);
        }
        task
    }

    /// # Safety
    /// `task` is a live cell of this type.
    #[inline]
    unsafe fn of<'a>(task: TaskRef) -> &'a Self {
        // SAFETY: `repr(C)` puts the header first; the caller states type and liveness.
        unsafe { &*task.as_ptr().cast::<Self>() }
    }

    unsafe fn poll(task: TaskRef) {
        // SAFETY: the caller states that the cell is alive and of this type.
        let cell = unsafe { Self::of(task) };
        // SAFETY: a task that runs has not completed, so the cell outlives the poll.
        let waker = unsafe { waker::borrowed(task) };
        let poll = || {
            cell.stage.with_mut(|stage| {
                // SAFETY: RUNNING makes this thread the only one to touch the stage, where the
                // future is. It is never moved: it is dropped where it lies, in its slot.
                let future = unsafe { Pin::new_unchecked(&mut *(*stage).future) };
                future.poll(&mut Context::from_waker(&waker))
            })
        };
        let (polled, yielded) = running::during(task, || catch_unwind(AssertUnwindSafe(poll)));
        // SAFETY: RUNNING is set until `end_poll` clears it or `complete` is called.
        match polled {
            Ok(Poll::Pending) => match cell.header.front.state.end_poll(yielded) {
                Ended::Idle => {}
                Ended::Enqueue => {
                    // SAFETY: nobody else runs or ends the task before it is in a queue.
                    unsafe { cell.header.slab.as_ref() }.schedule(task, Readied::Yielded);
                }
                // SAFETY: `end_poll` left RUNNING set.
                Ended::Cancel => unsafe { Self::cancel(task) },
            },
            // SAFETY: RUNNING is still set.
            Ok(Poll::Ready(output)) => unsafe { Self::complete(task, Ok(output)) },
            // SAFETY: as above.
            Err(payload) => unsafe { Self::complete(task, Err(panicked(payload))) },
        }
    }

    #[cold]
    unsafe fn cancel(task: TaskRef) {
        // SAFETY: the caller set RUNNING.
        unsafe { Self::complete(task, Err(JoinError::Cancelled)) };
    }

    /// Drops the future, hands the output over if somebody wants it, and gives the cell up.
    ///
    /// # Safety
    /// `task` is a live cell of this type, and the caller set RUNNING.
    unsafe fn complete(task: TaskRef, output: Output<B>) {
        // SAFETY: the caller states it.
        let cell = unsafe { Self::of(task) };
        let (header, state) = (&cell.header, &cell.header.front.state);
        // SAFETY: RUNNING makes this thread the only one to touch the stage, where the future is.
        let output = match unsafe { cell.drop_future() } {
            Ok(()) => output,
            Err(payload) => {
                discard(move || drop(output));
                Err(panicked(payload))
            }
        };
        if let Err(JoinError::Panicked(panic)) = &output {
            // SAFETY: the cell is alive.
            discard(|| unsafe { header.slab.as_ref() }.panicked(panic));
        }
        if state.wants_output() {
            let output = ManuallyDrop::new(output);
            // SAFETY: as above; the stage is empty.
            cell.stage.with_mut(|stage| unsafe { stage.write(Stage { output }) });
            match state.complete() {
                Completed::Handed => return,
                // SAFETY: JOIN_WAKER was set at completion.
                Completed::WakeJoin => return unsafe { Self::wake_join(task) },
                // SAFETY: the task is still ours, and with it the output.
                Completed::NoJoin => unsafe { Self::drop_output(task) },
            }
        } else {
            discard(move || drop(output));
        }
        if state.complete_detached() {
            // SAFETY: the state says that the cell is dead.
            unsafe { Self::free(task) };
        }
    }

    /// # Safety
    /// The caller completed the task while JOIN_WAKER was set.
    unsafe fn wake_join(task: TaskRef) {
        // SAFETY: JOIN_WAKER keeps the cell alive, and makes the waker's place this thread's.
        let header = unsafe { task.header() };
        // SAFETY: as above.
        let waker = unsafe { header.replace_join_waker(None) };
        if header.front.state.took_waker() {
            // SAFETY: the state says that the cell is dead.
            unsafe { Self::free(task) };
        }
        discard(|| waker.into_iter().for_each(std::task::Waker::wake));
    }

    /// # Safety
    /// The caller alone may touch the stage, where the future is.
    #[inline]
    unsafe fn drop_future(&self) -> Caught<()> {
        let drop_it = || {
            self.stage.with_mut(|stage| {
                // SAFETY: the caller states it; the pinned future is dropped where it lies.
                unsafe { ManuallyDrop::drop(&mut (*stage).future) };
            });
        };
        if needs_drop::<B::Future>() {
            return catch_unwind(AssertUnwindSafe(drop_it));
        }
        drop_it();
        Ok(())
    }

    unsafe fn take_output(task: TaskRef, to: *mut ()) {
        // SAFETY: the caller owns the output of a live cell of this type.
        let cell = unsafe { Self::of(task) };
        let output = cell.stage.with_mut(|stage| {
            // SAFETY: as above; an output may be moved, it is not pinned.
            unsafe { ManuallyDrop::take(&mut (*stage).output) }
        });
        // SAFETY: `to` points to the option of that type.
        unsafe { *to.cast::<Option<Result<B::Output, JoinError>>>() = Some(output.map(B::unpack)) };
    }

    unsafe fn drop_output(task: TaskRef) {
        // SAFETY: the caller owns the output of a live cell of this type.
        let cell = unsafe { Self::of(task) };
        discard(|| {
            cell.stage.with_mut(|stage| {
                // SAFETY: as above.
                unsafe { ManuallyDrop::drop(&mut (*stage).output) };
            });
        });
    }

    #[inline]
    unsafe fn free(task: TaskRef) {
        // SAFETY: the caller was told to free a cell of this type. Its stage is empty, and ends
        // here; its front stays. The dead cell keeps the slab alive until its part is given up: a
        // job is an owner, a task has a permit.
        unsafe {
            let housing = NonNull::from(&task.header().slab.as_ref().housing);
            (&raw mut (*task.as_ptr().cast::<Self>()).stage).drop_in_place();
            let slot = Slot(task.0.cast());
            if B::JOB {
                housing.as_ref().depot.give(Self::CLASS, slot);
                Housing::drop_owner(housing);
            } else {
                Housing::give(housing, Self::CLASS, slot);
            }
        }
    }
}

#[cold]
fn panicked(payload: Box<dyn std::any::Any + Send>) -> JoinError {
    JoinError::Panicked(Panic(payload))
}
