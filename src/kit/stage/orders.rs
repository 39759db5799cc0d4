//! The orders service and the slow service it calls, each a process of its own: this very program,
//! started again as the windlass binary.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::client::{BlockingClient, ClientSettings};
use crate::kit::http::Outgoing;
use crate::kit::load::{
    LoadClient, LoadConfig, LoadError, LoadOutcome, Rate, ServerProcess, Window,
};
use crate::kit::measure::process;
use crate::kit::serve::Model;
use crate::sync::lock;

use super::binary;
use super::folder::Folder;

/// How long a service may take for what is asked of it between measurements.
const PATIENCE: Duration = Duration::from_secs(90);

/// How often it is asked meanwhile.
const LOOK: Duration = Duration::from_millis(20);

/// How late the generator may be: all of it is far below what is measured here.
const LATE_MAX: Duration = Duration::from_millis(20);

/// Windows in a row in which the generator fell behind, after which the contender has failed.
const VOID_MAX: u32 = 4;

const ORDER: &[u8] =
    br#"{"customer":"Ada","items":[{"sku":"anchor","quantity":2,"price_cents":1250}]}"#;

/// Both services, and the folder of the database; all gone when it is dropped.
pub struct Stage {
    orders: ServerProcess,
    /// `None` while it is killed.
    slow: Mutex<Option<ServerProcess>>,
    slow_addr: SocketAddr,
    model: Model,
    /// Goes last.
    _folder: Folder,
}

/// Figures of the orders service, as of one moment.
pub struct Figures(String);

/// How the acknowledged orders ended.
pub struct Ended {
    /// Done.
    pub completed: f64,
    /// Given up: dead letters.
    pub dead: f64,
}

impl Figures {
    /// A metric's value.
    pub fn get(&self, name: &str) -> Result<f64, String> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.parse().ok()).ok_or_else(|| format!("no {name} in metrics"))
    }

    /// Orders that were acknowledged and are not finished.
    pub fn unfinished(&self) -> Result<f64, String> {
        let of = |state: &str| self.get(&format!("windlass_queue{{state=\"{state}\"}}"));
        Ok(of("ready")? + of("delayed")? + of("leased")?)
    }
}

/// What one open loop of orders came to.
pub struct Loaded {
    /// What the generator says.
    pub outcome: LoadOutcome,
    /// Windows before it in which the generator fell behind, and which were begun again.
    pub void: u32,
}

impl Stage {
    /// Starts both. The arguments are those of `windlass serve`.
    pub fn start(model: Model, slow: &[&str], orders: &[&str]) -> Result<Stage, String> {
        let folder = Folder::fresh("orders")?;
        let slow = serve(&["--service", "slow"], slow)?;
        let slow_addr = slow.addr();
        let (database, downstream) = (folder.path().join("orders.db"), slow_addr.to_string());
        let database = database.display().to_string();
        let own = ["--service", "orders", "--model", model.name(), "--database", &database];
        let more = [orders, &["--downstream", &downstream]].concat();
        let orders = serve(&own, &more)?;
        let slow = Mutex::new(Some(slow));
        Ok(Stage { orders, slow, slow_addr, model, _folder: folder })
    }

    /// The status by which it takes an order.
    fn taken(&self) -> u16 {
        if self.model == Model::Evented { 202 } else { 201 }
    }

    /// Connects a generator of orders, which may be refused by that status.
    pub fn client(&self, connections: usize, refused: Option<u16>) -> Result<LoadClient, String> {
        let order = ORDER.to_vec();
        let addr = self.orders.addr();
        let load = LoadConfig::post_json(addr, connections, "/orders", order, self.taken());
        let load = refused.into_iter().fold(load, LoadConfig::or_refused);
        LoadClient::connect(load).map_err(|error| error.to_string())
    }

    /// The figures of the orders service, as of one moment.
    pub fn figures(&self) -> Result<Figures, String> {
        ask(self.orders.addr(), "GET", "/metrics", None).map(Figures)
    }

    /// Waits until every acknowledged order is finished: how it ended. None may be missing.
    pub fn settle(&self) -> Result<Ended, String> {
        let until = Instant::now() + PATIENCE;
        loop {
            let figures = self.figures()?;
            let [received, completed, dead] = ["received", "completed", "dead"]
                .map(|how| figures.get(&format!("windlass_orders_{how}_total")));
            let (received, completed, dead) = (received?, completed?, dead?);
            match figures.unfinished()? {
                0.0 if received == completed + dead => return Ok(Ended { completed, dead }),
                unfinished if Instant::now() > until => {
                    return Err(format!(
                        "of {received} orders {completed} were completed, {dead} given up, and \
                         {unfinished} are not finished within {PATIENCE:?}"
                    ));
                }
                _ => thread::sleep(LOOK),
            }
        }
    }

    /// How often the slow service has done an order's work: once each.
    pub fn effects(&self) -> Result<f64, String> {
        let text = ask(self.slow_addr, "GET", "/effects", None)?;
        let number =
            text.split("\"effects\":").nth(1).and_then(|rest| rest.split([',', '}']).next());
        number.and_then(|it| it.trim().parse().ok()).ok_or_else(|| "no effects told".to_owned())
    }

    /// Waits for the orders that were acknowledged: none may be given up, or done twice.
    pub fn all_completed(&self) -> Result<(), String> {
        let (ended, effects) = (self.settle()?, self.effects()?);
        match ended.dead == 0.0 && ended.completed == effects {
            true => Ok(()),
            false => Err(format!(
                "{} completed, {} given up, {effects} done by the slow service",
                ended.completed, ended.dead
            )),
        }
    }

    /// Changes how the slow service behaves.
    pub fn faults(&self, change: &str) -> Result<(), String> {
        ask(self.slow_addr, "POST", "/faults", Some(change)).map(drop)
    }

    /// Kills the slow service, as `kill -9` does: what it knew is gone.
    pub fn kill_slow(&self) {
        drop(lock(&self.slow).take());
    }

    /// Starts it again where it was. The arguments are those it had.
    pub fn start_slow(&self, slow: &[&str]) -> Result<(), String> {
        let arguments = [SERVES, &["--service", "slow"], slow].concat();
        *lock(&self.slow) = Some(binary::serve_at(self.slow_addr, &arguments)?);
        Ok(())
    }

    /// Threads of the orders service, and its resident memory in MiB.
    pub fn threads_and_rss_mib(&self) -> Result<(f64, f64), String> {
        let of = process::threads_and_rss_mib(self.orders.id());
        of.ok_or_else(|| "this system does not say how much memory a process has".to_owned())
    }
}

/// Orders at a rate of their own. Begun again where the generator fell behind.
pub fn offered(client: &mut LoadClient, per_s: u32, time: Duration) -> Result<Loaded, String> {
    let mut void = 0;
    loop {
        match offered_once(client, per_s, time) {
            Err(LoadError::Behind { .. }) if void < VOID_MAX => void += 1,
            other => {
                let loaded = other.map_err(|error| error.to_string())??;
                return Ok(Loaded { void, ..loaded });
            }
        }
    }
}

/// The same, where it cannot be begun again.
pub fn offered_once(
    client: &mut LoadClient,
    per_s: u32,
    time: Duration,
) -> Result<Result<Loaded, String>, LoadError> {
    let rate = Rate { per_s, time, late_max: LATE_MAX, ..Rate::default() };
    client
        .run(Window::Rate(rate))
        .map(|outcome| accounted(outcome).map(|outcome| Loaded { outcome, void: 0 }))
}

/// Orders one behind the other on each connection.
pub fn in_turn(client: &mut LoadClient, time: Duration) -> Result<Loaded, String> {
    let outcome = client.run(Window::Time(time)).map_err(|error| error.to_string())?;
    accounted(outcome).map(|outcome| Loaded { outcome, void: 0 })
}

fn accounted(outcome: LoadOutcome) -> Result<LoadOutcome, String> {
    if outcome.errors.total() + outcome.dropped == 0 {
        return Ok(outcome);
    }
    let first = outcome.first_error.unwrap_or_default();
    Err(format!("{:?}, {} dropped; the first: {first}", outcome.errors, outcome.dropped))
}

impl Loaded {
    /// A latency of the orders that were taken, in milliseconds.
    pub fn ms(&self, quantile: f64) -> f64 {
        self.outcome.latency_ns.value_at_quantile(quantile) as f64 / 1e6
    }

    /// A latency of the orders that were refused, in milliseconds.
    pub fn refused_ms(&self, quantile: f64) -> f64 {
        self.outcome.refused_ns.value_at_quantile(quantile) as f64 / 1e6
    }

    /// A latency of all orders, taken or refused, in milliseconds.
    pub fn any_ms(&self, quantile: f64) -> f64 {
        let mut both = self.outcome.latency_ns.clone();
        // Of the same bounds: it cannot fail.
        let _ = both.add(&self.outcome.refused_ns);
        both.value_at_quantile(quantile) as f64 / 1e6
    }

    /// The share of the orders that were taken.
    pub fn taken_share(&self) -> f64 {
        let (taken, refused) = (self.outcome.requests as f64, self.outcome.refused as f64);
        taken / (taken + refused).max(1.0)
    }
}

/// What both services are told.
const SERVES: &[&str] = &["--connections-max", "2048"];

fn serve(own: &[&str], more: &[&str]) -> Result<ServerProcess, String> {
    binary::serve(&[SERVES, own, more].concat())
}

fn ask(
    service: SocketAddr,
    method: &str,
    path: &str,
    json: Option<&str>,
) -> Result<String, String> {
    let settings = ClientSettings { timeout: PATIENCE, ..ClientSettings::new(service) };
    let json = json.map(str::as_bytes);
    let reply = BlockingClient::new(settings).call(&Outgoing { method, path, key: None, json });
    let reply = reply.map_err(|error| format!("{path}: {error}"))?;
    let text = String::from_utf8_lossy(&reply.body).into_owned();
    if reply.status == 200 { Ok(text) } else { Err(format!("{path}: {} {text}", reply.status)) }
}
