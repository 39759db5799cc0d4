//! What a server is to be: its model, address, limits and deadlines.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crate::executor::CorePlan;
use crate::kit::http::{Deadlines, Rules};

use super::service::Service;

/// Who waits: a task, or a thread of one of three kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Model {
    /// Tasks on windlass.
    Evented,
    /// A new thread for each request; each connection carries one request.
    ThreadPerRequest,
    /// A thread for each connection, with keep-alive.
    ThreadPerConnection,
    /// A fixed number of threads, each serving one connection at a time.
    ThreadPool,
}

impl Model {
    /// All models.
    pub const ALL: [Model; 4] =
        [Model::Evented, Model::ThreadPerRequest, Model::ThreadPerConnection, Model::ThreadPool];

    /// The name by which the command line and the reports know the model.
    pub const fn name(self) -> &'static str {
        match self {
            Model::Evented => "evented",
            Model::ThreadPerRequest => "thread-per-request",
            Model::ThreadPerConnection => "thread-per-connection",
            Model::ThreadPool => "thread-pool",
        }
    }
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Everything [`start`](super::start) needs to know.
///
/// Connections, headers and bodies are bounded one by one. Bodies are not bounded together: in the
/// worst case `connections_max` of them, each as long as [`Limits`](crate::kit::http::Limits)
/// allows, are in memory at once. Who serves strangers sets the two so that their product fits.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// The model.
    pub model: Model,
    /// Address to listen on; port 0 lets the system choose one.
    pub addr: SocketAddr,
    /// Limits, and whether each reply closes its connection (`close_each`; with the evented model
    /// the fair twin of thread per request). Whose paths are known follows from `service`.
    pub rules: Rules,
    /// How long clients may take.
    pub deadlines: Deadlines,
    /// How long a stop waits for running requests.
    pub drain: Duration,
    /// Most connections at a time, up to [`ServeConfig::CONNECTIONS_MAX`]; one more gets 503. With
    /// thread per request and thread per connection this is also the most threads.
    pub connections_max: usize,
    /// Threads of the pool, up to [`ServeConfig::POOL_THREADS_MAX`] (thread pool only).
    pub pool_threads: usize,
    /// Accepted connections that may wait for a thread of the pool; further ones wait in the
    /// listen backlog (thread pool only).
    pub pool_queue_max: usize,
    /// Stack of each connection's thread in bytes (blocking models only).
    pub stack_bytes: usize,
    /// Worker threads, or as many as the runtime chooses (evented only).
    pub workers: Option<usize>,
    /// Which cores the workers are pinned to (evented only). Not pinned by default: pinned workers
    /// cannot make room for a client on the same machine.
    pub cores: CorePlan,
    /// The service that `/wait/N` calls, on a connection of its own for each wait. Without one a
    /// timer stands in for it.
    pub downstream: Option<SocketAddr>,
    /// How long the downstream may take beyond the N ms that it is asked to wait.
    pub downstream_slack: Duration,
    /// What answers all requests in place of the hello service, if anything.
    pub service: Option<Arc<dyn Service>>,
}

impl ServeConfig {
    /// The most that `connections_max` may be.
    pub const CONNECTIONS_MAX: usize = 1 << 20;

    /// The most that `pool_threads` may be.
    pub const POOL_THREADS_MAX: usize = 1 << 16;

    /// A server of `model` on a free port of 127.0.0.1, with the default limits: 16384 connections,
    /// 64 pool threads with a queue of 1024, 5 s to drain.
    pub fn new(model: Model) -> ServeConfig {
        ServeConfig {
            model,
            addr: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            rules: Rules::default(),
            deadlines: Deadlines::default(),
            drain: Duration::from_secs(5),
            connections_max: 16 * 1024,
            pool_threads: 64,
            pool_queue_max: 1024,
            stack_bytes: 256 * 1024,
            workers: None,
            cores: CorePlan::None,
            downstream: None,
            downstream_slack: Duration::from_secs(5),
            service: None,
        }
    }

    /// The same, listening on `addr`.
    pub fn at(self, addr: SocketAddr) -> ServeConfig {
        ServeConfig { addr, ..self }
    }
}
