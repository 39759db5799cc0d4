//! Events reach all who listen; who is slow holds up nobody; who watches an order is told that the
//! connection lives, and not for ever.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass::kit::serve::Model;

use crate::world::{Folder, PATIENCE, Service, Talk, good_order, orders, slow, until};

fn lines(path: &std::path::Path) -> Vec<Value> {
    let file = BufReader::new(File::open(path).expect("the audit's file"));
    let parse = |line: std::io::Result<String>| {
        serde_json::from_str(&line.expect("text")).expect("a line of JSON")
    };
    file.lines().map(parse).collect()
}

#[test]
fn each_event_is_audited_in_its_order() {
    for model in [Model::Evented, Model::ThreadPool] {
        let (folder, slow) = (Folder::new("audit"), slow(&["--fail-rate", "1"]));
        let path = folder.path().join("audit.jsonl");
        let file = path.display().to_string();
        let service = orders(model, &folder, &slow, &["--attempts-max", "2", "--audit", &file]);
        let reply = service.talk.ask("POST", "/orders", Some(&good_order()));
        let id = crate::world::parsed(&reply)["id"].as_str().expect("an id").to_owned();
        assert_eq!(service.talk.end_of(&id), "dead", "{model}");
        slow.talk.faults(&json!({ "fail_rate": 0.0 }));
        service.talk.ask("POST", &format!("/dead-letters/{id}/retry"), None);
        assert_eq!(service.talk.end_of(&id), "completed", "{model}");
        until("the last event", || lines(&path).len() == 5);
        let told = lines(&path);
        let names: Vec<_> = told.iter().map(|it| it["event"].as_str().expect("text")).collect();
        let right =
            ["OrderReceived", "OrderFailed", "OrderFailed", "OrderReceived", "OrderCompleted"];
        assert_eq!(names, right, "{model}");
        assert_eq!((&told[1]["is_last"], &told[2]["is_last"]), (&json!(false), &json!(true)));
        assert!(told.iter().all(|it| it["order"] == json!(id)), "{told:?}");
        until("the newest first", || service.talk.get("/audit")["events"][0] == told[4]);
        until("the running figures", || {
            let minute = &service.talk.get("/summary")["last_minute"];
            (&minute["failed_attempts"], &minute["dead"]) == (&json!(2), &json!(1))
        });
        assert!(service.process.stop(Duration::from_secs(20)).is_some_and(|it| it.success()));
        assert_eq!(lines(&path).len(), 5);
    }
}

fn of(service: &Service, what: &str, subscriber: &str) -> u64 {
    service.talk.metric(&format!("windlass_events_{what}{{subscriber=\"{subscriber}\"}}"))
}

/// The audit's file is a pipe that nobody reads: its subscriber stands still.
#[test]
fn a_subscriber_that_lags_holds_up_nobody() {
    let (folder, slow) = (Folder::new("lags"), slow(&[]));
    let path = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().is_ok_and(|it| it.success()));
    // Both ways, so that opening it waits for nobody.
    let pipe = OpenOptions::new().read(true).write(true).open(&path).expect("the pipe");
    let file = path.display().to_string();
    let service = orders(Model::Evented, &folder, &slow, &["--audit", &file]);
    thread::scope(|scope| {
        for _ in 0..16 {
            let addr = service.process.addr();
            scope.spawn(move || {
                let talk = Talk::to(addr);
                (0..80).for_each(|_| drop(talk.order(None, 202)));
            });
        }
    });
    assert_eq!(service.talk.all_ended(), (1280, 0));
    let last = service.talk.order(None, 202);
    assert_eq!(service.talk.end_of(&last), "completed", "who watches is told all the same");
    let behind = of(&service, "behind", "audit");
    assert!(behind > 1024, "{behind}");
    until("the others", || of(&service, "behind", "news") == 0);
    assert_eq!(of(&service, "missed_total", "news"), 0);
    let received = || of(&service, "received_total", "running");
    until("the running figures", || received() == 2 * 1281);

    // Somebody reads at last: it hears what it missed, and goes on.
    let read = thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let told: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
            if told["event"] == json!("missed") {
                return told["count"].as_u64();
            }
        }
        None
    });
    let missed = read.join().expect("it ends").expect("a number");
    assert_eq!(missed, of(&service, "missed_total", "audit"));
    assert!(missed >= behind - 1024, "{missed} of {behind}");
}

/// A request for the events of an order, by a client of its own; its head has come.
fn watching(service: &Service, id: &str) -> TcpStream {
    let mut stream = TcpStream::connect(service.process.addr()).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    let request = format!("GET /orders/{id}/events HTTP/1.1\r\nhost: a\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a head");
        head.push(byte[0]);
    }
    assert!(head.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&head));
    stream
}

/// A service with an order that takes long.
fn with_an_order(
    model: Model,
    folder: &Folder,
    slow: &Service,
    more: &[&str],
) -> (Service, String) {
    let service = orders(model, folder, slow, &[&["--attempt-timeout", "50s"], more].concat());
    let addr = service.process.addr();
    // In line its client waits, and is cut off at the end.
    thread::spawn(move || {
        drop(Talk::to(addr).try_ask("POST", "/orders", None, Some(&good_order())))
    });
    until("the call", || service.talk.metric("windlass_in_flight") == 1);
    let mut id = None;
    until("the event", || {
        let told = service.talk.get("/audit");
        id = told["events"][0]["order"].as_str().map(str::to_owned);
        id.is_some()
    });
    (service, id.expect("an id"))
}

#[test]
fn who_watches_hears_that_it_lives_but_not_for_ever() {
    let slow = slow(&["--latency", "60s"]);
    for model in [Model::Evented, Model::ThreadPerConnection] {
        let folder = Folder::new("lives");
        let (service, id) = with_an_order(model, &folder, &slow, &["--events-keep-alive", "150ms"]);
        let begun = Instant::now();
        let lines = BufReader::new(watching(&service, &id)).lines().map(|it| it.expect("text"));
        let comments = lines.filter(|line| line == ": still here").take(2).count();
        assert_eq!(comments, 2, "{model}");
        assert!(begun.elapsed() >= Duration::from_millis(300), "{model}: {:?}", begun.elapsed());
        drop(service);

        let folder = Folder::new("watch");
        let (service, id) = with_an_order(model, &folder, &slow, &["--events-max", "1s"]);
        let begun = Instant::now();
        let mut text = String::new();
        watching(&service, &id).read_to_string(&mut text).expect("it ends");
        assert!(begun.elapsed() >= Duration::from_millis(900), "{model}: {:?}", begun.elapsed());
        assert!(begun.elapsed() < PATIENCE / 2, "{model}: {:?}", begun.elapsed());
        assert_eq!(text.matches("event: status").count(), 1, "{model}: {text}");
        until("nobody to watch", || service.talk.metric("windlass_orders_watched") == 0);
    }
}

#[test]
fn who_goes_away_with_a_byte_unread_is_missed() {
    let slow = slow(&["--latency", "60s"]);
    for model in [Model::Evented, Model::ThreadPerConnection] {
        let folder = Folder::new("stray");
        let (service, id) = with_an_order(model, &folder, &slow, &[]);
        let mut stream = watching(&service, &id);
        until("somebody to watch", || service.talk.metric("windlass_orders_watched") == 1);
        stream.write_all(b"x").expect("it listens");
        drop(stream);
        until("nobody to watch", || service.talk.metric("windlass_orders_watched") == 0);
    }
}
