//! Scalability: what becomes of throughput, cost and latency as workers, connections and the rate
//! grow.

use std::time::Duration;

use crate::kit::load::LoadConfig;
use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::cores;
use crate::kit::measure::group::Group;
use crate::kit::serve::Model;
use crate::kit::stage::hello::Hello;

use super::claim::{Claim, Course};
use super::servers::{self, PER_CONNECTION, Server, Setup, WINDLASS};

/// Connections at once, all busy; the last with `--full` only.
const CONNECTIONS: [usize; 5] = [1, 10, 100, 1000, 10_000];
const CONNECTIONS_USUALLY: usize = 4;

/// Up to so many connections a thread for each may be as good: the boundary.
const FEW: usize = 10;

/// Rates of the open loop; the last with `--full` only.
const RATES: [u32; 6] = [2_500, 5_000, 10_000, 20_000, 40_000, 80_000];

/// Connections of the open loop.
const ASKED_OVER: usize = 1000;

/// A rate below which threads may be as good: the boundary.
const GENTLE: u32 = 10_000;

const TENTH: &str = "windlass, 100 connections";

const MODELS: [(&str, Role, Model); 2] = [
    (WINDLASS, Role::Subject, Model::Evented),
    (PER_CONNECTION, Role::Baseline, Model::ThreadPerConnection),
];

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "scalability",
    title: "Scalability",
    claimed: "When tasks await, throughput stays up as connections grow tenfold, where threads \
              lose it; and requests at a rate near the threads' limit are still answered at once.",
    measured: "Requests per second of GET /hello over 1 to 1000 busy connections (10,000 with \
               --full) and over 1 to twice as many workers as there are cores; p99 of an open \
               loop at rising rates over 1000 connections.",
    refuted_by: "At 1000 connections less than two thirds of the requests per second of 100, or \
                 no more than a thread for each connection answers; at 20,000 requests a second \
                 and more a p99 that is no better than that of threads.",
    rule: "Holds when it holds at 100 connections and above and at 20,000 requests a second and \
           above; fewer connections and lower rates are the boundary. Numbers of workers are \
           shown and decide nothing: the client takes its share of the cores.",
    not_shown: "More cores than this machine has. A client on a machine of its own.",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    workers(course);
    let sizes = if course.is_full() { CONNECTIONS.len() } else { CONNECTIONS_USUALLY };
    for &busy in &CONNECTIONS[..sizes] {
        if !(course.is_quick() && busy == FEW) {
            connections(course, busy);
        }
    }
    tenfold(course);
    rates(course);
}

/// What all groups have in common.
fn describe<'g, 'a>(group: &'g mut Group<'a>, sample_ms: u64) -> &'g mut Group<'a> {
    group
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::ZERO)
        .sample(Duration::from_millis(sample_ms))
}

fn closed(group: &mut Group<'_>, name: &str, role: Role, server: &Server) {
    server.enter(group, name, role, |contest, window| contest.measure(window));
}

/// Workers from one to twice the cores: the points of a Universal Scalability fit.
fn workers(course: &mut Course<'_>) {
    let most = 2 * cores::count();
    let busy: &[usize] = if course.is_quick() { &[64] } else { &[64, 1000] };
    for &busy in busy {
        let connections = servers::connections(course, busy);
        let load = |addr| LoadConfig::hello(addr, connections);
        let threads = Setup::new(Model::ThreadPerConnection, 2 * connections).start(load);
        for workers in (0..).map(|step| 1 << step).take_while(|workers| *workers <= most) {
            course.group(&format!("workers_{workers}_of_{busy}"), |group| {
                describe(group, 100)
                    .title(&format!("hello, {workers} workers, {busy} at once"))
                    .question("How much more is answered with more workers?")
                    .method(
                        "A closed loop over kept connections, GET /hello; one server process with \
                         that many workers. Thread per connection stands beside at each point, \
                         the same server at all.",
                    )
                    .not_shown(
                        "Workers that have the cores to themselves: the client takes one of them.",
                    )
                    .rate("requests per second")
                    .over(
                        &format!("requests/s over workers, {busy} at once"),
                        "workers",
                        workers as f64,
                    );
                let hello = Hello { workers: Some(workers), ..Hello::new(Model::Evented) };
                let setup = Setup { hello, ..Setup::new(hello.model, 2 * connections) };
                closed(group, WINDLASS, Role::Subject, &setup.start(load));
                closed(group, PER_CONNECTION, Role::Baseline, &threads);
            });
        }
    }
}

/// More and more connections, all of them busy.
fn connections(course: &mut Course<'_>, busy: usize) {
    let connections = servers::connections(course, busy);
    course.group(&format!("busy_{busy}"), |group| {
        describe(group, if busy < 10_000 { 100 } else { 300 })
            .title(&format!("hello, {busy} at once"))
            .question("What is answered when more and more connections ask at once?")
            .method(
                "A closed loop over kept connections, one request at a time on each, GET /hello; \
                 server and client share the cores. Beside it: what each request cost the server.",
            )
            .not_shown("Latency at a given rate: a closed loop asks a slow server less often.")
            .rate("requests per second")
            .over("requests/s over busy connections", "connections", busy as f64)
            .claim("more than a thread for each connection", PER_CONNECTION, 1.0);
        if busy <= FEW {
            group.boundary();
        }
        for (name, role, model) in MODELS {
            let setup = Setup::new(model, connections * MODELS.len());
            let server = setup.start(|addr| LoadConfig::hello(addr, connections));
            closed(group, name, role, &server);
        }
    });
}

/// The same server with ten times the connections.
fn tenfold(course: &mut Course<'_>) {
    let [few, many] = [100, 1000].map(|busy| servers::connections(course, busy));
    course.group("tenfold", |group| {
        describe(group, 100)
            .title("hello, 1000 at once, to 100")
            .question("How much of the throughput is left with ten times the connections?")
            .method(
                "Each contender is a closed loop over kept connections, GET /hello, with a server \
                 of its own: windlass with 1000 and with 100 connections, and a thread for each \
                 connection with the same two.",
            )
            .not_shown("More connections than 1000.")
            .rate("requests per second")
            .claim("two thirds of what 100 connections get", TENTH, 2.0 / 3.0);
        let [evented, threads] = [Model::Evented, Model::ThreadPerConnection];
        for (name, role, model, busy) in [
            ("windlass, 1000 connections", Role::Subject, evented, many),
            (TENTH, Role::Limit, evented, few),
            ("1000 threads", Role::Baseline, threads, many),
            ("100 threads", Role::Limit, threads, few),
        ] {
            let setup = Setup::new(model, 2 * (few + many));
            closed(group, name, role, &setup.start(|addr| LoadConfig::hello(addr, busy)));
        }
    });
}

/// Latency over the offered rate, past the knee.
fn rates(course: &mut Course<'_>) {
    let connections = servers::connections(course, ASKED_OVER);
    let servers = MODELS.map(|(name, role, model)| {
        let of_all = connections * MODELS.len();
        let setup = Setup { pinned: true, ..Setup::new(model, of_all) };
        (name, role, setup.start(|addr| LoadConfig::hello(addr, connections)))
    });
    let rates: &[u32] = match (course.is_full(), course.is_quick()) {
        (true, _) => &RATES,
        (_, true) => &RATES[2..5],
        _ => &RATES[1..5],
    };
    for &per_s in rates {
        course.group(&format!("offered_{per_s}"), |group| {
            describe(group, 120)
                .title(&format!("p99 at {per_s}/s, {ASKED_OVER} connections"))
                .question("How long do requests take at a rate of their own, and up to which one?")
                .method(
                    "An open loop, GET /hello over 1000 kept connections, each request at its \
                     intended time, from which its latency counts, also while it waits for a free \
                     connection. The server is kept to the first core, the client to the last. A \
                     rate may be too high: requests that find a quarter of a second's worth \
                     waiting are dropped (answered_share), and what is answered a second stands \
                     beside the rate that is offered.",
                )
                .not_shown("A quiet machine's floor: p99 of a virtual machine shows its host, too.")
                .unit("ms", Better::Lower)
                .over("latency over offered rate", "requests/s", f64::from(per_s))
                .claim("p99 lower than that of threads", PER_CONNECTION, 1.0);
            if per_s <= GENTLE {
                group.boundary();
            }
            for (name, role, server) in &servers {
                server.enter(group, name, *role, move |contest, window| {
                    contest.measure_offered(window, per_s).map(at_least_some)
                });
            }
        });
    }
}

/// A percentile of nothing is no value.
fn at_least_some(sample: Sample) -> Sample {
    Sample { value: sample.value.max(0.001), ..sample }
}
