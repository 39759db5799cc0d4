//! The load generator against the servers: it counts what it should, and sees what is wrong.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use windlass::kit::load::{LoadClient, LoadConfig, LoadError, Rate, Window};
use windlass::kit::serve::{Model, start};

use crate::wire::{config, each_model, pattern};

#[test]
fn kept_connections_are_loaded() {
    each_model(
        |config| config,
        |model, addr, _server| {
            let mut client = LoadClient::connect(LoadConfig::hello(addr, 16)).expect("a client");
            for _ in 0..2 {
                let outcome = client.run(Window::Requests(1000)).expect("a window");
                assert_eq!(outcome.requests, 1000, "{model}: {outcome:?}");
                assert_eq!(outcome.errors.total(), 0, "{model}: {:?}", outcome.first_error);
                assert_eq!(outcome.latency_ns.len(), 1000, "{model}");
                assert!(outcome.requests_per_s() > 0.0, "{model}");
                let opened = outcome.connects;
                match model {
                    Model::Evented | Model::ThreadPerConnection => assert_eq!(opened, 0, "{model}"),
                    Model::ThreadPerRequest => assert!(opened >= 1000, "{model}: {opened}"),
                    // With 4 threads for 16 clients most have to connect again.
                    Model::ThreadPool => {}
                }
            }
            let outcome = client.run(Window::Time(Duration::from_millis(100))).expect("a window");
            assert!(outcome.requests > 0 && outcome.errors.total() == 0, "{model}: {outcome:?}");
            assert!(outcome.elapsed >= Duration::from_millis(100), "{model}");
        },
    );
}

#[test]
fn connections_of_their_own_are_spread_over_sources() {
    each_model(
        |config| config,
        |model, addr, _server| {
            let load = LoadConfig::hello(addr, 8).connection_per_request(5);
            let mut client = LoadClient::connect(load).expect("a client");
            let outcome = client.run(Window::Requests(300)).expect("a window");
            assert_eq!(
                (outcome.requests, outcome.errors.total()),
                (300, 0),
                "{model}: {outcome:?}"
            );
            assert!(outcome.connects >= 300, "{model}: {}", outcome.connects);
        },
    );
}

#[test]
fn bodies_and_waits_are_checked() {
    each_model(
        |config| config,
        |model, addr, _server| {
            for body in [Vec::new(), pattern(100), pattern(1_000_003)] {
                let mut client =
                    LoadClient::connect(LoadConfig::echo(addr, 2, body)).expect("a client");
                let outcome = client.run(Window::Requests(6)).expect("a window");
                assert_eq!(
                    (outcome.requests, outcome.errors.total()),
                    (6, 0),
                    "{model}: {outcome:?}"
                );
            }
            let mut client = LoadClient::connect(LoadConfig::wait(addr, 4, 10)).expect("a client");
            let outcome = client.run(Window::Requests(8)).expect("a window");
            assert_eq!((outcome.requests, outcome.errors.total()), (8, 0), "{model}: {outcome:?}");
            assert!(outcome.latency_ns.min() >= 9_000_000, "{model}: {}", outcome.latency_ns.min());
        },
    );
}

#[test]
fn what_comes_after_a_window_is_not_in_time() {
    let server = start(config(Model::Evented)).expect("a server");
    let ms = Duration::from_millis;
    let mut client = LoadClient::connect(LoadConfig::wait(server.addr(), 8, 100)).expect("clients");
    let outcome = client.run(Window::Requests(8)).expect("a window");
    assert_eq!((outcome.in_time, outcome.time), (8, outcome.elapsed), "it has no end of its own");

    let outcome = client.run(Window::Time(ms(50))).expect("a closed loop");
    assert_eq!((outcome.requests, outcome.in_time, outcome.time), (8, 0, ms(50)), "{outcome:?}");
    assert!(outcome.in_time_per_s() == 0.0 && outcome.requests_per_s() > 0.0);

    // 21 are due, one every 15 ms; those of the last 100 ms cannot be answered before the end.
    let rate = Rate { per_s: 67, time: ms(300), late_max: Duration::MAX, ..Rate::default() };
    let outcome = client.run(Window::Rate(rate)).expect("an open loop");
    assert_eq!((outcome.requests, outcome.time), (21, ms(300)), "{outcome:?}");
    assert!(outcome.in_time <= 14, "{outcome:?}");
}

#[test]
fn wrong_replies_are_errors() {
    let server = start(config(Model::ThreadPerConnection)).expect("a server");
    let other = LoadConfig::get(server.addr(), 3, "/hello", b"hello, sailor".to_vec());
    match LoadClient::connect(other).map(drop) {
        Err(LoadError::FirstRequests { failed: 3, .. }) => {}
        other => panic!("expected FirstRequests, got {other:?}"),
    }
    let missing = LoadConfig::get(server.addr(), 1, "/missing", Vec::new());
    let error = LoadClient::connect(missing).expect_err("404 is wrong").to_string();
    assert!(error.contains("404"), "{error}");
}

#[test]
fn a_server_that_is_not_there_is_an_error() {
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port");
    assert!(matches!(
        LoadClient::connect(LoadConfig::hello(gone, 2)),
        Err(LoadError::FirstRequests { failed: 2, .. })
    ));
    let none = LoadClient::connect(LoadConfig::hello(gone, 0));
    assert!(matches!(none, Err(LoadError::Setting { .. })));
}

#[test]
fn stale_connections_and_late_replies_are_counted() {
    // Replies to the first request of each connection, and closes it when the second one comes.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for turn in 0..2 {
            let Ok((mut stream, _)) = listener.accept() else {
                return;
            };
            let mut buffer = [0; 1024];
            let _ = stream.read(&mut buffer);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            let _ = stream.read(&mut buffer);
            if turn == 1 {
                // The third request on the second connection is never answered.
                let _ = stream.read(&mut buffer);
            }
        }
    });
    let load = LoadConfig {
        request_deadline: Duration::from_millis(300),
        ..LoadConfig::get(addr, 1, "/", b"ok".to_vec())
    };
    let mut client = LoadClient::connect(load).expect("a client");
    let outcome = client.run(Window::Requests(2)).expect("a window");
    assert_eq!((outcome.requests, outcome.retries), (1, 1), "{outcome:?}");
    assert_eq!(outcome.errors.deadline, 1, "{outcome:?}");
}

#[test]
fn an_open_loop_asks_at_its_rate_over_all_connections() {
    each_model(
        |config| config,
        |model, addr, _server| {
            if matches!(model, Model::ThreadPerRequest | Model::ThreadPool) {
                return; // Their kept connections end.
            }
            let mut client = LoadClient::connect(LoadConfig::hello(addr, 8)).expect("a client");
            let time = Duration::from_millis(200);
            let rate = Rate { per_s: 1000, time, late_max: LATE_ENOUGH, ..Rate::default() };
            let outcome = client.run(Window::Rate(rate)).expect("a window");
            assert_eq!((outcome.requests, outcome.errors.total()), (200, 0), "{model}");
            assert_eq!((outcome.dropped, outcome.late_ns.len()), (0, 200), "{model}");
            assert!(outcome.elapsed >= Duration::from_millis(199), "{model}: {outcome:?}");
        },
    );
}

/// No generator is so late, however busy the machine.
const LATE_ENOUGH: Duration = Duration::from_secs(60);

/// What the server stands still for, once.
const STALL: Duration = Duration::from_millis(400);

/// Serves one connection; stands still once, at the `stalls_at`th request.
fn stalling(stalls_at: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    thread::spawn(move || {
        let Ok((mut stream, _)) = listener.accept() else {
            return;
        };
        let mut buffer = [0; 1024];
        for request in 0.. {
            if !matches!(stream.read(&mut buffer), Ok(bytes) if bytes > 0) {
                return;
            }
            if request == stalls_at {
                thread::sleep(STALL);
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        }
    });
    addr
}

#[test]
fn a_stall_shows_in_the_open_loop_and_not_in_the_closed_one() {
    let quantile_ms = |window| {
        let load = LoadConfig::get(stalling(100), 1, "/", b"ok".to_vec());
        let mut client = LoadClient::connect(load).expect("a client");
        let outcome = client.run(window).expect("a window");
        assert_eq!((outcome.requests, outcome.errors.total()), (1000, 0), "{outcome:?}");
        assert!(outcome.latency_ns.max() >= STALL.as_nanos() as u64, "{outcome:?}");
        outcome.latency_ns.value_at_quantile(0.99) / 1_000_000
    };
    // One of a thousand requests meets the stall; of those that were meant to be sent in these
    // 0.4 s of a second, hundreds wait for it.
    let rate = Rate { per_s: 1000, late_max: LATE_ENOUGH, ..Rate::default() };
    let closed_ms = quantile_ms(Window::Requests(1000));
    let open_ms = quantile_ms(Window::Rate(rate));
    assert!(open_ms >= 300, "p99 of the open loop: {open_ms} ms");
    assert!(closed_ms < open_ms / 2, "p99: closed {closed_ms} ms, open {open_ms} ms");
}

#[test]
fn an_open_loop_that_cannot_keep_up_says_so() {
    let full = Rate { per_s: 1000, backlog_max: 20, late_max: LATE_ENOUGH, ..Rate::default() };
    let load = LoadConfig::get(stalling(100), 1, "/", b"ok".to_vec());
    let mut client = LoadClient::connect(load.clone()).expect("a client");
    let outcome = client.run(Window::Rate(full)).expect("a window");
    assert!(outcome.dropped >= 100, "{}", outcome.dropped);
    assert_eq!(outcome.requests + outcome.dropped, 1000, "{outcome:?}");

    let never_late = Rate { late_max: Duration::ZERO, ..Rate::default() };
    let mut client = LoadClient::connect(LoadConfig { addr: stalling(100), ..load.clone() });
    let behind = client.as_mut().expect("a client").run(Window::Rate(never_late));
    assert!(matches!(behind, Err(LoadError::Behind { .. })), "{behind:?}");

    let none = Rate { per_s: 0, ..Rate::default() };
    let refused = client.expect("a client").run(Window::Rate(none));
    assert!(matches!(refused, Err(LoadError::Setting { .. })), "{refused:?}");
}
