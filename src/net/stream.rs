//! Streams of bytes: TCP and Unix connections, and pipes.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown, SocketAddr};
use std::os::{fd::AsFd, unix::net as unix};
use std::{future::poll_fn, path::Path, pin::Pin, time::Duration};

use futures_io::{AsyncRead, AsyncWrite};
use socket2::{SockAddr, SockRef, TcpKeepalive, Type};

use super::{async_io::Async, socket::connect};

/// A TCP connection. Dropping it closes it.
pub type TcpStream = Async<net::TcpStream>;

/// A connection between processes of one machine.
pub type UnixStream = Async<unix::UnixStream>;

impl TcpStream {
    /// Connects to `address`. Dropping the future gives the attempt up; `windlass::dial` looks
    /// names up, and bounds the time.
    ///
    /// # Errors
    /// The kernel's (refused, unreachable, timed out); and when called outside a runtime.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        connect(Type::STREAM, &address.into()).await
    }

    /// Sends small writes at once (`TCP_NODELAY`) instead of collecting them.
    ///
    /// # Errors
    /// The kernel's.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.as_std().set_nodelay(nodelay)
    }

    /// Asks a peer that has been silent for `idle` whether it is still there, and takes the
    /// connection for dead when it does not answer. The kernel counts seconds.
    ///
    /// # Errors
    /// The kernel's.
    pub fn set_keepalive(&self, idle: Duration) -> io::Result<()> {
        SockRef::from(self).set_tcp_keepalive(&TcpKeepalive::new().with_time(idle))
    }
}

impl UnixStream {
    /// Connects to the socket at `path`; on Linux, one that begins with a zero byte is a name in
    /// the abstract namespace.
    ///
    /// # Errors
    /// The kernel's (not found, refused; `WouldBlock`, when the listener's backlog is full: this
    /// comes at once, and `windlass::dial::unix` tries again); and when called outside a runtime.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        connect(Type::STREAM, &SockAddr::unix(path)?).await
    }

    /// Two streams, connected to each other.
    ///
    /// # Errors
    /// The kernel's.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = unix::UnixStream::pair()?;
        Ok((Self::new(one)?, Self::new(other)?))
    }
}

/// Reading, where the standard library reads by reference.
impl<S: AsFd> Async<S>
where
    for<'a> &'a S: Read,
{
    /// Reads at most `buffer.len()` bytes; 0 when the peer has closed its side. Cancel safe.
    ///
    /// # Errors
    /// The kernel's; and when called outside a runtime.
    pub async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut &*self).poll_read(cx, buffer)).await
    }

    /// Reads into several buffers in turn; 0 when the peer has closed its side. Cancel safe.
    ///
    /// # Errors
    /// As [`Async::read`].
    pub async fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.read_with(|mut io| io.read_vectored(buffers)).await
    }
}

/// Writing, where the standard library writes by reference.
impl<S: AsFd> Async<S>
where
    for<'a> &'a S: Write,
{
    /// Writes at least one byte of a `buffer` that is not empty. Cancel safe.
    ///
    /// # Errors
    /// The kernel's; and when called outside a runtime.
    pub async fn write(&self, buffer: &[u8]) -> io::Result<usize> {
        poll_fn(|cx| Pin::new(&mut &*self).poll_write(cx, buffer)).await
    }

    /// Writes the whole `buffer`. Not cancel safe: part may have been written.
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

    /// Writes from several buffers in turn. Cancel safe.
    ///
    /// # Errors
    /// As [`Async::write`].
    pub async fn write_vectored(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        self.write_with(|mut io| io.write_vectored(buffers)).await
    }
}

/// Ends the writing direction of a socket; a pipe ends when it is dropped.
pub(super) fn end_writing(io: &impl AsFd) -> io::Result<()> {
    let ended = SockRef::from(io).shutdown(Shutdown::Write);
    let no_socket = |error: &io::Error| error.raw_os_error() == Some(libc::ENOTSOCK);
    ended.or_else(|error| if no_socket(&error) { Ok(()) } else { Err(error) })
}
