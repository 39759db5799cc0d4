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
}

/// What load to make.
#[derive(Clone, Debug)]
pub struct LoadConfig {
    /// The server.
    pub addr: SocketAddr,
    /// Requests in flight at a time, each on its own connection.
    pub connections: usize,
    /// How requests and connections go together.
    pub manner: Manner,
    /// Path asked for.
    pub path: String,
    /// Body: `None` asks by `GET`, `Some` by `POST`.
    pub body: Option<Vec<u8>>,
    /// Body that every reply must carry, with status 200.
    pub expected_body: Vec<u8>,
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

    /// `GET` of `path` over `connections` kept connections.
    pub fn get(addr: SocketAddr, connections: usize, path: &str, expected: Vec<u8>) -> LoadConfig {
        LoadConfig {
            addr,
            connections,
            manner: Manner::KeepAlive,
            path: path.to_string(),
            body: None,
            expected_body: expected,
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
        let mut request = format!("{method} {} HTTP/1.1\r\nhost: {}\r\n", self.path, self.addr);
        if let Some(body) = &self.body {
            request.push_str(&format!("content-length: {}\r\n", body.len()));
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
            LoadError::Setting { .. } | LoadError::FirstRequests { .. } => None,
            LoadError::Poll { source } => Some(source),
        }
    }
}
