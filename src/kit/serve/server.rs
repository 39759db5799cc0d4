//! Starts and stops a server of any model.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use super::accept;
use super::config::{Model, ServeConfig};
use super::error::ServeError;
use super::evented::Evented;
use super::listen::listen;
use super::shared::Shared;
use super::{thread_per_connection, thread_per_request, thread_pool};

/// A running server; it stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    model: Model,
    engine: Option<Engine>,
}

/// How a stop went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that were still busy at the drain deadline, and were cut.
    pub cut: usize,
}

#[derive(Debug)]
enum Engine {
    Evented(Evented),
    Blocking(Blocking),
}

/// Starts a server: when this returns, it accepts connections.
///
/// # Errors
/// See [`ServeError`].
pub fn start(config: ServeConfig) -> Result<Server, ServeError> {
    check(&config)?;
    let listener = listen(config.addr)?;
    let addr =
        listener.local_addr().map_err(|source| ServeError::Listen { addr: config.addr, source })?;
    let model = config.model;
    let engine = match model {
        Model::Evented => Engine::Evented(Evented::start(listener, config)?),
        Model::ThreadPerRequest => {
            let run: Run = |listener, shared, ready| {
                drop(ready);
                thread_per_request::run(listener, shared);
            };
            Engine::Blocking(Blocking::start(listener, config, run)?)
        }
        Model::ThreadPerConnection => {
            let run: Run = |listener, shared, ready| {
                drop(ready);
                thread_per_connection::run(listener, shared);
            };
            Engine::Blocking(Blocking::start(listener, config, run)?)
        }
        Model::ThreadPool => {
            // The receiver waits for this one message.
            let run: Run = |listener, shared, ready| {
                thread_pool::run(listener, shared, |result| drop(ready.send(result)));
            };
            Engine::Blocking(Blocking::start(listener, config, run)?)
        }
    };
    Ok(Server { addr, model, engine: Some(engine) })
}

fn check(config: &ServeConfig) -> Result<(), ServeError> {
    let deadlines = &config.deadlines;
    let what = if deadlines.head.is_zero() || deadlines.idle.is_zero() {
        "the header and idle deadlines must be longer than 0"
    } else if config.downstream_slack.is_zero() {
        "the time allowed to the downstream must be longer than 0"
    } else if config.connections_max == 0 {
        "the most connections must be at least 1"
    } else if config.connections_max > ServeConfig::CONNECTIONS_MAX {
        "the most connections must be at most 1048576"
    } else if config.pool_threads > ServeConfig::POOL_THREADS_MAX {
        "the pool may have at most 65536 threads"
    } else if config.pool_threads == 0 || config.pool_queue_max == 0 {
        "the pool needs at least 1 thread and a queue of at least 1"
    } else if config.workers == Some(0) {
        "the workers must be at least 1"
    } else {
        return Ok(());
    };
    Err(ServeError::Setting { what })
}

impl Server {
    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its model.
    pub fn model(&self) -> Model {
        self.model
    }

    /// Stops in order: accepts no more, closes idle connections, lets running requests end within
    /// the drain deadline, cuts the rest, and joins every thread.
    pub fn stop(mut self) -> Drained {
        self.stop_engine()
    }

    fn stop_engine(&mut self) -> Drained {
        let cut = match self.engine.take() {
            Some(Engine::Evented(evented)) => evented.stop(),
            Some(Engine::Blocking(blocking)) => blocking.stop(),
            None => 0,
        };
        Drained { cut }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop_engine();
    }
}

/// How a blocking model runs until the server stops. It sends whether its first threads could be
/// spawned, or drops the sender if it starts without any.
type Run = fn(&TcpListener, &Shared<TcpStream>, mpsc::Sender<io::Result<()>>);

/// A running server of a blocking model: its accepting thread, which ends last.
#[derive(Debug)]
struct Blocking {
    listener: Arc<TcpListener>,
    shared: Arc<Shared<TcpStream>>,
    acceptor: thread::JoinHandle<()>,
}

impl Blocking {
    fn start(listener: TcpListener, config: ServeConfig, run: Run) -> Result<Blocking, ServeError> {
        let pool_threads = config.pool_threads;
        let listener = Arc::new(listener);
        let shared = Arc::new(Shared::new(config));
        if let Some(service) = &shared.config.service {
            let started = service.start();
            started.map_err(|said| ServeError::Service { said, usage: false })?;
        }
        let (ready, started) = mpsc::channel();
        let run = {
            let (listener, shared) = (Arc::clone(&listener), Arc::clone(&shared));
            move || run(&listener, &shared, ready)
        };
        let acceptor = thread::Builder::new()
            .name("windlass-accept".into())
            .spawn(run)
            .map_err(|source| ServeError::Threads { wanted: 1, source })?;
        match started.recv() {
            Ok(Err(source)) => Err(ServeError::Threads { wanted: pool_threads, source }),
            // No message: the model starts without further threads.
            Ok(Ok(())) | Err(_) => Ok(Blocking { listener, shared, acceptor }),
        }
    }

    /// Stops: how many connections had to be cut.
    fn stop(self) -> usize {
        let registry = &self.shared.registry;
        registry.drain();
        accept::wake(&self.listener);
        let cut = registry.wait_empty(self.shared.config.drain);
        registry.cut();
        // It does not panic; if it did, the threads have ended all the same.
        let _ = self.acceptor.join();
        if let Some(service) = &self.shared.config.service {
            service.stop(self.shared.config.drain);
        }
        cut
    }
}
