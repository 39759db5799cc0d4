//! The slow service and the orders service as processes, and how tests talk to them.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use windlass::kit::client::{BlockingClient, ClientSettings};
use windlass::kit::http::{Outgoing, Received};
use windlass::kit::load::{ServerProcess, UNTIL_STDIN_CLOSES};
use windlass::kit::serve::Model;

/// No test waits longer for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder of a test's own, removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unique = format!("windlass-{name}-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(unique);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("orders.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left of it is in the system's folder for such.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A service as a process, and a client for it.
pub(crate) struct Service {
    pub(crate) process: ServerProcess,
    pub(crate) talk: Talk,
}

/// A client of one service.
pub(crate) struct Talk(BlockingClient);

impl Talk {
    pub(crate) fn to(addr: SocketAddr) -> Talk {
        Talk(BlockingClient::new(ClientSettings { timeout: PATIENCE, ..ClientSettings::new(addr) }))
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: Option<&[u8]>) -> Received {
        self.try_ask(method, path, None, body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub(crate) fn try_ask(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&[u8]>,
    ) -> Result<Received, windlass::kit::client::CallError> {
        self.0.call(&Outgoing { method, path, key, json: body })
    }

    /// The JSON at a path that must be there.
    pub(crate) fn get(&self, path: &str) -> Value {
        let reply = self.ask("GET", path, None);
        assert_eq!(reply.status, 200, "{path}: {}", shown(&reply));
        parsed(&reply)
    }

    pub(crate) fn metric(&self, name: &str) -> u64 {
        let reply = self.ask("GET", "/metrics", None);
        let text = String::from_utf8(reply.body).expect("metrics are text");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().expect("a number")
    }

    /// Sends an order: its name, when it was acknowledged.
    pub(crate) fn order(&self, key: Option<&str>, status: u16) -> String {
        let reply = self.try_ask("POST", "/orders", key, Some(&good_order()));
        let reply = reply.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(reply.status, status, "{}", shown(&reply));
        let id = parsed(&reply)["id"].as_str().expect("an id").to_owned();
        assert_eq!(reply.location, Some(format!("/orders/{id}")));
        id
    }

    pub(crate) fn status(&self, id: &str) -> String {
        self.get(&format!("/orders/{id}"))["status"].as_str().expect("a status").to_owned()
    }

    /// The events of an order until it is finished.
    pub(crate) fn events(&self, id: &str) -> Vec<Value> {
        let reply = self.ask("GET", &format!("/orders/{id}/events"), None);
        assert_eq!(reply.status, 200, "{}", shown(&reply));
        let text = String::from_utf8(reply.body).expect("events are text");
        text.split("\n\n")
            .filter(|event| !event.is_empty())
            .map(|event| {
                let data = event.strip_prefix("event: status\ndata: ").expect("an event");
                serde_json::from_str(data).expect("JSON")
            })
            .collect()
    }

    /// Waits until an order is finished: how.
    pub(crate) fn end_of(&self, id: &str) -> String {
        let last = self.events(id).pop().expect("an event");
        last["status"].as_str().expect("a status").to_owned()
    }

    /// Waits until no order is unfinished: (completed, dead).
    pub(crate) fn all_ended(&self) -> (u64, u64) {
        let asked = now_ms();
        let mut sums = Value::Null;
        until("all orders to end", || {
            let reply = self.ask("GET", "/summary", None);
            // Just started, it has not summed up yet.
            if reply.status == 503 {
                return false;
            }
            sums = parsed(&reply);
            let newer = sums["made_ms"].as_u64().expect("a time") > asked;
            newer && sums["received"]["orders"] == 0
        });
        let of = |status: &str| sums[status]["orders"].as_u64().expect("a number");
        (of("completed"), of("dead"))
    }

    /// Switches the slow service.
    pub(crate) fn faults(&self, change: &Value) {
        let reply = self.ask("POST", "/faults", Some(change.to_string().as_bytes()));
        assert_eq!(reply.status, 200, "{}", shown(&reply));
    }
}

fn now_ms() -> u64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    since.as_millis() as u64
}

/// Looks again and again, for as long as is bearable.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        // What is waited for happens in another process: nothing here could wake this thread.
        thread::park_timeout(Duration::from_millis(20));
    }
}

pub(crate) fn parsed(reply: &Received) -> Value {
    serde_json::from_slice(&reply.body).unwrap_or_else(|error| panic!("{error}: {}", shown(reply)))
}

pub(crate) fn shown(reply: &Received) -> String {
    format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body))
}

pub(crate) fn good_order() -> Vec<u8> {
    let item = json!({ "sku": "anchor", "quantity": 2, "price_cents": 1250 });
    json!({ "customer": "Ada", "items": [item] }).to_string().into_bytes()
}

pub(crate) fn serve(service: &str, more: &[&str]) -> Command {
    serve_at("127.0.0.1:0", service, more)
}

pub(crate) fn serve_at(addr: &str, service: &str, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_windlass"));
    command.args(["serve", "--service", service, "--addr", addr, "--workers", "2"]);
    command.args([UNTIL_STDIN_CLOSES]).args(more).stderr(Stdio::inherit());
    command
}

pub(crate) fn started(command: Command) -> Service {
    let process = ServerProcess::start(command).unwrap_or_else(|error| panic!("{error}"));
    let talk = Talk::to(process.addr());
    Service { process, talk }
}

/// The slow service, quick unless told otherwise.
pub(crate) fn slow(more: &[&str]) -> Service {
    let mut command = serve("slow", more);
    if !more.contains(&"--latency") {
        command.args(["--latency", "5ms", "--jitter", "2ms"]);
    }
    started(command)
}

/// The command of an orders service that calls `slow`; retries come soon.
pub(crate) fn orders_command(model: Model, folder: &Folder, slow: &Service) -> Command {
    let mut command = serve("orders", &["--model", model.name(), "--backoff", "20ms"]);
    command.arg("--database").arg(folder.database());
    command.arg("--downstream").arg(slow.process.addr().to_string());
    command
}

pub(crate) fn orders(model: Model, folder: &Folder, slow: &Service, more: &[&str]) -> Service {
    let mut command = orders_command(model, folder, slow);
    command.args(more);
    started(command)
}
