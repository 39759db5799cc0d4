//! A pause between two tries that grows from one to the next, by the reactor's timers.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use std::{io, mem};

use crate::reactor::{Handle, TimerKey};

const FIRST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_secs(1);

/// Before the first try there is no pause.
#[derive(Default)]
pub(super) struct Pause {
    length: Duration,
    until: Option<Instant>,
    timer: Option<(Handle, TimerKey)>,
}

impl Pause {
    /// A try has failed: the next one waits.
    ///
    /// # Errors
    /// `failed` itself, where no reactor counts the time any more.
    pub(super) fn grow(&mut self, failed: io::Error) -> io::Result<()> {
        let Some(handle) = Handle::current().filter(|handle| !handle.has_ended()) else {
            return Err(failed);
        };
        self.length = (self.length * 2).clamp(FIRST, LONGEST);
        self.until = Some(handle.timers().now() + self.length);
        Ok(())
    }

    /// Waits until the pause is over; or the reactor has ended, which the next try finds out.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.cancel();
        let Some((until, handle)) = self.until.zip(Handle::current()) else {
            return Poll::Ready(());
        };
        if handle.timers().now() >= until || handle.has_ended() {
            self.until = None;
            return Poll::Ready(());
        }
        let key = handle.insert_timer(until, cx.waker().clone());
        // No room for a timer; or the runtime has ended, and woken its timers, just before.
        if key.is_none() || handle.has_ended() {
            cx.waker().wake_by_ref();
        }
        self.timer = key.map(|key| (handle, key));
        Poll::Pending
    }

    fn cancel(&mut self) {
        if let Some((handle, key)) = mem::take(&mut self.timer) {
            handle.timers().cancel(key);
        }
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.cancel();
    }
}
