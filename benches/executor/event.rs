//! What the kernel offers to wake a thread in epoll_wait, without anything around it.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// The contender's name.
pub(crate) const EVENTFD: &str = "bare eventfd and epoll";

/// An eventfd in an epoll set, edge-triggered as mio does it.
pub(crate) struct Event {
    event: OwnedFd,
    poll: OwnedFd,
}

impl Event {
    /// # Errors
    /// No file descriptors are left.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: both calls take plain flags, and return a new descriptor or -1.
        let (event, poll) = unsafe {
            (
                libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK),
                libc::epoll_create1(libc::EPOLL_CLOEXEC),
            )
        };
        let (event, poll) = (owned(event)?, owned(poll)?);
        let mut interest =
            libc::epoll_event { events: (libc::EPOLLIN | libc::EPOLLET) as u32, u64: 0 };
        // SAFETY: both descriptors are open, and the kernel copies `interest` during the call.
        let added = unsafe {
            libc::epoll_ctl(
                poll.as_raw_fd(),
                libc::EPOLL_CTL_ADD,
                event.as_raw_fd(),
                &raw mut interest,
            )
        };
        if added == 0 { Ok(Self { event, poll }) } else { Err(io::Error::last_os_error()) }
    }

    /// Wakes who waits, or will.
    pub(crate) fn notify(&self) {
        let one = 1_u64;
        // SAFETY: eight bytes are read from `one`, which lives.
        unsafe { libc::write(self.event.as_raw_fd(), (&raw const one).cast(), 8) };
    }

    /// Sleeps until notified.
    pub(crate) fn wait(&self) {
        let mut ready = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: there is room for the one event the kernel may write.
        unsafe { libc::epoll_wait(self.poll.as_raw_fd(), &raw mut ready, 1, -1) };
    }
}

fn owned(descriptor: i32) -> io::Result<OwnedFd> {
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just gave it, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}
