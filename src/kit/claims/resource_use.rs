//! Resource use: what the same load costs, processor time, context switches, memory and threads.

use std::time::Duration;

use crate::kit::load::LoadConfig;
use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::group::{Group, Window};
use crate::kit::serve::Model;
use crate::kit::stage::contest::{CPU, SOURCES, SWITCHES, THREADS};
use crate::kit::stage::files;
use crate::kit::stage::growth::{self, LOT};
use crate::kit::stage::hello::Hello;

use super::claim::{Claim, Course};
use super::servers::{self, PER_CONNECTION, PER_REQUEST, Setup, WINDLASS};

const MODELS: [(&str, Role, Model); 2] = [
    (WINDLASS, Role::Subject, Model::Evented),
    (PER_CONNECTION, Role::Baseline, Model::ThreadPerConnection),
];

const COST: &str = "CPU s per 10^6 requests";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "resource-use",
    title: "Resource use under the same load",
    claimed: "The same load over many connections costs less processor time, fewer context \
              switches, less memory and fewer threads when tasks await than when threads block.",
    measured: "The server's processor time, context switches and threads for each request of an \
               open loop (GET /hello and GET /wait/5, 20,000 a second) over 100 and 1000 kept \
               connections (10,000 with --full); resident memory for each connection held; and \
               the processor time of a request that opens a connection, against a thread for \
               each request.",
    refuted_by: "As much processor time, or as many context switches, as a thread per connection \
                 at 100 connections or more; more than half of its memory; more than a tenth of \
                 its threads at 1000; as much processor time as a thread for each request.",
    rule: "Holds when all of that holds; one connection is the boundary.",
    not_shown: "Kernel memory: sockets, and 16 KiB of kernel stack for each thread. What the \
                client spends. Machines whose cores are not fully kept apart: server and client \
                have one each here.",
    run: measure,
};

/// One load that both servers are put under.
struct Held {
    path: &'static str,
    wait_ms: Option<u32>,
    connections: usize,
    per_s: u32,
}

fn measure(course: &mut Course<'_>) {
    let hello = |connections, per_s| Held { path: "hello", wait_ms: None, connections, per_s };
    let wait = |connections, per_s| Held { path: "wait", wait_ms: Some(5), connections, per_s };
    let mut loads = vec![hello(1, 1000), hello(1000, 20_000), wait(1000, 20_000)];
    if !course.is_quick() {
        loads.push(hello(100, 20_000));
    }
    if course.is_full() {
        loads.extend([wait(1, 100), wait(100, 10_000), hello(10_000, 20_000)]);
        loads.push(wait(10_000, 20_000));
    }
    loads.iter().for_each(|load| held(course, load));
    each_opens(course);
    let held: &[usize] = if course.is_full() { &[1, 100, 1000, 10_000] } else { &[1000] };
    held.iter().for_each(|held| memory(course, *held));
}

fn held(course: &mut Course<'_>, held: &Held) {
    let connections = servers::connections(course, held.connections);
    course.group(&format!("{}_{}", held.path, held.connections), |group| {
        describe_held(group, held);
        for (name, role, model) in MODELS {
            let setup = Setup {
                pinned: true,
                counts_switches: true,
                ..Setup::new(model, connections * MODELS.len())
            };
            let server = setup.start(|addr| match held.wait_ms {
                None => LoadConfig::hello(addr, connections),
                Some(wait_ms) => LoadConfig::wait(addr, connections, wait_ms),
            });
            let per_s = held.per_s;
            server.enter(group, name, role, move |contest, window| {
                contest.measure_cost(window, per_s)
            });
        }
    });
}

fn describe_held(group: &mut Group<'_>, held: &Held) {
    let (path, connections, per_s) = (held.path, held.connections, held.per_s);
    group
        .title(&format!("{path}: {per_s}/s over {connections}, CPU"))
        .question("What does the same load cost the server?")
        .method(&format!(
            "An open loop, {per_s} requests a second over {connections} kept connections, each at \
             its intended time on the connection that has been free for longest. The server is \
             kept to the first core, the client to the last; a thread for each connection against \
             one worker. Processor time by the process's own clock; context switches of all its \
             threads from /proc. Not one error is allowed, no request dropped."
        ))
        .not_shown("Other rates: the more is asked, the more is served with each wake-up.")
        .unit(COST, Better::Lower)
        .over(&format!("{path}: CPU over connections"), "connections", connections as f64)
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::ZERO)
        .sample(Duration::from_millis(150))
        .beats("less processor time than threads", PER_CONNECTION);
    if connections == 1 {
        group.boundary();
        return;
    }
    group.beats_of("fewer context switches than threads", SWITCHES, PER_CONNECTION);
    if connections >= 1000 {
        group.claim_of("at most a tenth of the threads", THREADS, PER_CONNECTION, 0.1);
    }
}

/// A connection for each request: thread per request as it is meant to be, and its fair twin.
fn each_opens(course: &mut Course<'_>) {
    let at_once = servers::connections(course, 64);
    course.group("each_opens_64", |group| {
        group
            .title("hello, each opens: CPU")
            .question("What does a thread for each request cost, against a task for each?")
            .method(
                "A closed loop of 64 clients at once; each request opens a connection, which the \
                 server closes after the reply, for both alike. Thread per request starts a \
                 thread for it, windlass a task. Switches are not counted: those of threads that \
                 have ended are nowhere to be read.",
            )
            .not_shown("The same rate: each is asked as fast as it answers.")
            .unit(COST, Better::Lower)
            .crowded()
            .without_control()
            .rounds(6, 6)
            .budget(Duration::ZERO)
            .sample(Duration::from_millis(150))
            .beats("less processor time than a thread each", PER_REQUEST);
        let evented = Hello { close_each: true, ..Hello::new(Model::Evented) };
        let threads = Hello::new(Model::ThreadPerRequest);
        let closing = "windlass evented, close";
        for (name, role, hello) in
            [(closing, Role::Subject, evented), (PER_REQUEST, Role::Baseline, threads)]
        {
            let setup = Setup { hello, ..Setup::new(hello.model, 2 * at_once) };
            let server = setup
                .start(|addr| LoadConfig::hello(addr, at_once).connection_per_request(SOURCES));
            server.enter(group, name, role, |contest, window| {
                let sample = contest.measure(window)?;
                let cpu_us = sample.side.get(CPU).copied();
                let cpu_us = cpu_us.ok_or("this system does not say what a process has used")?;
                let rate = sample.value;
                Ok(Sample { value: cpu_us, ..sample }.with("requests_per_s", rate))
            });
        }
    });
}

fn memory(course: &mut Course<'_>, held: usize) {
    let connections = servers::connections(course, held);
    course.group(&format!("memory_{held}"), |group| {
        growth::describe(group, held, "", "");
        group
            .over("memory over connections held", "connections", held as f64)
            .budget(Duration::ZERO)
            .claim("at most half of a thread's memory", PER_CONNECTION, 2.0);
        if held < 100 {
            group.boundary();
        } else if held >= 1000 {
            group.claim_of("at most a tenth of the threads", THREADS, PER_CONNECTION, 0.1);
        }
        for (name, role, model) in MODELS {
            match files::enough(connections + LOT) {
                Err(why) => group.broken(name, role, &why),
                Ok(()) => group.window(name, role, move |_: &Window| {
                    growth::kib_per_connection(&Hello::new(model).start()?, connections)
                }),
            };
        }
    });
}
