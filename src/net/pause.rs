//! A pause between two tries that grows from one to the next, by the reactor's timers.

use std::task::{Context, Poll, Waker};
use std::{io, time::Duration};

use crate::reactor::{Handle, TimerKey};

const FIRST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);

/// Before the first try there is none.
#[derive(Default)]
pub(super) struct Pause {
    length: Duration,
    timer: Option<(Handle, TimerKey)>,
}

impl Pause {
    /// A try has failed: begins a pause, twice as long as the one before.
    ///
    /// # Errors
    /// `failed` itself, where no reactor counts the time (any more).
    pub(super) fn begin(&mut self, waker: &Waker, failed: io::Error) -> io::Result<()> {
        self.length = (self.length * 2).clamp(FIRST, LONGEST);
        let handle = Handle::current().filter(|handle| !handle.has_ended());
        self.timer = handle.and_then(|handle| {
            let until = handle.timers().now() + self.length;
            handle.insert_timer(until, waker.clone()).map(|key| (handle, key))
        });
        self.timer.as_ref().map(drop).ok_or(failed)
    }

    /// Waits until the pause is over; or the reactor has ended, which the next try finds out.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let waits = |(handle, key): &(Handle, TimerKey)| {
            !handle.has_ended() && handle.timers().set_waker(*key, cx.waker())
        };
        if self.timer.as_ref().is_some_and(waits) { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        if let Some((handle, key)) = &self.timer {
            handle.timers().cancel(*key);
        }
    }
}
