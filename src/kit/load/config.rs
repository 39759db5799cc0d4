//! What load to make.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// How requests and connections go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Connections stay open between requests.
    KeepAlive,
    /// Each request opens a connection of its own, which the server closes.
    ConnectionPerRequest,
}

/// When a measured window ends. No request is left in flight after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// After so many requests.
    Requests(u64),
    /// When so much time has passed.
    Time(Duration),
    /// An open loop: requests at a rate of their own.
    Rate(Rate),
}

/// The load of an open loop. Request `n` is meant to be sent at the start plus `n` intervals; it
/// takes the connection that has been free for longest, and waits for one when none is. Its latency
/// counts from when it was *meant* to be sent, so that what a slow server delays is not left out
/// (coordinated omission).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests per second, at least 1.
    pub per_s: u32,
    /// For so long.
    pub time: Duration,
    /// Most requests that may wait for a free connection; further ones are dropped, and counted.
    pub backlog_max: usize,
    /// How long after the window's end a request that still waits for a free connection may be
    /// sent; then the rest is dropped, and counted.
    pub overtime: Duration,
    /// The generator may notice a thousandth of the requests later than this after they were due;
    /// if it is late more often, the window is void.
    pub late_max: Duration,
}

impl Default for Rate {
    /// 1000 requests per second for one second, at most 65536 waiting and a minute longer than
    /// that second, at most 2 ms late.
    fn default() -> Rate {
        Rate {
            per_s: 1000,
            time: Duration::from_secs(1),
            backlog_max: 1 << 16,
            overtime: Duration::from_secs(60),
            late_max: Duration::from_millis(2),
        }
    }
}

/// What every reply must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Status 200 and this body, byte for byte.
    Body(Vec<u8>),
    /// One of two statuses, with a body of any content: a service that may refuse.
    Status {
        /// The request was taken.
        taken: u16,
        /// It was refused, as the service may: counted apart, with latencies of its own.
        refused: Option<u16>,
    },
}

/// What load to make.
#[derive(Clone, Debug)]
pub struct LoadConfig {
    /// The server.
    pub addr: SocketAddr,
    /// Requests in flight at a time, each on its own connection.
    pub connections: usize,
    /// The name that requests call the server by; `None`: its address.
    pub host: Option<String>,
    /// How requests and connections go together.
    pub manner: Manner,
    /// Path asked for.
    pub path: String,
    /// Body: `None` asks by `GET`, `Some` by `POST`.
    pub body: Option<Vec<u8>>,
    /// What every reply must be.
    pub expect: Expect,
    /// Number of source addresses 127.0.0.1, 127.0.0.2 and so on over which the connections are
    /// spread; 0 leaves the choice to the system. Each address has about 28,000 ports.
    pub sources: u8,
    /// How long one request may take before it counts as an error.
    pub request_deadline: Duration,
    /// How often one request may be tried again on a new connection, when the connect fails or a
    /// kept connection turns out to be closed.
    pub retries_max: u32,
}

impl LoadConfig {
    /// `GET /hello` over `connections` kept connections.
    pub fn hello(addr: SocketAddr, connections: usize) -> LoadConfig {
        LoadConfig::get(addr, connections, "/hello", crate::kit::http::HELLO.into())
    }

    /// `GET /wait/N` over `connections` kept connections.
    pub fn wait(addr: SocketAddr, connections: usize, wait_ms: u32) -> LoadConfig {
        let expected = format!("waited {wait_ms} ms\n");
        LoadConfig::get(addr, connections, &format!("/wait/{wait_ms}"), expected.into())
    }

    /// `POST /echo` of `body` over `connections` kept connections.
    pub fn echo(addr: SocketAddr, connections: usize, body: Vec<u8>) -> LoadConfig {
        let get = LoadConfig::get(addr, connections, "/echo", body.clone());
        LoadConfig { body: Some(body), ..get }
    }

    /// `POST` of JSON to `path`, which is answered by status `taken`, over `connections` kept
    /// connections.
    pub fn post_json(
        addr: SocketAddr,
        connections: usize,
        path: &str,
        body: Vec<u8>,
        taken: u16,
    ) -> LoadConfig {
        let get = LoadConfig::get(addr, connections, path, Vec::new());
        LoadConfig { body: Some(body), expect: Expect::Status { taken, refused: None }, ..get }
    }

    /// The same, where the service may refuse by status `refused`.
    pub fn or_refused(mut self, by: u16) -> LoadConfig {
        if let Expect::Status { refused, .. } = &mut self.expect {
            *refused = Some(by);
        }
        self
    }

    /// `GET` of `path` over `connections` kept connections.
    pub fn get(addr: SocketAddr, connections: usize, path: &str, expected: Vec<u8>) -> LoadConfig {
        LoadConfig {
            addr,
            connections,
            host: None,
            manner: Manner::KeepAlive,
            path: path.to_string(),
            body: None,
            expect: Expect::Body(expected),
            sources: 0,
            request_deadline: Duration::from_secs(30),
            retries_max: 3,
        }
    }

    /// The same with a connection for each request, spread over `sources` source addresses.
    pub fn connection_per_request(self, sources: u8) -> LoadConfig {
        LoadConfig { manner: Manner::ConnectionPerRequest, sources, ..self }
    }

    /// The bytes of one request.
    pub(super) fn request(&self) -> Vec<u8> {
        let method = if self.body.is_some() { "POST" } else { "GET" };
        let host = self.host.clone().unwrap_or_else(|| self.addr.to_string());
        let mut request = format!("{method} {} HTTP/1.1\r\nhost: {host}\r\n", self.path);
        if let Some(body) = &self.body {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
            if matches!(self.expect, Expect::Status { .. }) {
                request.push_str("content-type: application/json\r\n");
            }
        }
        if self.manner == Manner::ConnectionPerRequest {
            request.push_str("connection: close\r\n");
        }
        request.push_str("\r\n");
        let mut request = request.into_bytes();
        request.extend_from_slice(self.body.as_deref().unwrap_or_default());
        request
    }
}

/// Why the load cannot be made.
#[derive(Debug)]
pub enum LoadError {
    /// A setting makes no sense.
    Setting {
        /// Which one, and what would be right.
        what: &'static str,
    },
    /// The event queue cannot be made or waited for.
    Poll {
        /// What the system said.
        source: io::Error,
    },
    /// The generator itself fell behind its rate: the window says nothing of the server.
    Behind {
        /// How late it noticed all but a thousandth of the requests.
        late: Duration,
        /// How late it may be.
        late_max: Duration,
    },
    /// The first requests, one on each connection, were not all answered as expected.
    FirstRequests {
        /// The server.
        addr: SocketAddr,
        /// How many failed.
        failed: u64,
        /// What the first failure looked like.
        first_error: String,
    },
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::Setting { what } => f.write_str(what),
            LoadError::Poll { source } => write!(f, "cannot wait for events: {source}"),
            LoadError::Behind { late, late_max } => write!(
                f,
                "the generator fell behind: it noticed a thousandth of the requests {late:?} late \
                 or later, and may be {late_max:?} late: give it a core of its own, or a lower rate"
            ),
            LoadError::FirstRequests { addr, failed, first_error } => {
                write!(
                    f,
                    "{failed} of the first requests to {addr} failed, the first: {first_error}"
                )
            }
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LoadError::Setting { .. }
            | LoadError::Behind { .. }
            | LoadError::FirstRequests { .. } => None,
            LoadError::Poll { source } => Some(source),
        }
    }
}
