//! Anything with a descriptor, and its place in a reactor: the loop "try, wait for readiness, try
//! again".

use std::future::poll_fn;
use std::io::{self, ErrorKind, Result};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::{Mutex, OnceLock};
use std::task::{Context, Poll, ready};

use socket2::{SockRef, Type};

use crate::reactor::{Direction, Handle, Registration};
use crate::{budget, sync::lock};

/// A source of the kernel's events (a socket, pipe, timerfd, inotify instance, any `mio` source
/// that has a descriptor), made to wait as a future. The sockets of this room are this type, with
/// methods of their own.
///
/// All operations take `&self`: one task may read while another writes; two tasks that wait in the
/// same direction would take each other's wake-up. Regular files cannot be waited for: the first
/// use says so (`PermissionDenied`).
///
/// ```
/// use std::io::{Read, Write, pipe};
/// use windlass::net::Async;
///
/// let (reader, mut writer) = pipe()?;
/// let reader = Async::new(reader)?;
/// windlass::Runtime::new()?.block_on(async {
///     let waits = windlass::spawn(async move {
///         reader.read_with(|mut pipe| pipe.read(&mut [0; 8])).await
///     });
///     writer.write_all(b"ahoy")?;
///     assert_eq!(waits.await??, 4);
///     Ok::<_, Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Operations are cancel safe: a future dropped before it is ready has moved no byte.
///
/// It registers with a reactor when it is first polled, on the worker that polls it.
//
// `registration` stands before `io`: it is dropped while the descriptor is still open.
pub struct Async<S> {
    registration: OnceLock<(Registration, Drained)>,
    registering: Mutex<()>,
    io: S,
}

/// Whether a read that fills less than its buffer has taken all there is: from a stream of bytes.
/// Elsewhere a read may end where a record does.
type Drained = bool;

impl<S: AsFd> Async<S> {
    /// Takes over `io`, and makes it non-blocking. As long as it is inside, `io.as_fd()` is to be
    /// one and the same open descriptor, else its events are lost.
    ///
    /// # Errors
    /// The kernel's.
    pub fn new(io: S) -> Result<Self> {
        SockRef::from(&io).set_nonblocking(true)?;
        Ok(Self::non_blocking(io))
    }

    /// Takes a source that is in non-blocking mode.
    pub(super) fn non_blocking(io: S) -> Self {
        Self { registration: OnceLock::new(), registering: Mutex::new(()), io }
    }

    /// What is inside, for all that this type does not offer. Whoever reads or writes by it gets
    /// `WouldBlock` where it would wait.
    pub fn as_std(&self) -> &S {
        &self.io
    }

    /// Gives back what is inside; it stays in non-blocking mode.
    pub fn into_std(self) -> S {
        drop(self.registration);
        self.io
    }

    /// Waits until there is something to read (or the end, or an error), without reading: an idle
    /// connection needs no buffer.
    ///
    /// # Errors
    /// The kernel's; and when called outside a runtime.
    pub async fn readable(&self) -> Result<()> {
        self.read_with(|io| is_ready(io.as_fd(), libc::POLLIN)).await
    }

    /// Waits until a write would move something, or tell of an error.
    ///
    /// # Errors
    /// As [`Async::readable`].
    pub async fn writable(&self) -> Result<()> {
        self.write_with(|io| is_ready(io.as_fd(), libc::POLLOUT)).await
    }

    /// Tries `read` now and whenever there may be something to read, until it says anything but
    /// `WouldBlock`. It is to read (or accept, receive ..) and not to block.
    ///
    /// # Errors
    /// The operation's; and when called outside a runtime.
    pub async fn read_with<R>(&self, mut read: impl FnMut(&S) -> Result<R>) -> Result<R> {
        poll_fn(|cx| self.poll_read_with(cx, &mut read)).await
    }

    /// As [`Async::read_with`], for operations that write (or send ..).
    ///
    /// # Errors
    /// The operation's; and when called outside a runtime.
    pub async fn write_with<R>(&self, mut write: impl FnMut(&S) -> Result<R>) -> Result<R> {
        poll_fn(|cx| self.poll_write_with(cx, &mut write)).await
    }

    /// [`Async::read_with`] for a hand-written future: when it is pending, the task is woken once
    /// there may be something to read.
    pub fn poll_read_with<R>(
        &self,
        cx: &mut Context<'_>,
        operation: impl FnMut(&S) -> Result<R>,
    ) -> Poll<Result<R>> {
        self.poll_io(Direction::Read, cx, operation, |_| false)
    }

    /// As [`Async::poll_read_with`], for operations that write.
    pub fn poll_write_with<R>(
        &self,
        cx: &mut Context<'_>,
        operation: impl FnMut(&S) -> Result<R>,
    ) -> Poll<Result<R>> {
        self.poll_io(Direction::Write, cx, operation, |_| false)
    }

    /// Tries `operation` whenever the source may be ready, until it does not say "would block".
    /// `exhausted` tells from its result that the kernel has no more for now, if the source is a
    /// stream of bytes, which saves the next operation a vain system call.
    pub(super) fn poll_io<R>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&S) -> Result<R>,
        exhausted: impl Fn(&R) -> bool,
    ) -> Poll<Result<R>> {
        ready!(budget::left(cx.waker()));
        let (registration, drained) = self.registration()?;
        loop {
            let polled = registration.readiness().poll(direction, cx);
            if polled.is_pending() && registration.has_ended() {
                let why = "the windlass runtime of this socket has shut down";
                return Poll::Ready(Err(io::Error::new(ErrorKind::NotConnected, why)));
            }
            let seen = ready!(polled);
            match operation(&self.io) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    registration.readiness().clear(direction, seen);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                ended => {
                    budget::spend();
                    if *drained && !seen.is_closed() && ended.as_ref().is_ok_and(&exhausted) {
                        registration.readiness().clear(direction, seen);
                    }
                    return Poll::Ready(ended);
                }
            }
        }
    }

    /// The registration, made at the first use with the reactor of the thread that makes it.
    fn registration(&self) -> Result<&(Registration, Drained)> {
        self.registration.get().map_or_else(|| self.register(), Ok)
    }

    #[cold]
    fn register(&self) -> Result<&(Registration, Drained)> {
        // Both directions may come here at once, from two threads: it is registered once.
        let _registering = lock(&self.registering);
        if let Some(registration) = self.registration.get() {
            return Ok(registration);
        }
        let Some(handle) = Handle::current() else {
            let why = "a windlass socket must be used inside a windlass runtime that has reactors: \
                       in a task, in block_on, or under Handle::enter";
            return Err(io::Error::new(ErrorKind::NotConnected, why));
        };
        let registration = Registration::new(handle, self.io.as_fd().as_raw_fd())?;
        let drained = SockRef::from(&self.io).r#type().is_ok_and(|kind| kind == Type::STREAM);
        Ok(self.registration.get_or_init(|| (registration, drained)))
    }
}

impl<S: AsFd> AsFd for Async<S> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.io.as_fd()
    }
}

shows!([S: std::fmt::Debug] Async<S>: |own| Async { io: own.io });

/// Looks whether a descriptor is ready, without waiting.
fn is_ready(fd: BorrowedFd<'_>, events: libc::c_short) -> Result<()> {
    let mut look = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    // SAFETY: one `pollfd`, which lives across the call.
    match unsafe { libc::poll(&raw mut look, 1, 0) } {
        1 => Ok(()),
        0 => Err(ErrorKind::WouldBlock.into()),
        _ => Err(io::Error::last_os_error()),
    }
}
