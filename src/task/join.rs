//! The join handle: awaits a task's output, aborts it, or lets it go.

use std::task::{Context, Poll, Waker, ready};
use std::{fmt, marker::PhantomData, mem, pin::Pin};

use super::snapshot::{COMPLETED, JOIN_WAKER, Offered};
use super::{error::JoinError, header::Header, header::TaskRef, state::State, waker};
use crate::budget;

/// Owns the right to a task's output. Awaiting it gives the output, or the [`JoinError`] that says
/// why there is none. Dropping it detaches the task, which goes on.
///
/// Cancel safe: a `JoinHandle` that was polled and dropped, or polled by reference in a `select`,
/// loses nothing but its own right to the output.
#[must_use = "dropping the handle detaches the task; its output and its panic are then lost"]
pub struct JoinHandle<T> {
    /// Else the error to tell, until it is told.
    held: Result<TaskRef, Option<JoinError>>,
    output: PhantomData<T>,
}

// SAFETY: the handle's thread may take or drop the output, hence `T: Send`; what else it touches
// is `Sync`.
unsafe impl<T: Send> Send for JoinHandle<T> {}
// SAFETY: a shared handle reaches no output.
unsafe impl<T: Send> Sync for JoinHandle<T> {}

impl<T> std::panic::UnwindSafe for JoinHandle<T> {}
impl<T> std::panic::RefUnwindSafe for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// # Safety
    /// `task` is a cell with output type `T` whose JOIN bit is set, and now the handle's.
    #[inline]
    pub(super) unsafe fn new(task: TaskRef) -> Self {
        Self { held: Ok(task), output: PhantomData }
    }

    /// A handle without a task: resolves to `error`.
    pub(crate) fn failed(error: JoinError) -> Self {
        Self { held: Err(Some(error)), output: PhantomData }
    }

    /// Asks the task to end: its future is dropped at the next opportunity, and the handle resolves
    /// to [`JoinError::Cancelled`], unless the task completes first. A closure on the blocking pool
    /// that has begun runs to its end.
    pub fn abort(&self) {
        if let Ok(task) = self.held {
            // SAFETY: JOIN keeps the cell alive.
            unsafe { task.ready_by(State::close) };
        }
    }

    /// Lets the task go on by itself, as dropping the handle does.
    pub fn detach(self) {
        drop(self);
    }

    /// Aborts the task while somebody else waits for it.
    pub fn abort_handle(&self) -> AbortHandle {
        match self.held {
            // SAFETY: JOIN keeps the cell alive.
            Ok(task) => AbortHandle(Some(unsafe { waker::owned(task) })),
            Err(_) => AbortHandle(None),
        }
    }

    /// Whether the output (or the error) is there.
    pub fn is_finished(&self) -> bool {
        match self.held {
            // SAFETY: JOIN keeps the cell alive.
            Ok(task) => unsafe { task.is_completed() },
            Err(_) => true,
        }
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    /// # Panics
    /// When polled again after it gave its output.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(budget::left(cx.waker()));
        let Ok(task) = self.held else {
            budget::spend();
            let error = mem::replace(&mut self.held, Err(None)).err().flatten();
            return Poll::Ready(Err(error.expect("JoinHandle polled after its end")));
        };
        // SAFETY: JOIN keeps the cell alive.
        let header = unsafe { task.header() };
        if !header.front.state.load().has(COMPLETED) && wait(header, cx.waker()) {
            return Poll::Pending;
        }
        budget::spend();
        let mut output: Option<Self::Output> = None;
        // SAFETY: the task completed while JOIN was set, so the output is this handle's; `T` is its
        // type.
        unsafe { (header.kind.take_output)(task, (&raw mut output).cast()) };
        self.held = Err(None);
        // SAFETY: the output is taken, and the handle holds the cell no more.
        unsafe { leave_completed(task) };
        Poll::Ready(output.expect("a completed task has its output"))
    }
}

/// Leaves the waker for the completion; `false` when that has come.
fn wait(header: &Header, waker: &Waker) -> bool {
    let state = &header.front.state;
    if state.load().has(JOIN_WAKER) && !state.withdraw_waker() {
        return false;
    }
    // SAFETY: with JOIN set and JOIN_WAKER clear the place is the handle's.
    let old = unsafe { header.replace_join_waker(None) };
    let new = match old {
        Some(old) if old.will_wake(waker) => old,
        old => {
            drop(old);
            waker.clone()
        }
    };
    // SAFETY: as above.
    drop(unsafe { header.replace_join_waker(Some(new)) });
    state.offer_waker() == Offered::Waits
}

/// The handle goes, after completion.
///
/// # Safety
/// The caller held the cell by JOIN, no more from now on, and has emptied the stage.
unsafe fn leave_completed(task: TaskRef) {
    // SAFETY: the caller states it.
    let header = unsafe { task.header() };
    let state = &header.front.state;
    loop {
        let seen = state.load();
        if !seen.has(JOIN_WAKER) {
            // SAFETY: with JOIN set and JOIN_WAKER clear the place is the handle's.
            let waker = unsafe { header.replace_join_waker(None) };
            if state.drop_join_completed() {
                // SAFETY: the state says that the cell is dead.
                unsafe { (header.kind.free)(task) };
            }
            return drop(waker);
        }
        // The completion is about to take the waker; it frees the cell if it is the last.
        if state.drop_join_at(seen) {
            return;
        }
    }
}

impl<T> Unpin for JoinHandle<T> {}

impl<T> Drop for JoinHandle<T> {
    #[inline]
    fn drop(&mut self) {
        if let Ok(task) = self.held {
            // SAFETY: JOIN keeps the cell alive, until it is cleared here.
            unsafe {
                if !task.header().front.state.drop_join_new() {
                    leave(task);
                }
            }
        }
    }
}

/// The handle goes, whatever has become of the task.
///
/// # Safety
/// The caller held the cell by JOIN, no more from now on.
unsafe fn leave(task: TaskRef) {
    // SAFETY: the caller states it.
    let header = unsafe { task.header() };
    let state = &header.front.state;
    loop {
        let seen = state.load();
        if seen.has(COMPLETED) {
            // SAFETY: the task completed while JOIN was set, so the output is this handle's.
            unsafe {
                (header.kind.drop_output)(task);
                leave_completed(task);
            }
            return;
        }
        if !seen.has(JOIN_WAKER) {
            if state.drop_join_at(seen) {
                return;
            }
        } else if state.withdraw_waker() {
            // A task that waits for the task that waits for it would else never be freed.
            // SAFETY: with JOIN set and JOIN_WAKER clear the place is the handle's.
            drop(unsafe { header.replace_join_waker(None) });
        }
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").field("finished", &self.is_finished()).finish()
    }
}

/// Aborts a task, from anywhere; has no right to its output. It keeps the task's place, one of
/// `tasks_max`, until it is dropped.
#[derive(Clone, Debug)]
pub struct AbortHandle(Option<Waker>);

impl AbortHandle {
    /// See [`JoinHandle::abort`].
    pub fn abort(&self) {
        if let Some(waker) = &self.0 {
            // SAFETY: the waker holds a reference.
            unsafe { waker::task(waker.data()).ready_by(State::close) };
        }
    }

    /// Whether the task has ended.
    pub fn is_finished(&self) -> bool {
        // SAFETY: the waker holds a reference.
        self.0.as_ref().is_none_or(|waker| unsafe { waker::task(waker.data()).is_completed() })
    }
}
