//! Server and client on all cores: how many requests are answered, over connections that stay open
//! and over connections that do not, at once and after a wait.

use std::time::Duration;

use windlass::kit::load::LoadConfig;
use windlass::kit::serve::Model;
use windlass::kit::stage::contest::{CPU, SOURCES};
use windlass_benches::{Group, Harness, Role};

use crate::field::{
    BARE, Field, PER_CONNECTION, PER_REQUEST, POOL_THREADS_MAX, Size, TOKIO, WINDLASS,
};
use crate::method;
use crate::spec::{Kind, Spec};

/// What `/wait/N` waits.
const WAIT_MS: u32 = 5;

const NOT_SHOWN: &str = "Latency under a given rate: in a closed loop a slow server is asked less \
    often, so p50 and p99 say how long a request took and not how long a user waits (coordinated \
    omission; open_40k_1000 tells that). A network: all goes over loopback, and the client takes \
    its share of the cores. At one connection it matters most where the scheduler puts client and \
    server: on one core or two.";

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness, size: Size) {
    let most = if bench.quick() { 1000 } else { 5000 };
    for at_once in [1, 64, 1000, 5000].into_iter().filter(|at_once| *at_once <= most) {
        kept(bench, size, at_once);
    }
    let few: &[usize] = if bench.all() { &[1, 64, 1000] } else { &[1000] };
    for &at_once in few {
        opened(bench, size, at_once);
    }
    let waits: &[usize] = if bench.all() { &[1, 64, 1000, 5000] } else { &[64, 1000, 5000] };
    for &at_once in waits.iter().filter(|at_once| **at_once <= most) {
        waiting(bench, size, at_once);
    }
}

/// `GET /hello` over connections that stay open.
fn kept(bench: &mut Harness, size: Size, at_once: usize) {
    let all = bench.all();
    bench.group(&format!("hello_kept_{at_once}"), |group| {
        common(group, at_once, "hello, kept connections");
        group
            .title(&format!("hello, kept, {at_once} at once"))
            .question(
                "How many requests a second are answered over connections that stay open, each \
                 asking again as soon as it is answered?",
            )
            .method(&format!(
                "{} Two bare loops have a listener each on one port (SO_REUSEPORT). The pool has \
                 as many threads as there are connections, at most {POOL_THREADS_MAX}: with more \
                 connections than threads it ends a connection with each reply, so that all are \
                 served, and the clients connect again. Thread per request serves one request a \
                 connection, as it is meant to: its clients connect for each.",
                method(at_once)
            ));
        kept_claims(group, at_once);
        let connections = size.connections(at_once);
        let load = |addr| LoadConfig::hello(addr, connections);
        let pool_load =
            |addr| LoadConfig { sources: SOURCES, ..LoadConfig::hello(addr, connections) };
        let mut field = Field::new(group, size, at_once);
        field.windlass(&load);
        let many = at_once >= 5000 && !all;
        if !many {
            let one = Spec::of(Kind::Kit(Model::Evented)).workers(1);
            field.enter("windlass evented, 1 worker", Role::Subject, one, &load);
        }
        field.bare(&load);
        if !many {
            let two = Spec::of(Kind::Bare).workers(2);
            field.enter("two bare mio loops", Role::Limit, two, &load);
        }
        field.tokio(&load);
        field.blocking(PER_CONNECTION, Model::ThreadPerConnection, &load);
        if many {
            return;
        }
        field.blocking("thread pool", Model::ThreadPool, &pool_load);
        field.blocking(PER_REQUEST, Model::ThreadPerRequest, &|addr| {
            load(addr).connection_per_request(SOURCES)
        });
        if all {
            field.enter("hyper on windlass", Role::Peer, Spec::of(Kind::HyperWindlass), &load);
            field.enter("hyper on tokio", Role::Peer, Spec::of(Kind::HyperTokio), &load);
            field.enter("smol", Role::Peer, Spec::of(Kind::Smol), &load);
            field.enter("nginx, 1 worker", Role::Peer, Spec::of(Kind::Nginx), &load);
        }
    });
}

/// The bars, and how long they may take.
fn kept_claims(group: &mut Group<'_>, at_once: usize) {
    match at_once {
        64 | 1000 => {
            group
                .rounds(10, 60)
                .budget(Duration::from_secs(14))
                .claim("two cores: at least 1.05x tokio's requests/s", TOKIO, 1.05)
                .claim_of("two cores: CPU at most 0.92x tokio's", CPU, TOKIO, 0.92);
        }
        5000 => {
            group
                .claim("at least 0.97x the bare loop's requests/s", BARE, 0.97)
                .claim("at least 2x thread per connection", PER_CONNECTION, 2.0)
                .budget(Duration::from_secs(14))
                .without_control();
        }
        _ => {}
    }
    if at_once == 1000 {
        group.claim("at least 8x thread per request", PER_REQUEST, 8.0).claim_of(
            "at most a seventh of thread per request's CPU",
            CPU,
            PER_REQUEST,
            1.0 / 7.0,
        );
    }
}

/// `GET /hello` over a connection for each request, which the server closes: thread per request and
/// its fair twins.
fn opened(bench: &mut Harness, size: Size, at_once: usize) {
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
        let load = |addr| {
            LoadConfig::hello(addr, size.connections(at_once)).connection_per_request(SOURCES)
        };
        let mut field = Field::new(group, size, at_once);
        let evented = Spec::of(Kind::Kit(Model::Evented)).closing();
        field.enter(&format!("{WINDLASS}, close"), Role::Subject, evented, &load);
        let bare = Spec::of(Kind::Bare).workers(1).closing();
        field.enter(&format!("{BARE}, close"), Role::Limit, bare, &load);
        let tokio = Spec::of(Kind::Tokio).closing();
        field.enter(&format!("{TOKIO}, close"), Role::Peer, tokio, &load);
        field.blocking(PER_REQUEST, Model::ThreadPerRequest, &load);
    });
}

/// `GET /wait/5` over kept connections.
fn waiting(bench: &mut Harness, size: Size, at_once: usize) {
    let all = bench.all();
    bench.group(&format!("wait_{WAIT_MS}ms_{at_once}"), |group| {
        common(group, at_once, "wait 5 ms, kept connections");
        group
            .without_control()
            .title(&format!("wait {WAIT_MS} ms, kept, {at_once} at once"))
            .question("And when each request waits 5 ms for something else before it is answered?")
            .method(&format!(
                "{} A timer stands in for the slow service: a sleeping task, a sleeping thread, a \
                 place in the bare loop's heap. The pool has as many threads as there are \
                 connections, at most {POOL_THREADS_MAX}.",
                method(at_once)
            ));
        if at_once >= 1000 {
            let bar = if at_once < 5000 { 2.0 } else { 3.0 };
            let text = format!("wait: at least {bar:.0}x thread per connection");
            group
                .claim("wait: at least 0.97x the bare loop's requests/s", BARE, 0.97)
                .claim(&text, PER_CONNECTION, bar)
                .budget(Duration::from_secs(10));
        }
        let connections = size.connections(at_once);
        let load = |addr| LoadConfig::wait(addr, connections, WAIT_MS);
        let pool_load =
            |addr| LoadConfig { sources: SOURCES, ..LoadConfig::wait(addr, connections, WAIT_MS) };
        let mut field = Field::new(group, size, at_once);
        field.windlass(&load);
        field.bare(&load);
        field.tokio(&load);
        field.blocking(PER_CONNECTION, Model::ThreadPerConnection, &load);
        if all || at_once < 1000 {
            field.blocking("thread pool", Model::ThreadPool, &pool_load);
        }
    });
}

fn common(group: &mut Group<'_>, at_once: usize, family: &str) {
    // At one connection the rounds are short and differ most: where the scheduler puts client and
    // server, on one core or on two, decides by a factor.
    let (sample_ms, rounds) = match at_once {
        ..8 => (50, 10),
        8..512 => (150, 10),
        512..4096 => (200, 10),
        // Long enough that each connection asks several times.
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
