//! The arguments of `windlass load`.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};

use crate::kit::http::{Call, HELLO};
use crate::kit::load::{Expect, LoadConfig};

use super::exit::Failed;
use super::times;
use super::url::{self, Url};

/// Most connections that can be asked for.
const CONNECTIONS_MAX: u64 = 60_000;

/// Connections that one source address is asked for: it has about 28,000 ports.
const CONNECTIONS_PER_SOURCE: usize = 20_000;

/// Source addresses over which connections of their own are spread.
const SOURCES: u8 = 200;

/// Largest body that is read from a file, in bytes.
const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum MethodArg {
    Get,
    Post,
}

/// Make load on a service, check every reply, and say how fast it was.
///
/// With --rate it is an open loop: requests are due at that rate whatever became of those before,
/// and a latency counts from when its request was due. Without it is a closed loop: each connection
/// asks again when it is answered, which says how much a server can do, but hides from the
/// latencies what a stalled server does to those who do not wait for it (coordinated omission).
///
/// Exit code 0: every request was answered right, at the rate asked for. 1: a reply was wrong or
/// missing, requests were dropped, or the generator itself fell behind. 2: wrong arguments. 130:
/// ended by Ctrl-C; what was measured until then is shown.
#[derive(Debug, Args)]
pub(super) struct LoadArgs {
    /// What to ask for: http://HOST:PORT/PATH
    #[arg(value_parser = url::parse)]
    pub(super) url: Url,
    /// Requests per second, in an open loop; without it the loop is closed
    #[arg(long, value_name = "R", allow_negative_numbers = true,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) rate: Option<u32>,
    /// Connections: as many requests are on their way at a time, at most
    #[arg(short, long, value_name = "N", default_value_t = 64,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=CONNECTIONS_MAX))]
    pub(super) connections: usize,
    /// For how long
    #[arg(short, long, value_name = "TIME", default_value = "10s", value_parser = times::parse)]
    pub(super) duration: Duration,
    /// Load that is not measured, before that
    #[arg(long, value_name = "TIME", default_value = "500ms", value_parser = times::parse)]
    pub(super) warm_up: Duration,
    /// A connection for each request, which the server closes
    #[arg(long)]
    pub(super) close: bool,
    /// The method [default: GET, with --body POST]
    #[arg(long, value_enum, ignore_case = true)]
    method: Option<MethodArg>,
    /// The body of each request: text, or @FILE
    #[arg(long, value_name = "TEXT|@FILE")]
    body: Option<String>,
    /// The status that is right. Given, it is all that is checked; else replies of windlass's paths
    /// (/hello, /wait/N, /echo) are checked byte by byte, and others by status 200
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..600))]
    expect: Option<u16>,
    /// How long one request may take
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = times::parse)]
    timeout: Duration,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub(super) json: bool,
}

impl LoadArgs {
    /// The method's name.
    pub(super) fn method(&self) -> &'static str {
        let common = if self.body.is_some() { MethodArg::Post } else { MethodArg::Get };
        match self.method.unwrap_or(common) {
            MethodArg::Get => "GET",
            MethodArg::Post => "POST",
        }
    }

    /// What is checked of a reply that comes to this config.
    pub(super) fn checked(config: &LoadConfig) -> String {
        match &config.expect {
            Expect::Body(body) => format!("status 200 and all {} bytes of the body", body.len()),
            Expect::Status { taken, .. } => format!("status {taken} alone"),
        }
    }

    /// The load on `addr` that the arguments describe.
    pub(super) fn config(&self, addr: SocketAddr) -> Result<LoadConfig, Failed> {
        for (name, time) in [("--duration", self.duration), ("--timeout", self.timeout)] {
            if time.is_zero() {
                return Err(Failed::usage(format!("{name} must be more than 0, such as 10s")));
            }
        }
        let body = self.body()?;
        let expect = self.expect(body.as_deref().unwrap_or_default());
        let config = LoadConfig {
            body,
            expect,
            host: Some(self.url.authority.clone()),
            request_deadline: self.timeout,
            ..LoadConfig::get(addr, self.connections, &self.url.path, Vec::new())
        };
        // Only these addresses are certain to be this machine's.
        let loopback = matches!(addr.ip(), IpAddr::V4(ip) if ip.is_loopback());
        let many = self.connections.div_ceil(CONNECTIONS_PER_SOURCE) as u8;
        Ok(match (self.close, loopback) {
            (true, loopback) => config.connection_per_request(if loopback { SOURCES } else { 0 }),
            (false, true) if many > 1 => LoadConfig { sources: many, ..config },
            (false, _) => config,
        })
    }

    fn body(&self) -> Result<Option<Vec<u8>>, Failed> {
        match (&self.body, self.method()) {
            (None, "GET") => Ok(None),
            (None, _) => Ok(Some(Vec::new())),
            (Some(_), "GET") => {
                Err(Failed::usage("a GET has no body: leave --body or --method away"))
            }
            (Some(text), _) => match text.strip_prefix('@') {
                None => Ok(Some(text.clone().into_bytes())),
                Some(path) => read(path).map(Some).map_err(|said| {
                    Failed::usage(format!("--body @{path} cannot be read: {said}"))
                }),
            },
        }
    }

    fn expect(&self, body: &[u8]) -> Expect {
        let status = Expect::Status { taken: self.expect.unwrap_or(200), refused: None };
        if self.expect.is_some() {
            return status;
        }
        match Call::of(self.method(), &self.url.path) {
            Call::Hello => Expect::Body(HELLO.into()),
            Call::Wait { wait_ms } => Expect::Body(format!("waited {wait_ms} ms\n").into()),
            Call::Echo => Expect::Body(body.to_vec()),
            _ => status,
        }
    }
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > BODY_BYTES_MAX {
        return Err(format!("it has {size} bytes, and may have {BODY_BYTES_MAX}"));
    }
    fs::read(path).map_err(|error| error.to_string())
}
