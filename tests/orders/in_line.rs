//! The same business in line, under the blocking models.

use std::thread;

use serde_json::json;
use windlass::kit::serve::Model;

use crate::world::{Folder, good_order, orders, parsed, shown, slow, until};

const BLOCKING: [Model; 3] =
    [Model::ThreadPerRequest, Model::ThreadPerConnection, Model::ThreadPool];

#[test]
fn an_order_is_answered_when_it_is_done() {
    for model in BLOCKING {
        let (folder, slow) = (Folder::new("in-line"), slow(&[]));
        let orders = orders(model, &folder, &slow, &[]);
        let id = orders.talk.order(Some("a"), 201);
        assert_eq!(orders.talk.status(&id), "completed", "{model}");
        assert_eq!(orders.talk.order(Some("a"), 201), id, "{model}");
        assert_eq!(orders.talk.events(&id).len(), 1, "{model}");
        assert_eq!(orders.talk.get("/summary")["completed"]["orders"], json!(1), "{model}");
        assert_eq!(orders.talk.metric("windlass_orders_completed_total"), 1, "{model}");
        assert_eq!(orders.talk.ask("GET", "/", None).status, 200, "{model}");
        assert_eq!(slow.talk.get(&format!("/effects/{id}"))["effects"], json!(1), "{model}");
        let invalid = orders.talk.ask("POST", "/orders", Some(b"{}"));
        assert_eq!(invalid.status, 422, "{model}: {}", shown(&invalid));
    }
}

#[test]
fn a_failure_is_the_client_s_until_it_comes_again() {
    for model in BLOCKING {
        let (folder, slow) = (Folder::new("in-line-fails"), slow(&["--fail-rate", "1"]));
        let orders = orders(model, &folder, &slow, &["--attempts-max", "2"]);
        let send = || orders.talk.try_ask("POST", "/orders", Some("a"), Some(&good_order()));
        let reply = send().expect("a reply");
        assert_eq!(reply.status, 502, "{model}: {}", shown(&reply));
        let told = parsed(&reply);
        assert_eq!((&told["status"], &told["attempts"]), (&json!("dead"), &json!(2)), "{told}");
        let id = told["id"].as_str().expect("an id");
        let listed = orders.talk.get("/dead-letters");
        assert_eq!(listed["dead_letters"][0]["id"], json!(id), "{model}");
        let retry = format!("/dead-letters/{id}/retry");
        assert_eq!(orders.talk.ask("POST", &retry, None).status, 502, "{model}");
        slow.talk.faults(&json!({ "fail_rate": 0.0 }));
        assert_eq!(send().expect("a reply").status, 201, "{model}");
        assert_eq!(orders.talk.ask("POST", &retry, None).status, 409, "{model}");
        assert_eq!(slow.talk.get(&format!("/effects/{id}"))["effects"], json!(1), "{model}");
    }
}

#[test]
fn two_requests_do_not_work_on_one_order() {
    let (folder, slow) = (Folder::new("in-line-twice"), slow(&[]));
    slow.talk.faults(&json!({ "latency_ms": 60_000 }));
    let orders = orders(Model::ThreadPerConnection, &folder, &slow, &["--attempt-timeout", "20s"]);
    let addr = orders.process.addr();
    let first = thread::spawn(move || {
        let talk = crate::world::Talk::to(addr);
        talk.try_ask("POST", "/orders", Some("a"), Some(&good_order())).map(|it| it.status)
    });
    until("the first call", || orders.talk.metric("windlass_in_flight") == 1);
    let second = orders.talk.try_ask("POST", "/orders", Some("a"), Some(&good_order()));
    assert_eq!(second.expect("a reply").status, 409);
    drop(orders);
    assert!(first.join().expect("it ends").is_err(), "its server was killed");
}

#[test]
fn who_finds_no_place_among_the_calls_waits_and_is_not_given_up() {
    let (folder, slow) = (Folder::new("in-line-busy"), slow(&[]));
    slow.talk.faults(&json!({ "latency_ms": 60_000 }));
    let more = ["--calls-max", "1", "--attempt-timeout", "700ms", "--attempts-max", "3"];
    let orders = orders(Model::ThreadPerConnection, &folder, &slow, &more);
    let send = |key: &'static str| {
        let addr = orders.process.addr();
        thread::spawn(move || {
            let talk = crate::world::Talk::to(addr);
            talk.try_ask("POST", "/orders", Some(key), Some(&good_order())).expect("a reply")
        })
    };
    // Each has the only place for three times 700 ms, in turns with the others: all the time that
    // the last one waits.
    let sent: Vec<_> = ["a", "b", "c", "d", "e", "f"].into_iter().map(send).collect();
    let replies: Vec<_> = sent.into_iter().map(|it| it.join().expect("it ends")).collect();
    for reply in &replies {
        let told = parsed(reply);
        match reply.status {
            502 => assert_eq!(told["attempts"], json!(3), "{told}"),
            503 => assert_eq!(told["status"], json!("received"), "{told}"),
            _ => panic!("{}", shown(reply)),
        }
        assert!(reply.status == 502 || reply.retry_after_s.is_some());
    }
    assert!(replies.iter().any(|it| it.status == 503), "there was no place for all");
    slow.talk.faults(&json!({ "latency_ms": 5 }));
    let again = |key: &'static str| send(key).join().expect("it ends").status;
    let done: Vec<_> = ["a", "b", "c", "d", "e", "f"].into_iter().map(again).collect();
    assert_eq!(done, [201; 6]);
}
