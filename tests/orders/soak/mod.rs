//! The soak: orders, good and bad clients, and faults at random; then nothing may be lost, and
//! nothing may have grown.
//!
//! A few seconds as a rule, with each fault once or so; `WINDLASS_SOAK=30` asks for as many
//! minutes, `WINDLASS_SOAK_SEED` for other chances. `tests/soak` runs the long form on a release
//! build.

mod faults;
mod fleet;
mod peers;
mod samples;
mod senders;
mod stage;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use windlass::kit::client::{BlockingClient, ClientSettings};
use windlass::kit::http::{Limits, Outgoing};

use crate::world::{PATIENCE, Talk, parsed, shown, until};

use fleet::Fleet;
use stage::{ECHO, ORDERS, SLOW, Stage, locked};

/// How long the run in `cargo test` is.
const SHORT: Duration = Duration::from_secs(6);

fn setting<T: FromStr>(name: &str, kind: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be {kind}: {text:?}")))
}

/// Ends the run for all threads, also when the one that leads it panics.
struct End<'a>(&'a Stage);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Removes the database and the books.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it is below the target directory.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn nothing_is_lost_and_nothing_grows() {
    let asked: Option<f64> = setting("WINDLASS_SOAK", "a number of minutes");
    let time = asked.map_or(SHORT, |minutes| Duration::from_secs_f64(minutes * 60.0));
    let seed: u64 = setting("WINDLASS_SOAK_SEED", "a whole number below 2^64").unwrap_or(1);
    let tables = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("soak-{seed}"));
    let scratch = Scratch(tables.join("scratch"));
    // What an earlier run has left.
    drop(std::fs::remove_dir_all(&scratch.0));
    std::fs::create_dir_all(&scratch.0).expect("a folder");
    println!("soak: seed {seed}, {time:?}, tables in {}", tables.display());

    let mut fleet = Fleet::start(scratch.0.clone());
    let stage = Stage::new(seed, fleet.addrs);
    fleet.tell(&stage);
    let at_rest = held(&stage, ECHO);
    let samples = Mutex::new(Vec::new());
    let every = if time > SHORT { Duration::from_secs(2) } else { Duration::from_millis(500) };
    let provoked = thread::scope(|scope| {
        let end = End(&stage);
        for sender in 0..senders::SENDERS {
            let stage = &stage;
            scope.spawn(move || senders::send(stage, sender));
        }
        for peer in 0..peers::PEERS {
            let stage = &stage;
            scope.spawn(move || peers::meet(stage, peer));
        }
        scope.spawn(|| samples::watch(&stage, every, &samples));
        let provoked = faults::provoke(&stage, &mut fleet, time, &tables.join("faults.tsv"));
        drop(end);
        provoked
    });
    let run_s = stage.begun.elapsed().as_secs_f64();
    let samples = locked(&samples);
    samples::write(&samples, &tables.join("samples.tsv"));

    let counted = nothing_lost(&stage);
    // All clients have gone: the echo server holds what it held before they came.
    let waits = || held(&stage, ECHO).1 <= at_rest.1;
    until("the echo server to let go of its connections", waits);
    let at_end = held(&stage, ECHO);
    let (grown, too_much) = samples::judge(&samples, run_s);
    let files = std::fs::read_dir(&scratch.0).expect("the folder");
    let kib = |file: std::fs::DirEntry| file.metadata().map_or(0, |file| file.len() / 1024);
    let disk: u64 = files.flatten().map(kib).sum();
    fleet.end();

    let faults: u64 = provoked.values().sum();
    println!("soak: {run_s:.0} s, {faults} faults: {provoked:?}");
    println!("soak: orders: {}; {counted}; database and books {disk} KiB", stage.sent.shown());
    println!("soak: clients: {}", stage.peers.shown());
    println!("soak: echo at rest, before and after (KiB, fds, threads): {at_rest:?}, {at_end:?}");
    print!("soak: medians of the second and the last quarter:\n{grown}");
    let (failures, told) = stage.failures();
    assert_eq!(failures, 0, "seed {seed}:\n{}", told.join("\n"));
    assert_eq!(too_much, [""; 0], "seed {seed}: it grows");
}

fn held(stage: &Stage, who: usize) -> (f64, f64, f64) {
    samples::look(stage.running[who].id.load(Ordering::SeqCst)).expect("it lives")
}

/// Every acknowledged order is completed, its work done once: how many there are.
fn nothing_lost(stage: &Stage) -> String {
    let all_well = json!({ "fail_rate": 0.0, "stall_ms": 0, "gone": false, "latency_ms": 5 });
    Talk::to(stage.addrs[SLOW]).faults(&all_well);
    let orders = Talk::to(stage.addrs[ORDERS]);
    let (completed, dead) = orders.all_ended();
    let effects = effects(stage);
    let acknowledged = locked(&stage.acknowledged);
    let ids: BTreeSet<&String> = acknowledged.values().collect();
    assert_eq!(ids.len(), acknowledged.len(), "two keys have one order");
    assert!(!ids.is_empty(), "no order was acknowledged");
    // More may have been saved than was told.
    assert!(completed + dead >= ids.len() as u64, "{completed}, {dead} dead of {}", ids.len());
    let ids: Vec<&String> = ids.into_iter().collect();
    thread::scope(|scope| {
        for part in ids.chunks(ids.len().div_ceil(4)) {
            let effects = &effects;
            scope.spawn(move || {
                let talk = Talk::to(stage.addrs[ORDERS]);
                for id in part {
                    let status = talk.status(id);
                    let done = &effects["keys"][id.as_str()]["effects"];
                    if status != "completed" || *done != json!(1) {
                        stage.failed(format!("{id} is {status}, with {done} effects"));
                    }
                }
            });
        }
    });
    if dead > 0 {
        stage.failed(format!("{dead} orders are dead letters, none after 500 attempts"));
    }
    if effects["effects"] != json!(completed) {
        stage.failed(format!("{} effects, {completed} completed", effects["effects"]));
    }
    format!("{} acknowledged, {completed} completed, {dead} dead, each effect once", ids.len())
}

/// The slow service's books, which are large after a long run.
fn effects(stage: &Stage) -> Value {
    let limits = Limits { body_bytes_max: 256 << 20, ..Limits::default() };
    let settings =
        ClientSettings { timeout: PATIENCE, limits, ..ClientSettings::new(stage.addrs[SLOW]) };
    let request = Outgoing { method: "GET", path: "/effects", key: None, json: None };
    let reply = BlockingClient::new(settings).call(&request).expect("the books");
    assert_eq!(reply.status, 200, "{}", shown(&reply));
    parsed(&reply)
}
