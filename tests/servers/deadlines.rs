//! Clients that take too long are timed out: none can hold a connection for ever.

use std::io::{Read, Write};
use std::thread;
use std::time::{Duration, Instant};

use windlass::kit::http::Deadlines;
use windlass::kit::serve::ServeConfig;

use crate::wire::{Wire, each_model_at_once, echo, get};

const HEAD: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(2);

fn impatient(config: ServeConfig) -> ServeConfig {
    let deadlines = Deadlines { head: HEAD, idle: IDLE, bytes_per_s_min: 1_000_000 };
    ServeConfig { deadlines, ..config }
}

#[test]
fn a_head_that_stops_is_timed_out() {
    each_model_at_once(impatient, |model, addr, _server| {
        let begun = Instant::now();
        let mut wire = Wire::to(addr);
        wire.send(b"GET /hello HTTP/1.1\r\nho");
        let reply = wire.reply();
        assert_eq!((reply.status, reply.closes()), (408, true), "{model}");
        assert!(begun.elapsed() >= HEAD, "{model}: {:?}", begun.elapsed());
        wire.expect_end();
    });
}

#[test]
fn an_endless_head_is_timed_out() {
    each_model_at_once(impatient, |model, addr, _server| {
        let mut wire = Wire::to(addr);
        let mut writer = wire.stream().try_clone().expect("a second handle");
        thread::scope(|scope| {
            scope.spawn(move || {
                let start = writer.write_all(b"GET /hello HTTP/1.1\r\nhost: ");
                // Each byte comes well within the deadline; the head as a whole does not.
                let drip = |_| {
                    thread::sleep(HEAD / 10);
                    writer.write_all(b"a").is_ok()
                };
                assert!(start.is_ok() && !(0..200).all(drip), "{model}: the connection must end");
            });
            assert_eq!(wire.reply().status, 408, "{model}");
        });
    });
}

#[test]
fn a_body_that_stops_is_timed_out() {
    each_model_at_once(impatient, |model, addr, _server| {
        let mut wire = Wire::to(addr);
        wire.send(b"POST /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\nhalf of it");
        assert_eq!(wire.reply().status, 408, "{model}");
        wire.expect_end();
    });
}

#[test]
fn silent_connections_are_closed() {
    each_model_at_once(impatient, |model, addr, _server| {
        let mut fresh = Wire::to(addr);
        let mut idle = Wire::to(addr);
        assert_eq!(idle.ask(&get("/hello")).status, 200, "{model}");
        fresh.expect_end();
        idle.expect_end();
    });
}

#[test]
fn a_busy_connection_outlives_the_deadlines() {
    each_model_at_once(impatient, |model, addr, _server| {
        let begun = Instant::now();
        let mut wire = Wire::to(addr);
        while begun.elapsed() < IDLE + HEAD {
            let reply = wire.ask(&get("/wait/20"));
            assert_eq!(reply.status, 200, "{model}");
            if reply.closes() {
                wire = Wire::to(addr);
            }
        }
        // A wait longer than the deadlines is the server's own time, not the client's.
        let mut wire = Wire::to(addr);
        assert_eq!(wire.ask(&get("/wait/2500")).status, 200, "{model}");
    });
}

#[test]
fn a_client_that_takes_no_reply_is_dropped() {
    let hasty = |config: ServeConfig| {
        let deadlines = Deadlines { head: HEAD, idle: IDLE, bytes_per_s_min: 20_000_000 };
        ServeConfig { deadlines, drain: Duration::from_secs(15), ..config }
    };
    each_model_at_once(hasty, |model, addr, server| {
        let mut wire = Wire::to(addr);
        wire.send(&echo(&vec![b'x'; 32 << 20]));
        let mut status = [0; 12];
        let read = wire.stream().read_exact(&mut status);
        assert!(read.is_ok(), "{model}: {read:?}");
        assert_eq!(&status, b"HTTP/1.1 200", "{model}");
        // More than the socket buffers hold, and nobody reads on. The connection ends by its own
        // deadline and need not be cut.
        assert_eq!(server.stop().cut, 0, "{model}");
    });
}
