//! A future that is ready once its deadline has passed.

use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use std::{pin::Pin, ptr};

use crate::budget;
use crate::reactor::{Handle, TimerKey};

/// A sleep that cannot be counted in an `Instant` ends after this long.
pub(super) const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Waits until `duration` from now has passed; durations beyond what the clock can count last 30
/// years.
///
/// It counts from the call, by the clock of the runtime that the caller is in; outside one, by the
/// system's.
///
/// Cancel safe: dropping it takes the timer out. When the runtime shuts down, whoever still waits
/// (a blocking closure, another runtime's task) waits no longer: the sleep ends at once.
///
/// # Panics
/// The future panics when it is polled outside a runtime with a reactor.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let runtime = windlass::Runtime::new()?;
/// let begun = Instant::now();
/// runtime.block_on(windlass::time::sleep(Duration::from_millis(5)));
/// assert!(begun.elapsed() >= Duration::from_millis(5));
/// # Ok::<(), windlass::BuildError>(())
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    let now = now();
    sleep_until(now.checked_add(duration).unwrap_or(now + FAR))
}

/// Waits until `deadline` has passed. Otherwise as [`sleep`].
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline, timer: None }
}

/// The time by the clock of the current runtime, or the system's.
pub(super) fn now() -> Instant {
    Handle::current_now().unwrap_or_else(Instant::now)
}

/// The future of [`sleep`] and [`sleep_until`].
#[must_use = "futures do nothing unless polled"]
pub struct Sleep {
    deadline: Instant,
    timer: Option<Timer>,
}

/// A place in a reactor's wheel. Small, since each task that sleeps holds one.
struct Timer {
    handle: Handle,
    key: TimerKey,
    /// Whom it wakes; [`REFUSED`]: the end was held back once, by the task's budget.
    wakes: Address,
}

/// The addresses of a waker's data and functions. While a clone of it is kept, no other has both.
type Address = (usize, usize);

/// No waker's.
const REFUSED: Address = (0, 0);

fn address(waker: &Waker) -> Address {
    (waker.data().addr(), ptr::from_ref(waker.vtable()).addr())
}

impl Sleep {
    /// When it ends.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether the deadline has passed, or the runtime that counted the time has ended.
    pub fn is_elapsed(&self) -> bool {
        let Some(Timer { handle, .. }) = &self.timer else { return now() >= self.deadline };
        handle.timers().now() >= self.deadline || handle.has_ended()
    }

    /// Moves the deadline. It must be polled again, to wake anybody then.
    pub fn reset(&mut self, deadline: Instant) {
        self.cancel();
        self.deadline = deadline;
    }

    fn cancel(&mut self) {
        if let Some(Timer { handle, key, .. }) = self.timer.take() {
            handle.timers().cancel(key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // The common case, in a `timeout` say: nothing new, for a load.
        if let Some(timer) = &self.timer
            && timer.wakes == address(cx.waker())
            && timer.handle.timers().is_ahead(self.deadline)
        {
            return Poll::Pending;
        }
        if self.is_elapsed() {
            // Once only: in a `timeout`, what is in front may spend every poll's budget.
            let refused = self.timer.as_ref().is_some_and(|timer| timer.wakes == REFUSED);
            if !refused && budget::left(cx.waker()).is_pending() {
                self.cancel();
                let place = |handle| Timer { handle, key: TimerKey::NONE, wakes: REFUSED };
                self.timer = Handle::current().map(place);
                return Poll::Pending;
            }
            budget::spend();
            self.cancel();
            return Poll::Ready(());
        }
        // Of the clone, which is kept: it may be another than the one that is lent.
        let waker = cx.waker().clone();
        let wakes = address(&waker);
        if let Some(timer) = &mut self.timer
            && timer.handle.timers().set_waker(timer.key, &waker)
        {
            timer.wakes = wakes;
            return Poll::Pending;
        }
        let Some(handle) = Handle::current() else {
            panic!("a windlass timer was polled outside a windlass runtime: use Handle::enter");
        };
        let key = handle.insert_timer(self.deadline, waker);
        // The runtime may have ended, and woken its timers, just before this one came. And where
        // there is no room for a timer it looks again and again, rather than never to wake.
        if key.is_none() || handle.has_ended() {
            cx.waker().wake_by_ref();
        }
        self.timer = key.map(|key| Timer { handle, key, wakes });
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.cancel();
    }
}

shows!([] Sleep: |own| Sleep { deadline: own.deadline });
