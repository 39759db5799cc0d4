//! What all kinds of sockets have in common.

use std::net::{self, Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::{self as unix, UnixStream};
use std::{io, mem::ManuallyDrop, mem::MaybeUninit};

use socket2::{SockAddr, SockRef, Type};

use super::async_io::Async;

/// A kind of socket: here, each of the standard library's. Others (for `SOCK_SEQPACKET`, say) can
/// join, if what is behind their descriptor is a socket of that family.
pub trait Socket: AsFd + From<OwnedFd> {
    /// The addresses of its family.
    type Address;

    /// The address of this side, or of the peer.
    ///
    /// # Errors
    /// The kernel's.
    fn address(&self, of_peer: bool) -> io::Result<Self::Address>;
}

/// By the standard library's type of the family that asks for both addresses.
macro_rules! kinds {
    ($address:ty, $asks:ty: $($kind:ty),*) => { $(impl Socket for $kind {
        type Address = $address;

        fn address(&self, of_peer: bool) -> io::Result<$address> {
            // SAFETY: the descriptor is open while `self` is borrowed, and is not closed here.
            let asks = ManuallyDrop::new(unsafe { <$asks>::from_raw_fd(self.as_raw_fd()) });
            if of_peer { asks.peer_addr() } else { asks.local_addr() }
        }
    })* };
}

kinds!(SocketAddr, net::TcpStream: net::TcpStream, net::TcpListener, net::UdpSocket);
kinds!(unix::SocketAddr, UnixStream: UnixStream, unix::UnixListener, unix::UnixDatagram);

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
        self.as_std().address(false)
    }

    /// The peer's address.
    ///
    /// # Errors
    /// The kernel's: `NotConnected`, when there is no peer.
    pub fn peer_addr(&self) -> io::Result<S::Address> {
        self.as_std().address(true)
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

/// For receives, which write bytes only.
pub(super) fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    // SAFETY: the same layout, and socket2 promises to write initialised bytes only.
    unsafe { &mut *(std::ptr::from_mut(buffer) as *mut [MaybeUninit<u8>]) }
}
