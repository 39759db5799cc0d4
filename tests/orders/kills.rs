//! kill -9 at random moments, again and again: nothing that was acknowledged is lost, and the slow
//! service does its work once for each order.
//!
//! A few rounds as a rule; `WINDLASS_KILLS=20` asks for more, `WINDLASS_KILLS_SEED` for other
//! moments.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;
use windlass::kit::serve::Model;

use crate::world::{Folder, good_order, orders, parsed, slow, until};

fn setting(name: &str, common: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} must be a number: {text:?}")),
        Err(_) => common,
    }
}

/// So many orders are acknowledged in each round, at least.
const ROUND_MIN: usize = 16;

/// xorshift64 (G. Marsaglia, 2003).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn what_was_acknowledged_survives_kills() {
    let (rounds, mut seed) = (setting("WINDLASS_KILLS", 3), setting("WINDLASS_KILLS_SEED", 42) | 1);
    let (folder, slow) = (Folder::new("kills"), slow(&["--fail-rate", "0.2", "--latency", "30ms"]));
    let more = ["--attempts-max", "50", "--backoff-max", "200ms", "--attempt-timeout", "500ms"];
    let acknowledged = Mutex::new(BTreeSet::new());
    let count = || acknowledged.lock().expect("no panic").len();
    for round in 0..rounds {
        let before = count();
        let mut service = orders(Model::Evented, &folder, &slow, &more);
        let addr = service.process.addr();
        let killed = AtomicBool::new(false);
        let wait = Duration::from_millis(150 + next(&mut seed) % 500);
        thread::scope(|scope| {
            for client in 0..8 {
                let (acknowledged, killed) = (&acknowledged, &killed);
                scope.spawn(move || {
                    let talk = crate::world::Talk::to(addr);
                    for number in 0.. {
                        let key = format!("{round}-{client}-{number}");
                        let sent = talk.try_ask("POST", "/orders", Some(&key), Some(&good_order()));
                        match sent {
                            Ok(reply) => {
                                assert_eq!(reply.status, 202);
                                let id = parsed(&reply)["id"].as_str().expect("an id").to_owned();
                                acknowledged.lock().expect("no panic").insert(id);
                            }
                            Err(_) if killed.load(Ordering::SeqCst) => return,
                            // The kill may be seen before it is said to have been.
                            Err(_) => thread::park_timeout(Duration::from_millis(1)),
                        }
                    }
                });
            }
            thread::park_timeout(wait);
            // However slow the machine is just now: each round kills a service that is at work.
            until("orders of this round", || count() >= before + ROUND_MIN);
            assert_eq!(service.process.wait(Duration::ZERO), None, "it ended before it was killed");
            killed.store(true, Ordering::SeqCst);
            // SIGKILL, in the midst of it all.
            drop(service);
        });
    }
    let acknowledged = acknowledged.into_inner().expect("no panic");
    assert!(acknowledged.len() >= rounds as usize * ROUND_MIN, "{} orders", acknowledged.len());

    let service = orders(Model::Evented, &folder, &slow, &more);
    let (completed, dead) = service.talk.all_ended();
    // More may have been saved than was told: a kill can come between the two.
    assert!(completed >= acknowledged.len() as u64, "{completed} of {}", acknowledged.len());
    assert_eq!(dead, 0);
    let effects = slow.talk.get("/effects");
    for id in &acknowledged {
        assert_eq!(service.talk.status(id), "completed", "{id}");
        assert_eq!(effects["keys"][id]["effects"], json!(1), "{id}");
    }
    assert_eq!(effects["effects"], json!(completed), "an effect without an order");
    let calls = effects["calls"].as_u64().expect("a number");
    println!(
        "{rounds} kills: {} acknowledged, {completed} completed, {calls} calls, each effect once",
        acknowledged.len()
    );
}

#[test]
fn a_key_that_was_sent_before_a_kill_finds_its_order() {
    let (folder, slow) = (Folder::new("kill-key"), slow(&[]));
    let first = orders(Model::Evented, &folder, &slow, &[]);
    let id = first.talk.order(Some("a"), 202);
    drop(first);
    let second = orders(Model::Evented, &folder, &slow, &[]);
    assert_eq!(second.talk.order(Some("a"), 202), id);
    assert_eq!(second.talk.end_of(&id), "completed");
    assert_eq!(slow.talk.get(&format!("/effects/{id}"))["effects"], json!(1));
}

#[test]
fn what_a_killed_in_line_service_left_is_taken_up_by_the_other_flow() {
    let (folder, slow) = (Folder::new("kill-in-line"), slow(&[]));
    slow.talk.faults(&json!({ "latency_ms": 60_000 }));
    let in_line = orders(Model::ThreadPerRequest, &folder, &slow, &["--attempt-timeout", "30s"]);
    let addr = in_line.process.addr();
    let client = thread::spawn(move || {
        crate::world::Talk::to(addr).try_ask("POST", "/orders", None, Some(&good_order())).is_err()
    });
    until("the call", || in_line.talk.metric("windlass_in_flight") == 1);
    drop(in_line);
    assert!(client.join().expect("it ends"), "its client was never answered");
    slow.talk.faults(&json!({ "latency_ms": 5 }));
    let service = orders(Model::Evented, &folder, &slow, &[]);
    assert_eq!(service.talk.all_ended(), (1, 0));
    assert_eq!(service.talk.metric("windlass_orders_requeued_total"), 1);
    assert_eq!(slow.talk.get("/effects")["effects"], json!(1));
}
