//! Acknowledge now, work later: the whole flow, as processes.

use std::time::{Duration, Instant};

use serde_json::json;
use windlass::kit::serve::Model;

use crate::world::{Folder, good_order, orders, parsed, shown, slow, until};

#[test]
fn an_order_is_acknowledged_at_once_and_completed_later() {
    let (folder, slow) = (Folder::new("flow"), slow(&["--latency", "300ms", "--jitter", "0"]));
    let orders = orders(Model::Evented, &folder, &slow, &[]);
    let begun = Instant::now();
    let id = orders.talk.order(None, 202);
    assert!(begun.elapsed() < Duration::from_millis(300), "the slow service was waited for");
    assert_eq!(orders.talk.status(&id), "received");

    let told = orders.talk.events(&id);
    let statuses: Vec<_> = told.iter().map(|event| event["status"].as_str()).collect();
    assert_eq!(statuses, [Some("received"), Some("completed")], "{told:?}");
    assert!(begun.elapsed() >= Duration::from_millis(300));
    assert_eq!(orders.talk.events(&id).len(), 1, "a finished order has one last event");

    let record = orders.talk.get(&format!("/orders/{id}"));
    assert_eq!((&record["attempts"], &record["total_cents"]), (&json!(1), &json!(2500)));
    assert_eq!(record["order"]["customer"], json!("Ada"));
    assert!(record["ended_ms"].as_u64() >= record["received_ms"].as_u64());
    assert_eq!(slow.talk.get(&format!("/effects/{id}")), json!({ "calls": 1, "effects": 1 }));

    assert_eq!(orders.talk.all_ended(), (1, 0));
    assert_eq!(orders.talk.get("/summary")["completed"]["total_cents"], json!(2500));
    assert_eq!(orders.talk.metric("windlass_orders_received_total"), 1);
    assert_eq!(orders.talk.metric("windlass_orders_completed_total"), 1);
    assert_eq!(orders.talk.metric("windlass_queue{state=\"ready\"}"), 0);
    let page = orders.talk.ask("GET", "/", None);
    let text = String::from_utf8(page.body).expect("text");
    assert!(text.contains("<!doctype html>") && !text.contains("http://"), "no network");
    assert!(orders.process.stop(Duration::from_secs(20)).is_some_and(|it| it.success()));
}

#[test]
fn a_key_makes_one_order() {
    let (folder, slow) = (Folder::new("keys"), slow(&[]));
    let orders = orders(Model::Evented, &folder, &slow, &[]);
    let id = orders.talk.order(Some("key-1"), 202);
    assert_eq!(orders.talk.order(Some("key-1"), 202), id);
    assert_eq!(orders.talk.end_of(&id), "completed");
    assert_eq!(orders.talk.order(Some("key-1"), 202), id, "still, when it is completed");
    assert_ne!(orders.talk.order(Some("key-2"), 202), id);
    assert_ne!(orders.talk.order(None, 202), id);

    let other = String::from_utf8(good_order()).expect("text").replace("Ada", "Bob");
    let sent = orders.talk.try_ask("POST", "/orders", Some("key-1"), Some(other.as_bytes()));
    let reply = sent.expect("a reply");
    assert_eq!(reply.status, 422, "{}", shown(&reply));
    assert_eq!(parsed(&reply)["field"], json!("idempotency-key"));
    let long = "k".repeat(256);
    let sent = orders.talk.try_ask("POST", "/orders", Some(&long), Some(&good_order()));
    assert_eq!(sent.expect("a reply").status, 400);
    assert_eq!(orders.talk.all_ended(), (3, 0));
    assert_eq!(orders.talk.metric("windlass_orders_repeated_total"), 2);
}

#[test]
fn what_fails_to_the_last_is_a_dead_letter_and_can_be_taken_up_again() {
    let (folder, slow) = (Folder::new("dead"), slow(&["--fail-rate", "1"]));
    let orders = orders(Model::Evented, &folder, &slow, &["--attempts-max", "3"]);
    let id = orders.talk.order(None, 202);
    let told = orders.talk.events(&id);
    let last = told.last().expect("an event");
    assert_eq!((&last["status"], &last["attempts"]), (&json!("dead"), &json!(3)), "{told:?}");
    assert!(last["error"].as_str().expect("an error").contains("500"), "{last}");

    let retry = format!("/dead-letters/{id}/retry");
    let dead = orders.talk.get("/dead-letters");
    assert_eq!(dead["dead_letters"][0]["id"], json!(id), "{dead}");
    assert_eq!(orders.talk.metric("windlass_queue{state=\"dead\"}"), 1);
    let other = orders.talk.order(None, 202);
    assert_eq!(orders.talk.ask("POST", "/dead-letters/00000000-1/retry", None).status, 404);

    slow.talk.faults(&json!({ "fail_rate": 0.0 }));
    let reply = orders.talk.ask("POST", &retry, None);
    assert_eq!(reply.status, 202, "{}", shown(&reply));
    assert_eq!(orders.talk.end_of(&id), "completed");
    assert_eq!(orders.talk.ask("POST", &retry, None).status, 409, "it is not dead any more");
    let effect = slow.talk.get(&format!("/effects/{id}"));
    assert_eq!(effect["effects"], json!(1), "{effect}");
    assert!(matches!(orders.talk.end_of(&other).as_str(), "completed" | "dead"));
    let listed = orders.talk.get("/dead-letters?max=1");
    assert!(listed["dead_letters"][0]["id"] != json!(id), "{listed}");
}

#[test]
fn many_orders_share_their_syncs() {
    let (folder, slow) = (Folder::new("groups"), slow(&[]));
    let orders = orders(Model::Evented, &folder, &slow, &[]);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| (0..10).for_each(|_| drop(orders.talk.order(None, 202))));
        }
    });
    assert_eq!(orders.talk.all_ended(), (160, 0));
    let (jobs, groups) = (
        orders.talk.metric("windlass_database_jobs_total"),
        orders.talk.metric("windlass_database_groups_total"),
    );
    assert!(jobs > groups, "{jobs} jobs in {groups} transactions");
    let effects = slow.talk.get("/effects");
    assert_eq!(effects["effects"], json!(160));
    let keys = effects["keys"].as_object().expect("an object");
    assert!(keys.values().all(|effect| effect["effects"] == json!(1)));
}

#[test]
fn without_room_it_says_so_at_once() {
    let (folder, slow) = (Folder::new("full"), slow(&["--latency", "60s"]));
    let more = ["--backlog-max", "20", "--order-workers", "4", "--attempt-timeout", "30s"];
    let orders = orders(Model::Evented, &folder, &slow, &more);
    let mut refused = 0;
    for _ in 0..40 {
        let reply = orders.talk.ask("POST", "/orders", Some(&good_order()));
        match reply.status {
            202 => assert_eq!(refused, 0, "room after there was none"),
            503 => {
                refused += 1;
                assert!(reply.retry_after_s.is_some(), "{}", shown(&reply));
                assert!(shown(&reply).contains("try again"), "{}", shown(&reply));
            }
            _ => panic!("{}", shown(&reply)),
        }
    }
    assert_eq!(refused, 20);
    assert_eq!(orders.talk.metric("windlass_orders_rejected_total"), 20);
    assert_eq!(orders.talk.metric("windlass_orders_received_total"), 20);
    until("the workers' calls", || orders.talk.metric("windlass_in_flight") == 4);
}
