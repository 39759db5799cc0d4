//! A reactor made of the very source, but for the driver: the table, the timers and a real epoll
//! instance, which orders nothing that the models see.

use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use super::clock::Clock;
use super::handle::Handle;
use super::readiness::{Direction, Ready};
use super::registration::Registration;

/// Stands still until it is set; behind loom's back.
#[derive(Clone, Debug)]
pub(crate) struct Standing(Arc<Mutex<Instant>>);

impl Standing {
    pub(crate) fn goes_on(&self, duration: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += duration;
    }
}

impl Clock for Standing {
    fn now(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) struct Reactor {
    handle: Handle,
    pub(crate) clock: Standing,
    /// Where sockets are registered.
    _poll: mio::Poll,
    sockets: (UnixStream, UnixStream),
}

impl Reactor {
    pub(crate) fn new() -> Arc<Self> {
        let clock = Standing(Arc::new(Mutex::new(Instant::now())));
        let made = || -> std::io::Result<Self> {
            let poll = mio::Poll::new()?;
            let waker = mio::Waker::new(poll.registry(), mio::Token(u32::MAX as usize))?;
            let handle = Handle::new(poll.registry().try_clone()?, waker, Arc::new(clock.clone()));
            Ok(Self { handle, clock: clock.clone(), _poll: poll, sockets: UnixStream::pair()? })
        };
        Arc::new(made().unwrap_or_else(|error| panic!("no reactor: {error}")))
    }

    /// Registers one of the two sockets.
    pub(crate) fn register(&self, second: bool) -> Registration {
        let socket = if second { &self.sockets.1 } else { &self.sockets.0 };
        Registration::new(self.handle.clone(), socket.as_raw_fd())
            .unwrap_or_else(|error| panic!("not registered: {error}"))
    }

    /// What the driver does with a reading event.
    pub(crate) fn event(&self, index: u32, generation: u32) {
        let ready =
            Ready { readable: true, writable: false, read_closed: true, write_closed: false };
        if let Some(readiness) = self.handle.shared.table.get(index) {
            readiness.set(generation, ready);
        }
    }

    pub(crate) fn has_sockets(&self) -> bool {
        !self.handle.shared.table.is_empty()
    }

    /// What the driver does with its timers; the wakers of those that are due.
    pub(crate) fn take_due(&self) -> Vec<Waker> {
        let mut due = Vec::new();
        self.handle.timers().take_due(&mut due);
        due
    }

    /// How long the driver would sleep.
    pub(crate) fn until_next(&self) -> Option<Duration> {
        self.handle.timers().until_next()
    }

    /// Adds a timer. Whether the driver is to be woken.
    pub(crate) fn insert(&self, deadline: Instant, waker: Waker) -> bool {
        let (key, notify) = self.handle.timers().insert(deadline, waker);
        assert!(key.is_some(), "no room");
        notify
    }

    pub(crate) fn is_ahead(&self, deadline: Instant) -> bool {
        self.handle.timers().is_ahead(deadline)
    }

    pub(crate) fn end(&self) {
        self.handle.end();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.handle.has_ended()
    }
}

impl Registration {
    /// Reads until it would have to wait, as a socket that the kernel has nothing for. `true`: it
    /// waits; `false`: the reactor has ended.
    pub(crate) fn waits(&self, waker: &Waker) -> bool {
        let mut cx = Context::from_waker(waker);
        while let std::task::Poll::Ready(seen) = self.readiness().poll(Direction::Read, &mut cx) {
            self.readiness().clear(Direction::Read, seen);
        }
        !self.has_ended()
    }
}
