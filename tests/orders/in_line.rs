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
