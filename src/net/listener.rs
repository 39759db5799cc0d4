//! Listening sockets.

use std::net::{self, ToSocketAddrs};
use std::os::unix::net as unix;
use std::task::{Context, Poll, ready};
use std::{future::poll_fn, io, path::Path, pin::Pin};

use futures_core::Stream;
use libc::{ECONNABORTED, EHOSTDOWN, EHOSTUNREACH, ENETDOWN, ENETUNREACH, ENOPROTOOPT, EPROTO};
use libc::{EMFILE, ENFILE, ENOBUFS, ENOMEM};

use super::{async_io::Async, listen_options::ListenOptions, pause::Pause, socket::Socket};

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
pub type TcpListener = Async<net::TcpListener>;

/// A listening socket for processes of one machine.
pub type UnixListener = Async<unix::UnixListener>;

/// A kind of socket that listens.
pub trait Accept: Socket {
    /// The connections it accepts.
    type Stream: Socket;

    /// Accepts one, without waiting if the socket is non-blocking.
    ///
    /// # Errors
    /// The kernel's.
    fn try_accept(&self) -> io::Result<(Self::Stream, Self::Address)>;
}

impl Accept for net::TcpListener {
    type Stream = net::TcpStream;

    fn try_accept(&self) -> io::Result<(net::TcpStream, net::SocketAddr)> {
        self.accept()
    }
}

impl Accept for unix::UnixListener {
    type Stream = unix::UnixStream;

    fn try_accept(&self) -> io::Result<(unix::UnixStream, unix::SocketAddr)> {
        self.accept()
    }
}

/// A connection, and the peer's address.
type Accepted<L> = (Async<<L as Accept>::Stream>, <L as Socket>::Address);

impl TcpListener {
    /// Binds to the first of the addresses that can be bound, and listens, by the default
    /// [`ListenOptions`]. Name look-ups block.
    ///
    /// # Errors
    /// The kernel's (in use, not allowed, not available).
    pub fn bind(addresses: impl ToSocketAddrs) -> io::Result<Self> {
        ListenOptions::default().listen(addresses)
    }
}

impl UnixListener {
    /// Makes the socket file `path`, and listens. The file stays when the listener is dropped, and
    /// is in the way of the next one, until somebody removes it. For names in the abstract
    /// namespace there is the standard library's `bind_addr`, and [`Async::from_std`].
    ///
    /// # Errors
    /// The kernel's (in use, not allowed, not found).
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        unix::UnixListener::bind(path).and_then(Self::new)
    }
}

/// Accepting.
impl<L: Accept> Async<L> {
    /// The next connection. Cancel safe: a dropped future has taken none. One task at a time.
    ///
    /// While descriptors or memory are used up (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`) it tries
    /// again and again, after pauses that grow from 5 ms to a second: the connections wait in the
    /// backlog. [`Async::accept_telling`] tells that they do. Connections that broke before they
    /// were accepted are passed over.
    ///
    /// # Errors
    /// The kernel's other errors, which will come again; and when called outside a runtime.
    pub async fn accept(&self) -> io::Result<Accepted<L>> {
        self.accept_telling(|_| {}).await
    }

    /// As [`Async::accept`]; before each pause it tells what is lacking.
    ///
    /// # Errors
    /// As [`Async::accept`].
    pub async fn accept_telling(
        &self,
        mut lacking: impl FnMut(&io::Error),
    ) -> io::Result<Accepted<L>> {
        let mut pause = Pause::default();
        poll_fn(|cx| self.poll_accept(cx, &mut pause, &mut lacking)).await
    }

    /// The connections as a stream that never ends.
    pub fn incoming(&self) -> Incoming<'_, L> {
        Incoming { listener: self, pause: Pause::default() }
    }

    fn poll_accept(
        &self,
        cx: &mut Context<'_>,
        pause: &mut Pause,
        mut lacking: impl FnMut(&io::Error),
    ) -> Poll<io::Result<Accepted<L>>> {
        loop {
            ready!(pause.poll(cx));
            let accept = |io: &L| io.try_accept().and_then(|(io, of)| Ok((Async::new(io)?, of)));
            let accepted = ready!(self.poll_read_with(cx, accept));
            match (accepted.as_ref().err().and_then(io::Error::raw_os_error), accepted) {
                // The listener stays ready: what waits in the backlog is not reported again.
                (Some(EMFILE | ENFILE | ENOBUFS | ENOMEM), Err(lack)) => {
                    lacking(&lack);
                    pause.begin(cx.waker(), lack)?;
                }
                // About that one connection: Linux hands on what its network said.
                (Some(ECONNABORTED | EPROTO | ENOPROTOOPT | ENETDOWN | ENETUNREACH), _) => {}
                (Some(EHOSTDOWN | EHOSTUNREACH), _) => {}
                (_, ended) => return Poll::Ready(ended),
            }
        }
    }
}

/// The connections of a listener, without the peers' addresses.
pub struct Incoming<'a, L = net::TcpListener> {
    listener: &'a Async<L>,
    pause: Pause,
}

impl<L: Accept> Stream for Incoming<'_, L> {
    type Item = io::Result<Async<L::Stream>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { listener, pause } = self.get_mut();
        let accepted = ready!(listener.poll_accept(cx, pause, |_| {}));
        *pause = Pause::default();
        Poll::Ready(Some(accepted.map(|(stream, _peer)| stream)))
    }
}

shows!([L: std::fmt::Debug] Incoming<'_, L>: |own| Incoming { listener: own.listener });
