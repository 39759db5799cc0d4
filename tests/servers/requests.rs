//! What each request is answered with: one table, every model.

use windlass::kit::http::Rules;
use windlass::kit::serve::{Model, ServeConfig};

use crate::wire::{Wire, each_model, echo, get, pattern};

/// A request, the status of its reply, and a text that the reply must hold somewhere.
struct Case(&'static str, Vec<u8>, u16, &'static str);

fn case(name: &'static str, request: &str, status: u16, holds: &'static str) -> Case {
    Case(name, request.as_bytes().to_vec(), status, holds)
}

fn good() -> Vec<Case> {
    vec![
        case("page", "GET / HTTP/1.1\r\nhost: a\r\n\r\n", 200, "text/html"),
        case("hello", "GET /hello HTTP/1.1\r\nhost: a\r\n\r\n", 200, "hello, world"),
        case("query", "GET /hello?x=1 HTTP/1.1\r\nhost: a\r\n\r\n", 200, "hello, world"),
        case("absolute", "GET http://a/hello HTTP/1.1\r\nhost: a\r\n\r\n", 200, "hello, world"),
        case("bare line feeds", "GET /hello HTTP/1.1\nhost: a\n\n", 200, "hello, world"),
        case("old", "GET /hello HTTP/1.0\r\n\r\n", 200, "connection: close"),
        case("wait", "GET /wait/20 HTTP/1.1\r\nhost: a\r\n\r\n", 200, "waited 20 ms"),
        case("no wait", "GET /wait/0 HTTP/1.1\r\nhost: a\r\n\r\n", 200, "waited 0 ms"),
        case(
            "chunks",
            "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
             5\r\nhello\r\n6;x=y\r\n there\r\n0\r\na: b\r\n\r\n",
            200,
            "hello there",
        ),
        case(
            "body unasked",
            "GET /hello HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nhi",
            200,
            "w",
        ),
    ]
}

fn wrong() -> Vec<Case> {
    vec![
        case("unknown", "GET /nothing HTTP/1.1\r\nhost: a\r\n\r\n", 404, "GET /hello"),
        case("method", "DELETE /hello HTTP/1.1\r\nhost: a\r\n\r\n", 405, "allow: GET, HEAD"),
        case("echo by get", "GET /echo HTTP/1.1\r\nhost: a\r\n\r\n", 405, "allow: POST"),
        case("long wait", "GET /wait/60001 HTTP/1.1\r\nhost: a\r\n\r\n", 400, "0 to 60000"),
        case("wait for what", "GET /wait/x HTTP/1.1\r\nhost: a\r\n\r\n", 400, "0 to 60000"),
    ]
}

fn refused_heads() -> Vec<Case> {
    let many = format!("GET /hello HTTP/1.1\r\nhost: a\r\n{}\r\n", "a: b\r\n".repeat(64));
    let large = format!("GET /hello HTTP/1.1\r\nhost: a\r\nb: {}\r\n\r\n", "c".repeat(17_000));
    let line = format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "c".repeat(17_000));
    vec![
        case("garbage", "hello there\r\n\r\n", 400, ""),
        case("binary", "\u{16}\u{3}\u{1}\0\r\n\r\n", 400, ""),
        case("version", "GET /hello HTTP/2.0\r\nhost: a\r\n\r\n", 400, "HTTP/1.1"),
        case("no version", "GET /hello\r\n\r\n", 400, ""),
        case("header", "GET /hello HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n", 400, "header"),
        case("no host", "GET /hello HTTP/1.1\r\n\r\n", 400, "host"),
        case("two hosts", "GET /hello HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400, "host"),
        case("headers", &many, 431, "64"),
        case("large header", &large, 431, "larger"),
        case("large line", &line, 431, "larger"),
    ]
}

fn refused_chunks() -> Vec<Case> {
    let chunk = "POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
    let trailers = "a: bcdefgh\r\n".repeat(2_000);
    vec![
        case("trailers", &format!("{chunk}0\r\n{trailers}\r\n"), 431, "trailers"),
        case("long chunk line", &format!("{chunk}1;{}\r\n", "x".repeat(300)), 400, "chunk"),
        case(
            "bare LF in a chunk line",
            &format!("{chunk}5;a\nX\r\nhello\r\n0\r\n\r\n"),
            400,
            "CR LF",
        ),
        case("bare LF ends a chunk line", &format!("{chunk}5\nhello\r\n0\r\n\r\n"), 400, "CR LF"),
        case(
            "bare CR in a chunk line",
            &format!("{chunk}5;a\rX\r\nhello\r\n0\r\n\r\n"),
            400,
            "CR LF",
        ),
        case("bare LF ends a trailer", &format!("{chunk}0\r\na: b\n\r\n"), 400, "CR LF"),
        case("bare LF ends the trailers", &format!("{chunk}0\r\n\n"), 400, "CR LF"),
        case("bare CR in a trailer", &format!("{chunk}0\r\na: b\rc\r\n\r\n"), 400, "CR LF"),
        case("bad chunk", &format!("{chunk}xyz\r\n"), 400, "chunk"),
        case("chunk end", &format!("{chunk}2\r\nhi!!"), 400, "chunk"),
        case("large chunk", &format!("{chunk}ffffffff\r\n"), 413, "larger"),
    ]
}

fn refused_bodies() -> Vec<Case> {
    let length = |value: &str| format!("POST /echo HTTP/1.1\r\nhost: a\r\n{value}\r\n\r\nhi");
    vec![
        case("negative length", &length("content-length: -1"), 400, "content-length"),
        case("worded length", &length("content-length: two"), 400, "content-length"),
        case("no length", &length("content-length:"), 400, "content-length"),
        case("two lengths", &length("content-length: 2\r\ncontent-length: 2"), 400, "twice"),
        case("both", &length("content-length: 2\r\ntransfer-encoding: chunked"), 400, "exclude"),
        case("coding", &length("transfer-encoding: gzip"), 501, "chunked"),
        case("expectation", &length("expect: wonders\r\ncontent-length: 2"), 417, "100-continue"),
        case("large body", &length("content-length: 4000001"), 413, "larger"),
        case("huge body", &length("content-length: 99999999999999999999999"), 413, "larger"),
    ]
}

fn small_bodies(config: ServeConfig) -> ServeConfig {
    let mut rules = Rules::default();
    rules.limits.body_bytes_max = 4_000_000;
    ServeConfig { rules, ..config }
}

#[test]
fn every_request_gets_its_reply() {
    each_model(small_bodies, |model, addr, _server| {
        let refused = refused_heads().into_iter().chain(refused_bodies()).chain(refused_chunks());
        let served = good().into_iter().chain(wrong()).map(|case| (case, false));
        for (Case(name, request, status, holds), refused) in
            served.chain(refused.map(|case| (case, true)))
        {
            let mut wire = Wire::to(addr);
            let reply = wire.ask(&request);
            let body = String::from_utf8_lossy(&reply.body).into_owned();
            assert_eq!(reply.status, status, "{model}, {name}: {}{body}", reply.head);
            let whole = format!("{}{body}", reply.head);
            assert!(whole.contains(holds), "{model}, {name}: no {holds:?} in {whole}");
            if refused || model == Model::ThreadPerRequest {
                assert!(reply.closes(), "{model}, {name}: {whole}");
            }
            if reply.closes() {
                wire.expect_end();
            }
        }
        // Whatever was refused, the server goes on.
        assert_eq!(Wire::to(addr).ask(&get("/hello")).status, 200, "{model}");
    });
}

#[test]
fn head_goes_without_the_body() {
    each_model(small_bodies, |model, addr, _server| {
        let mut wire = Wire::to(addr);
        wire.send(b"HEAD /hello HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let reply = wire.reply_without_body();
        assert_eq!(reply.status, 200, "{model}");
        assert!(reply.says("content-length: 12"), "{model}: {}", reply.head);
        wire.expect_end();
    });
}

#[test]
fn bodies_come_back() {
    each_model(small_bodies, |model, addr, _server| {
        for len in [0, 1, 2_000, 31_000, 33_000, 70_001, 3_999_999] {
            let body = pattern(len);
            let mut wire = Wire::to(addr);
            let reply = wire.ask(&echo(&body));
            assert_eq!(reply.status, 200, "{model}, {len}");
            assert!(reply.body == body, "{model}: the body of {len} bytes came back changed");
            if model != Model::ThreadPerRequest {
                assert_eq!(wire.ask(&get("/hello")).body, b"hello, world", "{model}, {len}");
            }
        }
    });
}

#[test]
fn a_client_may_ask_before_it_sends() {
    each_model(small_bodies, |model, addr, _server| {
        let mut wire = Wire::to(addr);
        let head = "POST /echo HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: ";
        assert_eq!(wire.ask(format!("{head}5\r\n\r\n").as_bytes()).status, 100, "{model}");
        assert_eq!(wire.ask(b"hello").body, b"hello", "{model}");

        let mut wire = Wire::to(addr);
        assert_eq!(wire.ask(format!("{head}5000000\r\n\r\n").as_bytes()).status, 413, "{model}");
        wire.expect_end();

        let mut wire = Wire::to(addr);
        let head = head.replace("/echo", "/nothing");
        assert_eq!(wire.ask(format!("{head}5\r\n\r\n").as_bytes()).status, 404, "{model}");
        wire.expect_end();
    });
}

#[test]
fn a_refusal_reaches_a_client_that_is_still_sending() {
    each_model(small_bodies, |model, addr, _server| {
        let mut wire = Wire::to(addr);
        wire.send(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 4500000\r\n\r\n");
        wire.send(&pattern(4_500_000));
        assert_eq!(wire.reply().status, 413, "{model}");
    });
}
