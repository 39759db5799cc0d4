//! Clients of the echo server and of the orders service, good and bad ones at once.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use windlass::kit::client::{BlockingClient, ClientSettings};
use windlass::kit::http::Outgoing;

use crate::world::{good_order, shown};

use super::stage::{Chance, ECHO, ORDERS, Stage, locked, pause};

/// Clients at a time.
pub(super) const PEERS: u64 = 12;

/// Every fault is shorter: whoever waits longer was forgotten.
const PATIENCE: Duration = Duration::from_secs(40);

/// One client: now this way, now that.
pub(super) fn meet(stage: &Stage, peer: u64) {
    let mut chance = Chance::new(stage.seed, 200 + peer);
    while !stage.is_over() {
        let echo = stage.addrs[ECHO];
        let (what, met) = match chance.below(12) {
            0..=3 => ("good", good(echo, &mut chance)),
            4 => ("reset", reset_somewhere(echo, &echo_request(70_000), &mut chance)),
            5 => ("slow reader", slow_reader(echo, &mut chance)),
            6 => ("slow writer", slow_writer(echo, &mut chance)),
            7 => ("broken", broken(echo, &mut chance)),
            8 => ("half-closed", half_closed(echo)),
            9 if chance.below(4) == 0 => ("silent", silent(echo)),
            9 => ("crowd", crowd(echo)),
            10 => ("order reset", reset_somewhere(stage.addrs[ORDERS], &order(), &mut chance)),
            _ => ("orders asked", ask_orders(stage, &mut chance)),
        };
        stage.peers.add(what);
        if let Err(why) = met {
            stage.failed(format!("{what}: {why}"));
        }
        pause(chance.ms(5, 100));
    }
}

/// What must not happen, in words.
type Met = Result<(), String>;

fn said(error: io::Error) -> String {
    error.to_string()
}

fn dial(addr: SocketAddr) -> Result<TcpStream, String> {
    let stream = TcpStream::connect_timeout(&addr, PATIENCE).map_err(said)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(said)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(said)?;
    Ok(stream)
}

/// All until the end; a reset is one.
fn until_end(mut stream: TcpStream) -> Result<Vec<u8>, String> {
    let mut received = Vec::new();
    match stream.read_to_end(&mut received) {
        Err(error) if error.kind() != io::ErrorKind::ConnectionReset => Err(said(error)),
        _ => Ok(received),
    }
}

fn pattern(len: usize, salt: u64) -> Vec<u8> {
    let at = |at: u64| ((at ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8;
    (0..len as u64).map(at).collect()
}

fn echo_request(len: usize) -> Vec<u8> {
    let head = format!("POST /echo HTTP/1.1\r\nhost: soak\r\ncontent-length: {len}\r\n\r\n");
    [head.into_bytes(), pattern(len, 7)].concat()
}

fn order() -> Vec<u8> {
    let order = good_order();
    let head =
        format!("POST /orders HTTP/1.1\r\nhost: soak\r\ncontent-length: {}\r\n\r\n", order.len());
    [head.into_bytes(), order].concat()
}

/// Replies must come, whatever the others do, and be right.
fn good(addr: SocketAddr, chance: &mut Chance) -> Met {
    let client =
        BlockingClient::new(ClientSettings { timeout: PATIENCE, ..ClientSettings::new(addr) });
    for _ in 0..1 + chance.below(30) {
        let body = pattern(chance.below(100_000) as usize + 1, chance.next());
        let (request, wanted) = match chance.below(4) {
            0 => (
                Outgoing { method: "POST", path: "/echo", key: None, json: Some(&body) },
                &body[..],
            ),
            _ => (
                Outgoing { method: "GET", path: "/hello", key: None, json: None },
                &b"hello, world"[..],
            ),
        };
        let reply = client.call(&request).map_err(|error| error.to_string())?;
        if reply.status != 200 || reply.body != wanted {
            return Err(format!("{} and {} bytes", reply.status, reply.body.len()));
        }
    }
    Ok(())
}

/// Sends a part or all, may take a part of the reply, and resets.
fn reset_somewhere(addr: SocketAddr, request: &[u8], chance: &mut Chance) -> Met {
    let Ok(mut stream) = dial(addr) else {
        // The orders service may be down.
        return Ok(());
    };
    let end = chance.below(request.len() as u64 + 1) as usize;
    let end = if chance.below(3) == 0 { request.len() } else { end };
    // Nothing of what comes of it matters.
    let _ = stream.write_all(&request[..end]);
    if end == request.len() && chance.below(2) == 0 {
        let _ = stream.read(&mut [0; 100]);
    }
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).map_err(said)
}

fn slow_reader(addr: SocketAddr, chance: &mut Chance) -> Met {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).map_err(said)?;
    socket.set_recv_buffer_size(32 * 1024).map_err(said)?;
    socket.connect_timeout(&addr.into(), PATIENCE).map_err(said)?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).map_err(said)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(said)?;
    let request = echo_request(1 << 20);
    let (mut received, mut piece) = (Vec::new(), vec![0; 16 * 1024]);
    let mut writer = stream.try_clone().map_err(said)?;
    let sent = thread::scope(|scope| {
        let writer = scope.spawn(|| writer.write_all(&request).map_err(said));
        while !received.ends_with(&request[request.len() - 64..]) {
            match stream.read(&mut piece) {
                Ok(bytes @ 1..) => received.extend_from_slice(&piece[..bytes]),
                Ok(_) => return Err(format!("an end after {} bytes", received.len())),
                Err(error) => return Err(said(error)),
            }
            pause(chance.ms(0, 8));
        }
        writer.join().map_err(|_| "the writer panicked".to_owned())?
    });
    sent?;
    let body = &request[request.len() - (1 << 20)..];
    if received.starts_with(b"HTTP/1.1 200 ") && received.ends_with(body) {
        return Ok(());
    }
    Err(format!("{} bytes that are not what was sent", received.len()))
}

/// A byte at a time, or less: the reply, or 408.
fn slow_writer(addr: SocketAddr, chance: &mut Chance) -> Met {
    let mut stream = dial(addr)?;
    let request = b"GET /hello HTTP/1.1\r\nhost: soak\r\nconnection: close\r\n\r\n";
    let stops_at = chance.below(2 * request.len() as u64) as usize;
    for byte in &request[..stops_at.min(request.len())] {
        // It may have been told that it is too slow.
        if stream.write_all(&[*byte]).is_err() {
            break;
        }
        pause(chance.ms(1, 80));
    }
    let received = until_end(stream)?;
    let is_late = received.is_empty() || received.starts_with(b"HTTP/1.1 408 ");
    if is_late || received.starts_with(b"HTTP/1.1 200 ") && stops_at >= request.len() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&received).into_owned())
}

fn broken(addr: SocketAddr, chance: &mut Chance) -> Met {
    const WRONG: [&[u8]; 6] = [
        b"\0\xff\x13nonsense\r\n\r\n",
        b"GET /hello HTTP/9.9\r\nhost: a\r\n\r\n",
        b"GET /hello\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nhost: a\r\na b: c\r\n\r\n",
    ];
    let mut stream = dial(addr)?;
    let wrong = WRONG[chance.below(WRONG.len() as u64) as usize];
    stream.write_all(wrong).map_err(said)?;
    let received = until_end(stream)?;
    let refused = received.starts_with(b"HTTP/1.1 4") || received.starts_with(b"HTTP/1.1 5");
    match refused || received.is_empty() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&received).into_owned()),
    }
}

fn half_closed(addr: SocketAddr) -> Met {
    let mut stream = dial(addr)?;
    stream.write_all(b"GET /hello HTTP/1.1\r\nhost: soak\r\n\r\n").map_err(said)?;
    stream.shutdown(Shutdown::Write).map_err(said)?;
    let received = until_end(stream)?;
    match received.ends_with(b"hello, world") {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&received).into_owned()),
    }
}

/// Says nothing, and must be let go.
fn silent(addr: SocketAddr) -> Met {
    until_end(dial(addr)?).map(drop)
}

/// Many at once, which are answered, and leave together.
fn crowd(addr: SocketAddr) -> Met {
    let mut streams = Vec::new();
    for _ in 0..60 {
        let mut stream = dial(addr)?;
        stream.write_all(b"GET /hello HTTP/1.1\r\nhost: soak\r\n\r\n").map_err(said)?;
        streams.push(stream);
    }
    for stream in &mut streams {
        stream.read_exact(&mut [0; 20]).map_err(said)?;
    }
    Ok(())
}

/// Asks the orders service for what it must know, or takes a little of what never ends, and goes.
fn ask_orders(stage: &Stage, chance: &mut Chance) -> Met {
    let settings = ClientSettings { timeout: PATIENCE, ..ClientSettings::new(stage.addrs[ORDERS]) };
    let nth = chance.below(stage.count().max(1) as u64) as usize;
    let id = locked(&stage.acknowledged).values().nth(nth).cloned();
    let Some(id) = id else { return Ok(()) };
    let paths = ["/metrics", "/summary", "/", "/audit", "/dead-letters"];
    let (path, json) = match chance.below(8) {
        0 => (paths[chance.below(paths.len() as u64) as usize].to_owned(), None),
        1 => ("/orders".to_owned(), Some(&b"{\"customer\":7"[..])),
        2 => {
            let request = format!("GET /orders/{id}/events HTTP/1.1\r\nhost: soak\r\n\r\n");
            return reset_somewhere(stage.addrs[ORDERS], request.as_bytes(), chance);
        }
        _ => (format!("/orders/{id}"), None),
    };
    let method = if json.is_some() { "POST" } else { "GET" };
    let client = BlockingClient::new(settings);
    // It may be killed, or short of descriptors, at any time.
    let Ok(reply) = client.call(&Outgoing { method, path: &path, key: None, json }) else {
        return Ok(());
    };
    match (reply.status, json.is_some()) {
        (503, _) | (200, false) | (400, true) => Ok(()),
        _ => Err(format!("{path}: {}", shown(&reply))),
    }
}
