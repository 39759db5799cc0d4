//! The listener: the same options for every model.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use super::error::ServeError;

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: i32 = 4096;

/// First and longest pause after an accept that failed for lack of something.
const PAUSE_MIN: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_millis(200);

/// Listens on `addr`.
pub(super) fn listen(addr: SocketAddr) -> Result<TcpListener, ServeError> {
    match try_listen(addr) {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(ServeError::Busy { addr }),
        Err(source) => Err(ServeError::Listen { addr, source }),
    }
}

fn try_listen(addr: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(addr), Type::STREAM, Some(Protocol::TCP))?;
    // So that a restart need not wait until the connections of the last run are forgotten.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&addr.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// How an accept loop goes on after an error.
#[derive(Debug)]
pub(super) struct AcceptPause {
    next: Duration,
}

impl AcceptPause {
    pub(super) fn new() -> AcceptPause {
        AcceptPause { next: PAUSE_MIN }
    }

    /// An accept went well: the next lack begins with a short pause again.
    pub(super) fn reset(&mut self) {
        self.next = PAUSE_MIN;
    }

    /// How long to pause after `error`: not at all when it concerned that one connection only;
    /// longer and longer while descriptors or memory lack, since the connection stays in the
    /// backlog and the next accept would fail at once.
    pub(super) fn after(&mut self, error: &io::Error) -> Option<Duration> {
        match error.kind() {
            io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
            | io::ErrorKind::WouldBlock => None,
            _ => {
                let pause = self.next;
                self.next = (pause * 2).min(PAUSE_MAX);
                Some(pause)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_named() {
        let first = listen(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
        let addr = first.local_addr().expect("an address");
        match listen(addr) {
            Err(error @ ServeError::Busy { .. }) => {
                let text = error.to_string();
                assert!(text.contains("busy") && text.contains(&addr.to_string()), "{text}");
            }
            other => panic!("expected Busy, got {other:?}"),
        }
    }

    #[test]
    fn pauses_grow_to_a_bound_and_start_again() {
        let mut pause = AcceptPause::new();
        let lack = io::Error::from_raw_os_error(24);
        assert_eq!(pause.after(&io::ErrorKind::ConnectionAborted.into()), None);
        assert_eq!(pause.after(&lack), Some(PAUSE_MIN));
        assert_eq!(pause.after(&lack), Some(PAUSE_MIN * 2));
        for _ in 0..10 {
            pause.after(&lack);
        }
        assert_eq!(pause.after(&lack), Some(PAUSE_MAX));
        pause.reset();
        assert_eq!(pause.after(&lack), Some(PAUSE_MIN));
    }
}
