//! How a database is opened and how it works.

use std::time::Duration;

/// When SQLite has the disk confirm what was written (`PRAGMA synchronous`, in WAL mode).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// At each commit: what was answered survives the loss of power, as far as the disk keeps its
    /// word.
    #[default]
    Full,
    /// At checkpoints only: what was answered survives the end of the process, but the last groups
    /// may be lost with the power. The database stays whole.
    Normal,
    /// Never: for data that can be made again.
    Off,
}

impl Synchronous {
    /// SQLite's number for it.
    pub(super) fn level(self) -> i64 {
        match self {
            Self::Off => 0,
            Self::Normal => 1,
            Self::Full => 2,
        }
    }
}

/// How a [`Database`](super::Database) is opened and how it works.
#[derive(Clone, Debug)]
pub struct Options {
    /// So many jobs share one transaction at most. 256.
    pub group_max: usize,
    /// So long the writer waits for more jobs after the first of a group. Zero: while one group is
    /// being synced, the next one gathers by itself.
    pub group_wait: Duration,
    /// So many jobs wait at most, writing and reading each; who comes then waits for room. 4,096.
    pub queue_max: usize,
    /// So many connections (and threads) read. 2; at least one.
    pub readers: usize,
    /// When the disk confirms. [`Synchronous::Full`].
    pub synchronous: Synchronous,
    /// So long a job waits for another process that has locked the database. 2 s.
    pub busy_timeout: Duration,
    /// Whose file it is (`PRAGMA application_id`): a file of another application is refused, a new
    /// one is marked. 0: any.
    pub application_id: i32,
    /// What makes the schema, one step from each version (`PRAGMA user_version`) to the next. A
    /// file of a later version than these make is refused.
    pub migrations: &'static [&'static str],
    /// So many pages in the write-ahead log bring a checkpoint; at four times as many, new reads
    /// wait until it is whole. 1,000.
    pub checkpoint_pages: usize,
    /// So many pages (of 4 KiB) the file has at most; more is refused as a full disk is. `None`: as
    /// many as the disk holds.
    pub pages_max: Option<u32>,
    /// Whether opening reads through the whole file for damage (`PRAGMA quick_check`), in time
    /// that grows with it. Yes.
    pub check: bool,
    /// So many prepared statements are kept by each connection. 128.
    pub statements_max: usize,
    /// Whether threads of its own write and read. Without, whoever waits for an answer, or gives it
    /// up, does all jobs that wait, on its own thread: for simulations, where one thread does
    /// everything. Yes.
    pub threads: bool,
    /// SQLite's layer to the system, by the name it is registered under. `None`: the default one.
    pub vfs: Option<&'static str>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            group_max: 256,
            group_wait: Duration::ZERO,
            queue_max: 4096,
            readers: 2,
            synchronous: Synchronous::Full,
            busy_timeout: Duration::from_secs(2),
            application_id: 0,
            migrations: &[],
            checkpoint_pages: 1000,
            pages_max: None,
            check: true,
            statements_max: 128,
            threads: true,
            vfs: None,
        }
    }
}
