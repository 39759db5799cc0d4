//! The cell: header and future (then output) in one place, and the functions that know the type.

use std::any::type_name;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::{NonNull, addr_of_mut};
use std::task::{Context, Poll};

use super::chunk::{CLASSES, LINE, Place};
use super::error::{JoinError, Panic};
use super::header::{Header, Kind, Readied, TaskRef};
use super::join::JoinHandle;
use super::running;
use super::slab::Slab;
use super::snapshot::{Begun, Completed, Ended};
use super::waker;
use crate::sync::UnsafeCell;

/// `repr(C)`: a pointer to the cell is a pointer to its header.
#[repr(C)]
struct Cell<S> {
    header: Header,
    stage: S,
}

/// The future until the task has completed, then the output, as long as somebody wants it. The state
/// word and the handle know which.
union Stage<F: Future> {
    future: ManuallyDrop<F>,
    output: ManuallyDrop<Result<F::Output, JoinError>>,
}

type Staged<F> = UnsafeCell<Stage<F>>;

/// Where the stage stands: in the cell, or, when it does not fit there, behind it.
trait Storage<F: Future> {
    fn store(stage: Staged<F>) -> Self;
    fn stage(&self) -> &Staged<F>;
}

impl<F: Future> Storage<F> for Staged<F> {
    fn store(stage: Staged<F>) -> Self {
        stage
    }

    fn stage(&self) -> &Staged<F> {
        self
    }
}

impl<F: Future> Storage<F> for Box<Staged<F>> {
    fn store(stage: Staged<F>) -> Self {
        Self::new(stage)
    }

    fn stage(&self) -> &Staged<F> {
        self
    }
}

const fn fits<S>() -> bool {
    size_of::<Cell<S>>() <= CLASSES * LINE && align_of::<Cell<S>>() <= LINE
}

impl Slab {
    /// Makes a task of a future. The caller hands the [`TaskRef`] to the executor's queues, once.
    ///
    /// # Errors
    /// The future, at `tasks_max` cells.
    #[inline]
    pub(crate) fn spawn<F>(&self, future: F) -> Result<(TaskRef, JoinHandle<F::Output>), F>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // SAFETY: the future and its output are `Send`.
        unsafe { self.spawn_unsend(future) }
    }

    /// As [`Slab::spawn`], for a task that shutdown passes by: who queues it ends it.
    pub(crate) fn spawn_apart<F>(&self, future: F) -> Result<(TaskRef, JoinHandle<F::Output>), F>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        // SAFETY: the future and its output are `Send`.
        unsafe { self.make::<F, false>(future) }
    }

    /// As [`Slab::spawn`], for futures that stay on one thread.
    ///
    /// # Safety
    /// The task is run and shut down only on a thread on which the future may be.
    #[inline]
    pub(crate) unsafe fn spawn_unsend<F>(
        &self,
        future: F,
    ) -> Result<(TaskRef, JoinHandle<F::Output>), F>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        // SAFETY: as the caller states.
        unsafe { self.make::<F, true>(future) }
    }

    #[inline]
    unsafe fn make<F, const WALKED: bool>(
        &self,
        future: F,
    ) -> Result<(TaskRef, JoinHandle<F::Output>), F>
    where
        F: Future + 'static,
    {
        let task = if const { fits::<Staged<F>>() } {
            self.place::<F, Staged<F>, WALKED>(future)
        } else {
            self.place::<F, Box<Staged<F>>, WALKED>(future)
        };
        // SAFETY: a new cell's JOIN bit is set and counts a reference for the handle.
        task.map(|task| (task, unsafe { JoinHandle::new(task) }))
    }

    #[inline]
    fn place<F, S, const WALKED: bool>(&self, future: F) -> Result<TaskRef, F>
    where
        F: Future + 'static,
        S: Storage<F>,
    {
        let kind = const { &Cell::<S>::kind::<F>(WALKED) };
        let Some(place) = self.allocate(kind.class) else {
            return Err(future);
        };
        let stage = Stage {
            future: ManuallyDrop::new(future),
        };
        let cell = place.0.cast::<Cell<S>>().as_ptr();
        // SAFETY: the place is ours, free, and large enough for this class; its state is there
        // already, and says that no task is, until `publish`.
        unsafe {
            addr_of_mut!((*cell).header.kind).write(kind);
            addr_of_mut!((*cell).header.home).write(self.root().cast());
            addr_of_mut!((*cell).header.join_waker).write(UnsafeCell::new(None));
            addr_of_mut!((*cell).stage).write(S::store(UnsafeCell::new(stage)));
            (*addr_of_mut!((*cell).header.state)).publish();
        }
        Ok(TaskRef::new(place.0))
    }
}

impl<S> Cell<S> {
    const fn kind<F>(walked: bool) -> Kind
    where
        F: Future + 'static,
        S: Storage<F>,
    {
        Kind {
            name: type_name::<F>,
            walked,
            class: (size_of::<Self>() - 1) / LINE,
            run: Self::run::<F>,
            cancel: Self::cancel::<F>,
            take_output: Self::take_output::<F>,
            drop_output: Self::drop_output::<F>,
            free: Self::free::<F>,
        }
    }

    /// # Safety
    /// `task` is a live cell of this type.
    unsafe fn of<'a>(task: TaskRef) -> &'a Self {
        // SAFETY: `repr(C)` puts the header first; the caller states type and liveness.
        unsafe { &*task.as_ptr().cast::<Self>() }
    }

    #[inline]
    unsafe fn run<F: Future>(task: TaskRef)
    where
        S: Storage<F>,
    {
        // SAFETY: the caller took a live task of this type from a queue.
        let cell = unsafe { Self::of(task) };
        match cell.header.state.begin() {
            // SAFETY: `begin` set RUNNING.
            Begun::Cancel => unsafe { Self::cancel(task) },
            // SAFETY: as above.
            Begun::Poll => unsafe { Self::poll(task) },
        }
    }

    /// # Safety
    /// `task` is a live cell of this type, and the caller set RUNNING.
    #[inline]
    unsafe fn poll<F: Future>(task: TaskRef)
    where
        S: Storage<F>,
    {
        // SAFETY: the caller states it.
        let cell = unsafe { Self::of(task) };
        // SAFETY: the executor's reference outlives the poll.
        let waker = unsafe { waker::borrowed(task) };
        let poll = || {
            cell.stage.stage().with_mut(|stage| {
                // SAFETY: RUNNING makes this thread the only one to touch the stage, which is the
                // future until the task completes. It is never moved, and dropped in place.
                let future = unsafe { Pin::new_unchecked(&mut *(*stage).future) };
                future.poll(&mut Context::from_waker(&waker))
            })
        };
        let caught = || catch_unwind(AssertUnwindSafe(poll));
        let (polled, yields) = running::run(waker.data(), caught);
        match polled {
            Ok(Poll::Pending) => match cell.header.state.end_poll(yields) {
                Ended::Idle => {}
                // SAFETY: the step that ended the poll left it to this thread to enqueue.
                Ended::Enqueue => unsafe { task.schedule(Readied::Yielded) },
                // SAFETY: `end_poll` left RUNNING set.
                Ended::Cancel => unsafe { Self::cancel(task) },
            },
            // SAFETY: RUNNING is still set.
            Ok(Poll::Ready(output)) => unsafe { Self::complete(task, Ok(output)) },
            // SAFETY: as above.
            Err(panic) => unsafe { Self::panicked(task, panic) },
        }
    }

    #[cold]
    unsafe fn panicked<F: Future>(task: TaskRef, payload: Box<dyn std::any::Any + Send>)
    where
        S: Storage<F>,
    {
        let panic = Panic::new(payload);
        // SAFETY: the caller runs the task, which keeps its home alive.
        unsafe {
            let home = task.header().home;
            discard(|| (home.as_ref().panicked)(home, &panic));
            Self::complete(task, Err(JoinError::Panicked(panic)));
        }
    }

    #[cold]
    unsafe fn cancel<F: Future>(task: TaskRef)
    where
        S: Storage<F>,
    {
        // SAFETY: the caller set RUNNING.
        unsafe { Self::complete(task, Err(JoinError::Cancelled)) };
    }

    /// Drops the future, leaves the output for whoever wants it, and gives the executor's reference
    /// up.
    ///
    /// # Safety
    /// `task` is a live cell of this type, and the caller set RUNNING.
    #[inline]
    unsafe fn complete<F: Future>(task: TaskRef, output: Result<F::Output, JoinError>)
    where
        S: Storage<F>,
    {
        // SAFETY: the caller states it.
        let cell = unsafe { Self::of(task) };
        let stage = cell.stage.stage();
        let dropped = stage.with_mut(|stage| {
            // SAFETY: RUNNING makes this thread the only one to touch the stage; the pinned future
            // is dropped where it lies.
            let drop_future = || unsafe { ManuallyDrop::drop(&mut (*stage).future) };
            catch_unwind(AssertUnwindSafe(drop_future))
        });
        let output = match dropped {
            Ok(()) => output,
            Err(panic) => {
                discard(move || drop(output));
                Err(JoinError::Panicked(Panic::new(panic)))
            }
        };
        let state = &cell.header.state;
        if !state.wants_output() {
            discard(move || drop(output));
            // SAFETY: the future is gone, and so is the output; the reference is the executor's.
            unsafe {
                if state.complete_alone() {
                    Self::free::<F>(task);
                } else {
                    let _nobody_waits = state.complete();
                    task.drop_reference();
                }
            }
            return;
        }
        stage.with_mut(|stage| {
            // SAFETY: as above; the future is gone.
            unsafe { (*stage).output = ManuallyDrop::new(output) };
        });
        if state.complete_left() {
            return;
        }
        match state.complete() {
            Completed::Left => {}
            // SAFETY: the bit JOIN_WAKER was set at completion: the waker is this thread's to read.
            Completed::WakeJoin => unsafe { wake_join(&cell.header) },
            // SAFETY: JOIN was clear at completion, so the output is this thread's.
            Completed::DropOutput => unsafe { Self::drop_output::<F>(task) },
        }
        // SAFETY: this is the executor's reference, which ends with completion.
        unsafe { task.drop_reference() };
    }

    unsafe fn take_output<F: Future>(task: TaskRef, to: *mut ())
    where
        S: Storage<F>,
    {
        // SAFETY: the caller owns the output of a live cell of this type, and takes it once.
        let cell = unsafe { Self::of(task) };
        cell.stage.stage().with_mut(|stage| {
            // SAFETY: as above; an output may be moved, it is not pinned. `to` points to the option
            // of that type.
            unsafe {
                let output = ManuallyDrop::take(&mut (*stage).output);
                *to.cast::<Option<Result<F::Output, JoinError>>>() = Some(output);
            }
        });
    }

    unsafe fn drop_output<F: Future>(task: TaskRef)
    where
        S: Storage<F>,
    {
        let mut output: Option<Result<F::Output, JoinError>> = None;
        // SAFETY: the caller owns the output of a live cell of this type.
        unsafe { Self::take_output::<F>(task, (&raw mut output).cast()) };
        // Nobody waits for the output, nor for its panic, which the panic hook has reported.
        discard(move || drop(output));
    }

    #[inline]
    unsafe fn free<F: Future>(task: TaskRef)
    where
        S: Storage<F>,
    {
        let cell = task.as_ptr().cast::<Self>();
        // SAFETY: the caller dropped the last reference: nobody else knows the cell. The state stays
        // in its place.
        unsafe {
            let slab = (*cell).header.home.cast();
            let class = (*cell).header.kind.class;
            addr_of_mut!((*cell).header.join_waker).drop_in_place();
            addr_of_mut!((*cell).stage).drop_in_place();
            Slab::release(slab, class, Place(NonNull::new_unchecked(task.as_ptr())));
        }
    }
}

/// # Safety
/// The task completed while JOIN_WAKER was set, and the caller is who completed it.
#[cold]
unsafe fn wake_join(header: &Header) {
    header.join_waker.with(|place| {
        // SAFETY: while the bit is set, nobody writes the place.
        if let Some(waker) = unsafe { &*place } {
            discard(|| waker.wake_by_ref());
        }
    });
    if header.state.woke_join() {
        // SAFETY: the handle went while the bit was set, and left the place to this thread.
        let waker = header
            .join_waker
            .with_mut(|place| unsafe { (*place).take() });
        discard(move || drop(waker));
    }
}

/// Runs code of the user's whose panic has nobody to go to: the panic hook has reported it.
fn discard(run: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
        std::mem::forget(payload);
    }
}
