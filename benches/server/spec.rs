//! Which server a child process is to be, as it is told and as it understands it.

use std::fmt;
use std::str::FromStr;

use windlass::kit::serve::{Model, ServeConfig};

/// The name by which a child is told to be the tokio server.
const TOKIO: &str = "tokio";

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of the kit's four models.
    Kit(Model),
    /// The same service on tokio.
    Tokio,
}

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Whose it is.
    pub(crate) kind: Kind,
    /// Each reply closes its connection.
    pub(crate) close_each: bool,
    /// Worker threads of the evented model; `None` is what the runtime chooses.
    pub(crate) workers: Option<usize>,
    /// Threads of the pool.
    pub(crate) pool_threads: usize,
}

impl Spec {
    /// A server as its makers would start it.
    pub(crate) fn of(kind: Kind) -> Spec {
        let pool_threads = ServeConfig::new(Model::ThreadPool).pool_threads;
        Spec { kind, close_each: false, workers: None, pool_threads }
    }

    /// The same, closing after each reply.
    pub(crate) fn closing(self) -> Spec {
        Spec { close_each: true, ..self }
    }

    /// The same, with so many workers.
    pub(crate) fn workers(self, workers: usize) -> Spec {
        Spec { workers: Some(workers), ..self }
    }

    /// The same, with so many threads in its pool.
    pub(crate) fn pool(self, pool_threads: usize) -> Spec {
        Spec { pool_threads, ..self }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Kit(model) => model.name(),
            Kind::Tokio => TOKIO,
        };
        let workers = self.workers.unwrap_or(0);
        let (close, pool) = (u8::from(self.close_each), self.pool_threads);
        write!(f, "{kind} {close} {workers} {pool}")
    }
}

impl FromStr for Spec {
    type Err = String;

    fn from_str(text: &str) -> Result<Spec, String> {
        let wrong = || {
            format!(
                "{text:?} names no server: expected MODEL CLOSE WORKERS POOL, as evented 0 0 64"
            )
        };
        let words: Vec<&str> = text.split(' ').collect();
        let [kind, close, workers, pool] = words[..] else {
            return Err(wrong());
        };
        let known = Model::ALL.into_iter().find(|model| model.name() == kind);
        let kind = match known {
            Some(model) => Kind::Kit(model),
            None if kind == TOKIO => Kind::Tokio,
            None => return Err(wrong()),
        };
        let number = |word: &str| word.parse::<usize>().map_err(|_| wrong());
        Ok(Spec {
            kind,
            close_each: number(close)? > 0,
            workers: Some(number(workers)?).filter(|workers| *workers > 0),
            pool_threads: number(pool)?,
        })
    }
}
