//! An alarm that ends the driver's wait at a time: a timer of the kernel's with a descriptor, since
//! `epoll_wait` counts in milliseconds.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::time::{Duration, Instant};

use mio::{Interest, Registry, Token, unix::SourceFd};

pub(super) struct Alarm {
    fd: OwnedFd,
    /// When it rings, in real time, whatever the reactor's clock does meanwhile.
    at: Option<Instant>,
}

impl Alarm {
    /// # Errors
    /// The kernel's: descriptors may be used up.
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let flags = libc::TFD_NONBLOCK | libc::TFD_CLOEXEC;
        // SAFETY: no memory is passed.
        let fd = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made it, for us.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        registry.register(&mut SourceFd(&fd.as_raw_fd()), token, Interest::READABLE)?;
        Ok(Self { fd, at: None })
    }

    /// Sees to it that the wait ends in the time `left`. The timeout that the wait needs besides:
    /// none.
    pub(super) fn set(&mut self, left: Duration) -> Option<Duration> {
        if left.is_zero() {
            return Some(left);
        }
        let Some(at) = Instant::now().checked_add(left) else { return Some(left) };
        // The next look at the same deadline may be off by a little, less than half a tick.
        if self.at.is_some_and(|set| set <= at + Duration::from_micros(16)) {
            return None;
        }
        let seconds = libc::time_t::try_from(left.as_secs()).unwrap_or(libc::time_t::MAX);
        let it_value = libc::timespec { tv_sec: seconds, tv_nsec: left.subsec_nanos().into() };
        let it_interval = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        let spec = libc::itimerspec { it_interval, it_value };
        // SAFETY: the descriptor is a timer's, the spec is read during the call only.
        let set = unsafe {
            libc::timerfd_settime(self.fd.as_raw_fd(), 0, &raw const spec, std::ptr::null_mut())
        };
        self.at = (set == 0).then_some(at);
        (set != 0).then_some(left)
    }

    /// It has rung. (Each expiry is an edge of its own: the descriptor need not be read.)
    pub(super) fn rang(&mut self) {
        self.at = None;
    }
}
