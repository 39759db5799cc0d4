//! Throughput: one thread that awaits against threads that block, while every request waits 5 ms.

use std::net::SocketAddr;
use std::time::Duration;

use crate::kit::load::LoadConfig;
use crate::kit::measure::contender::{Role, Sample};
use crate::kit::measure::group::{Group, Window};
use crate::kit::serve::Model;
use crate::kit::stage::contest::Contest;
use crate::kit::stage::hello::Hello;

use super::claim::{Claim, Course};
use super::servers::{self, PER_CONNECTION, Setup};

/// What each request waits for.
const WAIT_MS: u32 = 5;

/// Requests at once; the further ones with `--full` only.
const AT_ONCE: [usize; 6] = [1, 8, 64, 512, 1000, 5000];
const AT_ONCE_USUALLY: usize = 4;

/// Up to so many at once a thread for each is as good: the boundary.
const FEW: usize = 8;

/// The pools, and with how many requests at once each takes part: with more, the last of them wait
/// longer than a window lasts.
const POOLS: [(usize, &str, [usize; 2]); 2] =
    [(8, "pool of 8 threads", [1, 64]), (64, "pool of 64 threads", [64, 1000])];

const SUBJECT: &str = "windlass, one thread";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "throughput",
    title: "Throughput while requests wait",
    claimed: "One thread that awaits answers more requests than T threads that block, as soon as \
              more than T requests wait at once for something else.",
    measured: "Requests per second of GET /wait/5 in a closed loop, 1 to 512 at once (5000 with \
               --full): one evented worker against pools of 8 and of 64 threads, and against a \
               thread for each connection.",
    refuted_by: "With 64 at once less than 4 times the requests of 8 threads; with 512 or more at \
                 once less than twice those of 64 threads, or no more than those of a thread for \
                 each.",
    rule: "Holds when it holds at 64 at once and above; 1 and 8 at once are the boundary, where a \
           thread for each request is as good.",
    not_shown: "Work that computes (cpu-bound). A wait on a real slow service: here a timer stands \
                in for it, on both sides. A network: all goes over loopback, and the client takes \
                its share of the cores.",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    let sizes = if course.is_full() { AT_ONCE.len() } else { AT_ONCE_USUALLY };
    for &at_once in &AT_ONCE[..sizes] {
        let connections = servers::connections(course, at_once);
        course.group(&format!("wait_{at_once}"), |group| {
            describe(group, at_once);
            let load = |addr| LoadConfig::wait(addr, connections, WAIT_MS);
            let mut contenders = vec![
                (SUBJECT, Role::Subject, Hello { workers: Some(1), ..hello(Model::Evented) }),
                (PER_CONNECTION, Role::Baseline, hello(Model::ThreadPerConnection)),
            ];
            for (pool_threads, name, [least, most]) in POOLS {
                if (least..=most).contains(&at_once) {
                    let pool = Hello { pool_threads, ..hello(Model::ThreadPool) };
                    contenders.push((name, Role::Baseline, pool));
                }
            }
            let of_all = connections * contenders.len();
            for (name, role, hello) in contenders {
                enter(group, name, role, Setup { hello, ..Setup::new(hello.model, of_all) }, load);
            }
        });
    }
}

fn hello(model: Model) -> Hello {
    Hello::new(model)
}

fn describe(group: &mut Group<'_>, at_once: usize) {
    let sample = if at_once < 1000 { 150 } else { 300 };
    group
        .title(&format!("wait {WAIT_MS} ms, {at_once} at once"))
        .question("How many requests are answered while each waits 5 ms for something else?")
        .method(
            "A closed loop over kept connections, one request at a time on each; a server process \
             of its own for each contender, the same service in all. windlass has one worker \
             thread, and so one core; threads have all. Thread per connection has as many threads \
             as there are connections; a pool with fewer threads than connections ends a \
             connection with each reply while others wait, and the clients connect again. The wait \
             is a sleeping task or a sleeping thread. Beside it: threads of the process, and how \
             many threads that block this rate takes at least: rate times 5 ms.",
        )
        .not_shown("Latency at a given rate: a closed loop asks a slow server less often.")
        .rate("requests per second")
        .over("GET /wait/5 over requests at once", "requests at once", at_once as f64)
        .crowded()
        .without_control()
        .rounds(6, 6)
        .budget(Duration::ZERO)
        .sample(Duration::from_millis(sample));
    let pools = POOLS.map(|(_, name, _)| name);
    match at_once {
        ..=FEW => {
            group.boundary().beats("more than a thread for each request", PER_CONNECTION);
        }
        64 => {
            group.claim("4 times the requests of 8 threads", pools[0], 4.0);
        }
        _ => {
            group.beats("more than a thread for each request", PER_CONNECTION);
            if at_once <= POOLS[1].2[1] {
                group.claim("twice the requests of 64 threads", pools[1], 2.0);
            }
        }
    }
}

fn enter(
    group: &mut Group<'_>,
    name: &str,
    role: Role,
    setup: Setup,
    load: impl FnOnce(SocketAddr) -> LoadConfig,
) {
    setup.start(load).enter(group, name, role, |contest: &mut Contest, window: &Window| {
        contest.measure(window).map(with_threads_needed)
    });
}

/// Each thread that blocks answers a request in the time of one wait, at the soonest.
fn with_threads_needed(sample: Sample) -> Sample {
    let needed = sample.value * f64::from(WAIT_MS) / 1e3;
    sample.with("blocking_threads_for_this_rate_min", needed)
}
