//! A listening TCP socket.

use std::net::{self, SocketAddr, ToSocketAddrs};
use std::task::{Context, Poll};
use std::{future::poll_fn, io, pin::Pin};

use futures_core::Stream;

use super::{socket::Socket, tcp_stream::TcpStream};
use crate::reactor::Direction;

/// How many connections may wait to be accepted; the system may allow less.
const BACKLOG: i32 = 4096;

/// A listening TCP socket.
///
/// ```
/// use windlass::net::{TcpListener, TcpStream};
///
/// let runtime = windlass::Runtime::new()?;
/// let received = runtime.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0")?;
///     let client = TcpStream::connect(listener.local_addr()?).await?;
///     let (server, _peer) = listener.accept().await?;
///     client.write_all(b"ahoy").await?;
///     let mut buffer = [0; 8];
///     let len = server.read(&mut buffer).await?;
///     Ok::<_, std::io::Error>(buffer[..len].to_vec())
/// })?;
/// assert_eq!(received, b"ahoy");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TcpListener {
    socket: Socket<net::TcpListener>,
}

impl TcpListener {
    /// Binds to the first of the addresses that can be bound, and listens. Name look-ups block.
    ///
    /// # Errors
    /// The kernel's (in use, not allowed, not available).
    pub fn bind(addresses: impl ToSocketAddrs) -> io::Result<Self> {
        let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "no address to bind to");
        for address in addresses.to_socket_addrs()? {
            match listen(address) {
                Ok(listener) => return Self::from_std(listener),
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Takes over a listener of the standard library, and makes it non-blocking.
    ///
    /// # Errors
    /// The kernel's.
    pub fn from_std(listener: net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { socket: Socket::new(listener) })
    }

    /// The address it listens on, with the port that the kernel chose for port 0.
    ///
    /// # Errors
    /// The kernel's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.io().local_addr()
    }

    /// The next connection. Cancel safe: a dropped future has taken none. One task at a time.
    ///
    /// # Errors
    /// The kernel's. With `EMFILE` or `ENFILE` (descriptors used up) the connection stays in the
    /// backlog and the next call tries again at once: wait a little before it.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// The connections as a stream that never ends.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming(self)
    }

    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accept = |io: &net::TcpListener| {
            let (stream, peer) = io.accept()?;
            Ok((TcpStream::from_std(stream)?, peer))
        };
        self.socket.poll_io(Direction::Read, cx, accept, |_| false)
    }
}

/// As the standard library binds, with a longer queue of connections not yet accepted.
fn listen(address: SocketAddr) -> io::Result<net::TcpListener> {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// The connections of a [`TcpListener`], without the peers' addresses.
#[derive(Debug)]
pub struct Incoming<'a>(&'a TcpListener);

impl Stream for Incoming<'_> {
    type Item = io::Result<TcpStream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _peer)| stream)))
    }
}
