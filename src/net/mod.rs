//! TCP over the reactor. The types implement the `futures-io` traits, so the ecosystem's adapters
//! work.
//!
//! A socket registers with a reactor when it is first polled, on the worker that polls it: so the
//! worker that takes a connection's task also gets its events.

mod socket;
mod tcp_stream;
mod tcp_listener;
mod split;
mod io_traits;

pub use split::{OwnedReadHalf, OwnedWriteHalf};
pub use tcp_listener::{Incoming, TcpListener};
pub use tcp_stream::TcpStream;
