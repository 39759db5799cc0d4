//! What HTTP/1.1 lets the two sides do: each over hyper's own client or over raw bytes.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream as Raw;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use windlass::channel::oneshot;
use windlass::hyper::{Io, Timer};
use windlass::net::TcpListener;
use windlass::spawn;

use crate::peers::{Failure, connect, get, post, serve, within};
use crate::support::{BOUND, runtime};

#[test]
fn one_connection_carries_many_requests() {
    let runtime = runtime(2);
    let server = serve(&runtime);
    within(&runtime, async {
        let mut sender = connect(server.addr).await?;
        for turn in 0..200 {
            let reply = sender.send_request(get("/hello")).await?;
            assert_eq!(reply.status(), StatusCode::OK, "turn {turn}");
            assert_eq!(reply.into_body().collect().await?.to_bytes(), "hello, world");
            sender.ready().await?;
        }
        let missing = sender.send_request(get("/nowhere")).await?;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        Ok(())
    });
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[test]
fn many_connections_are_served_at_once() {
    let runtime = runtime(2);
    let server = serve(&runtime);
    let addr = server.addr;
    within(&runtime, async {
        let mut clients = windlass::JoinSet::new();
        for client in 0..100_u32 {
            clients.spawn(async move {
                let mut sender = connect(addr).await?;
                for turn in 0..10_u32 {
                    let body = Bytes::from(format!("{client}, {turn}").repeat(100));
                    let reply = sender.send_request(post("/echo", Full::new(body.clone()))).await?;
                    assert_eq!(reply.into_body().collect().await?.to_bytes(), body);
                    sender.ready().await?;
                }
                Ok::<_, Failure>(())
            });
        }
        while let Some(client) = clients.join_next().await {
            client??;
        }
        Ok(())
    });
    assert_eq!(server.connections.load(Ordering::SeqCst), 100);
}

fn raw(addr: std::net::SocketAddr) -> Raw {
    let raw = Raw::connect(addr).expect("connects");
    raw.set_read_timeout(Some(BOUND)).expect("a timeout");
    raw.set_write_timeout(Some(BOUND)).expect("a timeout");
    raw.set_nodelay(true).expect("no delay");
    raw
}

/// Reads until `end` has come, and gives all up to there.
fn read_until(raw: &mut Raw, end: &str) -> String {
    let (mut said, mut byte) = (String::new(), [0]);
    while !said.ends_with(end) {
        raw.read_exact(&mut byte).unwrap_or_else(|error| panic!("{error} after {said:?}"));
        said.push(char::from(byte[0]));
    }
    said
}

#[test]
fn pipelined_requests_are_answered_in_order_however_they_are_split() {
    let runtime = runtime(2);
    let server = serve(&runtime);
    let requests: Vec<u8> = (0..60_u32)
        .flat_map(|n| {
            let body = format!("body {n}").repeat(n as usize);
            let length = body.len();
            let head = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: ";
            format!("{head}{length}\r\n\r\n{body}GET /hello HTTP/1.1\r\nhost: a\r\n\r\n")
                .into_bytes()
        })
        .collect();
    for piece in [1, 7, 1000, requests.len()] {
        let mut raw = raw(server.addr);
        let mut writer = raw.try_clone().expect("a second handle");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for piece in requests.chunks(piece) {
                    writer.write_all(piece).expect("the server takes it");
                }
            });
            for n in 0..60_u32 {
                let body = format!("body {n}").repeat(n as usize);
                let head = read_until(&mut raw, "\r\n\r\n").to_lowercase();
                assert!(
                    head.contains(&format!("\r\ncontent-length: {}\r\n", body.len())),
                    "{head}"
                );
                let mut echoed = vec![0; body.len()];
                raw.read_exact(&mut echoed).expect("a body");
                assert_eq!(String::from_utf8_lossy(&echoed), body, "pieces of {piece}");
                read_until(&mut raw, "\r\n\r\nhello, world");
            }
        });
    }
}

#[test]
fn bodies_of_unknown_length_go_chunked_both_ways() {
    let runtime = runtime(2);
    let server = serve(&runtime);
    within(&runtime, async {
        let mut sender = connect(server.addr).await?;
        let pieces: Vec<Bytes> =
            [0, 1, 15, 16, 4095, 4096, 65_536, 3].map(|len| Bytes::from(vec![b'x'; len])).into();
        let expected = pieces.concat();
        let frames = pieces.into_iter().map(|piece| Ok::<_, Failure>(Frame::data(piece)));
        let body = StreamBody::new(futures_util::stream::iter(frames));
        let reply = sender.send_request(post("/echo", body)).await?;
        assert_eq!(reply.headers()["x-coding"], "chunked", "the request");
        assert_eq!(reply.headers()[header::TRANSFER_ENCODING], "chunked", "the reply");
        assert!(reply.into_body().collect().await?.to_bytes() == expected);
        Ok(())
    });
}

#[test]
fn a_client_may_ask_before_it_sends_a_body() {
    let runtime = runtime(1);
    let server = serve(&runtime);
    let mut raw = raw(server.addr);
    let head =
        "POST /gather HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n";
    raw.write_all(head.as_bytes()).expect("written");
    let told = read_until(&mut raw, "\r\n\r\n");
    assert!(told.starts_with("HTTP/1.1 100 "), "{told}");
    raw.write_all(b"ahead").expect("written");
    let told = read_until(&mut raw, "\r\n\r\nahead");
    assert!(told.starts_with("HTTP/1.1 200 "), "{told}");
}

async fn greet(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    Ok(Response::new(Full::from("hello")))
}

#[test]
fn a_head_that_stops_is_timed_out_by_the_timer() {
    const HEAD: Duration = Duration::from_millis(300);
    let runtime = runtime(2);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let (say, said) = oneshot();
    let served = runtime.spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut http = http1::Builder::new();
        http.timer(Timer).header_read_timeout(HEAD);
        say.send(http.serve_connection(Io::new(stream), service_fn(greet)).await)
            .expect("the test waits");
    });
    let mut raw = raw(addr);
    // A request in time is served; the next one stops on its way.
    raw.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").expect("written");
    read_until(&mut raw, "\r\n\r\nhello");
    let begun = Instant::now();
    raw.write_all(b"GET / HTTP/1.1\r\nho").expect("written");
    let mut rest = Vec::new();
    raw.read_to_end(&mut rest).expect("the end");
    assert!(begun.elapsed() >= HEAD / 2, "{:?}", begun.elapsed());
    let error = said.recv_blocking().expect("it ended").expect_err("the head was not whole");
    assert!(error.is_timeout(), "{error:?}");
    runtime.block_on(served).expect("no panic");
}

#[test]
fn an_upgraded_connection_is_a_stream_of_the_futures_crates() {
    let runtime = runtime(2);
    let server = serve(&runtime);
    within(&runtime, async {
        let mut sender = connect(server.addr).await?;
        let mut request = get("/upgrade");
        request.headers_mut().insert(header::CONNECTION, "upgrade".parse()?);
        request.headers_mut().insert(header::UPGRADE, "echo".parse()?);
        let reply = sender.send_request(request).await?;
        assert_eq!(reply.status(), StatusCode::SWITCHING_PROTOCOLS);
        let (mut reader, mut writer) =
            AsyncReadExt::split(Io::new(hyper::upgrade::on(reply).await?));
        let sent: Vec<u8> = (0..300_000_u32).map(|n| (n >> 3) as u8).collect();
        let expected = sent.clone();
        let writing = spawn(async move {
            writer.write_all(&sent).await?;
            writer.close().await
        });
        let mut echoed = Vec::new();
        reader.read_to_end(&mut echoed).await?;
        writing.await??;
        assert!(echoed == expected, "{} bytes came back changed", echoed.len());
        Ok(())
    });
}

#[test]
fn a_server_that_ends_in_a_body_is_an_error_at_the_client() {
    let runtime = runtime(2);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        read_until(&mut stream, "\r\n\r\n");
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").expect("written");
    });
    within(&runtime, async {
        let mut sender = connect(addr).await?;
        let reply = sender.send_request(get("/hello")).await?;
        let error = reply.into_body().collect().await.expect_err("the body is not whole");
        let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
        assert_eq!(source.map(io::Error::kind), Some(io::ErrorKind::UnexpectedEof), "{error:?}");
        Ok(())
    });
    server.join().expect("no panic");
}
