//! The two clients against servers made for the purpose.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use windlass::Runtime;
use windlass::kit::client::{BlockingClient, CallError, Client, ClientSettings};
use windlass::kit::http::{Limits, Outgoing, Received, ReplyParser};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// A server that says what it is told to: for each connection, its replies; then it closes.
fn server(connections: Vec<Vec<&'static str>>) -> (SocketAddr, JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("an address");
    let served = thread::spawn(move || {
        let mut requests = 0;
        for replies in connections {
            let (mut stream, _) = listener.accept().expect("a connection");
            for reply in replies {
                take_request(&mut stream);
                requests += 1;
                stream.write_all(reply.as_bytes()).expect("the client listens");
            }
        }
        requests
    });
    (addr, served)
}

fn take_request(stream: &mut TcpStream) {
    let (mut request, mut byte) = (Vec::new(), [0]);
    while !request.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a request");
        request.push(byte[0]);
    }
    let head = String::from_utf8(request).expect("text");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse().expect("a length"));
    stream.read_exact(&mut vec![0; length]).expect("a body");
}

/// Makes the calls one after the other, from a task or from a thread.
fn calls(
    settings: &ClientSettings,
    by_task: bool,
    requests: &[Outgoing<'_>],
) -> Vec<Result<Received, CallError>> {
    if by_task {
        let client = Client::new(settings.clone());
        let runtime = Runtime::builder().workers(1).build().expect("a runtime");
        return runtime.block_on(async {
            let mut replies = Vec::new();
            for request in requests {
                replies.push(client.call(request).await);
            }
            replies
        });
    }
    let client = BlockingClient::new(settings.clone());
    requests.iter().map(|request| client.call(request)).collect()
}

const GET: Outgoing<'_> = Outgoing { method: "GET", path: "/", key: None, json: None };
const KEYED: Outgoing<'_> =
    Outgoing { method: "POST", path: "/", key: Some("k"), json: Some(b"{}") };
const KEYLESS: Outgoing<'_> = Outgoing { key: None, ..KEYED };

fn both(test: impl Fn(bool)) {
    test(true);
    test(false);
}

#[test]
fn connections_are_used_again() {
    both(|by_task| {
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        let (addr, served) = server(vec![vec![OK, chunked, OK]]);
        let replies = calls(&ClientSettings::new(addr), by_task, &[GET, KEYED, KEYLESS]);
        for reply in replies {
            let reply = reply.unwrap_or_else(|error| panic!("{error}"));
            assert_eq!((reply.status, &reply.body[..]), (200, &b"ok"[..]));
        }
        assert_eq!(served.join().expect("it ends"), 3, "one connection for all");
    });
}

#[test]
fn a_kept_connection_that_has_ended_is_survived_where_that_is_safe() {
    both(|by_task| {
        let (addr, served) = server(vec![vec![OK], vec![OK]]);
        let replies = calls(&ClientSettings::new(addr), by_task, &[GET, KEYED]);
        assert!(replies.iter().all(|reply| reply.as_ref().is_ok_and(|it| it.status == 200)));
        assert_eq!(served.join().expect("it ends"), 2);

        let (addr, served) = server(vec![vec![OK], vec![]]);
        let mut replies = calls(&ClientSettings::new(addr), by_task, &[GET, KEYLESS]);
        let last = replies.pop().expect("a reply");
        assert!(matches!(last, Err(CallError::Broken(_))), "{last:?}");
        // The second connection was never made.
        drop(TcpStream::connect(addr));
        served.join().expect("it ends");
    });
}

/// However it is cut.
#[test]
fn a_replys_head_has_as_many_bytes_as_allowed_and_no_more() {
    let limits = Limits { header_bytes_max: 200, body_bytes_max: 20 };
    let (begin, end) = ("HTTP/1.1 204 No Content\r\na: ", "\r\n\r\n");
    for (bytes, fits) in [(200, true), (201, false)] {
        let head = format!("{begin}{}{end}", "b".repeat(bytes - begin.len() - end.len()));
        assert_eq!(head.len(), bytes);
        for cut in 0..bytes {
            let mut parser = ReplyParser::new(limits);
            let (first, rest) = head.as_bytes().split_at(cut);
            let read = match parser.feed(first) {
                Ok(None) => parser.feed(rest),
                other => other,
            };
            match read {
                Ok(Some(reply)) => {
                    assert!(fits && reply.status == 204, "{bytes} bytes, cut at {cut}: {reply:?}");
                }
                Ok(None) => panic!("{bytes} bytes, cut at {cut}: the head is whole"),
                Err(wrong) => assert!(!fits, "{bytes} bytes, cut at {cut}: {wrong}"),
            }
        }
    }
}

#[test]
fn replies_that_do_not_come_or_break_off_are_told_apart() {
    both(|by_task| {
        let settings = |addr| ClientSettings {
            timeout: Duration::from_millis(200),
            ..ClientSettings::new(addr)
        };
        let one = |addr| calls(&settings(addr), by_task, &[KEYED]).pop().expect("one");

        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let begun = Instant::now();
        assert!(matches!(one(addr), Err(CallError::Late(_))));
        assert!(begun.elapsed() < Duration::from_secs(5));
        drop(listener);
        assert!(matches!(one(addr), Err(CallError::Connect(_))));

        for (said, wrong) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel", false),
            ("HTTP/1.1 200", false),
            ("nonsense\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n", true),
        ] {
            let (addr, served) = server(vec![vec![said]]);
            let failed = one(addr).expect_err(said);
            assert_eq!(matches!(failed, CallError::Wrong(_)), wrong, "{said}: {failed}");
            assert_eq!(matches!(failed, CallError::Broken(_)), !wrong, "{said}: {failed}");
            served.join().expect("it ends");
        }
    });
}
