//! The cell: header and future (then output) in one allocation, and the functions that know the
//! type.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::header::{Header, Readied, Schedule, TaskRef, VTable};
use super::index::Index;
use super::join::{JoinError, JoinHandle, Panic};
use super::state::{Begun, Completed, Ended, State};
use super::waker;
use crate::sync::UnsafeCell;
use crate::wake_cell::WakeCell;

/// `repr(C)`: a pointer to the cell is a pointer to its header.
#[repr(C)]
struct Cell<F: Future> {
    header: Header,
    stage: UnsafeCell<Stage<F>>,
}

enum Stage<F: Future> {
    Future(F),
    Output(Result<F::Output, JoinError>),
    Gone,
}

/// Makes a task of a future. The caller hands the [`TaskRef`] to the executor's queues, once.
pub(crate) fn spawn<F>(
    future: F,
    schedule: Arc<dyn Schedule>,
    index: Index,
) -> (TaskRef, JoinHandle<F::Output>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let cell = Box::new(Cell {
        header: Header {
            state: State::new(),
            vtable: &Cell::<F>::VTABLE,
            schedule,
            join: WakeCell::new(),
            index,
        },
        stage: UnsafeCell::new(Stage::Future(future)),
    });
    let task = TaskRef::new(NonNull::from(Box::leak(cell)).cast());
    // SAFETY: a new cell's JOIN bit is set and counts a reference for the handle.
    (task, unsafe { JoinHandle::new(task) })
}

impl<F: Future> Cell<F> {
    const VTABLE: VTable = VTable {
        run: Self::run,
        cancel: Self::cancel,
        take_output: Self::take_output,
        drop_output: Self::drop_output,
        free: Self::free,
    };

    /// # Safety
    /// `task` is a live cell of this type.
    unsafe fn of<'a>(task: TaskRef) -> &'a Self {
        // SAFETY: `repr(C)` puts the header first; the caller states type and liveness.
        unsafe { &*task.as_ptr().cast::<Self>() }
    }

    unsafe fn run(task: TaskRef) {
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
    unsafe fn poll(task: TaskRef) {
        // SAFETY: the caller states it.
        let cell = unsafe { Self::of(task) };
        // SAFETY: the executor's reference outlives the poll.
        let waker = unsafe { waker::borrowed(task) };
        let polled = catch_unwind(AssertUnwindSafe(|| {
            cell.stage.with_mut(|stage| {
                // SAFETY: RUNNING makes this thread the only one to touch the stage.
                let Stage::Future(future) = (unsafe { &mut *stage }) else {
                    unreachable!("a task is polled only before its output is there");
                };
                // SAFETY: the future is never moved: the cell is boxed, and the future is dropped
                // in place.
                unsafe { Pin::new_unchecked(future) }.poll(&mut Context::from_waker(&waker))
            })
        }));
        match polled {
            Ok(Poll::Pending) => match cell.header.state.end_poll() {
                Ended::Idle => {}
                Ended::Enqueue => cell.header.schedule.schedule(task, Readied::Yielded),
                // SAFETY: `end_poll` left RUNNING set.
                Ended::Cancel => unsafe { Self::cancel(task) },
            },
            // SAFETY: RUNNING is still set.
            Ok(Poll::Ready(output)) => unsafe { Self::complete(task, Ok(output)) },
            // SAFETY: as above.
            Err(panic) => unsafe {
                Self::complete(task, Err(JoinError::Panicked(Panic::new(panic))))
            },
        }
    }

    unsafe fn cancel(task: TaskRef) {
        // SAFETY: the caller set RUNNING.
        unsafe { Self::complete(task, Err(JoinError::Cancelled)) };
    }

    /// Drops the future, stores the output, and gives the executor's reference up.
    ///
    /// # Safety
    /// `task` is a live cell of this type, and the caller set RUNNING.
    unsafe fn complete(task: TaskRef, output: Result<F::Output, JoinError>) {
        // SAFETY: the caller states it.
        let cell = unsafe { Self::of(task) };
        // SAFETY: RUNNING makes this thread the only one to touch the stage.
        let dropped = unsafe { cell.replace_stage(Stage::Gone) };
        let output = match dropped {
            Ok(()) => output,
            Err(panic) => {
                discard(move || drop(output));
                Err(JoinError::Panicked(Panic::new(panic)))
            }
        };
        cell.stage.with_mut(|stage| {
            // SAFETY: as above; the stage is `Gone`, which needs no drop.
            unsafe { stage.write(Stage::Output(output)) };
        });
        let header = &cell.header;
        header.schedule.release(header.index);
        match header.state.complete() {
            Completed::WakeJoin => discard(|| header.join.wake()),
            Completed::DropOutput => {
                // SAFETY: JOIN was clear at completion, so the output is this thread's.
                unsafe { Self::drop_output(task) };
            }
        }
        // SAFETY: this is the executor's reference, which ends with completion.
        unsafe { task.drop_reference() };
    }

    unsafe fn take_output(task: TaskRef, to: *mut ()) {
        // SAFETY: the caller owns the output of a live cell of this type.
        let cell = unsafe { Self::of(task) };
        cell.stage.with_mut(|stage| {
            // SAFETY: as above; an output may be moved, it is not pinned. `to` points to the option
            // of that type.
            unsafe {
                if matches!(&*stage, Stage::Output(_))
                    && let Stage::Output(output) = stage.replace(Stage::Gone)
                {
                    *to.cast::<Option<Result<F::Output, JoinError>>>() = Some(output);
                }
            }
        });
    }

    unsafe fn drop_output(task: TaskRef) {
        // SAFETY: the caller owns the output of a live cell of this type.
        let cell = unsafe { Self::of(task) };
        // SAFETY: as above.
        if let Err(panic) = unsafe { cell.replace_stage(Stage::Gone) } {
            // Nobody waits for the output, nor for its panic, which the panic hook has reported.
            std::mem::forget(panic);
        }
    }

    unsafe fn free(task: TaskRef) {
        // SAFETY: the caller dropped the last reference to a cell that `spawn` boxed.
        drop(unsafe { Box::from_raw(task.as_ptr().cast::<Self>()) });
    }

    /// Drops what is in the stage, in place, and puts `next` there, also when the drop panics.
    ///
    /// # Safety
    /// The caller alone may touch the stage.
    unsafe fn replace_stage(&self, next: Stage<F>) -> std::thread::Result<()> {
        self.stage.with_mut(|stage| {
            // SAFETY: the caller states it; the pinned future is dropped where it lies.
            let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { stage.drop_in_place() }));
            // SAFETY: what was there has been dropped.
            unsafe { stage.write(next) };
            dropped
        })
    }
}

/// Runs code of the user's whose panic has nobody to go to: the panic hook has reported it.
fn discard(run: impl FnOnce()) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(run)) {
        std::mem::forget(payload);
    }
}
