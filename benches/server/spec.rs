//! Which server a child process is to be, as it is told and as it understands it.

use std::fmt;
use std::str::FromStr;

use windlass::kit::serve::{Model, ServeConfig};

/// Whose server it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One of the kit's four models.
    Kit(Model),
    /// A bare event loop on each worker: the limit.
    Bare,
    /// The same service on tokio: multi-thread.
    Tokio,
    /// The same on tokio's runtime of one thread.
    TokioOneThread,
    /// The same on async-io and async-executor, which smol is made of.
    Smol,
    /// The same on monoio, which asks epoll.
    MonoioEpoll,
    /// The same on monoio with io_uring.
    MonoioUring,
    /// hyper, on tokio.
    HyperTokio,
    /// hyper, on windlass.
    HyperWindlass,
    /// nginx, as it is installed.
    Nginx,
}

/// The names by which a child is told what to be, beside the names of the kit's models.
const NAMES: [(&str, Kind); 9] = [
    ("bare", Kind::Bare),
    ("tokio", Kind::Tokio),
    ("tokio-one-thread", Kind::TokioOneThread),
    ("smol", Kind::Smol),
    ("monoio-epoll", Kind::MonoioEpoll),
    ("monoio-uring", Kind::MonoioUring),
    ("hyper-tokio", Kind::HyperTokio),
    ("hyper-windlass", Kind::HyperWindlass),
    ("nginx", Kind::Nginx),
];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Kit(model) => model.name(),
            other => NAMES.iter().find(|(_, kind)| *kind == other).map_or("?", |(name, _)| name),
        }
    }

    fn named(name: &str) -> Option<Kind> {
        let model = Model::ALL.into_iter().find(|model| model.name() == name).map(Kind::Kit);
        let other = NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind);
        model.or(other)
    }
}

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    /// Whose it is.
    pub(crate) kind: Kind,
    /// Each reply closes its connection.
    pub(crate) close_each: bool,
    /// Worker threads, where there are any; `None` is what the runtime chooses.
    pub(crate) workers: Option<usize>,
    /// Threads of the pool.
    pub(crate) pool_threads: usize,
    /// Kept to the machine's first core; its client then has the last one.
    pub(crate) pinned: bool,
}

impl Spec {
    /// A server as its makers would start it.
    pub(crate) fn of(kind: Kind) -> Spec {
        let pool_threads = ServeConfig::new(Model::ThreadPool).pool_threads;
        Spec { kind, close_each: false, workers: None, pool_threads, pinned: false }
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

    /// The same with one worker, kept to the first core.
    pub(crate) fn pinned(self) -> Spec {
        Spec { pinned: true, workers: Some(1), ..self }
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workers = self.workers.unwrap_or(0);
        let (close, pinned) = (u8::from(self.close_each), u8::from(self.pinned));
        write!(f, "{} {close} {workers} {} {pinned}", self.kind.name(), self.pool_threads)
    }
}

impl FromStr for Spec {
    type Err = String;

    fn from_str(text: &str) -> Result<Spec, String> {
        let wrong = || {
            format!(
                "{text:?} names no server: expected KIND CLOSE WORKERS POOL PINNED, as \
                 evented 0 0 64 0"
            )
        };
        let words: Vec<&str> = text.split(' ').collect();
        let [kind, close, workers, pool, pinned] = words[..] else {
            return Err(wrong());
        };
        let number = |word: &str| word.parse::<usize>().map_err(|_| wrong());
        Ok(Spec {
            kind: Kind::named(kind).ok_or_else(wrong)?,
            close_each: number(close)? > 0,
            workers: Some(number(workers)?).filter(|workers| *workers > 0),
            pool_threads: number(pool)?,
            pinned: number(pinned)? > 0,
        })
    }
}
