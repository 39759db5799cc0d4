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
    type Address;

    /// What the kernel gave as an address, unless it is of another family.
    fn address(given: &SockAddr) -> Option<Self::Address>;
}

macro_rules! kinds {
    ($address:ty, $get:expr; $($kind:ty),*) => { $(impl Socket for $kind {
        type Address = $address;

        fn address(given: &SockAddr) -> Option<$address> {
            $get(given)
        }
    })* };
}

kinds!(SocketAddr, SockAddr::as_socket; net::TcpStream, net::TcpListener, net::UdpSocket);
kinds!(unix::SocketAddr, unix_address; unix::UnixStream, unix::UnixListener, unix::UnixDatagram);

/// The kernel gives nothing at all for a peer without a name.
fn unix_address(given: &SockAddr) -> Option<unix::SocketAddr> {
    given.as_unix().or_else(|| unix::SocketAddr::from_pathname("").ok())
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

    /// This side's address: with the port that the kernel chose for port 0.
    ///
    /// # Errors
    /// The kernel's.
    pub fn local_addr(&self) -> io::Result<S::Address> {
        SockRef::from(self).local_addr().and_then(address::<S>)
    }

    /// The peer's address.
    ///
    /// # Errors
    /// The kernel's: `NotConnected`, when there is no peer.
    pub fn peer_addr(&self) -> io::Result<S::Address> {
        SockRef::from(self).peer_addr().and_then(address::<S>)
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
    if let Err(error) = socket.connect(to)
        && error.raw_os_error() != Some(libc::EINPROGRESS)
    {
        return Err(error);
    }
    let socket = Async::non_blocking(S::from(OwnedFd::from(socket)));
    socket.writable().await?;
    SockRef::from(&socket).take_error()?.map_or(Ok(socket), Err)
}

/// What the kernel says, as the standard library says it.
pub(super) fn address<S: Socket>(given: SockAddr) -> io::Result<S::Address> {
    S::address(&given).ok_or_else(|| io::ErrorKind::Unsupported.into())
}

/// For receives, which write bytes only.
pub(super) fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: the same layout, and socket2 promises to write initialised bytes only.
    unsafe { &mut *(std::ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) }
}
