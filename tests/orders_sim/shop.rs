//! The kit's orders service on a node: its database on a disk in memory, its calls over the
//! simulated network.

use std::fmt;
use std::io::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use windlass::kit::client::CallError;
use windlass::kit::http::{Ask, Body, Method, Outgoing, Received, Status};
use windlass::kit::orders::{Calls, OrdersSettings, Seams, open};
use windlass::kit::serve::{Answer, Boxed, Model, Service};
use windlass::sim::Call;
use windlass::spawn;
use windlass::time::{sleep, timeout};
use windlass::workflow::sqlite::{Options, Synchronous};

use crate::layer;
use crate::scene::number;
use crate::stage::{Bug, Stage};

/// An order as clients send it.
const ORDER: &str =
    r#"{"customer":"Ada","items":[{"sku":"anchor","quantity":1,"price_cents":1250}]}"#;

/// Calls the slow service over the simulated network.
struct Wired(Stage);

impl fmt::Debug for Wired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wired")
    }
}

/// A call that is under way; it ends with its task, too.
struct UnderWay<'a>(&'a Stage);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let mut seen = self.0.seen();
        seen.calls_under_way = seen.calls_under_way.saturating_sub(1);
    }
}

impl Calls for Wired {
    fn call<'a>(&'a self, request: &'a Outgoing<'_>) -> Boxed<'a, Result<Received, CallError>> {
        let Wired(stage) = self;
        let (sim, within) = (&stage.sim, stage.plan.attempt_timeout);
        let key = request.key.unwrap_or_default().to_owned();
        Box::pin(async move {
            let calls = {
                let mut seen = stage.seen();
                seen.calls_under_way += 1;
                seen.calls_under_way
            };
            let most = stage.plan.calls_max;
            sim.check(calls <= most, format_args!("{calls} calls are under way, of {most}"));
            let _under_way = UnderWay(stage);
            let reply = |status| Ok(Received { status, ..Received::default() });
            match timeout(within, sim.net().call("slow", key)).await {
                Ok(Ok(said)) if said == b"200" => reply(200),
                Ok(Ok(_)) => reply(500),
                Ok(Err(error)) => Err(CallError::Broken(Error::other(error))),
                Err(_) if stage.bug == Bug::SilenceIsSuccess => reply(200),
                Err(_) => Err(CallError::Late(within)),
            }
        })
    }
}

fn settings(stage: &Stage, database: PathBuf) -> OrdersSettings {
    let plan = &stage.plan;
    let unsynced = stage.bug == Bug::Unsynced;
    let seams = Seams {
        wall: stage.sim.wall(),
        calls: Some(Arc::new(Wired(stage.clone()))),
        database: Options {
            threads: false,
            readers: 1,
            vfs: Some(layer::name()),
            synchronous: if unsynced { Synchronous::Off } else { Synchronous::Full },
            ..Options::default()
        },
        seed: Some(stage.sim.below(u64::MAX)),
    };
    OrdersSettings {
        attempt_timeout: plan.attempt_timeout,
        attempts_max: plan.attempts_max,
        backoff_base: Duration::from_millis(20),
        backoff_max: Duration::from_millis(500),
        workers: plan.workers,
        calls_max: plan.calls_max,
        backlog_max: plan.backlog_max,
        seams,
        ..OrdersSettings::new(database, ([127, 0, 0, 1], 1).into())
    }
}

/// The node's first task.
pub(crate) async fn run(stage: Stage, database: PathBuf) {
    let Ok(inbox) = stage.sim.net().listen("shop", 16) else {
        return stage.sim.fail(format_args!("two shops"));
    };
    let opened = open(Model::Evented, settings(&stage, database));
    let service = match opened {
        Ok(service) => service,
        Err(error) => return stage.sim.fail(format_args!("the shop does not open: {error}")),
    };
    if let Err(why) = service.start() {
        return stage.sim.fail(format_args!("the shop does not start: {why}"));
    }
    spawn(audit(stage.clone(), service.clone())).detach();
    loop {
        let call = inbox.accept().await;
        spawn(answer(stage.clone(), service.clone(), call)).detach();
    }
}

/// `GET path`: its status, and what it says.
async fn get(service: &dyn Service, path: &str) -> (Status, Body) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let ask = Ask { method: Method::Get, path, query, key: None, body: Vec::new() };
    match service.answer(ask).await {
        Answer::Reply(reply) => (reply.status, reply.body),
        Answer::Events(_) | Answer::Gone => (Status::NotFound, Body::Text("no reply")),
    }
}

fn json(body: &Body) -> Value {
    match body {
        Body::Json(bytes) => serde_json::from_slice(bytes).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// What clients and the experimenter ask: `post <key>`, `status <name>`, `audit`, `dead`.
async fn answer(stage: Stage, service: Arc<dyn Service>, call: Call) {
    let request = String::from_utf8_lossy(call.request()).into_owned();
    let reply = match request.split_once(' ') {
        Some(("post", key)) => {
            let (path, key) = ("/orders".to_owned(), Some(key.to_owned()));
            let (query, body) = (String::new(), ORDER.as_bytes().to_vec());
            let ask = Ask { method: Method::Post, path, query, key, body };
            match service.answer(ask).await {
                Answer::Reply(reply) if reply.status == Status::Accepted => {
                    let name = json(&reply.body)["id"].as_str().unwrap_or_default().to_owned();
                    stage.sim.note(format_args!("acknowledges {} of {request}", number(&name)));
                    format!("202 {name}")
                }
                _ => "503".to_owned(),
            }
        }
        Some(("status", name)) => {
            let (_, body) = get(&*service, &format!("/orders/{name}")).await;
            json(&body)["status"].as_str().unwrap_or("unknown").to_owned()
        }
        _ if request == "audit" => {
            look(&stage, &*service).await;
            "audited".to_owned()
        }
        _ => {
            let (_, body) = get(&*service, "/dead-letters?max=100").await;
            let dead = json(&body)["dead_letters"].as_array().map(Vec::len);
            dead.map_or_else(|| "unknown".to_owned(), |dead| dead.to_string())
        }
    };
    call.reply(reply);
}

/// Looks again and again, as long as the shop lives.
async fn audit(stage: Stage, service: Arc<dyn Service>) {
    loop {
        let pause = stage.sim.between(Duration::from_millis(20), Duration::from_millis(400));
        sleep(pause).await;
        look(&stage, &*service).await;
    }
}

/// Looks whether it has what it acknowledged.
async fn look(stage: &Stage, service: &dyn Service) {
    let sim = &stage.sim;
    let acknowledged: Vec<String> = stage.seen().acknowledged.values().cloned().collect();
    for name in acknowledged {
        let (status, body) = get(service, &format!("/orders/{name}")).await;
        let number = number(&name);
        let lost = status == Status::NotFound;
        sim.check(!lost, format_args!("{number} was acknowledged and is lost"));
        let done = stage.effects.synced(|effects| effects.get(&number).copied().unwrap_or(0));
        sim.check(done <= 1, format_args!("the work for {number} is done {done} times"));
        let record = json(&body);
        let untrue = record["status"] == "completed" && done == 0;
        sim.check(!untrue, format_args!("{number} is completed, and its work is not done"));
        let (made, most) = (record["attempts"].as_u64().unwrap_or(0), stage.plan.attempts_max);
        sim.check(made <= most.into(), format_args!("{number} had {made} attempts of {most}"));
    }
    let (_, body) = get(service, "/metrics").await;
    let Body::Metrics(text) = body else { return };
    let lines = text.lines().filter(|line| line.starts_with("windlass_queue{"));
    let waiting = lines.filter(|line| !line.contains("dead"));
    let counts = waiting.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
    let counts: Vec<u64> = counts.collect();
    // A database that fails tells no counts.
    if counts.is_empty() {
        return;
    }
    stage.seen().audits += 1;
    let depth: u64 = counts.iter().sum();
    let most = stage.plan.backlog_max as u64;
    sim.check(depth <= most, format_args!("{depth} orders wait, of {most}"));
}
