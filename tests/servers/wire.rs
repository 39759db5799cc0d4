//! A raw HTTP client for tests, and servers of every model.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use windlass::kit::serve::{Model, ServeConfig, Server, start};

/// No test waits longer than this for bytes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs `test` with a server of each model, changed by `change`, one after the other.
pub(crate) fn each_model(
    change: impl Fn(ServeConfig) -> ServeConfig,
    test: impl Fn(Model, SocketAddr, Server),
) {
    for model in Model::ALL {
        let server =
            start(change(config(model))).unwrap_or_else(|error| panic!("{model}: {error}"));
        eprintln!("model {model}");
        test(model, server.addr(), server);
    }
}

/// The same for tests that mostly wait: with a server of each model at the same time.
pub(crate) fn each_model_at_once(
    change: impl Fn(ServeConfig) -> ServeConfig,
    test: impl Fn(Model, SocketAddr, Server) + Sync,
) {
    thread::scope(|scope| {
        for model in Model::ALL {
            let server =
                start(change(config(model))).unwrap_or_else(|error| panic!("{model}: {error}"));
            let test = &test;
            scope.spawn(move || test(model, server.addr(), server));
        }
    });
}

/// A small server: two unpinned workers, few threads.
pub(crate) fn config(model: Model) -> ServeConfig {
    ServeConfig {
        workers: Some(2),
        cores: windlass::CorePlan::None,
        pool_threads: 4,
        ..ServeConfig::new(model)
    }
}

/// One reply.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn says(&self, header: &str) -> bool {
        self.head.lines().any(|line| line.eq_ignore_ascii_case(header))
    }

    pub(crate) fn closes(&self) -> bool {
        self.says("connection: close")
    }
}

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Wire {
    pub(crate) fn to(addr: SocketAddr) -> Wire {
        let stream = TcpStream::connect(addr).expect("connect");
        stream.set_nodelay(true).expect("nodelay");
        stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
        stream.set_write_timeout(Some(PATIENCE)).expect("timeout");
        Wire { stream, received: Vec::new() }
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Sends; a server that has refused already may have closed its side.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    pub(crate) fn finish_sending(&self) {
        self.stream.shutdown(Shutdown::Write).expect("shutdown");
    }

    /// Sends and takes one reply.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Reply {
        self.send(request);
        self.reply()
    }

    /// Takes one reply, with its body.
    pub(crate) fn reply(&mut self) -> Reply {
        self.reply_to(false)
    }

    /// Takes one reply to a HEAD request, without a body.
    pub(crate) fn reply_without_body(&mut self) -> Reply {
        self.reply_to(true)
    }

    fn reply_to(&mut self, head_only: bool) -> Reply {
        let head_bytes = loop {
            if let Some(at) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(self.more().expect("a reply") > 0, "end before a reply: {:?}", self.shown());
        };
        let head: Vec<u8> = self.received.drain(..head_bytes).collect();
        let head = String::from_utf8(head).expect("heads are ASCII");
        let status = head[9..12].parse().expect("a status");
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse::<usize>().expect("a length"));
        let length = if head_only { 0 } else { length };
        while self.received.len() < length {
            assert!(self.more().expect("a body") > 0, "end within a body: {head}");
        }
        Reply { status, head, body: self.received.drain(..length).collect() }
    }

    /// Waits for the end of the connection: nothing more may come. A reset counts as an end.
    pub(crate) fn expect_end(&mut self) {
        assert_eq!(self.shown(), "", "bytes before the end");
        match self.more() {
            Ok(0) => {}
            Ok(_) => panic!("bytes instead of the end: {:?}", self.shown()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("no end: {error}"),
        }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.received[..self.received.len().min(200)]).into_owned()
    }

    fn more(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 64 * 1024];
        let bytes = self.stream.read(&mut buffer)?;
        self.received.extend_from_slice(&buffer[..bytes]);
        Ok(bytes)
    }
}

pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: test\r\n\r\n").into_bytes()
}

pub(crate) fn echo(body: &[u8]) -> Vec<u8> {
    let head =
        format!("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Bytes that differ from place to place.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    (0..len as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}
