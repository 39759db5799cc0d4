//! The arguments of `windlass serve`.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{Args, ValueEnum};

use crate::executor::CorePlan;
use crate::kit::http::{Deadlines, Limits, Rules};
use crate::kit::serve::{Model, ServeConfig, ServeError};

use super::orders_args::OrdersArgs;
use super::slow_args::SlowArgs;

/// The port when neither `--addr` nor `--port` is given.
const PORT: u16 = 8080;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ModelArg {
    /// Tasks on windlass
    Evented,
    /// A new thread for each request, one request on each connection
    ThreadPerRequest,
    /// A thread for each connection, with keep-alive
    ThreadPerConnection,
    /// A fixed number of threads, each serving one connection at a time
    ThreadPool,
}

impl From<ModelArg> for Model {
    fn from(model: ModelArg) -> Model {
        match model {
            ModelArg::Evented => Model::Evented,
            ModelArg::ThreadPerRequest => Model::ThreadPerRequest,
            ModelArg::ThreadPerConnection => Model::ThreadPerConnection,
            ModelArg::ThreadPool => Model::ThreadPool,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ServiceArg {
    /// GET /hello, GET /wait/N, POST /echo
    Hello,
    /// A slow service that can be made to fail: POST /work, GET /effects, POST /faults
    Slow,
    /// Takes orders and calls the slow service: POST /orders, GET /orders/{id}, ..
    Orders,
}

/// Largest body that the slow service and the orders service take, unless told otherwise: larger
/// than any that is of use to them, so that they can say what is wrong with it.
const SERVICE_BODY_BYTES_MAX: usize = 1024 * 1024;

/// The arguments of `windlass serve`.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// What is served
    #[arg(long, value_enum, default_value = "hello")]
    service: ServiceArg,
    /// Who waits: tasks, or threads of one of three kinds
    #[arg(long, value_enum, default_value = "evented")]
    model: ModelArg,
    /// Address to listen on; port 0 lets the system choose [default: 127.0.0.1:8080]
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "port")]
    addr: Option<SocketAddr>,
    /// Port of 127.0.0.1 to listen on; 0 lets the system choose
    #[arg(long)]
    port: Option<u16>,
    /// Worker threads (evented) [default: one per core]
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    workers: Option<usize>,
    /// Cores to pin the workers to (evented): compact, spread, none, or a list such as 0,2. Not
    /// pinned unless asked, since a client on the same machine wants the cores too
    #[arg(long, value_name = "PLAN", default_value = "none", value_parser = parse_cores)]
    cores: CorePlan,
    /// Threads of the pool (thread-pool)
    #[arg(long, value_name = "N", default_value_t = defaults().pool_threads,
        value_parser = from_one_to(ServeConfig::POOL_THREADS_MAX))]
    pool_threads: usize,
    /// Most connections at a time; further ones get 503
    #[arg(long, value_name = "N", default_value_t = defaults().connections_max,
        value_parser = from_one_to(ServeConfig::CONNECTIONS_MAX))]
    connections_max: usize,
    /// Largest body in bytes; larger ones get 413 [default: 67108864; other services than hello:
    /// 1048576]
    #[arg(long, value_name = "BYTES")]
    body_bytes_max: Option<usize>,
    /// Time for the headers of a request in ms; slower ones get 408
    #[arg(long, value_name = "MS", default_value_t = ms(Deadlines::default().head),
        value_parser = at_least_one_ms())]
    head_deadline_ms: u64,
    /// Time between two requests on a connection in ms
    #[arg(long, value_name = "MS", default_value_t = ms(Deadlines::default().idle),
        value_parser = at_least_one_ms())]
    idle_deadline_ms: u64,
    /// Time that running requests have when the server stops, in ms
    #[arg(long, value_name = "MS", default_value_t = ms(defaults().drain))]
    drain_deadline_ms: u64,
    /// Service that /wait/N calls, such as another windlass serve; without one a timer stands in.
    /// With --service orders: the slow service
    #[arg(long, value_name = "HOST:PORT")]
    downstream: Option<SocketAddr>,
    /// Close the connection after each reply
    #[arg(long)]
    close: bool,
    /// Stop when standard input ends, so that the server never outlives who started it
    #[arg(long)]
    pub(super) until_stdin_closes: bool,
    #[command(flatten)]
    slow: SlowArgs,
    #[command(flatten)]
    orders: OrdersArgs,
}

fn defaults() -> ServeConfig {
    ServeConfig::new(Model::Evented)
}

fn ms(time: Duration) -> u64 {
    time.as_millis() as u64
}

fn at_least_one() -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..)
}

fn from_one_to(most: usize) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most as u64)
}

fn at_least_one_ms() -> RangedU64ValueParser {
    RangedU64ValueParser::new().range(1..)
}

fn parse_cores(text: &str) -> Result<CorePlan, String> {
    match text {
        "compact" => Ok(CorePlan::Compact),
        "spread" => Ok(CorePlan::Spread),
        "none" => Ok(CorePlan::None),
        list => list
            .split(',')
            .map(|core| core.trim().parse())
            .collect::<Result<Vec<usize>, _>>()
            .map(CorePlan::Explicit)
            .map_err(|_| "give compact, spread, none, or numbers of cores such as 0,2".to_string()),
    }
}

impl ServeArgs {
    /// What the arguments describe. Opens what the service needs.
    pub(super) fn config(&self) -> Result<ServeConfig, ServeError> {
        let (port, model) = (self.port.unwrap_or(PORT), Model::from(self.model));
        if self.slow.are_given() && self.service != ServiceArg::Slow {
            let what = "--latency, --jitter, --fail-rate, --stall and --seed need --service slow";
            return Err(ServeError::Setting { what });
        }
        if self.orders.are_given() && self.service != ServiceArg::Orders {
            let what = "--database and how orders are worked on need --service orders";
            return Err(ServeError::Setting { what });
        }
        let service = match self.service {
            ServiceArg::Hello => None,
            ServiceArg::Slow => Some(self.slow.service()?),
            ServiceArg::Orders => Some(self.orders.service(model, self.downstream)?),
        };
        let common = match self.service {
            ServiceArg::Hello => Limits::default().body_bytes_max,
            ServiceArg::Slow | ServiceArg::Orders => SERVICE_BODY_BYTES_MAX,
        };
        let body_bytes_max = self.body_bytes_max.unwrap_or(common);
        let limits = Limits { body_bytes_max, ..Limits::default() };
        Ok(ServeConfig {
            addr: self.addr.unwrap_or((Ipv4Addr::LOCALHOST, port).into()),
            rules: Rules { limits, close_each: self.close, ..Rules::default() },
            deadlines: Deadlines {
                head: Duration::from_millis(self.head_deadline_ms),
                idle: Duration::from_millis(self.idle_deadline_ms),
                ..Deadlines::default()
            },
            drain: Duration::from_millis(self.drain_deadline_ms),
            connections_max: self.connections_max,
            pool_threads: self.pool_threads,
            workers: self.workers,
            cores: self.cores.clone(),
            downstream: self.downstream,
            service,
            ..ServeConfig::new(model)
        })
    }
}
