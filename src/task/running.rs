//! Which task the thread polls, so that a task can yield without waking itself.

use std::{cell::Cell, ptr, task::Waker};

use super::{header::TaskRef, waker};
use crate::sync::thread_local;

thread_local! {
    /// The task whose poll the thread is in; null outside of polls, and once the task has yielded.
    static RUNNING: Cell<*const ()> = const { Cell::new(ptr::null()) };
}

/// Runs a poll of the task, which must not unwind. Whether it yielded.
#[inline]
pub(super) fn during<R>(task: TaskRef, poll: impl FnOnce() -> R) -> (R, bool) {
    let own = task.as_ptr().cast_const().cast();
    let around = RUNNING.with(|running| running.replace(own));
    let result = poll();
    let left = RUNNING.with(|running| running.replace(around));
    (result, !ptr::eq(left, own))
}

/// Whether the thread is in a task's poll that has not yielded.
#[inline]
pub(crate) fn is_polling() -> bool {
    RUNNING.with(|running| !running.get().is_null())
}

/// If the waker is that of the task which this thread polls: the task stays ready when this poll
/// ends pending, as if it had been woken, at a lower price. `false`: nothing was done.
#[inline]
pub(crate) fn yield_running(waker: &Waker) -> bool {
    RUNNING.with(|running| {
        let task = running.get();
        let is_own = !task.is_null() && waker::is_of(waker, task);
        if is_own {
            running.set(ptr::null());
        }
        is_own
    })
}
