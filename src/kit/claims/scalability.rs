//! Scalability: what becomes of throughput, cost and latency as workers, connections and the rate
//! grow.

use std::time::Duration;

use crate::kit::load::LoadConfig;
use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::cores;
use crate::kit::measure::group::{Group, Window};
use crate::kit::measure::statistics;
use crate::kit::serve::Model;
use crate::kit::stage::hello::Hello;

use super::claim::{Claim, Course};
use super::servers::{self, PER_CONNECTION, Server, Setup, WINDLASS};

/// Connections at once, all busy; the last with `--full` only.
const CONNECTIONS: [usize; 5] = [1, 10, 100, 1000, 10_000];
const CONNECTIONS_USUALLY: usize = 4;

/// Up to so many connections a thread for each may be as good: the boundary.
const FEW: usize = 10;

/// Connections between which a tenth is compared with the whole.
const TENFOLD: [usize; 2] = [100, 1000];

/// Rates of the open loop, in percent of what threads answer of a closed one: in the quick profile,
/// without a flag, and with `--full`. Rates up to that limit are the boundary: there both answer at
/// once, and a p99 is that of the machine.
const PERCENTS: [&[u32]; 3] = [&[50, 100, 150], &[50, 75, 100, 150], &[25, 50, 75, 100, 150, 200]];
const AT_THE_LIMIT: u32 = 100;

/// That limit is the median of so many windows of this length, after one that is not counted.
const LIMIT_WINDOWS: usize = 3;
const LIMIT_WINDOW: Duration = Duration::from_millis(50);

/// Connections of the open loop.
const ASKED_OVER: usize = 1000;

const MODELS: [(&str, Role, Model); 2] = [
    (WINDLASS, Role::Subject, Model::Evented),
    (PER_CONNECTION, Role::Baseline, Model::ThreadPerConnection),
];

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "scalability",
    title: "Scalability",
    claimed: "When tasks await, throughput stays up as connections grow tenfold, where threads \
              lose it; and at a rate that is half as much again as threads can answer at most, \
              requests are answered sooner than by threads.",
    measured: "Requests per second of GET /hello over 1 to 1000 busy connections (10,000 with \
               --full) and over 1 to twice as many workers as there are cores; p99 of an open \
               loop over 1000 connections at rates from half of what threads answer at most to \
               half as much again.",
    refuted_by: "At 100 connections or 1000 no more requests per second than threads answer; from \
                 100 to 1000 half of them lost, or as large a share as threads lose; at one and a \
                 half times the threads' limit a p99 that is no better than theirs.",
    rule: "Holds when it holds at 100 connections and above, and above the rate that threads \
           answer at most; fewer connections, and rates up to that one, are the boundary. Numbers \
           of workers are shown and decide nothing: the client takes its share of the cores.",
    not_shown: "That anybody waits longer for threads below their limit: there both answer at \
                once, and p99 shows the machine. More cores than this machine has. A client on a \
                machine of its own.",
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
    server.enter(group, name, role, |contest, window| contest.measure_busy(window));
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
                describe(group, 60)
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
                 server and client share the cores. What is answered before a window is over \
                 counts. Beside it: what each request cost the server.",
            )
            .not_shown("Latency at a given rate: a closed loop asks a slow server less often.")
            .rate("requests per second")
            .over("requests/s over busy connections", "connections", busy as f64)
            .beats("more than a thread for each connection", PER_CONNECTION);
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

/// What is left of the throughput with ten times the connections.
fn tenfold(course: &mut Course<'_>) {
    let [few, many] = TENFOLD.map(|busy| servers::connections(course, busy));
    course.group("tenfold", |group| {
        describe(group, 150)
            .title("hello, 1000 at once, to 100 at once")
            .question("How much of the throughput is left with ten times the connections?")
            .method(
                "Each contender has two servers, in a closed loop over 100 kept connections and \
                 over 1000, GET /hello, measured one directly after the other; the value is the \
                 rate of the second by that of the first.",
            )
            .not_shown("More connections than 1000.")
            .unit("share of the rate that is left", Better::Higher)
            .beats("more of it is left than to threads", PER_CONNECTION)
            .limit("more than half of it is left", 0.5);
        for (name, role, model) in MODELS {
            let setup = || Setup::new(model, 2 * (few + many));
            let [first, second] =
                [few, many].map(|busy| setup().start(|addr| LoadConfig::hello(addr, busy)));
            second.enter_with(&first, group, name, role, |many, few, window| {
                let half = Window { duration: window.duration / 2, ..*window };
                let (few, many) = (few.measure_busy(&half)?, many.measure_busy(&half)?);
                Ok(Sample { value: many.value / few.value, ..many }
                    .with("requests_per_s_of_100", few.value)
                    .with("requests_per_s_of_1000", many.value))
            });
        }
    });
}

/// Latency over the offered rate, up to and past the threads' limit.
fn rates(course: &mut Course<'_>) {
    if course.is_stopped() {
        return;
    }
    let connections = servers::connections(course, ASKED_OVER);
    let servers = MODELS.map(|(name, role, model)| {
        let setup = Setup { pinned: true, ..Setup::new(model, connections * MODELS.len()) };
        (name, role, setup.start(|addr| LoadConfig::hello(addr, connections)))
    });
    let window = Window { duration: LIMIT_WINDOW, smoke: course.is_smoke() };
    let limit = limit(&servers[1].2, &window);
    let percents = match (course.is_quick(), course.is_full()) {
        (true, _) => PERCENTS[0],
        (_, false) => PERCENTS[1],
        (_, true) => PERCENTS[2],
    };
    for &percent in percents {
        let per_s = limit.as_ref().map(|limit| share(*limit, percent));
        offered(course, percent, per_s, &servers);
    }
}

/// What threads answer a second at most. Where that is not known there is no rate to offer.
fn limit(threads: &Server, window: &Window) -> Result<f64, String> {
    let limit = threads.once(|threads| {
        threads.measure_busy(window)?;
        let rates = (0..LIMIT_WINDOWS).map(|_| Ok(threads.measure_busy(window)?.value));
        let rates = rates.collect::<Result<Vec<f64>, String>>()?;
        statistics::median(&rates).ok_or_else(|| "no window has a rate".to_owned())
    });
    limit.map_err(|why| format!("what threads answer at most is not known: {why}"))
}

fn share(limit: f64, percent: u32) -> u32 {
    (limit * f64::from(percent) / 100.0).max(1.0) as u32
}

/// One rate of the open loop; without it, the reason stands in the place of the figures.
fn offered(
    course: &mut Course<'_>,
    percent: u32,
    per_s: Result<u32, &String>,
    servers: &[(&str, Role, Server); MODELS.len()],
) {
    course.group(&format!("offered_{percent}"), |group| {
        describe_rate(group, percent, per_s.ok());
        for (name, role, server) in servers {
            match per_s {
                Ok(per_s) => server.enter(group, name, *role, move |contest, window| {
                    contest.measure_offered(window, per_s)
                }),
                Err(why) => {
                    group.broken(name, *role, why);
                }
            }
        }
    });
}

fn describe_rate(group: &mut Group<'_>, percent: u32, per_s: Option<u32>) {
    let rate = per_s.map_or("unknown".to_owned(), |per_s| per_s.to_string());
    describe(group, 150)
        .title(&format!("p99 at {percent} % of threads' limit"))
        .question("How long do requests take at a rate of their own, and up to which one?")
        .method(&format!(
            "An open loop, GET /hello over 1000 kept connections, each request at its intended \
             time, from which its latency counts, also while it waits for a free connection. The \
             rate, {rate} a second, is {percent} % of what thread per connection answered of a \
             closed loop directly before: the median of {LIMIT_WINDOWS} windows, after one to warm \
             up. The server is kept to the first core, the client to the last. A rate may be too \
             high: what was answered before the window was over stands beside it (requests_per_s, \
             answered_share); requests that find a quarter of a second's worth waiting are dropped."
        ))
        .not_shown(
            "A quiet machine's floor: p99 of a virtual machine shows its host, too. How long \
             requests take at a rate that is too high: the longer it is kept up, the longer.",
        )
        .unit("ms", Better::Lower)
        .beats("p99 lower than that of threads", PER_CONNECTION);
    if let Some(per_s) = per_s {
        group.over("latency over offered rate", "requests/s", f64::from(per_s));
    }
    if percent <= AT_THE_LIMIT {
        group.boundary();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::claims::claim::Step;

    #[test]
    fn without_a_limit_a_group_fails_with_the_reason() {
        let absent = || Server::absent("no server, since this is a test");
        let window = Window { duration: LIMIT_WINDOW, smoke: true };
        let why = limit(&absent(), &window).unwrap_err();
        assert!(why.contains("answer at most is not known: no server"), "{why}");
        let mut go_on = |_: Step<'_>| true;
        let mut course = Course::smoke(&mut go_on);
        let servers = MODELS.map(|(name, role, _)| (name, role, absent()));
        offered(&mut course, 150, Err(&why), &servers);
        let (groups, failures, stopped) = course.finish();
        assert!(!stopped && !groups[0].boundary && groups[0].x.is_none(), "{groups:?}");
        assert_eq!(failures.len(), MODELS.len());
        for failure in failures {
            assert!(failure.contains("offered_150") && failure.contains(&why), "{failure}");
        }
    }

    #[test]
    fn rates_are_shares_of_the_limit() {
        assert_eq!([50, 150].map(|percent| share(20_000.0, percent)), [10_000, 30_000]);
        assert_eq!(share(0.5, 50), 1, "an open loop has a rate");
    }
}
