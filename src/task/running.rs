//! Which task the thread polls, so that it can yield without a wake.

use std::cell::Cell;
use std::ptr;
use std::task::Waker;

thread_local! {
    /// The data of the running task's waker; null when it has asked to yield.
    static RUNNING: Cell<*const ()> = const { Cell::new(ptr::null()) };
}

/// Runs `poll` as that of the task with this data; and whether it asked to yield.
#[inline]
pub(super) fn run<R>(data: *const (), poll: impl FnOnce() -> R) -> (R, bool) {
    let before = RUNNING.replace(data);
    let polled = poll();
    (polled, RUNNING.replace(before).is_null())
}

/// If `waker` is that of the task that the thread polls, the task goes to the end of its queue when
/// its poll ends. Else nothing happens, and `false`.
#[inline]
pub(crate) fn yield_running(waker: &Waker) -> bool {
    // A task that has yielded already in this poll is found no more, and is woken: as good.
    let runs = !waker.data().is_null() && ptr::eq(waker.data(), RUNNING.get());
    if runs {
        RUNNING.set(ptr::null());
    }
    runs
}
