//! What all kinds of sockets have in common.

use std::net::{self, Shutdown, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net as unix;
use std::{io, mem::MaybeUninit};

use socket2::{SockAddr, SockRef, Type};

use super::async_io::Async;

/// A kind of socket: here, each of the standard library's. Others (for `SOCK_SEQPACKET`, say) can
/// join, if what is behind their descriptor is a socket of that family.
pub trait Socket: AsFd + From<OwnedFd> {
    /// The addresses of its family.
    type Address: Address;
}

/// The addresses of a family.
pub trait Address: Sized {
    /// What the kernel gave, unless it is of another family.
    fn of(given: &SockAddr) -> Option<Self>;
}

impl Address for SocketAddr {
    fn of(given: &SockAddr) -> Option<Self> {
        given.as_socket()
    }
}

impl Address for unix::SocketAddr {
    fn of(given: &SockAddr) -> Option<Self> {
        given.as_unix()
    }
}

impl Socket for net::TcpStream {
    type Address = SocketAddr;
}

impl Socket for net::TcpListener {
    type Address = SocketAddr;
}

impl Socket for net::UdpSocket {
    type Address = SocketAddr;
}

impl Socket for unix::UnixStream {
    type Address = unix::SocketAddr;
}

impl Socket for unix::UnixListener {
    type Address = unix::SocketAddr;
}

impl Socket for unix::UnixDatagram {
    type Address = unix::SocketAddr;
}

/// What sockets of every kind can do.
impl<S: Socket> Async<S> {
    /// Takes over a socket of the standard library, and makes it non-blocking.
    ///
    /// # Errors
    /// The kernel's.
    pub fn from_std(socket: S) -> io::Result<Self> {
        Self::new(socket)
    }

    /// The socket as the standard library knows it, for options that this type does not offer.
    pub fn as_std(&self) -> &S {
        self.get_ref()
    }

    /// Gives the socket back; it stays non-blocking, until its `set_nonblocking` is called.
    pub fn into_std(self) -> S {
        self.into_inner()
    }

    /// This side's address: with the port that the kernel chose for port 0.
    ///
    /// # Errors
    /// The kernel's.
    pub fn local_addr(&self) -> io::Result<S::Address> {
        address(&SockRef::from(self).local_addr()?)
    }

    /// The peer's address.
    ///
    /// # Errors
    /// The kernel's: `NotConnected`, when there is no peer.
    pub fn peer_addr(&self) -> io::Result<S::Address> {
        address(&SockRef::from(self).peer_addr()?)
    }

    /// Closes one direction or both; a half-closed connection still works the other way.
    ///
    /// # Errors
    /// The kernel's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        SockRef::from(self).shutdown(how)
    }

    /// Reads without taking: the next read begins with the same bytes. Cancel safe.
    ///
    /// # Errors
    /// The kernel's; and when called outside a runtime.
    pub async fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_with(|io| SockRef::from(io).peek(uninit(buffer))).await
    }
}

/// Connects a new socket of that kind.
pub(super) async fn connect<S: Socket>(kind: Type, to: &SockAddr) -> io::Result<Async<S>> {
    let socket = socket2::Socket::new(to.domain(), kind, None)?;
    socket.set_nonblocking(true)?;
    match socket.connect(to) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    let socket = Async::non_blocking(S::from(OwnedFd::from(socket)));
    // Until it is connected a socket is not writable, which a new registration does not know yet.
    let connected = |io: &S| {
        let io = SockRef::from(io);
        io.take_error()?.map_or(Ok(()), Err)?;
        io.peer_addr().map_err(|error| match error.kind() {
            io::ErrorKind::NotConnected => io::ErrorKind::WouldBlock.into(),
            _ => error,
        })
    };
    socket.write_with(connected).await?;
    Ok(socket)
}

/// What the kernel says, as the standard library says it.
pub(super) fn address<A: Address>(given: &SockAddr) -> io::Result<A> {
    A::of(given).ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "of another family"))
}

/// For receives, which write bytes only.
pub(super) fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: the same layout, and socket2 promises to write initialised bytes only.
    unsafe { &mut *(std::ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) }
}
