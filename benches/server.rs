//! How many requests does each way of serving answer, and what does each one cost?
//!
//! The same HTTP/1.1 service (same parser, handlers, limits, listener options) served by tasks on
//! windlass, by three kinds of blocking threads, and by tokio. Each server is a process of its own;
//! the client is this process, one thread on bare mio, in a closed loop; it checks every reply.
//! Client and server share the machine's cores, so this is no measure of a server alone.
//!
//! The program is its own server: started with a variable in its environment, it is one.

#[path = "server/child.rs"]
mod child;
#[path = "server/contest.rs"]
mod contest;
#[path = "server/process.rs"]
mod process;
#[path = "server/spec.rs"]
mod spec;
#[path = "server/tokio_server.rs"]
mod tokio_server;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use windlass::kit::load::LoadConfig;
use windlass::kit::serve::Model;
use windlass_benches::{Group, Harness, Role};

use contest::Contest;
use spec::{Kind, Spec};

/// Most threads of the pool: what `windlass serve` gives it by default.
const POOL_THREADS_MAX: usize = 64;

/// Source addresses of clients that open a connection for each request: each has 28,000 ports.
const SOURCES: u8 = 200;

/// What `/wait/N` waits.
const WAIT_MS: u32 = 5;

/// Most contenders of one group, whose clients are all connected at a time.
const CONTENDERS_MAX: usize = 7;

/// Descriptors beside those of connections.
const DESCRIPTORS_BESIDE: u64 = 256;

const NOT_SHOWN: &str = "Latency under a given rate: in a closed loop a slow server is asked less \
    often, so p50 and p99 say how long a request took and not how long a user waits (coordinated \
    omission). A network: all goes over loopback, and the client takes its share of the cores. At \
    one connection it matters most where the scheduler puts client and server: on one core or two.";

fn main() -> ExitCode {
    if let Some(code) = child::serve_if_told() {
        return code;
    }
    let mut bench = Harness::from_args("server");
    let concurrency: &[usize] = if bench.smoke() { &[1, 8] } else { &[1, 64, 1000] };
    for &at_once in concurrency {
        kept(&mut bench, at_once);
    }
    for &at_once in concurrency {
        opened(&mut bench, at_once);
    }
    for &at_once in concurrency {
        waiting(&mut bench, at_once);
    }
    bench.finish()
}

/// `GET /hello` over connections that stay open.
fn kept(bench: &mut Harness, at_once: usize) {
    bench.group(&format!("hello_kept_{at_once}"), |group| {
        common(group, at_once, "hello, kept connections");
        group
            .title(&format!("hello, kept, {at_once} at once"))
            .question(
                "How many requests a second are answered over connections that stay open, each \
                 asking again as soon as it is answered?",
            )
            .method(&format!(
                "{} The pool has as many threads as there are connections, at most \
                 {POOL_THREADS_MAX}: with more connections than threads it ends a connection with \
                 each reply, so that all are served, and the clients connect again. Thread per \
                 request serves one request a connection, as it is meant to: its clients connect \
                 for each.",
                method(at_once)
            ));
        let load = |addr| LoadConfig::hello(addr, at_once);
        let pool_load = |addr| LoadConfig { sources: SOURCES, ..LoadConfig::hello(addr, at_once) };
        let mut field = Field { group, at_once };
        field.subjects(&load);
        field.enter("tokio", Role::Peer, Spec::of(Kind::Tokio), &load);
        field.blocking("thread per connection", Model::ThreadPerConnection, &load);
        field.blocking("thread pool", Model::ThreadPool, &pool_load);
        field.blocking("thread per request", Model::ThreadPerRequest, &|addr| {
            load(addr).connection_per_request(SOURCES)
        });
        if at_once < 1000 {
            return;
        }
        group
            .rounds(12, 60)
            .budget(Duration::from_secs(45))
            .claim("at least 1.3 times thread per connection", "thread per connection", 1.3)
            .claim("at least 6 times thread per request", "thread per request", 6.0);
    });
}

/// `GET /hello` over a connection for each request, which the server closes: thread per request and
/// its fair twins.
fn opened(bench: &mut Harness, at_once: usize) {
    bench.group(&format!("hello_opened_{at_once}"), |group| {
        common(group, at_once, "hello, a connection for each request");
        group
            .without_control()
            .title(&format!("hello, each opens, {at_once} at once"))
            .question(
                "What is left of the difference when every contender pays for a connection with \
                 each request, as thread per request does?",
            )
            .method(&format!(
                "{} Each request opens a connection and is over when the server has closed it; its \
                 latency ends with the reply. Clients are spread over {SOURCES} addresses from \
                 127.0.0.1 on, so that ports suffice.",
                method(at_once)
            ));
        let load = |addr| LoadConfig::hello(addr, at_once).connection_per_request(SOURCES);
        let mut field = Field { group, at_once };
        let evented = Spec::of(Kind::Kit(Model::Evented)).closing();
        field.enter("windlass evented, close", Role::Subject, evented, &load);
        let tokio = Spec::of(Kind::Tokio).closing();
        field.enter("tokio, close", Role::Peer, tokio, &load);
        field.blocking("thread per request", Model::ThreadPerRequest, &load);
    });
}

/// `GET /wait/5` over kept connections.
fn waiting(bench: &mut Harness, at_once: usize) {
    bench.group(&format!("wait_{WAIT_MS}ms_{at_once}"), |group| {
        common(group, at_once, "wait 5 ms, kept connections");
        group
            .without_control()
            .title(&format!("wait {WAIT_MS} ms, kept, {at_once} at once"))
            .question("And when each request waits 5 ms for something else before it is answered?")
            .method(&format!(
                "{} A timer stands in for the slow service: a sleeping task or a sleeping thread. \
                 The pool has as many threads as there are connections, at most \
                 {POOL_THREADS_MAX}.",
                method(at_once)
            ));
        let load = |addr| LoadConfig::wait(addr, at_once, WAIT_MS);
        let pool_load =
            |addr| LoadConfig { sources: SOURCES, ..LoadConfig::wait(addr, at_once, WAIT_MS) };
        let mut field = Field { group, at_once };
        let evented = Spec::of(Kind::Kit(Model::Evented));
        field.enter("windlass evented", Role::Subject, evented, &load);
        field.enter("tokio", Role::Peer, Spec::of(Kind::Tokio), &load);
        field.blocking("thread per connection", Model::ThreadPerConnection, &load);
        field.blocking("thread pool", Model::ThreadPool, &pool_load);
    });
}

fn common(group: &mut Group<'_>, at_once: usize, family: &str) {
    // At one connection the rounds are short and differ most: where the scheduler puts client and
    // server, on one core or on two, decides by a factor.
    let (sample_ms, rounds) = match at_once {
        ..8 => (120, 16),
        8..512 => (200, 10),
        _ => (300, 10),
    };
    group
        .rate("requests per second")
        .not_shown(NOT_SHOWN)
        .over(family, "requests at once", at_once as f64)
        .crowded()
        .rounds(rounds, rounds)
        .sample(Duration::from_millis(sample_ms));
}

fn method(at_once: usize) -> String {
    format!(
        "Each server is a process of its own, this program started again; the client is one thread \
         on bare mio in another, checks every byte of every reply, and keeps {at_once} requests in \
         flight: no error is allowed. Only the server being measured is loaded; before each window \
         one request on each kept connection is not counted. Processor time is the server's, from \
         /proc/PID/stat. Rate x mean latency must give back the requests in flight (Little's law)."
    )
}

/// The contenders of one group.
struct Field<'g, 'a> {
    group: &'g mut Group<'a>,
    at_once: usize,
}

impl Field<'_, '_> {
    /// windlass with the workers it chooses, and with one.
    fn subjects(&mut self, load: &dyn Fn(SocketAddr) -> LoadConfig) {
        let evented = Spec::of(Kind::Kit(Model::Evented));
        self.enter("windlass evented", Role::Subject, evented, load);
        let one = evented.workers(1);
        self.enter("windlass evented, 1 worker", Role::Subject, one, load);
    }

    /// A blocking model.
    fn blocking(&mut self, name: &str, model: Model, load: &dyn Fn(SocketAddr) -> LoadConfig) {
        let pool_threads = self.at_once.min(POOL_THREADS_MAX);
        let spec = Spec::of(Kind::Kit(model)).pool(pool_threads);
        self.enter(name, Role::Baseline, spec, load);
    }

    /// Starts a contender's server and client; what does not start is recorded with the reason.
    fn enter(
        &mut self,
        name: &str,
        role: Role,
        spec: Spec,
        load: &dyn Fn(SocketAddr) -> LoadConfig,
    ) {
        let started = descriptors(self.at_once).and_then(|()| Contest::start(&spec, load));
        match started {
            Ok(mut contest) => self.group.window(name, role, move |window| contest.measure(window)),
            Err(why) => self.group.broken(name, role, &why),
        };
    }
}

/// Sees to it that this process may open the connections of all contenders of a group.
fn descriptors(at_once: usize) -> Result<(), String> {
    let wanted = (CONTENDERS_MAX * at_once) as u64 + DESCRIPTORS_BESIDE;
    // The servers, which are started from here, inherit the limit.
    let allowed = rlimit::increase_nofile_limit(wanted)
        .map_err(|error| format!("the limit of open files cannot be raised: {error}"))?;
    match allowed >= wanted {
        true => Ok(()),
        false => Err(format!(
            "needs {wanted} open files, and the system allows {allowed}: raise it (ulimit -n)"
        )),
    }
}
