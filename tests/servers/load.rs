//! The load generator against the servers: it counts what it should, and sees what is wrong.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use windlass::kit::load::{LoadClient, LoadConfig, LoadError, Window};
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
