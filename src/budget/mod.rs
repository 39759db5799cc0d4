//! How much a task may do in one poll before the others have their turn.
//!
//! Whoever runs tasks grants each poll 128 units. Each value, each socket operation, each timer and
//! each output of a task that a future of this crate finds ready costs one. When none is left
//! these futures say "pending" and wake their task, whatever is ready: so the poll ends, and the
//! task goes behind the others.
//!
//! **Rules.** 1. Only what is ready costs: a task that polls a thousand futures in vain pays
//! nothing, and is not woken for it. 2. Where no task is polled there is no limit: threads, other
//! executors. 3. Who polls on and on in one poll (an executor nested in a task, blocking it) is
//! refused 1,024 times, then granted anew: nothing hangs.

use std::{cell::Cell, future::poll_fn, pin::pin, task::Poll, task::Waker, task::ready};

/// What one poll may do.
const UNITS: u32 = 128;

/// So often a poll that goes on without units is refused.
const REFUSALS: u32 = 1024;

const UNLIMITED: u32 = u32::MAX;

thread_local! {
    /// The units left and, below them, the refusals left.
    static LEFT: Cell<u32> = const { Cell::new(UNLIMITED) };
}

/// While it lives, another grant is in force; dropping it brings back the one before.
#[must_use = "the grant ends when it is dropped"]
pub(crate) struct Grant(u32);

impl Drop for Grant {
    fn drop(&mut self) {
        LEFT.set(self.0);
    }
}

/// Grants the units of one poll.
pub(crate) fn grant() -> Grant {
    Grant(LEFT.replace(UNITS + REFUSALS))
}

/// Makes the grant in force a new one: for one poll after the other under the same.
#[inline]
pub(crate) fn renew() {
    LEFT.set(UNITS + REFUSALS);
}

/// Grants as much as is wanted.
pub(crate) fn lift() -> Grant {
    Grant(LEFT.replace(UNLIMITED))
}

/// Whether a unit is left; else wakes `waker`: who gets `Pending` says it to its caller.
#[inline]
pub(crate) fn left(waker: &Waker) -> Poll<()> {
    if LEFT.get() > REFUSALS { Poll::Ready(()) } else { refuse(waker) }
}

#[cold]
fn refuse(waker: &Waker) -> Poll<()> {
    let refusals = LEFT.get();
    LEFT.set(refusals.checked_sub(1).unwrap_or(UNITS + REFUSALS));
    waker.wake_by_ref();
    Poll::Pending
}

/// Something was ready: takes a unit, if one is left.
#[inline]
pub(crate) fn spend() {
    let left = LEFT.get();
    if left > REFUSALS && left != UNLIMITED {
        LEFT.set(left - 1);
    }
}

/// Costs a unit of the task's budget, and gives the others a turn when none is left: for loops
/// that may go on for long without waiting for anything.
///
/// ```
/// # windlass::Runtime::new()?.block_on(async {
/// let mut sum = 0_u64;
/// for number in 0..100_000 {
///     sum += number;
///     windlass::task::consume_budget().await;
/// }
/// # assert_eq!(sum, 4_999_950_000);
/// # });
/// # Ok::<(), windlass::BuildError>(())
/// ```
pub async fn consume_budget() {
    poll_fn(|cx| {
        ready!(left(cx.waker()));
        spend();
        Poll::Ready(())
    })
    .await;
}

/// `future` without a budget: it gives the others a turn only where it waits or yields.
pub async fn unconstrained<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let _unlimited = lift();
        future.as_mut().poll(cx)
    })
    .await
}
