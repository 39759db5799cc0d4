//! A TCP connection.

use std::future::poll_fn;
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::task::{Context, Poll};

use super::socket::Socket;
use crate::reactor::Direction;

/// How many bytes were read or written.
pub(super) type Moved = Poll<io::Result<usize>>;

/// A TCP connection. All operations take `&self`: one task may read while another writes; two tasks
/// that wait in the same direction would take each other's wake-up.
///
/// Reading and writing are cancel safe: a future dropped before it is ready has moved no byte.
/// [`TcpStream::write_all`] is not: part may have been written.
#[derive(Debug)]
pub struct TcpStream {
    socket: Socket<net::TcpStream>,
}

impl TcpStream {
    /// Connects to `address`.
    ///
    /// # Errors
    /// The kernel's (refused, unreachable, timed out); and when called outside a runtime.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let domain = socket2::Domain::for_address(address);
        let tcp = Some(socket2::Protocol::TCP);
        let socket = socket2::Socket::new(domain, socket2::Type::STREAM, tcp)?;
        socket.set_nonblocking(true)?;
        match socket.connect(&address.into()) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(EINPROGRESS) => {}
            Err(error) => return Err(error),
        }
        let socket = Socket::new(net::TcpStream::from(socket));
        // Until it is connected a socket is not writable, which a new registration does not know
        // yet.
        let connected = |io: &net::TcpStream| {
            io.take_error()?.map_or(Ok(()), Err)?;
            io.peer_addr().map_err(|error| match error.kind() {
                io::ErrorKind::NotConnected => io::ErrorKind::WouldBlock.into(),
                _ => error,
            })
        };
        poll_fn(|cx| socket.poll_io(Direction::Write, cx, connected, |_| false)).await?;
        Ok(Self { socket })
    }

    /// Takes over a connected stream of the standard library, and makes it non-blocking.
    ///
    /// # Errors
    /// The kernel's.
    pub fn from_std(stream: net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { socket: Socket::new(stream) })
    }

    /// Reads at most `buffer.len()` bytes; 0 when the peer has closed its side.
    ///
    /// # Errors
    /// The kernel's; and when called outside a runtime.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read(cx, buffer)).await
    }

    /// Writes at least one byte of a `buffer` that is not empty.
    ///
    /// # Errors
    /// The kernel's; and when called outside a runtime.
    pub async fn write(&self, buffer: &[u8]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_write(cx, buffer)).await
    }

    /// Writes the whole `buffer`.
    ///
    /// # Errors
    /// The kernel's; `WriteZero` when the kernel takes nothing; and when called outside a runtime.
    pub async fn write_all(&self, mut buffer: &[u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.write(buffer).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => buffer = &buffer[written..],
            }
        }
        Ok(())
    }

    /// Reads into several buffers in turn; 0 when the peer has closed its side.
    ///
    /// # Errors
    /// As [`TcpStream::read`].
    pub async fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_read_vectored(cx, buffers)).await
    }

    /// Writes from several buffers in turn.
    ///
    /// # Errors
    /// As [`TcpStream::write`].
    pub async fn write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        poll_fn(|cx| self.poll_write_vectored(cx, buffers)).await
    }

    /// Waits until there is something to read (or the end, or an error), without reading: an idle
    /// connection needs no buffer.
    ///
    /// # Errors
    /// When called outside a runtime.
    pub async fn readable(&self) -> io::Result<()> {
        let peek = |io: &net::TcpStream| io.peek(&mut [0]);
        poll_fn(|cx| self.socket.poll_io(Direction::Read, cx, peek, |_| false)).await.map(drop)
    }

    /// Closes one direction or both; a half-closed connection still works the other way.
    ///
    /// # Errors
    /// The kernel's.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.socket.io().shutdown(how)
    }

    /// Sends small writes at once (`TCP_NODELAY`) instead of collecting them.
    ///
    /// # Errors
    /// The kernel's.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.socket.io().set_nodelay(nodelay)
    }

    /// The peer's address.
    ///
    /// # Errors
    /// The kernel's.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().peer_addr()
    }

    /// This side's address.
    ///
    /// # Errors
    /// The kernel's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().local_addr()
    }

    /// The socket as the standard library knows it, for options that this type does not offer.
    pub fn as_std(&self) -> &net::TcpStream {
        self.socket.io()
    }

    /// As the halves' method of this name.
    pub(super) fn stream(&self) -> &Self {
        self
    }

    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Moved {
        let some = 1..buffer.len();
        let read = |mut io: &net::TcpStream| io.read(buffer);
        self.socket.poll_io(Direction::Read, cx, read, |read| some.contains(read))
    }

    pub(super) fn poll_write(&self, cx: &mut Context<'_>, buffer: &[u8]) -> Moved {
        let some = 1..buffer.len();
        let write = |mut io: &net::TcpStream| io.write(buffer);
        self.socket.poll_io(Direction::Write, cx, write, |written| some.contains(written))
    }

    pub(super) fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
    ) -> Moved {
        let read = |mut io: &net::TcpStream| io.read_vectored(buffers);
        self.socket.poll_io(Direction::Read, cx, read, |_| false)
    }

    pub(super) fn poll_write_vectored(&self, cx: &mut Context<'_>, from: &[IoSlice<'_>]) -> Moved {
        let write = |mut io: &net::TcpStream| io.write_vectored(from);
        self.socket.poll_io(Direction::Write, cx, write, |_| false)
    }
}

/// "Operation now in progress": on Linux, and on most other Unixes.
const EINPROGRESS: i32 = if cfg!(target_os = "linux") { 115 } else { 36 };
