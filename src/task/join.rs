//! The join handle: awaits a task's output, aborts it, or lets it go.
//!
//! **The join waker's place** in the cell belongs to the handle while the bit JOIN_WAKER is clear. (1)
//! `poll` writes the waker, then sets the bit, unless the task has completed. (2) Completion reads
//! the bit in the step that completes: while it is set, the place is the runner's. (3) The runner
//! wakes, then clears the bit; if the handle has gone meanwhile, it drops the waker. (4) A handle
//! that wants to change the waker, or goes, clears the bit first; it fails to if the task has
//! completed. (The protocol is tokio's.)

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use super::error::JoinError;
use super::header::{Header, TaskRef};
use crate::budget;

/// Owns the right to a task's output. Awaiting it gives the output, or the [`JoinError`] that says
/// why there is none. Dropping it detaches the task, which goes on.
///
/// Cancel safe: a `JoinHandle` that was polled and dropped, or polled by reference in a `select`,
/// loses nothing but its own right to the output.
#[must_use = "dropping the handle detaches the task; its output and its panic are then lost"]
pub struct JoinHandle<T> {
    held: Held,
    output: PhantomData<T>,
}

enum Held {
    Task(TaskRef),
    /// The output was taken.
    Taken(TaskRef),
    Failed(Option<JoinError>),
}

// SAFETY: the handle moves and drops outputs, so `T: Send`; all else it does is an atomic operation.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: a shared handle lends no output.
unsafe impl<T: Send> Sync for JoinHandle<T> {}

impl<T> Unpin for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// # Safety
    /// `task` is a cell with output type `T` whose JOIN bit is set; its reference passes to the
    /// handle.
    pub(super) unsafe fn new(task: TaskRef) -> Self {
        Self {
            held: Held::Task(task),
            output: PhantomData,
        }
    }

    /// A handle without a task: resolves to `error`.
    pub(crate) fn failed(error: JoinError) -> Self {
        Self {
            held: Held::Failed(Some(error)),
            output: PhantomData,
        }
    }

    /// Asks the task to end: its future is dropped at the next opportunity, and the handle resolves
    /// to [`JoinError::Cancelled`], unless the task completes first. A closure on the blocking pool
    /// that has begun runs to its end.
    pub fn abort(&self) {
        if let Held::Task(task) = self.held {
            // SAFETY: the handle holds a reference.
            unsafe { task.abort() };
        }
    }

    /// Whether the output (or the error) is there.
    pub fn is_finished(&self) -> bool {
        match self.held {
            // SAFETY: the handle holds a reference.
            Held::Task(task) => unsafe { task.header() }.state.load().is_completed(),
            Held::Taken(_) | Held::Failed(_) => true,
        }
    }

    /// Lets the task go on without the handle, as dropping it does.
    pub fn detach(self) {}
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    /// When polled again after it gave its output.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(budget::left(cx.waker()));
        let task = match &mut self.held {
            Held::Task(task) => *task,
            Held::Taken(_) => panic!("JoinHandle polled after its end"),
            Held::Failed(error) => {
                budget::spend();
                return Poll::Ready(Err(error.take().expect("JoinHandle polled after its end")));
            }
        };
        // SAFETY: the handle holds a reference.
        let header = unsafe { task.header() };
        if !header.state.load().is_completed() && register(header, cx.waker()) {
            return Poll::Pending;
        }
        budget::spend();
        let mut output: Option<Self::Output> = None;
        // SAFETY: the task completed while JOIN was set, so the output is this handle's; `T` is its
        // type. It is taken once: the handle is `Taken` from here on.
        unsafe { (header.kind.take_output)(task, (&raw mut output).cast()) };
        self.held = Held::Taken(task);
        Poll::Ready(output.expect("a task that has completed has an output"))
    }
}

/// Leaves the waker for completion. `false`: the task has completed.
#[cold]
fn register(header: &Header, waker: &Waker) -> bool {
    let seen = header.state.load();
    if seen.has_join_waker() {
        // SAFETY: while the bit is set, both sides only read the waker.
        let same = header
            .join_waker
            .with(|place| unsafe { (*place).as_ref().is_some_and(|old| old.will_wake(waker)) });
        if same {
            return !header.state.load().is_completed();
        }
        if !header.state.pass_waker() {
            // [task.look]: what completion left is seen before the output is taken.
            return !header.state.load().is_completed();
        }
    }
    let new = Some(waker.clone());
    // SAFETY: the bit is clear, and only this handle sets it: the place is its own.
    let old = header
        .join_waker
        .with_mut(|place| unsafe { std::mem::replace(&mut *place, new) });
    drop(old);
    header.state.pass_waker() || !header.state.load().is_completed()
}

impl<T> Drop for JoinHandle<T> {
    fn drop(&mut self) {
        let (task, taken) = match self.held {
            Held::Task(task) => (task, false),
            Held::Taken(task) => (task, true),
            Held::Failed(_) => return,
        };
        // SAFETY: the handle holds a reference, given up at the end of this function.
        let header = unsafe { task.header() };
        if header.state.detach_new() {
            return;
        }
        let dropped = header.state.drop_join();
        if dropped.waker {
            // A task that waits for the task that waits for it would else never be freed.
            // SAFETY: `drop_join` says that the place is the handle's.
            drop(
                header
                    .join_waker
                    .with_mut(|place| unsafe { (*place).take() }),
            );
        }
        if dropped.output && !taken {
            // SAFETY: the task completed while JOIN was set, so the output was this handle's.
            unsafe { (header.kind.drop_output)(task) };
        }
        // SAFETY: this is the handle's reference, which ends here.
        unsafe { task.drop_reference() };
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("finished", &self.is_finished())
            .finish()
    }
}
