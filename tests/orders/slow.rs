//! The slow service under every model, in this process.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use windlass::CorePlan;
use windlass::kit::client::CallError;
use windlass::kit::http::Received;
use windlass::kit::serve::{Drained, Model, ServeConfig, Server, start};
use windlass::kit::slow::{Faults, Slow};

use crate::world::{Talk, parsed, shown, until};

fn quick() -> Faults {
    Faults { latency_ms: 2, jitter_ms: 1, ..Faults::default() }
}

fn server(model: Model, faults: Faults, seed: u64) -> (Server, Talk) {
    let slow = Slow::new(faults, seed).expect("a service");
    let config = ServeConfig {
        service: Some(Arc::new(slow)),
        workers: Some(2),
        cores: CorePlan::None,
        pool_threads: 4,
        ..ServeConfig::new(model)
    };
    let server = start(config).unwrap_or_else(|error| panic!("{model}: {error}"));
    let talk = Talk::to(server.addr());
    (server, talk)
}

fn work(talk: &Talk, key: &str) -> Received {
    talk.try_ask("POST", "/work", Some(key), Some(b"{}")).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn work_is_done_once_for_each_key() {
    for model in Model::ALL {
        let (server, talk) = server(model, quick(), 1);
        for call in 1..=3 {
            let reply = work(&talk, "a");
            assert_eq!(reply.status, 200, "{model}: {}", shown(&reply));
            assert_eq!(parsed(&reply)["repeated"], json!(call > 1), "{model}");
        }
        assert_eq!(work(&talk, "b").status, 200);
        assert_eq!(talk.get("/effects/a"), json!({ "calls": 3, "effects": 1 }), "{model}");
        let all = talk.get("/effects");
        assert_eq!((&all["calls"], &all["effects"]), (&json!(4), &json!(2)), "{model}");
        assert_eq!(all["keys"]["b"], json!({ "calls": 1, "effects": 1 }), "{model}");
        assert_eq!(talk.ask("GET", "/effects/c", None).status, 404);
        assert_eq!(talk.ask("POST", "/work", Some(b"{}")).status, 400, "no key");
        assert_eq!(talk.ask("GET", "/work", None).status, 405);
        assert_eq!(talk.ask("GET", "/nothing", None).status, 404);
        assert_eq!(server.stop(), Drained { cut: 0 }, "{model}");
    }
}

#[test]
fn a_seeded_share_fails_alike_each_time_and_under_every_model() {
    let mut failed: Vec<Vec<u16>> = Vec::new();
    for model in Model::ALL {
        let (_server, talk) = server(model, Faults { fail_rate: 0.3, ..quick() }, 7);
        failed.push((0..60).map(|key| work(&talk, &format!("key-{key}")).status).collect());
        // Some of those that failed have had their effect: only the reply was lost.
        let effects = talk.get("/effects")["effects"].as_u64().expect("a number") as usize;
        let done = failed[0].iter().filter(|status| **status == 200).count();
        assert!(done < effects && effects < 60, "{model}: {done} done, {effects} effects");
    }
    let failures = failed[0].iter().filter(|status| **status == 500).count();
    assert!((6..=32).contains(&failures), "{failures} of 60 at 0.3");
    assert!(failed.iter().all(|statuses| *statuses == failed[0]), "{failed:?}");
}

#[test]
fn it_stalls_vanishes_and_returns_as_it_is_told() {
    for model in Model::ALL {
        let (_server, talk) = server(model, quick(), 1);
        talk.faults(&json!({ "stall_ms": 100 }));
        let begun = Instant::now();
        assert_eq!(work(&talk, "a").status, 200, "{model}");
        assert!(begun.elapsed() >= Duration::from_millis(100), "{model}");
        talk.faults(&json!({ "stall_ms": 0, "gone": true, "for_ms": 400 }));
        let gone = talk.try_ask("POST", "/work", Some("b"), Some(b"{}"));
        assert!(matches!(gone, Err(CallError::Broken(_))), "{model}: {gone:?}");
        assert_eq!(talk.get("/faults")["gone"], json!(true), "{model}");
        until("its return", || talk.get("/faults")["gone"] == json!(false));
        // What passed was for a while only, and so was what came with it.
        assert_eq!(talk.get("/faults")["stall_ms"], json!(100), "{model}");
        assert_eq!(work(&talk, "b").status, 200, "{model}");
        for bad in [&b"{"[..], b"{\"latency\":1}", b"[]", b"{\"gone\":1}"] {
            assert_eq!(talk.ask("POST", "/faults", Some(bad)).status, 400, "{model}");
        }
        let reply = talk.ask("POST", "/faults", Some(b"{\"fail_rate\":2}"));
        assert_eq!(reply.status, 422, "{model}");
        assert!(shown(&reply).contains("fail_rate"), "{}", shown(&reply));
    }
}

#[test]
fn a_stop_cuts_work_that_takes_too_long() {
    for model in Model::ALL {
        let slow = Slow::new(Faults { latency_ms: 60_000, ..quick() }, 1).expect("a service");
        let config = ServeConfig {
            service: Some(Arc::new(slow)),
            drain: Duration::from_millis(100),
            cores: CorePlan::None,
            ..ServeConfig::new(model)
        };
        let server = start(config).expect("a server");
        let addr = server.addr();
        let client = thread::spawn(move || {
            Talk::to(addr).try_ask("POST", "/work", Some("a"), Some(b"{}")).map(|it| it.status)
        });
        let talk = Talk::to(addr);
        until("the call", || talk.get("/effects")["calls"] == json!(1));
        let begun = Instant::now();
        // The connection that asked for the effects is idle, and no reason to wait.
        assert_eq!(server.stop(), Drained { cut: 1 }, "{model}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{model}");
        assert!(client.join().expect("it ends").is_err(), "{model}");
    }
}
