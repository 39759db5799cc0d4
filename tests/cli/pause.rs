//! Coordinated omission, shown: a server is stopped for a second while it is loaded.

use std::io::{BufRead, BufReader};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::program::{Said, serve, signal, windlass};

const PAUSE: Duration = Duration::from_secs(1);

/// The load with `more`, over four seconds of which the server stands still for one.
fn paused(more: &[&str]) -> Value {
    let server = serve();
    let url = format!("http://{}/hello", server.addr());
    let command = ["load", &url, "--duration", "4s", "--connections", "8", "--json"];
    let mut child = windlass(&command).args(more).spawn().expect("the binary runs");
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("measuring: "), "{line}");
    thread::sleep(PAUSE);
    signal(server.id(), "STOP");
    thread::sleep(PAUSE);
    signal(server.id(), "CONT");
    let said = Said::from(child.wait_with_output().unwrap());
    let json = said.json();
    let errors = &json["errors"];
    assert!(json["requests"].as_u64() > Some(1000), "{json}");
    assert_eq!((&errors["reply"], &errors["connection"]), (&0.into(), &0.into()), "{json}");
    json
}

#[test]
fn the_pause_shows() {
    let at = |json: &Value, name: &str| json["latency_ms"][name].as_f64().unwrap();
    let closed = paused(&[]);
    let open = paused(&["--rate", "500"]);
    // Both met it.
    assert!(at(&closed, "max") >= 900.0, "{closed}");
    assert!(at(&open, "max") >= 900.0, "{open}");
    // 500 of 2,000 requests were due while the server stood still: a hundredth of all waited for
    // nearly the whole second. In the closed loop eight did, of many thousands.
    assert!(at(&open, "p99") >= 800.0, "{open}");
    assert!(at(&closed, "p99") < at(&open, "p99") / 4.0, "closed {closed}, open {open}");
}
