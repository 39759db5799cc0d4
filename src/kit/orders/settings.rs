//! How the orders service works, and why it did not start.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::kit::client::{CallError, Client};
use crate::kit::http::{Outgoing, Received};
use crate::kit::serve::Boxed;
use crate::workflow::InvalidSetting;
use crate::workflow::pressure::Policy;
use crate::workflow::sqlite::{OpenError, Options};
use crate::workflow::wall::{SystemWall, WallClock};

/// How the orders service works.
#[derive(Clone, Debug)]
pub struct OrdersSettings {
    /// The database's file.
    pub database: PathBuf,
    /// The slow service.
    pub slow: SocketAddr,
    /// How long one call of the slow service may take. 1 s.
    pub attempt_timeout: Duration,
    /// So often the slow service is asked for an order before it is a dead letter. 8.
    pub attempts_max: u32,
    /// The longest wait before the first retry; it doubles from retry to retry. 200 ms.
    pub backoff_base: Duration,
    /// No wait before a retry is longer. 10 s.
    pub backoff_max: Duration,
    /// So many orders are worked on at a time (acknowledge first only). 256.
    pub workers: usize,
    /// So many orders may wait or be worked on (acknowledge first only). 10,000.
    pub backlog_max: usize,
    /// What becomes of orders beyond that (acknowledge first only). [`Policy::Reject`].
    pub pressure: Policy,
    /// So many requests wait to be let in, where the policy has them wait. 256.
    pub waiting_max: usize,
    /// So many calls of the slow service are under way at a time. 256.
    pub calls_max: usize,
    /// How often the summary is made anew (acknowledge first only). 1 s.
    pub summary_every: Duration,
    /// A file that gets a line for each event; what is in it stays. None.
    pub audit: Option<PathBuf>,
    /// After so long without an event, who watches an order gets a comment, so that whatever is
    /// between the two keeps the connection. 15 s.
    pub events_keep_alive: Duration,
    /// Nobody watches an order for longer without asking again. 10 min.
    pub events_max: Duration,
    /// By what it reaches the outside.
    pub seams: Seams,
}

/// By what the service reaches time, network and disk, so that a simulation can hold them.
#[derive(Clone, Debug)]
pub struct Seams {
    /// Tells the time that is stored. The system's.
    pub wall: Arc<dyn WallClock>,
    /// Calls the slow service (acknowledge first only). None: over TCP.
    pub calls: Option<Arc<dyn Calls>>,
    /// How the database works; whose file it is and its schema are the service's own.
    pub database: Options,
    /// The seed of the waits before retries. None: another each time.
    pub seed: Option<u64>,
}

impl Default for Seams {
    fn default() -> Seams {
        let (wall, database) = (Arc::new(SystemWall), Options::default());
        Seams { wall, calls: None, database, seed: None }
    }
}

/// Calls the slow service.
pub trait Calls: Send + Sync + fmt::Debug {
    /// Makes a call, which ends in its time. Dropping the future gives it up.
    fn call<'a>(&'a self, request: &'a Outgoing<'_>) -> Boxed<'a, Result<Received, CallError>>;
}

impl Calls for Client {
    fn call<'a>(&'a self, request: &'a Outgoing<'_>) -> Boxed<'a, Result<Received, CallError>> {
        Box::pin(Client::call(self, request))
    }
}

impl OrdersSettings {
    /// The usual settings, for this database and slow service.
    pub fn new(database: PathBuf, slow: SocketAddr) -> OrdersSettings {
        OrdersSettings {
            database,
            slow,
            attempt_timeout: Duration::from_secs(1),
            attempts_max: 8,
            backoff_base: Duration::from_millis(200),
            backoff_max: Duration::from_secs(10),
            workers: 256,
            backlog_max: 10_000,
            pressure: Policy::Reject,
            waiting_max: 256,
            calls_max: 256,
            summary_every: Duration::from_secs(1),
            audit: None,
            events_keep_alive: Duration::from_secs(15),
            events_max: Duration::from_secs(600),
            seams: Seams::default(),
        }
    }
}

/// Why the orders service did not start.
#[derive(Debug)]
pub enum OrdersError {
    /// The database cannot be used.
    Open(OpenError),
    /// The database was opened, and then failed.
    Database(String),
    /// A setting cannot be meant.
    Setting(InvalidSetting),
    /// The file of the audit cannot be written.
    Audit(PathBuf, io::Error),
}

impl fmt::Display for OrdersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OrdersError::Open(error) => error.fmt(f),
            OrdersError::Database(said) => f.write_str(said),
            OrdersError::Setting(error) => error.fmt(f),
            OrdersError::Audit(path, error) => {
                write!(f, "cannot write the audit to {}: {error}", path.display())
            }
        }
    }
}

impl std::error::Error for OrdersError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OrdersError::Open(error) => Some(error),
            OrdersError::Database(_) => None,
            OrdersError::Setting(error) => Some(error),
            OrdersError::Audit(_, error) => Some(error),
        }
    }
}

impl From<OpenError> for OrdersError {
    fn from(error: OpenError) -> OrdersError {
        OrdersError::Open(error)
    }
}

impl From<InvalidSetting> for OrdersError {
    fn from(error: InvalidSetting) -> OrdersError {
        OrdersError::Setting(error)
    }
}
