//! A non-blocking socket and its place in a reactor: the loop "try, wait for readiness, try again".

use std::os::fd::{AsFd, AsRawFd};
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Poll, ready};
use std::{fmt, io};

use crate::reactor::{Direction, Handle, Registration};
use crate::{budget, sync::lock};

/// `registration` stands before `io`: it is dropped while the descriptor is still open.
pub(super) struct Socket<S> {
    registration: OnceLock<Registration>,
    registering: Mutex<()>,
    io: S,
}

impl<S: AsFd> Socket<S> {
    /// Takes a socket that is in non-blocking mode.
    pub(super) fn new(io: S) -> Self {
        Self { registration: OnceLock::new(), registering: Mutex::new(()), io }
    }

    pub(super) fn io(&self) -> &S {
        &self.io
    }

    /// Tries `operation` whenever the socket may be ready, until it does not say "would block".
    /// `exhausted` tells from its result that the kernel has no more for now, which saves the next
    /// operation a vain system call.
    pub(super) fn poll_io<R>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&S) -> io::Result<R>,
        exhausted: impl Fn(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        ready!(budget::left(cx.waker()));
        let registration = self.registration()?;
        loop {
            let polled = registration.readiness().poll(direction, cx);
            if polled.is_pending() && registration.has_ended() {
                let why = "the windlass runtime of this socket has shut down";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::NotConnected, why)));
            }
            let seen = ready!(polled);
            match operation(&self.io) {
                Ok(result) => {
                    budget::spend();
                    if !seen.is_closed() && exhausted(&result) {
                        registration.readiness().clear(direction, seen);
                    }
                    return Poll::Ready(Ok(result));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    registration.readiness().clear(direction, seen);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    budget::spend();
                    return Poll::Ready(Err(error));
                }
            }
        }
    }

    /// The registration, made at the first use with the reactor of the thread that makes it.
    fn registration(&self) -> io::Result<&Registration> {
        self.registration.get().map_or_else(|| self.register(), Ok)
    }

    #[cold]
    fn register(&self) -> io::Result<&Registration> {
        // Both directions may come here at once, from two threads: it is registered once.
        let _registering = lock(&self.registering);
        if let Some(registration) = self.registration.get() {
            return Ok(registration);
        }
        let Some(handle) = Handle::current() else {
            let why = "a windlass socket must be used inside a windlass runtime that has reactors: \
                       in a task, in block_on, or under Handle::enter";
            return Err(io::Error::new(io::ErrorKind::NotConnected, why));
        };
        let registration = Registration::new(handle, self.io.as_fd().as_raw_fd())?;
        Ok(self.registration.get_or_init(|| registration))
    }
}

impl<S: fmt::Debug> fmt::Debug for Socket<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.fmt(f)
    }
}
