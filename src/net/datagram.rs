//! Sockets that move whole datagrams: UDP, and their like between processes of one machine.

use std::net::{self, SocketAddr, ToSocketAddrs};
use std::os::unix::net as unix;
use std::task::{Context, Poll, ready};
use std::{io, path::Path, pin::Pin};

use futures_core::Stream;
use futures_sink::Sink;
use socket2::SockRef;

use super::async_io::Async;
use super::socket::{Socket, uninit};

/// A UDP socket. Broadcast, the time to live and multicast are set by [`Async::as_std`].
///
/// ```
/// use windlass::net::UdpSocket;
///
/// let received = windlass::Runtime::new()?.block_on(async {
///     let (one, other) = (UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?);
///     one.send_to(b"ahoy", &other.local_addr()?).await?;
///     let mut buffer = [0; 1500];
///     let (len, from) = other.recv_from(&mut buffer).await?;
///     assert_eq!(from, one.local_addr()?);
///     Ok::<_, std::io::Error>(buffer[..len].to_vec())
/// })?;
/// assert_eq!(received, b"ahoy");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type UdpSocket = Async<net::UdpSocket>;

/// A socket for datagrams between processes of one machine: none is lost, and none overtakes. One
/// without an address is made by the standard library's `unbound`, and [`Async::from_std`];
/// `as_std().connect(path)` names the peer of `send`, and does not wait.
///
/// A sender that is not connected should have its receiver to itself: the kernel wakes it when one
/// of its own datagrams was read, not when those of others made room.
pub type UnixDatagram = Async<unix::UnixDatagram>;

/// A kind of socket that moves datagrams.
pub trait Datagram: Socket<Address: Unpin> {
    /// Receives one, without waiting if the socket is non-blocking.
    ///
    /// # Errors
    /// The kernel's.
    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, Self::Address)>;

    /// Sends one, likewise.
    ///
    /// # Errors
    /// The kernel's.
    fn try_send_to(&self, datagram: &[u8], to: &Self::Address) -> io::Result<usize>;
}

impl Datagram for net::UdpSocket {
    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.recv_from(buffer)
    }

    fn try_send_to(&self, datagram: &[u8], to: &SocketAddr) -> io::Result<usize> {
        self.send_to(datagram, to)
    }
}

impl Datagram for unix::UnixDatagram {
    fn try_recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, unix::SocketAddr)> {
        self.recv_from(buffer)
    }

    fn try_send_to(&self, datagram: &[u8], to: &unix::SocketAddr) -> io::Result<usize> {
        self.send_to_addr(datagram, to)
    }
}

impl UdpSocket {
    /// Binds to the first of the addresses that can be bound. Name look-ups block.
    ///
    /// # Errors
    /// The kernel's (in use, not allowed, not available).
    pub fn bind(addresses: impl ToSocketAddrs) -> io::Result<Self> {
        net::UdpSocket::bind(addresses).and_then(Self::new)
    }

    /// From now on `send` sends to the first of the addresses that will do, and only what comes
    /// from there is received. Does not wait, but for name look-ups.
    ///
    /// # Errors
    /// The kernel's.
    pub fn connect(&self, addresses: impl ToSocketAddrs) -> io::Result<()> {
        self.as_std().connect(addresses)
    }

    /// As [`Async::recv_from`], without taking the datagram.
    ///
    /// # Errors
    /// As [`Async::recv`].
    pub async fn peek_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.read_with(|io| io.peek_from(buffer)).await
    }
}

impl UnixDatagram {
    /// Makes the socket file `path`, which stays when the socket is dropped.
    ///
    /// # Errors
    /// The kernel's (in use, not allowed, not found).
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        unix::UnixDatagram::bind(path).and_then(Self::new)
    }

    /// Two sockets, connected to each other.
    ///
    /// # Errors
    /// The kernel's.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = unix::UnixDatagram::pair()?;
        Ok((Self::new(one)?, Self::new(other)?))
    }
}

/// Datagrams. All operations are cancel safe.
impl<S: Datagram> Async<S> {
    /// Receives one datagram. What does not fit into `buffer` is lost.
    ///
    /// # Errors
    /// The kernel's: on a connected UDP socket also `ConnectionRefused`, when an earlier datagram
    /// found nobody; and when called outside a runtime.
    pub async fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        self.read_with(|io| SockRef::from(io).recv(uninit(buffer))).await
    }

    /// Sends one datagram to the connected peer.
    ///
    /// # Errors
    /// As [`Async::recv`]; and when the datagram is too long for the way.
    pub async fn send(&self, datagram: &[u8]) -> io::Result<usize> {
        self.write_with(|io| SockRef::from(io).send(datagram)).await
    }

    /// Receives one datagram, and tells its sender. What does not fit into `buffer` is lost.
    ///
    /// # Errors
    /// As [`Async::recv`].
    pub async fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, S::Address)> {
        self.read_with(|io| io.try_recv_from(buffer)).await
    }

    /// Sends one datagram to `to`.
    ///
    /// # Errors
    /// As [`Async::send`].
    pub async fn send_to(&self, datagram: &[u8], to: &S::Address) -> io::Result<usize> {
        self.write_with(|io| io.try_send_to(datagram, to)).await
    }

    /// The datagrams that come as a stream, cut to `len_max` bytes; and a sink for those that go.
    pub fn datagrams(&self, len_max: usize) -> Datagrams<'_, S> {
        Datagrams { socket: self, buffer: vec![0; len_max], next: None }
    }
}

/// What [`Async::datagrams`] returns. A datagram that could not be sent is dropped with the error.
pub struct Datagrams<'a, S: Datagram> {
    socket: &'a Async<S>,
    buffer: Vec<u8>,
    next: Option<(Vec<u8>, S::Address)>,
}

impl<S: Datagram> Stream for Datagrams<'_, S> {
    type Item = io::Result<(Vec<u8>, S::Address)>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { socket, buffer, .. } = &mut *self;
        let received = ready!(socket.poll_read_with(cx, |io| io.try_recv_from(buffer)));
        Poll::Ready(Some(received.map(|(len, from)| (buffer[..len].to_vec(), from))))
    }
}

impl<S: Datagram> Sink<(Vec<u8>, S::Address)> for Datagrams<'_, S> {
    type Error = io::Error;

    fn poll_ready(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }

    fn start_send(mut self: Pin<&mut Self>, next: (Vec<u8>, S::Address)) -> io::Result<()> {
        self.next = Some(next);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some((datagram, to)) = &self.next else { return Poll::Ready(Ok(())) };
        let send = |io: &S| io.try_send_to(datagram, to);
        let sent = ready!(self.socket.poll_write_with(cx, send));
        self.next = None;
        Poll::Ready(sent.map(drop))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

shows!([S: Datagram + std::fmt::Debug] Datagrams<'_, S>: |own| Datagrams { socket: own.socket });
