//! Peers that misbehave on real sockets: resets at every moment, readers that take little, servers
//! that stop or are killed under load.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};
use windlass::kit::load::ServerProcess;
use windlass::kit::serve::{Drained, Model};

use crate::wire::{Wire, each_model, echo, get, pattern};

const PATIENCE: Duration = Duration::from_secs(20);

/// Closes so that the peer is reset.
fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("linger");
    drop(stream);
}

/// A connection whose receive buffer is small. (A much smaller one makes the kernel's own timers
/// the pace.)
fn narrow(addr: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(32 * 1024).expect("a small buffer");
    socket.connect(&addr.into()).expect("connect");
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("timeout");
    stream
}

#[test]
fn a_reset_at_any_moment_of_a_reply_is_survived() {
    let large = echo(&pattern(8 << 20));
    each_model(
        |config| config,
        |model, addr, server| {
            for turn in 0..5 {
                // Within the request's body.
                let mut stream = narrow(addr);
                stream.write_all(&large[..1 << 20]).expect("send");
                reset(stream);
                // Within the reply: some of it has come, the rest does not fit anywhere.
                let mut stream = narrow(addr);
                stream.write_all(&large).expect("send");
                stream.read_exact(&mut [0; 1000]).expect("the reply begins");
                reset(stream);
                // Behind a whole reply, with the next request on its way.
                let mut wire = Wire::to(addr);
                assert_eq!(wire.ask(&get("/hello")).status, 200, "{model}, {turn}");
                wire.send(&get("/wait/10"));
                reset(wire.stream().try_clone().expect("a second handle"));
                drop(wire);
                assert_eq!(Wire::to(addr).ask(&get("/hello")).status, 200, "{model}, {turn}");
            }
            let begun = Instant::now();
            assert_eq!(server.stop(), Drained { cut: 0 }, "{model}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{model}");
        },
    );
}

#[test]
fn a_slow_reader_gets_every_byte() {
    let body = pattern((8 << 20) + 1);
    each_model(
        |config| config,
        |model, addr, _server| {
            let mut stream = narrow(addr);
            let mut writer = stream.try_clone().expect("a second handle");
            thread::scope(|scope| {
                // Large replies and a small one, each behind a full socket; one large one, where it
                // ends the connection: what came after it might make the system throw it away.
                let only_one = model == Model::ThreadPerRequest;
                let wanted = if only_one { 1 } else { 2 };
                let mut requests = echo(&body).repeat(wanted);
                if !only_one {
                    requests.extend_from_slice(&get("/hello"));
                }
                scope.spawn(move || writer.write_all(&requests));
                let (mut received, mut piece) = (Vec::new(), [0; 10_000]);
                // Thread per request ends instead of a last, small reply.
                while !received.ends_with(b"hello, world") {
                    match stream.read(&mut piece).expect("bytes") {
                        0 => break,
                        bytes => received.extend_from_slice(&piece[..bytes]),
                    }
                }
                let mut rest = &received[..];
                for turn in 0..wanted {
                    let head = rest.windows(4).position(|window| window == b"\r\n\r\n");
                    rest = &rest[head.expect("a head") + 4..];
                    assert!(rest[..body.len()] == body, "{model}: reply {turn} changed");
                    rest = &rest[body.len()..];
                }
            });
        },
    );
}

/// How the clients of a server that went fared.
#[derive(Default)]
struct Tally {
    replies: AtomicUsize,
    ends: AtomicUsize,
    torn: AtomicUsize,
}

/// One exchange: the reply, or `None` where the connection ended before its first byte.
fn exchange(stream: &mut TcpStream, tally: &Tally) -> Option<()> {
    const REPLY: &[u8] = b"HTTP/1.1 200 OK\r\n";
    stream.write_all(&get("/wait/1")).ok()?;
    let mut received = Vec::new();
    while !received.ends_with(b"\r\n\r\nwaited 1 ms\n") {
        let mut piece = [0; 4096];
        match stream.read(&mut piece) {
            Ok(bytes @ 1..) => received.extend_from_slice(&piece[..bytes]),
            ended => {
                let whole = received.is_empty();
                tally.torn.fetch_add(usize::from(!whole), Ordering::SeqCst);
                assert!(!matches!(ended, Err(error) if error.kind() == io::ErrorKind::WouldBlock));
                return None;
            }
        }
    }
    assert!(received.starts_with(REPLY), "{}", String::from_utf8_lossy(&received));
    tally.replies.fetch_add(1, Ordering::SeqCst);
    Some(())
}

/// Clients that ask without a pause, on kept connections and new ones, until nobody listens; once
/// there were 200 replies, `end` ends the server.
fn under_load(addr: SocketAddr, end: impl FnOnce()) -> Tally {
    let (tally, ended) = (Tally::default(), AtomicBool::new(false));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                while let Ok(mut stream) = TcpStream::connect(addr) {
                    // Who connects to a port of its own in the range the kernel chooses from may
                    // find itself there.
                    if ended.load(Ordering::SeqCst) && stream.local_addr().ok() == Some(addr) {
                        break;
                    }
                    stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
                    for _ in 0..20 {
                        if exchange(&mut stream, &tally).is_none() {
                            tally.ends.fetch_add(1, Ordering::SeqCst);
                            break;
                        }
                    }
                }
            });
        }
        let begun = Instant::now();
        while tally.replies.load(Ordering::SeqCst) < 200 {
            assert!(begun.elapsed() < PATIENCE, "no load");
            thread::yield_now();
        }
        end();
        ended.store(true, Ordering::SeqCst);
    });
    tally
}

#[test]
fn a_stop_under_load_tears_no_reply() {
    each_model(
        |config| config,
        |model, addr, server| {
            let tally = under_load(addr, || {
                assert_eq!(server.stop(), Drained { cut: 0 }, "{model}");
            });
            assert_eq!(tally.torn.into_inner(), 0, "{model}: replies begun and not ended");
            assert!(tally.replies.into_inner() >= 200, "{model}");
            TcpListener::bind(addr).unwrap_or_else(|error| panic!("{model}, {addr}: {error}"));
        },
    );
}

#[test]
fn a_server_killed_under_load_leaves_no_client_waiting_and_its_port_free() {
    for model in Model::ALL {
        let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
        command.args(["serve", "--port", "0", "--cores", "none", "--workers", "2"]);
        command.args(["--model", model.name()]).stderr(Stdio::inherit());
        let mut process = ServerProcess::start(command).unwrap_or_else(|error| panic!("{error}"));
        let addr = process.addr();
        let tally = under_load(addr, || {
            let kill = format!("kill -KILL {}", process.id());
            let killed = Command::new("sh").args(["-c", &kill]).status().expect("a shell");
            assert!(killed.success());
            let status = process.wait(PATIENCE).expect("it is dead");
            assert_eq!(status.code(), None, "{model}: ended by the signal");
        });
        // Each client that was connected saw an end or a reset: `under_load` has returned.
        assert!(tally.ends.into_inner() > 0, "{model}");
        let again = windlass::kit::serve::ServeConfig::new(model).at(addr);
        let again = windlass::kit::serve::start(again);
        let again = again.unwrap_or_else(|error| panic!("{model}: {error}"));
        assert_eq!(Wire::to(again.addr()).ask(&get("/hello")).status, 200, "{model}");
    }
}
