//! Names, several addresses, and time that runs out.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use windlass::dial::{DialError, DialOptions, connect, connect_any, lookup, unix};
use windlass::net::{Async, TcpListener, UnixStream};
use windlass::spawn;
use windlass::time::timeout;

use crate::loopback::{BOUND, bounded, runtime, silent};

/// An address where nobody listens, nor will while the socket lives.
fn closed() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    (socket, address)
}

fn options(timeout_ms: u64, head_start_ms: u64) -> DialOptions {
    let head_start = Duration::from_millis(head_start_ms);
    DialOptions { timeout: Duration::from_millis(timeout_ms), head_start }
}

#[test]
fn a_name_is_looked_up_and_connected_to() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let found = lookup("localhost", port).await?;
        assert!(found.contains(&listener.local_addr()?), "{found:?}");
        let stream = connect("localhost", port, DialOptions::default()).await?;
        assert_eq!(stream.peer_addr()?, listener.local_addr()?);
        Ok(())
    });
}

#[test]
fn a_name_that_is_none_is_named_in_the_error() {
    let runtime = runtime(1);
    let error = runtime.block_on(connect("no\0name", 80, DialOptions::default())).unwrap_err();
    let said = error.to_string();
    assert!(said.starts_with("cannot look up `no\0name`: "), "{said}");
    assert!(matches!(error, DialError::Lookup { .. }));
    let outside = futures_util::FutureExt::now_or_never(lookup("localhost", 1)).unwrap();
    assert!(outside.unwrap_err().to_string().contains("in no windlass runtime"));
}

#[test]
fn after_a_refusal_the_next_address_has_its_turn_at_once() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let ((_one, first), (_other, second)) = (closed(), closed());
        let addresses = [first, second, listener.local_addr()?];
        // No head start ends within the bound.
        let hour = Duration::from_secs(3600);
        let options = DialOptions { timeout: hour, head_start: hour };
        let stream = connect_any(&addresses, options).await?;
        assert_eq!(stream.peer_addr()?, addresses[2]);
        Ok(())
    });
}

#[test]
fn an_address_that_is_silent_holds_nobody_up() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (silent, _waiting) = silent().await?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let addresses = [silent.local_addr()?, listener.local_addr()?];
        let begun = Instant::now();
        let stream = connect_any(&addresses, options(3_600_000, 30)).await?;
        assert_eq!(stream.peer_addr()?, addresses[1]);
        assert!(begun.elapsed() >= Duration::from_millis(30), "the first had no head start");
        Ok(())
    });
}

#[test]
fn the_error_names_every_address_and_what_became_of_it() {
    let runtime = runtime(1);
    let ((_one, first), (_other, second)) = (closed(), closed());
    let addresses = [first, second];
    let error = runtime.block_on(connect_any(&addresses, options(5000, 250))).unwrap_err();
    let said = error.to_string();
    for address in addresses {
        assert!(said.contains(&format!("{address}: Connection refused")), "{said}");
    }
    assert_eq!(io::Error::from(error).kind(), io::ErrorKind::ConnectionRefused);
    let none = runtime.block_on(connect_any(&[], DialOptions::default())).unwrap_err();
    assert_eq!(none.to_string(), "no address to connect to");
}

#[test]
fn time_that_runs_out_is_an_error_with_the_addresses() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let (silent, _waiting) = silent().await?;
        let ((_one, first), (_other, last)) = (closed(), closed());
        let addresses = [first, silent.local_addr()?, last];
        let DialError::Connect { tried } =
            connect_any(&addresses, options(50, 3_600_000)).await.unwrap_err()
        else {
            panic!("there was no look-up");
        };
        let tried: Vec<_> = tried.iter().map(|(address, error)| (*address, error.kind())).collect();
        let (refused, late) = (io::ErrorKind::ConnectionRefused, io::ErrorKind::TimedOut);
        let expected = [(addresses[0], refused), (addresses[1], late), (addresses[2], late)];
        assert_eq!(tried, expected);
        let port = silent.local_addr()?.port();
        let error = connect("127.0.0.1", port, options(20, 250)).await.unwrap_err();
        let said = error.to_string();
        assert_eq!(said, format!("no connection: 127.0.0.1:{port}: no answer in time"));
        Ok(())
    });
}

#[test]
fn a_unix_socket_with_a_full_backlog_is_tried_again() {
    let runtime = runtime(2);
    let path = std::env::temp_dir().join(format!("windlass-dial-{}", std::process::id()));
    let _from_an_earlier_run = std::fs::remove_file(&path);
    bounded(&runtime, async {
        let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None)?;
        socket.bind(&socket2::SockAddr::unix(&path)?)?;
        socket.listen(0)?;
        let listener = Async::from_std(std::os::unix::net::UnixListener::from(socket))?;
        let mut waiting = Vec::new();
        let full = loop {
            match UnixStream::connect(&path).await {
                Ok(stream) => waiting.push(stream),
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        let late = unix(&path, Duration::from_millis(20)).await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        assert!(late.to_string().contains(&*path.to_string_lossy()), "{late}");
        let to = path.clone();
        let dials = spawn(async move { unix(&to, BOUND).await });
        // The dialler meets the full backlog before it empties.
        timeout(Duration::from_millis(30), std::future::pending::<()>()).await.unwrap_err();
        for _ in 0..=waiting.len() {
            listener.accept().await?;
        }
        let stream = dials.await.expect("no panic")?;
        assert_eq!(stream.peer_addr()?.as_pathname(), Some(&*path));
        Ok(())
    });
    std::fs::remove_file(&path).expect("the socket's file");
}
