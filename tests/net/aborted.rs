//! Connections that break between their handshake and their accept. Linux hands these errors on
//! for networks that the loopback device is not, so a listener of the test's own says them.

use std::io;
use std::net::{self, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Mutex;

use windlass::net::{Accept, Async, Socket, TcpStream};

use crate::loopback::{bounded, runtime};

/// A listener whose next accepts end with these errors, the last one first.
struct Breaking {
    listener: net::TcpListener,
    errors: Mutex<Vec<i32>>,
}

impl Breaking {
    fn with(errors: &[i32]) -> io::Result<Async<Breaking>> {
        let listener = net::TcpListener::bind("127.0.0.1:0")?;
        Async::from_std(Breaking { listener, errors: Mutex::new(errors.to_vec()) })
    }
}

impl AsFd for Breaking {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }
}

impl From<OwnedFd> for Breaking {
    fn from(fd: OwnedFd) -> Breaking {
        Breaking { listener: fd.into(), errors: Mutex::default() }
    }
}

impl Socket for Breaking {
    type Address = SocketAddr;

    fn address(&self, of_peer: bool) -> io::Result<SocketAddr> {
        self.listener.address(of_peer)
    }
}

impl Accept for Breaking {
    type Stream = net::TcpStream;

    fn try_accept(&self) -> io::Result<(net::TcpStream, SocketAddr)> {
        match self.errors.lock().expect("no panic").pop() {
            Some(error) => Err(io::Error::from_raw_os_error(error)),
            None => self.listener.accept(),
        }
    }
}

#[test]
fn connections_that_broke_before_their_accept_are_passed_over() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let errors = [
            libc::ECONNABORTED,
            libc::EPROTO,
            libc::ENOPROTOOPT,
            libc::ENETDOWN,
            libc::ENETUNREACH,
            libc::EHOSTDOWN,
            libc::EHOSTUNREACH,
            libc::ECONNABORTED,
        ];
        let listener = Breaking::with(&errors)?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        let (_server, peer) = listener.accept().await?;
        assert_eq!(peer, client.local_addr()?);
        assert!(listener.as_std().errors.lock().expect("no panic").is_empty());
        Ok(())
    });
}

#[test]
fn an_error_of_the_listener_itself_is_told_and_the_next_accept_works() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let listener = Breaking::with(&[libc::EPERM])?;
        let client = TcpStream::connect(listener.local_addr()?).await?;
        let error = listener.accept().await.map(drop).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPERM));
        let (_server, peer) = listener.accept().await?;
        assert_eq!(peer, client.local_addr()?);
        Ok(())
    });
}
