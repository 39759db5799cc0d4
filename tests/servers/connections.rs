//! How long connections live: keep-alive, pipelining, splitting, closing, bounds.

use std::net::SocketAddr;

use windlass::kit::http::Rules;
use windlass::kit::serve::{Model, ServeConfig, ServeError, start};

use crate::wire::{Wire, config, each_model, echo, get};

#[test]
fn connections_live_on_where_the_model_lets_them() {
    each_model(
        |config| config,
        |model, addr, _server| {
            let mut wire = Wire::to(addr);
            for turn in 0..3 {
                let reply = wire.ask(&get("/hello"));
                assert_eq!(reply.body, b"hello, world", "{model}, {turn}");
                if model == Model::ThreadPerRequest {
                    assert!(reply.closes(), "{model}: {}", reply.head);
                    return wire.expect_end();
                }
                assert!(!reply.closes(), "{model}: {}", reply.head);
            }
            let close = "GET /wait/1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
            assert!(wire.ask(close.as_bytes()).closes(), "{model}");
            wire.expect_end();

            let mut wire = Wire::to(addr);
            let old = "GET /hello HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n";
            assert!(wire.ask(old.as_bytes()).says("connection: keep-alive"), "{model}");
            assert!(wire.ask(b"GET /hello HTTP/1.0\r\n\r\n").closes(), "{model}");
            wire.expect_end();
        },
    );
}

#[test]
fn each_reply_closes_where_it_is_asked_for() {
    let close_each =
        |config| ServeConfig { rules: Rules { close_each: true, ..Rules::default() }, ..config };
    each_model(close_each, |model, addr, _server| {
        let mut wire = Wire::to(addr);
        let reply = wire.ask(&get("/hello"));
        assert_eq!((reply.status, reply.closes()), (200, true), "{model}");
        wire.expect_end();
    });
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let bodies: Vec<Vec<u8>> =
        (0..200_u32).map(|turn| vec![turn as u8; (turn as usize * 997) % 40_000]).collect();
    let mut requests = Vec::new();
    for body in &bodies {
        requests.extend([echo(body), get("/hello"), get("/wait/0")].concat());
    }
    each_model(
        |config| config,
        |model, addr, _server| {
            let mut wire = Wire::to(addr);
            let mut writer = wire.stream().try_clone().expect("a second handle");
            std::thread::scope(|scope| {
                // Thread per request closes after the first one: then the rest cannot be sent.
                scope.spawn(|| drop(std::io::Write::write_all(&mut writer, &requests)));
                for (turn, body) in bodies.iter().enumerate() {
                    assert!(wire.reply().body == *body, "{model}, {turn}");
                    if model == Model::ThreadPerRequest {
                        // Its replies to the others never come.
                        let _ = wire.stream().shutdown(std::net::Shutdown::Both);
                        return;
                    }
                    assert_eq!(wire.reply().body, b"hello, world", "{model}, {turn}");
                    assert_eq!(wire.reply().body, b"waited 0 ms\n", "{model}, {turn}");
                }
            });
        },
    );
}

#[test]
fn requests_may_come_byte_by_byte() {
    each_model(
        |config| config,
        |model, addr, _server| {
            let mut wire = Wire::to(addr);
            for byte in echo(b"byte by byte") {
                wire.send(&[byte]);
            }
            assert_eq!(wire.reply().body, b"byte by byte", "{model}");
        },
    );
}

#[test]
fn a_client_that_sends_no_more_is_answered() {
    each_model(
        |config| config,
        |model, addr, _server| {
            for path in ["/hello", "/wait/20"] {
                let mut wire = Wire::to(addr);
                wire.send(&get(path));
                wire.finish_sending();
                assert_eq!(wire.reply().status, 200, "{model}, {path}");
                wire.expect_end();
            }
            let mut wire = Wire::to(addr);
            wire.send(b"GET /hello HT");
            wire.finish_sending();
            wire.expect_end();
        },
    );
}

#[test]
fn one_connection_too_many_is_told_so() {
    let two = |config| ServeConfig { connections_max: 2, ..config };
    each_model(two, |model, addr, _server| {
        let mut held = [Wire::to(addr), Wire::to(addr)];
        held.iter_mut().for_each(|wire| wire.send(b"GET /hello HTTP/1.1\r\n"));
        let mut third = Wire::to(addr);
        let reply = third.reply();
        assert_eq!((reply.status, reply.closes()), (503, true), "{model}");
        assert!(reply.says("retry-after: 1"), "{model}: {}", reply.head);
        assert_eq!(reply.body, b"too many connections; try again later\n", "{model}");
        for wire in &mut held {
            assert_eq!(wire.ask(b"host: a\r\n\r\n").status, 200, "{model}");
        }
    });
}

#[test]
fn a_pool_of_one_thread_serves_everyone() {
    let one = ServeConfig { pool_threads: 1, ..config(Model::ThreadPool) };
    let server = start(one).expect("a server");
    let mut wires: Vec<Wire> = (0..5).map(|_| Wire::to(server.addr())).collect();
    for wire in &mut wires {
        wire.send(&get("/hello"));
    }
    let closed = wires.iter_mut().filter_map(|wire| {
        let reply = wire.reply();
        assert_eq!(reply.status, 200);
        reply.closes().then_some(())
    });
    assert!(closed.count() >= 3, "connections end while others wait");
}

#[test]
fn a_busy_port_and_bad_settings_are_errors() {
    for model in Model::ALL {
        let server = start(config(model)).expect("a server");
        let again = start(config(model).at(server.addr()));
        assert!(
            matches!(again, Err(ServeError::Busy { addr }) if addr == server.addr()),
            "{model}"
        );

        for (connections_max, pool_threads) in [(0, 1), (usize::MAX, 1), (1, 0), (1, 65_537)] {
            let senseless = ServeConfig { connections_max, pool_threads, ..config(model) };
            assert!(
                matches!(start(senseless), Err(ServeError::Setting { .. })),
                "{model}: {connections_max} connections, {pool_threads} threads"
            );
        }
        let foreign = SocketAddr::from(([192, 0, 2, 1], 0));
        assert!(
            matches!(start(config(model).at(foreign)), Err(ServeError::Listen { .. })),
            "{model}"
        );
    }
}
