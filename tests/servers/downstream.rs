//! Waits that are real calls to a downstream; and a downstream under the test's control.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use windlass::kit::serve::{Model, ServeConfig, start};

use crate::wire::{Wire, config, get};

/// A downstream that replies when the test says so.
pub(crate) struct Slow {
    listener: TcpListener,
}

/// A call to a [`Slow`] downstream.
pub(crate) struct Call {
    stream: TcpStream,
    request: String,
}

impl Slow {
    pub(crate) fn listen() -> Slow {
        Slow { listener: TcpListener::bind("127.0.0.1:0").expect("a free port") }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.listener.local_addr().expect("an address")
    }

    /// Takes the next call, with its whole head.
    pub(crate) fn accept(&mut self) -> Call {
        let (mut stream, _) = self.listener.accept().expect("a call");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
        let (mut request, mut byte) = (String::new(), [0]);
        while !request.ends_with("\r\n\r\n") {
            stream.read_exact(&mut byte).expect("a request");
            request.push(char::from(byte[0]));
        }
        Call { stream, request }
    }
}

impl Call {
    pub(crate) fn reply(self, wait_ms: u32) {
        let body = format!("waited {wait_ms} ms\n");
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
        self.say(&format!("{head}{body}"));
    }

    fn say(mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("the caller listens");
    }
}

#[test]
fn a_wait_is_a_call_to_the_downstream() {
    for model in Model::ALL {
        let below = start(config(Model::ThreadPerRequest)).expect("a downstream");
        let above = ServeConfig { downstream: Some(below.addr()), ..config(model) };
        let server = start(above).expect("a server");
        let mut wire = Wire::to(server.addr());
        for wait in ["/wait/0", "/wait/30", "/wait/1"] {
            let reply = wire.ask(&get(wait));
            assert_eq!(reply.status, 200, "{model}: {}", reply.head);
            assert!(reply.body.starts_with(b"waited "), "{model}");
            if reply.closes() {
                wire = Wire::to(server.addr());
            }
        }
    }
}

#[test]
fn a_downstream_that_fails_is_named() {
    for model in Model::ALL {
        let mut slow = Slow::listen();
        let above = ServeConfig { downstream: Some(slow.addr()), ..config(model) };
        let server = start(above).expect("a server");
        for wrong in [
            "",
            "HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nshort",
            "gibberish\r\n\r\n",
        ] {
            let mut wire = Wire::to(server.addr());
            wire.send(&get("/wait/7"));
            let call = slow.accept();
            assert!(call.request.starts_with("GET /wait/7 HTTP/1.1\r\n"), "{}", call.request);
            call.say(wrong);
            assert_eq!(wire.reply().status, 502, "{model}, {wrong:?}");
        }
        drop(slow);
        assert_eq!(Wire::to(server.addr()).ask(&get("/wait/7")).status, 502, "{model}: refused");
    }
}

#[test]
fn a_downstream_that_is_late_is_given_up() {
    for model in Model::ALL {
        let mut slow = Slow::listen();
        let downstream_slack = Duration::from_millis(100);
        let above =
            ServeConfig { downstream: Some(slow.addr()), downstream_slack, ..config(model) };
        let server = start(above).expect("a server");
        let mut wire = Wire::to(server.addr());
        wire.send(&get("/wait/10"));
        let call = slow.accept();
        assert_eq!(wire.reply().status, 504, "{model}");
        drop(call);
    }
}
