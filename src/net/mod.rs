//! Sockets over the reactor: TCP, UDP, Unix streams and datagrams, and anything else that has a
//! descriptor. The types implement the futures crates' traits, so the ecosystem's adapters work.
//!
//! One type, [`Async`], holds them all. What a socket can do depends on what is inside:
//!
//! ```text
//!   Async<S>     S: AsFd          readable, writable, read_with, write_with
//!     |          S: Socket        local_addr, peer_addr, shutdown, peek
//!     |          &S: Read, Write  read, write, vectored; AsyncRead, AsyncWrite; owned halves
//!     |          S: Accept        accept, incoming
//!     |          S: Datagram      send, recv, send_to, recv_from; Stream and Sink
//!   registration (reactor)        made at the first poll
//! ```
//!
//! A socket registers with a reactor when it is first polled, on the worker that polls it: so the
//! worker that takes a connection's task also gets its events.

mod async_io;
mod pause;
mod socket;
mod stream;
mod split;
mod io_traits;
mod listen_options;
mod listener;
mod datagram;

pub use async_io::Async;
pub use datagram::{Datagram, Datagrams, UdpSocket, UnixDatagram};
pub use listen_options::ListenOptions;
pub use listener::{Accept, Incoming, TcpListener, UnixListener};
pub use socket::Socket;
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReuniteError};
pub use stream::{TcpStream, UnixStream};
