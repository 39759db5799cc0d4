//! Orders that are none, over real sockets and in both ways of working.

use serde_json::{Value, json};
use windlass::kit::serve::Model;

use crate::world::{Folder, good_order, orders, parsed, shown, slow};

/// What is sent, the status of the reply, the field it names, and a part of its reason.
type Case = (Vec<u8>, u16, Value, &'static str);

fn cases() -> Vec<Case> {
    let good = String::from_utf8(good_order()).expect("text");
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replace(from, to).into_bytes()
    };
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    let large = changed("Ada", &"A".repeat(70_000));
    let huge = vec![b' '; 2 << 20];
    vec![
        (b"".to_vec(), 400, Value::Null, "no JSON"),
        (b"{\"customer\":".to_vec(), 400, Value::Null, "no JSON"),
        (b"\xff\xfe".to_vec(), 400, Value::Null, "no JSON"),
        (deep[..1000].to_vec(), 400, Value::Null, "recursion"),
        ([vec![b'['; 30], vec![b']'; 30]].concat(), 400, Value::Null, "within each other"),
        (large, 413, Value::Null, "at most 65536"),
        (huge, 413, Value::Null, "larger"),
        (b"[]".to_vec(), 422, Value::Null, "must be an object"),
        (changed("\"Ada\"", "7"), 422, json!("customer"), "must be a text"),
        (changed("\"sku\"", "\"skew\""), 422, json!("items[0].skew"), "no such field"),
        (changed(":2,", ":\"2\","), 422, json!("items[0].quantity"), "must be a number"),
        (changed(":2,", ":0,"), 422, json!("items[0].quantity"), "from 1 to 10000"),
        (changed(":2,", ":1e18,"), 422, json!("items[0].quantity"), "from 1 to 10000"),
        (changed(":1250", ":-1"), 422, json!("items[0].price_cents"), "whole number"),
        (changed("\"items\"", "\"customer\""), 422, json!("customer"), "twice"),
    ]
}

#[test]
fn what_is_no_order_is_told_which_field_and_why() {
    for model in [Model::Evented, Model::ThreadPerRequest, Model::ThreadPool] {
        let (folder, slow) = (Folder::new("wrong"), slow(&[]));
        let orders = orders(model, &folder, &slow, &[]);
        for (body, status, field, why) in cases() {
            let start = String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned();
            let reply = orders.talk.ask("POST", "/orders", Some(&body));
            assert_eq!(reply.status, status, "{model}, {start}: {}", shown(&reply));
            let told = parsed(&reply);
            assert_eq!(told.get("field").unwrap_or(&Value::Null), &field, "{model}: {told}");
            let said = told["error"].as_str().expect("a reason");
            assert!(said.contains(why), "{model}, {start}: {said}");
        }
        // Whatever was refused, the service goes on; and nothing of it was kept.
        let ok = if model == Model::Evented { 202 } else { 201 };
        let id = orders.talk.order(None, ok);
        assert_eq!(orders.talk.end_of(&id), "completed", "{model}");
        assert_eq!(orders.talk.all_ended(), (1, 0), "{model}");
    }
}

#[test]
fn paths_and_methods_that_are_none_are_told() {
    let (folder, slow) = (Folder::new("paths"), slow(&[]));
    let orders = orders(Model::Evented, &folder, &slow, &[]);
    for (method, path, status) in [
        ("GET", "/nothing", 404),
        ("GET", "/orders/1", 404),
        ("GET", "/orders/00000000-1/events", 404),
        ("GET", "/orders", 405),
        ("PUT", "/summary", 405),
        ("GET", "/dead-letters?max=0", 400),
        ("POST", "/dead-letters/x/retry", 404),
    ] {
        let reply = orders.talk.ask(method, path, None);
        assert_eq!(reply.status, status, "{method} {path}: {}", shown(&reply));
        assert!(parsed(&reply)["error"].is_string(), "{}", shown(&reply));
    }
}
