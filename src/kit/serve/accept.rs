//! The accept loop of the blocking models, and how it is made to end.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::SockRef;

use crate::kit::http::{Outbox, encode_busy};

use super::listen::AcceptPause;
use super::registry::{Denied, Ticket};
use super::shared::Shared;

/// Accepts connections and hands those that are admitted to `begin`, until the server stops.
/// Running out of descriptors is survived: the loop pauses and goes on.
pub(super) fn accept_all(
    listener: &TcpListener,
    shared: &Shared<TcpStream>,
    mut begin: impl FnMut(Ticket<TcpStream>),
) {
    let mut pause = AcceptPause::new();
    while !shared.registry.is_stopping() {
        match listener.accept() {
            Ok((stream, _)) => {
                pause.reset();
                match shared.registry.admit(stream) {
                    Ok(ticket) => begin(ticket),
                    Err((Denied::Full, stream)) => refuse(&stream),
                    Err((Denied::Stopping, _)) => return,
                }
            }
            Err(error) => {
                if let Some(time) = pause.after(&error)
                    && !shared.registry.is_stopping()
                {
                    thread::sleep(time);
                }
            }
        }
    }
}

/// Tells a client that there is no room for it. Never waits: a new socket has room for this reply.
/// A client that sends its request only after the socket is closed may see a reset in place of the
/// 503: waiting for its bytes would take the very room that is lacking.
pub(super) fn refuse(mut stream: &TcpStream) {
    let mut out = Outbox::default();
    encode_busy(&mut out);
    if stream.set_nonblocking(true).is_ok() {
        // A client that has gone already need not be told. What it has sent is swallowed, since
        // the system throws the reply away together with unread input.
        let _ = stream.write(out.unsent());
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut [0; 1024]);
    }
}

/// Makes a thread that is blocked in accept return, after the registry has begun to drain.
pub(super) fn wake(listener: &TcpListener) {
    // Linux ends a blocked accept when its listener is shut; where a system does not, a connect
    // ends it. Both may fail only if the listener has gone.
    if SockRef::from(listener).shutdown(Shutdown::Both).is_ok() {
        return;
    }
    if let Ok(mut addr) = listener.local_addr() {
        if addr.ip().is_unspecified() {
            addr = match addr {
                SocketAddr::V4(_) => (Ipv4Addr::LOCALHOST, addr.port()).into(),
                SocketAddr::V6(_) => (Ipv6Addr::LOCALHOST, addr.port()).into(),
            };
        }
        drop(TcpStream::connect_timeout(&addr, Duration::from_secs(1)));
    }
}
