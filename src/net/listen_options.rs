//! How a TCP listener is set up.

use std::net::{self, SocketAddr, ToSocketAddrs};
use std::{io, time::Duration};

use super::async_io::Async;

/// What is set before a TCP socket listens. The kernel gives `nodelay` and `keepalive` on to each
/// accepted connection.
///
/// With `reuse_port` several listeners share one port, and the kernel spreads connections over
/// them: one listener for each worker of a pinned runtime, or, as here, for each of several
/// runtimes with one worker, so that no connection ever changes its core. What waits in the
/// backlog of a listener that is dropped is reset.
///
/// ```
/// use windlass::net::{ListenOptions, TcpStream};
///
/// let shard = ListenOptions { reuse_port: true, nodelay: true, ..ListenOptions::default() };
/// let one = windlass::Runtime::builder().workers(1).build()?;
/// let first = shard.listen("127.0.0.1:0")?;
/// let address = first.local_addr()?;
/// one.spawn(async move { while first.accept().await.is_ok() {} });
///
/// let other = windlass::Runtime::builder().workers(1).build()?;
/// let second = shard.listen(address)?;
/// other.spawn(async move { while second.accept().await.is_ok() {} });
///
/// one.block_on(TcpStream::connect(address))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ListenOptions {
    /// How many connections may wait to be accepted; the system may allow less. Default: 4,096.
    pub backlog: u32,
    /// Takes a port whose last connections are not yet forgotten, as after a restart. Default:
    /// yes.
    pub reuse_address: bool,
    /// Shares the port with other listeners of this user that say so, too. Default: no.
    pub reuse_port: bool,
    /// Connections send small writes at once (`TCP_NODELAY`). Default: no.
    pub nodelay: bool,
    /// Connections ask a peer that has been silent for so long whether it is still there. Default:
    /// never.
    pub keepalive: Option<Duration>,
}

impl Default for ListenOptions {
    fn default() -> Self {
        let (reuse_address, reuse_port) = (true, false);
        Self { backlog: 4096, reuse_address, reuse_port, nodelay: false, keepalive: None }
    }
}

impl ListenOptions {
    /// Binds to the first of the addresses that can be bound, and listens. Name look-ups block.
    ///
    /// # Errors
    /// The kernel's (in use, not allowed, not available).
    pub fn listen(&self, addresses: impl ToSocketAddrs) -> io::Result<Async<net::TcpListener>> {
        let none = Err(io::Error::new(io::ErrorKind::InvalidInput, "no address to bind to"));
        let first = |bound: io::Result<_>, address| bound.or_else(|_| self.listen_at(address));
        let bound = addresses.to_socket_addrs()?.fold(none, first);
        bound.and_then(Async::new)
    }

    fn listen_at(&self, address: SocketAddr) -> io::Result<net::TcpListener> {
        let domain = socket2::Domain::for_address(address);
        let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None)?;
        socket.set_reuse_address(self.reuse_address)?;
        socket.set_reuse_port(self.reuse_port)?;
        socket.set_tcp_nodelay(self.nodelay)?;
        if let Some(idle) = self.keepalive {
            socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(idle))?;
        }
        socket.bind(&address.into())?;
        socket.listen(self.backlog.try_into().unwrap_or(i32::MAX))?;
        Ok(socket.into())
    }
}
