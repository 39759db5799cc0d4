//! Opens connections without waiting for them, from one of several source addresses.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use mio::net::TcpStream;
use socket2::{Domain, Protocol, Socket, Type};

/// Linux: "operation now in progress"; other systems differ but say `WouldBlock` as a kind.
const EINPROGRESS_LINUX: i32 = 115;
const EINPROGRESS_BSD: i32 = 36;

/// Begins to connect to `addr` from 127.0.0.`source`, or from where the system likes when 0.
pub(super) fn dial(addr: SocketAddr, source: u8) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    if source > 0 && addr.is_ipv4() {
        let source = SocketAddr::from((Ipv4Addr::new(127, 0, 0, source), 0));
        socket.bind(&source.into())?;
    }
    match socket.connect(&addr.into()) {
        Ok(()) => {}
        Err(error) if is_in_progress(&error) => {}
        Err(error) => return Err(error),
    }
    Ok(TcpStream::from_std(socket.into()))
}

fn is_in_progress(error: &io::Error) -> bool {
    let progress = if cfg!(target_os = "linux") { EINPROGRESS_LINUX } else { EINPROGRESS_BSD };
    error.raw_os_error() == Some(progress) || error.kind() == io::ErrorKind::WouldBlock
}
