//! The one place that asks the kernel for readiness: owned by one worker.

use std::{ffi::c_int, io, os::fd::AsRawFd, sync::Arc, task::Waker, time::Duration};

use super::{alarm::Alarm, clock::Clock, handle::Handle};
use super::{readiness::Ready, registration::token_parts};
use crate::sync::discard;

/// How many events one wait takes from the kernel.
const EVENTS_MAX: usize = 256;

/// No socket has this token: its index is beyond the table.
const NOTIFIED: mio::Token = mio::Token(u32::MAX as usize);

/// Nor this one.
const ALARM: mio::Token = mio::Token(u32::MAX as usize - 1);

/// A `mio::Poll` with its events, and the handle that the rest of the world uses.
pub(crate) struct Driver {
    poll: mio::Poll,
    events: mio::Events,
    due: Vec<Waker>,
    alarm: Alarm,
    handle: Handle,
    /// Whether the host was away since the kernel was last asked: then it may have been told.
    away: bool,
}

impl Driver {
    /// # Errors
    /// The kernel's: descriptors may be used up.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> io::Result<Self> {
        let poll = mio::Poll::new()?;
        let eventfd = mio::Waker::new(poll.registry(), NOTIFIED)?;
        let alarm = Alarm::new(poll.registry(), ALARM)?;
        let handle = Handle::new(poll.registry().try_clone()?, eventfd, clock);
        let events = mio::Events::with_capacity(EVENTS_MAX);
        Ok(Self { poll, events, due: Vec::new(), alarm, handle, away: false })
    }

    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Waits for events, the next timer or a notification, at most `timeout`; not at all when it is
    /// zero.
    pub(crate) fn wait(&mut self, timeout: Option<Duration>) {
        self.events.clear();
        let was_away = std::mem::take(&mut self.away);
        if timeout == Some(Duration::ZERO) && !was_away && self.handle.shared.table.is_empty() {
            // Nobody to tell; a socket that is registered this moment is seen the next time.
            return;
        }
        if timeout == Some(Duration::ZERO) || !self.handle.shared.token.prepare() {
            return self.ask(Some(Duration::ZERO));
        }
        let next = self.handle.shared.timers.until_next();
        let until_timer = next.and_then(|left| self.alarm.set(left));
        self.ask(timeout.into_iter().chain(until_timer).min());
        self.handle.shared.token.finish();
    }

    /// From now on each notification makes the descriptor readable, also one that came before.
    pub(crate) fn leave(&mut self) {
        self.away = true;
        while !self.handle.shared.token.prepare() {
            // The counter is saturated only when it is readable already.
            let _written = self.handle.shared.eventfd.wake();
        }
    }

    pub(crate) fn come_back(&mut self) -> bool {
        self.handle.shared.token.finish()
    }

    pub(crate) fn descriptor(&self) -> c_int {
        self.poll.as_raw_fd()
    }

    /// The time until the next timer is due.
    pub(crate) fn until_timer(&self) -> Option<Duration> {
        self.handle.shared.timers.until_next()
    }

    /// Wakes the owners of the sockets whose events came, and of the timers that are due.
    pub(crate) fn dispatch(&mut self) {
        let shared = &self.handle.shared;
        // Both may have been polled with any waker, and the worker must outlive its panic.
        for event in &self.events {
            if event.token() == ALARM {
                self.alarm.rang();
            }
            let (index, generation) = token_parts(event.token());
            if let Some(readiness) = shared.table.get(index) {
                discard(|| readiness.set(generation, ready(event)));
            }
        }
        self.events.clear();
        shared.timers.take_due(&mut self.due);
        for waker in self.due.drain(..) {
            discard(|| waker.wake());
        }
    }

    fn ask(&mut self, timeout: Option<Duration>) {
        if let Err(error) = self.poll.poll(&mut self.events, timeout) {
            // A signal: the caller looks at its queues and comes again.
            let signal = error.kind() == io::ErrorKind::Interrupted;
            assert!(signal, "epoll_wait on our own descriptor and memory: {error}");
        }
    }
}

/// An error condition makes both directions ready: the operation that follows reports it.
fn ready(event: &mio::event::Event) -> Ready {
    Ready {
        readable: event.is_readable(),
        writable: event.is_writable(),
        read_closed: event.is_read_closed() || event.is_error(),
        write_closed: event.is_write_closed() || event.is_error(),
    }
}
