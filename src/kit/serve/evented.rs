//! The evented model: one task accepts, one task serves each connection, on a windlass runtime.

use std::net;
use std::sync::Arc;
use std::time::Duration;

use crate::net::{TcpListener, TcpStream};
use crate::runtime::{Runtime, spawn};
use crate::task::JoinHandle;
use crate::time::sleep;

use super::accept::refuse;
use super::config::ServeConfig;
use super::error::ServeError;
use super::evented_connection::serve;
use super::registry::{Denied, Shut};
use super::shared::Shared;

/// Tasks beside those of the connections.
const TASKS_BESIDE: usize = 64;

/// Between two tries to accept, when what failed is not what the listener waits for by itself.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// How long the workers may take to end, once every task is dropped or cut off.
const SHUTDOWN_MAX: Duration = Duration::from_secs(5);

impl Shut for TcpStream {
    fn shut(&self, how: net::Shutdown) {
        // Fails only if the peer has gone already: then there is nothing to shut.
        let _ = self.shutdown(how);
    }
}

/// A running server of the evented model.
#[derive(Debug)]
pub(super) struct Evented {
    runtime: Runtime,
    acceptor: JoinHandle<()>,
    shared: Arc<Shared<TcpStream>>,
}

impl Evented {
    pub(super) fn start(
        listener: net::TcpListener,
        config: ServeConfig,
    ) -> Result<Evented, ServeError> {
        let tasks = config.service.as_ref().map_or(0, |service| service.tasks_max());
        let mut builder = Runtime::builder()
            .cores(config.cores.clone())
            .tasks_max(config.connections_max.saturating_add(TASKS_BESIDE + tasks))
            .thread_name("windlass-serve");
        if let Some(workers) = config.workers {
            builder = builder.workers(workers);
        }
        let runtime = builder.build().map_err(|source| ServeError::Runtime { source })?;
        let addr = config.addr;
        let listener = TcpListener::from_std(listener)
            .map_err(|source| ServeError::Listen { addr, source })?;
        let shared = Arc::new(Shared::new(config));
        if let Some(service) = &shared.config.service {
            let _entered = runtime.handle().enter();
            let started = service.start();
            started.map_err(|said| ServeError::Service { said, usage: false })?;
        }
        let acceptor = runtime.spawn(accept_all(listener, Arc::clone(&shared)));
        Ok(Evented { runtime, acceptor, shared })
    }

    /// Stops: how many connections had to be cut.
    pub(super) fn stop(self) -> usize {
        let Evented { runtime, acceptor, shared } = self;
        acceptor.abort();
        shared.registry.drain();
        let cut = shared.registry.wait_empty(shared.config.drain);
        if let Some(service) = &shared.config.service {
            service.stop(shared.config.drain);
        }
        shared.registry.cut();
        runtime.shutdown_timeout(SHUTDOWN_MAX);
        cut
    }
}

async fn accept_all(listener: TcpListener, shared: Arc<Shared<TcpStream>>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Fails only if the client has gone already: its task will find that out.
        let _ = stream.set_nodelay(true);
        match shared.registry.admit(stream) {
            // Detached: it ends by itself, or with the runtime.
            Ok(ticket) => drop(spawn(serve(Arc::clone(&shared), ticket))),
            Err((Denied::Full, stream)) => refuse(stream.as_std()),
            Err((Denied::Stopping, _)) => return,
        }
    }
}
