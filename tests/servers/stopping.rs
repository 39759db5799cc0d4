//! A stop in order: idle connections end at once, running requests end, the rest is cut in time.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use windlass::kit::serve::{Drained, ServeConfig, start};

use crate::downstream::Slow;
use crate::wire::{Wire, config, each_model, get};
use windlass::kit::serve::Model;

#[test]
fn a_running_request_ends_before_the_server_does() {
    for model in Model::ALL {
        let mut slow = Slow::listen();
        let server = start(ServeConfig { downstream: Some(slow.addr()), ..config(model) });
        let server = server.unwrap_or_else(|error| panic!("{model}: {error}"));
        let addr = server.addr();

        let mut idle = Wire::to(addr);
        let idle_lives = !idle.ask(&get("/hello")).closes();
        let mut unfinished = Wire::to(addr);
        // With the 100 the server says that it has read the head.
        let head = "POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n";
        let asked = unfinished.ask(format!("{head}expect: 100-continue\r\n\r\n").as_bytes());
        assert_eq!(asked.status, 100, "{model}");
        unfinished.send(b"hel");
        let mut running = Wire::to(addr);
        running.send(&get("/wait/1"));
        let waiting = slow.accept();

        thread::scope(|scope| {
            let stopping = scope.spawn(|| server.stop());
            // The idle connection ends only when the stop has begun.
            if idle_lives {
                idle.expect_end();
            }
            waiting.reply(1);
            let reply = running.reply();
            assert_eq!((reply.status, reply.closes()), (200, true), "{model}");
            running.expect_end();
            let reply = unfinished.ask(b"lo");
            assert_eq!(reply.body, b"hello", "{model}");
            unfinished.expect_end();
            let drained = stopping.join().expect("the stop does not panic");
            assert_eq!(drained, Drained { cut: 0 }, "{model}");
        });
        assert_port_is_free(addr);
    }
}

#[test]
fn what_does_not_end_is_cut() {
    let hasty = |config| ServeConfig { drain: Duration::from_millis(100), ..config };
    each_model(hasty, |model, addr, server| {
        let mut running = Wire::to(addr);
        running.send(&get("/wait/60000"));
        let mut unfinished = Wire::to(addr);
        unfinished.send(b"GET /hel");
        // Answered after the two: then both have been accepted. That the server has read them is
        // not certain, and does not matter: it must end in any case.
        assert_eq!(Wire::to(addr).ask(&get("/hello")).status, 200, "{model}");
        let begun = Instant::now();
        let drained = server.stop();
        assert!(drained.cut <= 2, "{model}: {drained:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{model}: {:?}", begun.elapsed());
        running.expect_end();
        unfinished.expect_end();
        assert_port_is_free(addr);
    });
}

#[test]
fn a_server_stops_when_it_is_dropped() {
    each_model(
        |config| config,
        |model, addr, server| {
            let mut idle = Wire::to(addr);
            assert_eq!(idle.ask(&get("/hello")).status, 200, "{model}");
            drop(server);
            idle.expect_end();
            assert_port_is_free(addr);
        },
    );
}

fn assert_port_is_free(addr: SocketAddr) {
    assert!(TcpStream::connect(addr).is_err(), "nobody listens any more");
    TcpListener::bind(addr).expect("the port is free again");
}
