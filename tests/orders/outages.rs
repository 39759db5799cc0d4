//! The slow service fails, stalls, vanishes and returns: orders are taken all the while, and all
//! are completed afterwards.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use windlass::kit::serve::Model;

use crate::world::{Folder, orders, serve_at, slow, started, until};

#[test]
fn orders_are_taken_and_completed_through_every_outage() {
    let (folder, slow) = (Folder::new("outages"), slow(&["--fail-rate", "0.3", "--seed", "5"]));
    let more = ["--attempt-timeout", "300ms", "--backoff-max", "1s", "--attempts-max", "30"];
    let orders = orders(Model::Evented, &folder, &slow, &more);
    let mut ids = Vec::new();
    for fault in [
        json!({}),
        json!({ "stall_ms": 3000, "for_ms": 700 }),
        json!({ "gone": true, "for_ms": 1000 }),
        json!({ "fail_rate": 1.0, "for_ms": 500 }),
    ] {
        slow.talk.faults(&fault);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(400) {
            ids.push(orders.talk.order(None, 202));
            thread::park_timeout(Duration::from_millis(4));
        }
    }
    assert_eq!(orders.talk.all_ended(), (ids.len() as u64, 0));
    assert!(orders.talk.metric("windlass_attempts_retried_total") > 0);
    let effects = slow.talk.get("/effects");
    for id in &ids {
        assert_eq!(effects["keys"][id]["effects"], json!(1), "{id}");
    }
    assert_eq!(effects["effects"], json!(ids.len()));
}

#[test]
fn a_slow_service_that_is_killed_and_returns_does_its_work_once() {
    let folder = Folder::new("killed-slow");
    let books = folder.path().join("books");
    let at = |addr: &str| {
        let mut command = serve_at(addr, "slow", &["--latency", "20ms"]);
        command.arg("--books").arg(&books);
        started(command)
    };
    // An address of this test's own, as below.
    let mut slow = at("127.0.0.78:0");
    let addr = slow.process.addr().to_string();
    let more = ["--attempt-timeout", "300ms", "--backoff-max", "500ms", "--attempts-max", "50"];
    let orders = orders(Model::Evented, &folder, &slow, &more);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.extend((0..40).map(|_| orders.talk.order(None, 202)));
        let all = ids.len() as u64;
        until("some work", || slow.talk.get("/effects")["effects"].as_u64() >= Some(all - 30));
        // SIGKILL, with calls under way.
        drop(slow);
        ids.extend((0..10).map(|_| orders.talk.order(None, 202)));
        slow = at(&addr);
    }
    assert_eq!(orders.talk.all_ended(), (ids.len() as u64, 0));
    let effects = slow.talk.get("/effects");
    for id in &ids {
        assert_eq!(effects["keys"][id]["effects"], json!(1), "{id}");
    }
    assert_eq!(effects["effects"], json!(ids.len()));
}

#[test]
fn a_slow_service_that_is_not_there_yet_is_waited_for() {
    let folder = Folder::new("absent");
    // An address of this test's own, so that nobody else takes the port meanwhile.
    let at = |addr: &str| started(serve_at(addr, "slow", &["--latency", "5ms", "--jitter", "0"]));
    let first = at("127.0.0.77:0");
    let addr = first.process.addr().to_string();
    let more = ["--attempts-max", "100", "--backoff-max", "200ms"];
    let orders = orders(Model::Evented, &folder, &first, &more);
    drop(first);
    let ids: Vec<String> = (0..30).map(|_| orders.talk.order(None, 202)).collect();
    assert_eq!(orders.talk.status(&ids[0]), "received");
    let slow = at(&addr);
    for id in &ids {
        assert_eq!(orders.talk.end_of(id), "completed");
        assert_eq!(slow.talk.get(&format!("/effects/{id}"))["effects"], json!(1), "{id}");
    }
}
