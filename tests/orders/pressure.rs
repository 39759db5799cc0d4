//! More orders than may be unfinished: what each policy makes of them, and when those who are
//! refused are told to come again.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use windlass::kit::serve::Model;

use crate::world::{
    Folder, PATIENCE, Service, Talk, good_order, orders, parsed, shown, slow, until,
};

/// An orders service of this policy.
fn pressed(folder: &Folder, slow: &Service, policy: &str, more: &[&str]) -> Service {
    orders(Model::Evented, folder, slow, &[&["--pressure", policy], more].concat())
}

/// The reply to one more order: its status, and when to come again.
fn sent(service: &Service) -> (u16, Option<u32>) {
    sent_by(&service.talk)
}

fn sent_by(talk: &Talk) -> (u16, Option<u32>) {
    let reply = talk.ask("POST", "/orders", Some(&good_order()));
    (reply.status, reply.retry_after_s)
}

#[test]
fn who_is_blocked_waits_for_room() {
    let (folder, slow) = (Folder::new("block"), slow(&["--latency", "100ms", "--jitter", "0"]));
    let service = pressed(&folder, &slow, "block", &["--backlog-max", "2", "--order-workers", "2"]);
    thread::scope(|scope| {
        for _ in 0..10 {
            let addr = service.process.addr();
            scope.spawn(move || drop(Talk::to(addr).order(None, 202)));
        }
    });
    assert_eq!(service.talk.all_ended(), (10, 0));
    assert_eq!(service.talk.metric("windlass_orders_rejected_total"), 0);
    assert_eq!(service.talk.metric("windlass_pressure_depth_max"), 2);
    assert!(service.talk.metric("windlass_pressure_waiters_max") > 0);
}

#[test]
fn what_is_shed_was_never_acknowledged() {
    let (folder, slow) = (Folder::new("shed"), slow(&["--latency", "60s"]));
    let more = ["--backlog-max", "2", "--waiting-max", "1", "--attempt-timeout", "1s"];
    let service = pressed(&folder, &slow, "shed-oldest", &more);
    let kept = [service.talk.order(None, 202), service.talk.order(None, 202)];
    let addr = service.process.addr();
    let send = |key: &'static str| {
        thread::spawn(move || {
            let sent = Talk::to(addr).try_ask("POST", "/orders", Some(key), Some(&good_order()));
            sent.unwrap_or_else(|error| panic!("{key}: {error}"))
        })
    };
    let first = send("first");
    until("the first to wait", || service.talk.metric("windlass_pressure_waiters") == 1);
    let second = send("second");
    let shed = first.join().expect("it ends");
    assert_eq!(shed.status, 503, "{}", shown(&shed));
    assert!(shown(&shed).contains("made room") && shed.retry_after_s.is_some());
    assert_eq!(service.talk.metric("windlass_pressure_shed_total"), 1);

    slow.talk.faults(&json!({ "latency_ms": 5 }));
    let taken = second.join().expect("it ends");
    assert_eq!(taken.status, 202, "{}", shown(&taken));
    assert_eq!(service.talk.all_ended(), (3, 0));
    for id in &kept {
        assert_eq!(service.talk.status(id), "completed", "{id}");
    }
    assert_eq!(service.talk.metric("windlass_orders_received_total"), 3, "nothing shed was saved");
}

#[test]
fn who_comes_faster_than_the_rate_is_told_when_to_come() {
    let (folder, slow) = (Folder::new("rate"), slow(&[]));
    let service = pressed(&folder, &slow, "rate-limit", &["--rate-max", "20"]);
    let begun = Instant::now();
    let (taken, refused) = (AtomicU64::new(0), AtomicU64::new(0));
    let both = || (taken.load(Ordering::SeqCst), refused.load(Ordering::SeqCst));
    let goes_on = || (both().0 < 5 || both().1 == 0) && begun.elapsed() < PATIENCE;
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let talk = Talk::to(service.process.addr());
                while goes_on() {
                    match sent_by(&talk) {
                        (202, None) => taken.fetch_add(1, Ordering::SeqCst),
                        (503, Some(1)) => refused.fetch_add(1, Ordering::SeqCst),
                        other => panic!("{other:?}"),
                    };
                }
            });
        }
    });
    // A burst of two, and one each 50 ms; the last reply may have come late.
    let allowed = 3 + begun.elapsed().as_millis() as u64 / 50;
    let (taken, refused) = both();
    assert!(taken >= 5 && taken <= allowed, "{taken} taken, {allowed} allowed");
    assert!(refused > 0);
    assert_eq!(service.talk.metric("windlass_pressure_rejected_total"), refused);
    assert_eq!(service.talk.all_ended(), (taken, 0));
}

#[test]
fn who_is_refused_is_told_when_the_backlog_will_be_done() {
    let (folder, slow) = (Folder::new("again"), slow(&["--latency", "100ms", "--jitter", "0"]));
    let more = ["--backlog-max", "100", "--order-workers", "4"];
    let service = pressed(&folder, &slow, "reject", &more);
    let done = || service.talk.metric("windlass_orders_completed_total");
    let is_full = AtomicBool::new(false);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let talk = Talk::to(service.process.addr());
                while !is_over.load(Ordering::SeqCst) {
                    let refused = sent_by(&talk).0 == 503;
                    is_full.fetch_or(refused, Ordering::SeqCst);
                }
            });
        }
        let _over = Over(&is_over);
        until("a full backlog", || is_full.load(Ordering::SeqCst));
        let (begun, before) = (Instant::now(), done());
        until("a pace", || begun.elapsed() > Duration::from_secs(4));
        let mut told = Vec::new();
        until("ten refusals", || {
            told.extend(Some(sent(&service)).filter(|it| it.0 == 503).and_then(|it| it.1));
            told.len() == 10
        });
        let pace = (done() - before) as f64 / begun.elapsed().as_secs_f64();
        let right = (100.0 / pace).ceil();
        // At most 40 orders a second are done: so 3 s or more. The pace is that of whole seconds.
        assert!(right >= 3.0);
        for seconds in told {
            let factor = f64::from(seconds) / right;
            assert!((0.5..=2.0).contains(&factor), "{seconds} s told, {right} s right");
        }
    });
}

/// Says at its end, by a panic too, that others may end.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn a_key_that_is_known_needs_no_room() {
    let (folder, slow) = (Folder::new("known"), slow(&["--latency", "60s"]));
    let more = ["--backlog-max", "3", "--order-workers", "1", "--attempt-timeout", "30s"];
    for policy in ["reject", "block", "shed-oldest"] {
        let folder = Folder::new(&format!("known-{policy}"));
        let service = pressed(&folder, &slow, policy, &more);
        let id = service.talk.order(Some("a"), 202);
        service.talk.order(None, 202);
        service.talk.order(None, 202);
        assert_eq!(service.talk.metric("windlass_pressure_depth"), 3);
        assert_eq!(service.talk.order(Some("a"), 202), id, "{policy}");
        let other = String::from_utf8(good_order()).expect("text").replace("Ada", "Bob");
        let sent = service.talk.try_ask("POST", "/orders", Some("a"), Some(other.as_bytes()));
        let reply = sent.expect("a reply");
        assert_eq!(reply.status, 422, "{policy}: {}", shown(&reply));
        assert_eq!(parsed(&reply)["field"], json!("idempotency-key"));
        assert_eq!(service.talk.metric("windlass_orders_rejected_total"), 0, "{policy}");
    }
    drop(folder);
}

#[test]
fn a_full_backlog_is_full_after_a_restart_too() {
    let (folder, slow) = (Folder::new("full-again"), slow(&["--latency", "60s"]));
    let more = ["--backlog-max", "3", "--attempt-timeout", "2s", "--attempts-max", "50"];
    let first = pressed(&folder, &slow, "reject", &more);
    for _ in 0..3 {
        first.talk.order(None, 202);
    }
    drop(first);
    let second = pressed(&folder, &slow, "reject", &more);
    assert_eq!(second.talk.metric("windlass_pressure_depth"), 3);
    assert_eq!(sent(&second).0, 503);
    slow.talk.faults(&json!({ "latency_ms": 5 }));
    assert_eq!(second.talk.all_ended(), (3, 0));
    until("free seats", || second.talk.metric("windlass_pressure_depth") == 0);
    assert_eq!(sent(&second).0, 202);
}

#[test]
fn memory_stays_flat_while_orders_are_refused() {
    let (folder, slow) = (Folder::new("flat"), slow(&["--latency", "60s"]));
    let more = ["--backlog-max", "50", "--attempt-timeout", "30s"];
    let service = pressed(&folder, &slow, "reject", &more);
    let rss_kib = || {
        let path = format!("/proc/{}/status", service.process.id());
        let status = std::fs::read_to_string(path).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.expect("a number").parse::<u64>().expect("a number")
    };
    let flood = |requests: usize| {
        thread::scope(|scope| {
            for _ in 0..8 {
                let addr = service.process.addr();
                scope.spawn(move || {
                    let talk = Talk::to(addr);
                    for _ in 0..requests {
                        talk.ask("POST", "/orders", Some(&good_order()));
                    }
                });
            }
        });
    };
    flood(100);
    let before = rss_kib();
    flood(1000);
    let after = rss_kib();
    assert_eq!(service.talk.metric("windlass_orders_received_total"), 50);
    assert_eq!(service.talk.metric("windlass_orders_rejected_total"), 8800 - 50);
    assert!(after < before + 4096, "{before} KiB, then {after} KiB");
}

#[test]
fn calls_are_bounded_whoever_waits() {
    let slow = slow(&["--latency", "100ms", "--jitter", "0"]);
    for (model, status) in [(Model::Evented, 202), (Model::ThreadPerConnection, 201)] {
        let folder = Folder::new("calls");
        let service = orders(model, &folder, &slow, &["--calls-max", "2"]);
        thread::scope(|scope| {
            for _ in 0..8 {
                let addr = service.process.addr();
                scope.spawn(move || drop(Talk::to(addr).order(None, status)));
            }
        });
        assert_eq!(service.talk.all_ended(), (8, 0), "{model}");
        assert_eq!(service.talk.metric("windlass_calls_depth_max"), 2, "{model}");
        assert!(service.talk.metric("windlass_calls_waiters_max") > 0, "{model}");
    }
}

#[test]
fn policies_that_cannot_be_meant_are_refused() {
    let (folder, slow) = (Folder::new("policies"), slow(&[]));
    for (more, why) in [
        (&["--pressure", "rate-limit"][..], "needs --rate-max"),
        (&["--rate-max", "5"], "needs --pressure rate-limit"),
        (&["--pressure", "drop"], "possible values"),
    ] {
        let mut command = crate::world::orders_command(Model::Evented, &folder, &slow);
        command.args(more).stderr(std::process::Stdio::piped());
        let output = command.output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
}
