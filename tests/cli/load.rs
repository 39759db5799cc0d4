//! `windlass load` against servers that do well, badly, or not at all.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use crate::made_up::scratch;
use crate::program::{Said, said, serve, signal, windlass};

fn load(url: &str, more: &[&str]) -> Said {
    let command = ["load", url, "--warm-up", "0", "--duration", "300ms"];
    said(&[&command, more].concat())
}

#[test]
fn a_closed_loop_says_what_the_server_can_do() {
    let server = serve();
    let url = format!("http://{}/hello", server.addr());
    let loaded = load(&url, &["--connections", "8", "--json"]);
    assert_eq!(loaded.code, Some(0), "{loaded:?}");
    let json = loaded.json();
    assert_eq!((&json["format"], &json["schema"]), (&"windlass-load".into(), &1.into()));
    assert_eq!((&json["loop"], &json["connections"]), (&"closed".into(), &8.into()));
    assert!(json["rate"].is_null() && json["lateness_ms"].is_null(), "{json}");
    assert_eq!(json["checked"], "status 200 and all 12 bytes of the body");
    let requests = json["requests"].as_f64().unwrap();
    assert!(requests >= 1.0, "{json}");
    let rate = requests / json["elapsed_s"].as_f64().unwrap();
    assert!((json["requests_per_s"].as_f64().unwrap() / rate - 1.0).abs() < 1e-6, "{json}");
    let at = |name: &str| json["latency_ms"][name].as_f64().unwrap();
    let order = ["p50", "p90", "p99", "p99.9", "max"];
    assert!(order.is_sorted_by(|a, b| at(a) <= at(b)) && at("p50") > 0.0, "{json}");
    // Little's law, by which the requests on their way are rate times mean latency: what is shown
    // agrees with itself. How near it comes to eight is the generator's speed; there are no more.
    let in_flight = json["in_flight"].as_f64().unwrap();
    assert!((rate * at("mean") / 1e3 / in_flight - 1.0).abs() < 1e-6, "{json}");
    assert!(in_flight > 0.0 && in_flight <= 8.2, "{in_flight}");

    let table = load(&url, &["--connections", "8"]);
    assert_eq!(table.code, Some(0), "{table:?}");
    assert!(table.stdout.lines().all(|line| line.chars().count() <= 80), "{table:?}");
    for present in ["closed loop, 8 connections", "Little's law", "p99.9", "all 12 bytes"] {
        assert!(table.stdout.contains(present), "{present}: {table:?}");
    }
    let escapes = [&table.stdout, &table.stderr].map(|text| text.contains('\u{1b}'));
    assert_eq!(escapes, [false; 2], "nothing is drawn where nobody looks: {table:?}");
}

#[test]
fn an_open_loop_keeps_its_rate() {
    let server = serve();
    let url = format!("localhost:{}/wait/1", server.addr().port());
    for close in [&[][..], &["--close"]] {
        let more = [&["--rate", "200", "--connections", "8", "--json"], close].concat();
        let loaded = load(&url, &more);
        let json = loaded.json();
        assert_eq!((&json["loop"], &json["rate"]), (&"open".into(), &200.into()), "{json}");
        assert_eq!((&json["requests"], &json["dropped"]), (&60.into(), &0.into()), "{json}");
        assert_eq!(json["errors"]["reply"], 0, "{json}");
        assert!(json["in_flight"].is_null() && json["lateness_ms"]["max"].is_f64(), "{json}");
        assert!(json["latency_ms"]["p50"].as_f64().unwrap() >= 0.9, "{json}");
        let opened = if close.is_empty() { 0 } else { 60 };
        assert_eq!(json["connects"], opened, "{json}");
        // On a busy machine the generator may fall behind: then it says so, and the code is 1.
        let behind = json["wrong"].to_string().contains("fell behind");
        assert_eq!(loaded.code, Some(i32::from(behind)), "{loaded:?}");
    }
}

#[test]
fn bodies_are_sent_and_checked() {
    let server = serve();
    let url = format!("http://{}/echo", server.addr());
    let file = scratch("cli-body").join("body");
    fs::write(&file, vec![b'x'; 10_000]).unwrap();
    let from_file = format!("@{}", file.display());
    for (body, bytes) in [("hi", 2), ("", 0), (&*from_file, 10_000)] {
        let loaded = load(&url, &["--body", body, "--json", "-c", "2"]);
        assert_eq!(loaded.code, Some(0), "{loaded:?}");
        let checked = format!("status 200 and all {bytes} bytes of the body");
        assert_eq!(loaded.json()["checked"], checked);
    }
    assert_eq!(load(&url, &["--method", "POST", "-c", "2"]).code, Some(0));
    for (arguments, named) in [
        (["--body", "@/nonexistent/body"], "/nonexistent/body"),
        (["--body=hi", "--method=GET"], "--method"),
        (["--duration=0", "--json"], "--duration"),
        (["--timeout=0", "--json"], "--timeout"),
    ] {
        let arguments = [&["load", &*url], &arguments[..]].concat();
        let wrong = said(&arguments);
        assert_eq!(wrong.code, Some(2), "{arguments:?}: {wrong:?}");
        assert!(wrong.stderr.contains(named), "{arguments:?}: {wrong:?}");
    }
}

#[test]
fn other_paths_are_checked_by_their_status() {
    let server = serve();
    let url = |path: &str| format!("http://{}{path}", server.addr());
    let home = load(&url("/"), &["-c", "2", "--json"]);
    assert_eq!((home.code, &home.json()["checked"]), (Some(0), &"status 200 alone".into()));
    let missing = load(&url("/missing"), &["-c", "2"]);
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.stderr.contains("status is not 200") && missing.stderr.contains("404"));
    let expected = load(&url("/missing"), &["-c", "2", "--expect", "404"]);
    assert_eq!(expected.code, Some(0), "{expected:?}");
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).unwrap();
    let loaded = load(&format!("http://{gone}/hello"), &[]);
    assert_eq!((loaded.code, &*loaded.stdout), (Some(1), ""), "{loaded:?}");
    assert!(loaded.stderr.contains(&gone.to_string()), "{loaded:?}");
    let nowhere = load("http://no-such-host.invalid/", &[]);
    assert_eq!(nowhere.code, Some(1), "{nowhere:?}");
    assert!(nowhere.stderr.contains("no-such-host.invalid"), "{nowhere:?}");
}

/// Says hello on one connection so many times; then something else.
fn lying(right: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    thread::spawn(move || {
        // The first connection only finds out whether the address is right.
        for stream in listener.incoming().take(2) {
            let Ok(mut stream) = stream else { return };
            let mut buffer = [0; 1024];
            for request in 0.. {
                if !matches!(stream.read(&mut buffer), Ok(bytes) if bytes > 0) {
                    break;
                }
                let body = if request < right { "hello, world" } else { "Hello, world" };
                let reply = format!("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n{body}");
                if stream.write_all(reply.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    addr
}

#[test]
fn a_wrong_reply_is_exit_code_one() {
    let loaded = load(&format!("http://{}/hello", lying(50)), &["-c", "1", "--json"]);
    assert_eq!(loaded.code, Some(1), "{loaded:?}");
    let json = loaded.json();
    assert!(json["errors"]["reply"].as_u64() >= Some(1), "{json}");
    assert_eq!(json["requests"], 49, "the first was asked before the window: {json}");
    assert!(json["wrong"][0].as_str().unwrap().contains("the body differs after its byte 0"));
}

#[test]
fn ctrl_c_shows_what_was_measured() {
    let server = serve();
    let url = format!("http://{}/hello", server.addr());
    let mut child = windlass(&["load", &url, "--warm-up", "0", "--duration", "60s"])
        .spawn()
        .expect("the binary runs");
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    assert!(line.starts_with("measuring: closed loop for 60s"), "{line}");
    signal(child.id(), "INT");
    let said = Said::from(child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(said.stdout.contains("requests") && said.stdout.contains("Ctrl-C"), "{said:?}");
}
