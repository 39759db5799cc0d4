//! What is delivered twice, killed in between, or ends while the disk does not take it: each order
//! has its effect once, and whoever asked is told how it stands.

use std::thread;

use serde_json::json;
use windlass::kit::serve::Model;

use crate::world::{Folder, Service, Talk, good_order, orders, parsed, shown, slow, until};

/// Takes the write lock of the database, as another process might.
fn locked(folder: &Folder) -> rusqlite::Connection {
    let other = rusqlite::Connection::open(folder.database()).expect("the database");
    other.busy_timeout(crate::world::PATIENCE).expect("a time");
    other.execute_batch("BEGIN IMMEDIATE").expect("the lock");
    other
}

fn call_under_way(service: &Service) {
    until("the call", || service.talk.metric("windlass_in_flight") == 1);
}

fn call_ended(service: &Service) {
    until("the call's end", || service.talk.metric("windlass_in_flight") == 0);
}

/// The worker cannot write down what came of the call; the lease runs out, and the message is
/// delivered again, within the same process.
#[test]
fn a_message_that_is_delivered_twice_has_one_effect() {
    let (folder, slow) = (Folder::new("twice"), slow(&["--latency", "400ms", "--jitter", "0"]));
    let service = orders(Model::Evented, &folder, &slow, &["--attempt-timeout", "1s"]);
    let id = service.talk.order(None, 202);
    call_under_way(&service);
    let other = locked(&folder);
    call_ended(&service);
    until("the worker to give up", || {
        service.talk.metric("windlass_database_groups_failed_total") > 0
    });
    other.execute_batch("ROLLBACK").expect("the lock's end");
    assert_eq!(service.talk.status(&id), "received");
    assert_eq!(service.talk.end_of(&id), "completed");
    assert_eq!(service.talk.metric("windlass_queue_redelivered_total"), 1);
    assert_eq!(service.talk.metric("windlass_orders_completed_total"), 1);
    assert_eq!(slow.talk.get(&format!("/effects/{id}")), json!({ "calls": 2, "effects": 1 }));
}

#[test]
fn in_line_an_end_that_cannot_be_written_is_said_with_its_location() {
    let (folder, slow) = (Folder::new("unwritten"), slow(&["--latency", "400ms", "--jitter", "0"]));
    let service = orders(Model::ThreadPerConnection, &folder, &slow, &[]);
    let addr = service.process.addr();
    let client = thread::spawn(move || {
        Talk::to(addr).try_ask("POST", "/orders", Some("a"), Some(&good_order()))
    });
    call_under_way(&service);
    let other = locked(&folder);
    let reply = client.join().expect("it ends").expect("a reply");
    assert_eq!(reply.status, 500, "{}", shown(&reply));
    let location = reply.location.clone().expect("a location");
    other.execute_batch("ROLLBACK").expect("the lock's end");
    assert_eq!(service.talk.get(&location)["status"], json!("received"));
    // Its client comes again with its key, and finds it.
    let id = service.talk.order(Some("a"), 201);
    assert_eq!(location, format!("/orders/{id}"));
    assert_eq!(slow.talk.get(&format!("/effects/{id}")), json!({ "calls": 2, "effects": 1 }));
}

/// A dead order is taken up again in line, and the process is killed meanwhile: the flow that
/// acknowledges first finishes it.
#[test]
fn an_order_that_was_revived_in_line_survives_a_kill() {
    let (folder, slow) = (Folder::new("revived"), slow(&["--fail-rate", "1"]));
    let in_line = |more: &[&str]| orders(Model::ThreadPerConnection, &folder, &slow, more);
    let service = in_line(&["--attempts-max", "1", "--attempt-timeout", "50s"]);
    let reply = service.talk.ask("POST", "/orders", Some(&good_order()));
    assert_eq!(reply.status, 502, "{}", shown(&reply));
    let id = parsed(&reply)["id"].as_str().expect("an id").to_owned();
    slow.talk.faults(&json!({ "fail_rate": 0.0, "latency_ms": 60_000 }));
    let (addr, path) = (service.process.addr(), format!("/dead-letters/{id}/retry"));
    let client = thread::spawn(move || Talk::to(addr).try_ask("POST", &path, None, None).is_err());
    call_under_way(&service);
    assert_eq!(service.talk.status(&id), "received");
    drop(service);
    assert!(client.join().expect("it ends"), "its client was never answered");

    slow.talk.faults(&json!({ "latency_ms": 5 }));
    let service = orders(Model::Evented, &folder, &slow, &[]);
    assert_eq!(service.talk.all_ended(), (1, 0));
    assert_eq!(service.talk.status(&id), "completed");
    assert_eq!(service.talk.metric("windlass_orders_requeued_total"), 1);
    assert_eq!(slow.talk.get(&format!("/effects/{id}"))["effects"], json!(1));
}

/// The other way round: a dead letter of the queue, taken up in line, and its process killed.
#[test]
fn a_dead_letter_that_was_revived_in_line_is_queued_anew() {
    let (folder, slow) = (Folder::new("revived-letter"), slow(&["--fail-rate", "1"]));
    let first = orders(Model::Evented, &folder, &slow, &["--attempts-max", "1"]);
    let id = first.talk.order(None, 202);
    assert_eq!(first.talk.end_of(&id), "dead");
    drop(first);
    slow.talk.faults(&json!({ "fail_rate": 0.0, "latency_ms": 60_000 }));
    let more = ["--attempt-timeout", "50s"];
    let second = orders(Model::ThreadPerConnection, &folder, &slow, &more);
    let (addr, path) = (second.process.addr(), format!("/dead-letters/{id}/retry"));
    let client = thread::spawn(move || Talk::to(addr).try_ask("POST", &path, None, None).is_err());
    call_under_way(&second);
    drop(second);
    assert!(client.join().expect("it ends"));
    slow.talk.faults(&json!({ "latency_ms": 5 }));
    let third = orders(Model::Evented, &folder, &slow, &[]);
    assert_eq!(third.talk.all_ended(), (1, 0));
    assert_eq!(third.talk.status(&id), "completed");
    assert_eq!(slow.talk.get(&format!("/effects/{id}"))["effects"], json!(1));
}

/// More unfinished orders than the backlog may have: all come through, one after the other.
#[test]
fn what_is_queued_again_waits_for_room() {
    let (folder, slow) = (Folder::new("requeue"), slow(&["--latency", "60s"]));
    let in_line = orders(Model::ThreadPerRequest, &folder, &slow, &["--attempt-timeout", "50s"]);
    let addr = in_line.process.addr();
    let send =
        move || Talk::to(addr).try_ask("POST", "/orders", None, Some(&good_order())).is_err();
    let clients: Vec<_> = (0..7).map(|_| thread::spawn(send)).collect();
    until("the calls", || in_line.talk.metric("windlass_in_flight") == 7);
    drop(in_line);
    assert!(clients.into_iter().all(|client| client.join().expect("it ends")));

    slow.talk.faults(&json!({ "latency_ms": 20 }));
    let more = ["--backlog-max", "2", "--order-workers", "1"];
    let service = orders(Model::Evented, &folder, &slow, &more);
    assert_eq!(service.talk.all_ended(), (7, 0));
    assert_eq!(service.talk.metric("windlass_orders_requeued_total"), 7);
    assert_eq!(service.talk.metric("windlass_pressure_depth_max"), 2);
    assert_eq!(slow.talk.get("/effects")["effects"], json!(7));
}

/// An in-line service that is stopped while an order waits for its next attempt gives up the
/// waiting, and not the order.
#[test]
fn stopping_in_line_buries_nothing() {
    let (folder, slow) = (Folder::new("stop-in-line"), slow(&["--fail-rate", "1"]));
    let more = ["--attempts-max", "50", "--backoff-max", "60s", "--drain-deadline-ms", "100"];
    let service = orders(Model::ThreadPerConnection, &folder, &slow, &more);
    let addr = service.process.addr();
    let client = thread::spawn(move || {
        Talk::to(addr).try_ask("POST", "/orders", None, Some(&good_order())).is_ok()
    });
    until("some attempts", || service.talk.metric("windlass_attempts_failed_total") >= 2);
    assert!(service.process.stop(crate::world::PATIENCE).is_some_and(|it| it.success()));
    // Cut, or told that it is not done: in no case that it is.
    let _ = client.join().expect("it ends");
    slow.talk.faults(&json!({ "fail_rate": 0.0 }));
    let service = orders(Model::Evented, &folder, &slow, &[]);
    assert_eq!(service.talk.all_ended(), (1, 0));
    assert_eq!(service.talk.metric("windlass_orders_requeued_total"), 1);
}
