//! Non-blocking: the caller goes on. A heartbeat of 1 ms beside slow operations in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::client::{BlockingClient, Client, ClientSettings};
use crate::kit::http::Outgoing;
use crate::kit::load::ServerProcess;
use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::group::{Group, Window};
use crate::kit::serve::Model;
use crate::kit::stage::hello::Hello;
use crate::runtime::{Runtime, spawn};
use crate::time::sleep_until;

use super::claim::{Claim, Course};
use super::heart::{BEAT, Heart};

/// How long a slow operation takes.
const SLOW: Outgoing<'static> =
    Outgoing { method: "GET", path: "/wait/100", key: None, json: None };

/// Slow operations in flight at a time.
const IN_FLIGHT: [usize; 3] = [1, 64, 1000];

const SUBJECT: &str = "windlass, one thread";
const IN_TURN: &str = "one thread, blocking";
const THREADS: &str = "thread per operation";

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "non-blocking",
    title: "Non-blocking operations",
    claimed: "One thread that awaits goes on with other work on time, however many slow operations \
              it has in flight; one thread that blocks does not.",
    measured: "How late a heartbeat of 1 ms comes (p99) beside 1, 64 and 1000 calls of a service \
               that takes 100 ms, all of them real HTTP over loopback.",
    refuted_by: "A p99 lateness, beside 64 or 1000 calls on one thread, that is no better than \
                 that of the thread that blocks; or one of more than 10 ms.",
    rule: "Holds when it holds at 64 and at 1000 calls; a thread for each operation is shown \
           beside, and decides nothing.",
    not_shown: "Work that computes for long without awaiting: that holds up its thread whatever \
                the runtime is (see cpu-bound).",
    run: measure,
};

fn measure(course: &mut Course<'_>) {
    for in_flight in IN_FLIGHT {
        let boundary = in_flight == IN_FLIGHT[0];
        let in_flight = if course.is_smoke() { in_flight.min(8) } else { in_flight };
        let id = format!("beats_{in_flight}");
        course.group(&id, |group| {
            group
                .title(&format!("1 ms beat beside {in_flight} slow calls, p99 late"))
                .question("Does a thread go on with other work while it waits for slow operations?")
                .method(
                    "A slow operation is GET /wait/100 at a server process of its own. Each \
                     contender keeps the given number in flight (one thread that blocks can have \
                     one) and beats once a millisecond; a beat's lateness counts from when it was \
                     due, so that beats that were missed count with all of their lateness. \
                     windlass has one worker for the calls and the beat; thread per operation has \
                     a thread for each call and one more for the beat.",
                )
                .not_shown("Other clocks than the system's: a thread's sleep is as exact as that.")
                .unit("ms", Better::Lower)
                .over("lateness of a beat beside slow calls", "calls in flight", in_flight as f64)
                .crowded()
                .without_control()
                .rounds(6, 6)
                .sample(Duration::from_millis(600));
            match boundary {
                true => group.boundary(),
                false => group
                    .beats("on time where a thread that blocks is not", IN_TURN)
                    .limit("p99 lateness of at most 10 ms", 10.0),
            };
            let server = Hello::new(Model::Evented).start().map(Arc::new);
            enter(group, SUBJECT, Role::Subject, &server, in_flight, awaiting);
            enter(group, IN_TURN, Role::Baseline, &server, in_flight, in_turn);
            enter(group, THREADS, Role::Baseline, &server, in_flight, threads);
        });
    }
}

type Way = fn(ClientSettings, usize, Duration) -> Result<Beats, String>;

fn enter(
    group: &mut Group<'_>,
    name: &str,
    role: Role,
    server: &Result<Arc<ServerProcess>, String>,
    in_flight: usize,
    way: Way,
) {
    match server {
        Err(why) => group.broken(name, role, why),
        Ok(server) => {
            let server = Arc::clone(server);
            group.window(name, role, move |window: &Window| {
                let settings =
                    ClientSettings { kept_max: 1024, ..ClientSettings::new(server.addr()) };
                way(settings, in_flight, window.duration.max(BEAT * 20)).map(Beats::sample)
            })
        }
    };
}

/// What one window came to.
struct Beats {
    heart: Heart,
    calls: u64,
}

impl Beats {
    fn sample(self) -> Sample {
        let rate = self.calls as f64 / self.heart.elapsed().as_secs_f64();
        self.heart.sample().with("calls_per_s", rate)
    }
}

/// One worker awaits all calls, and beats.
fn awaiting(to: ClientSettings, in_flight: usize, time: Duration) -> Result<Beats, String> {
    let runtime = Runtime::builder().workers(1).build().map_err(|error| error.to_string())?;
    let client = Arc::new(Client::new(to));
    let (calls, failed) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let beats = runtime.block_on(async {
        for _ in 0..in_flight {
            let (client, calls, failed) = (client.clone(), calls.clone(), failed.clone());
            drop(spawn(async move {
                while client.call(&SLOW).await.is_ok() {
                    calls.fetch_add(1, Ordering::Relaxed);
                }
                failed.store(true, Ordering::Relaxed);
            }));
        }
        let heart = spawn(async move {
            let mut heart = Heart::new();
            while heart.elapsed() < time {
                sleep_until(heart.due()).await;
                heart.beat();
            }
            heart
        });
        heart.await.map_err(|error| error.to_string())
    })?;
    // Before the runtime ends the calls that are under way.
    let failed = failed.load(Ordering::Relaxed);
    drop(runtime);
    ended(beats, calls.load(Ordering::Relaxed), failed)
}

/// One thread calls, and beats in between.
fn in_turn(to: ClientSettings, _in_flight: usize, time: Duration) -> Result<Beats, String> {
    let client = BlockingClient::new(to);
    let (mut heart, mut calls) = (Heart::new(), 0);
    while heart.elapsed() < time {
        client.call(&SLOW).map_err(|error| error.to_string())?;
        calls += 1;
        heart.beat();
    }
    Ok(Beats { heart, calls })
}

/// A thread for each call, and one that beats.
fn threads(to: ClientSettings, in_flight: usize, time: Duration) -> Result<Beats, String> {
    let client = BlockingClient::new(to);
    let (calls, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let stop = AtomicBool::new(false);
    let call = || {
        while !stop.load(Ordering::Relaxed) {
            match client.call(&SLOW) {
                Ok(_) => drop(calls.fetch_add(1, Ordering::Relaxed)),
                Err(_) => return failed.store(true, Ordering::Relaxed),
            }
        }
    };
    let beats = thread::scope(|scope| {
        for at in 0..in_flight {
            let started = thread::Builder::new().stack_size(64 * 1024).spawn_scoped(scope, call);
            if let Err(error) = started {
                stop.store(true, Ordering::Relaxed);
                return Err(format!("{at} threads are all the machine allows: {error}"));
            }
        }
        let mut heart = Heart::new();
        while heart.elapsed() < time {
            thread::sleep(heart.due().saturating_duration_since(Instant::now()));
            heart.beat();
        }
        stop.store(true, Ordering::Relaxed);
        Ok(heart)
    })?;
    ended(beats, calls.load(Ordering::Relaxed), failed.load(Ordering::Relaxed))
}

fn ended(heart: Heart, calls: u64, failed: bool) -> Result<Beats, String> {
    match failed {
        true => Err("a slow call failed".to_owned()),
        false => Ok(Beats { heart, calls }),
    }
}
