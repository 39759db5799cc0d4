//! One file, one writer, some readers.

use std::any::Any;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, Transaction};

use super::by_hand::{ByHand, Sent};
use super::error::{OpenError, ReadError, TryWriteError, WriteError};
use super::job::{Answer, Job, Work};
use super::options::{Options, Synchronous};
use super::stats::Stats;
use super::threads::{Look, Lookers, Told};
use super::{migrate, open, threads};
use crate::channel::{self, OneReceiver, Receiver, Sender, TrySendError};
use crate::sync::lock;
use crate::workflow::blocking::block_on;

/// An SQLite database whose writers share commits: clone it, share it.
///
/// One thread writes. It takes all jobs that wait, runs each in a savepoint of one transaction,
/// commits once, and then answers all. So what many requests wait for is one sync of the disk, and
/// none is answered before it. Some threads more read, each job on one state of the database,
/// beside the writer.
///
/// **Durability.** The file is in WAL mode with `synchronous` as [`Options`] say,
/// [`Synchronous::Full`] unless they say otherwise: each commit is synced before its jobs are
/// answered. Opening reads both settings back and fails where SQLite does not take them.
///
/// **Jobs** get a transaction, begun by the writer and ended by it: they must neither commit nor
/// roll it back, and hold up all others while they run. One that fails (or panics) is taken back
/// alone.
///
/// ```
/// use windlass::workflow::sqlite::{Database, Options};
///
/// let folder = std::env::temp_dir().join(format!("windlass-doc-{}", std::process::id()));
/// std::fs::create_dir_all(&folder)?;
/// let options = Options {
///     migrations: &["CREATE TABLE names (name TEXT PRIMARY KEY) STRICT"],
///     ..Options::default()
/// };
/// let database = Database::open(folder.join("names.db"), options)?;
/// windlass::Runtime::new()?.block_on(async {
///     let insert = "INSERT INTO names VALUES (?1)";
///     database.write(move |tx| tx.prepare_cached(insert)?.execute(["capstan"])).await?;
///     let again = database.write(move |tx| tx.prepare_cached(insert)?.execute(["capstan"])).await;
///     assert!(again.is_err());
///     let count = "SELECT count(*) FROM names";
///     let count = database.read(move |conn| conn.query_row(count, [], |row| row.get(0)));
///     assert_eq!(count.await, Ok(1));
///     database.close().await;
///     Ok::<_, Box<dyn std::error::Error>>(())
/// })?;
/// std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    jobs: Sender<Box<dyn Job>>,
    reads: Sender<Box<dyn Job>>,
    ended: Receiver<()>,
    stats: Arc<Mutex<Stats>>,
    lookers: Lookers,
    synchronous: Synchronous,
    /// Where there are no threads.
    by_hand: Option<Arc<ByHand>>,
}

impl Database {
    /// Opens the file, or creates it, for this `Database` alone; see [`Options`]. Blocks: call it
    /// before serving, or on the blocking pool.
    ///
    /// # Errors
    /// [`OpenError`] says what is wrong with the file, and what would be right.
    pub fn open(path: impl AsRef<Path>, options: Options) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let opened = open::open(path, &options)?;
        let queue_max = options.queue_max.clamp(1, 1 << 20);
        let (jobs, jobs_out) = channel::bounded(queue_max);
        let (reads, reads_out) = channel::bounded(queue_max);
        let (ended_in, ended) = channel::bounded(1);
        let stats = Arc::<Mutex<Stats>>::default();
        let synchronous = options.synchronous;
        let lookers = Lookers::default();
        let told = Told { stats: stats.clone(), lookers: lookers.clone() };
        let out = (jobs_out, reads_out);
        let by_hand = if options.threads {
            threads::start(opened, options, out, told, ended_in)
                .map_err(|error| OpenError::Io(path.to_owned(), error))?;
            None
        } else {
            Some(Arc::new(ByHand::new(opened, options, out, told, ended_in)))
        };
        let shared = Shared { jobs, reads, ended, stats, lookers, synchronous, by_hand };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Has `look` called on the writer's thread after each transaction, kept or not, before any of
    /// its jobs is answered; for as long as it says so. It must not wait for anything.
    pub(in crate::workflow) fn after_each_group(&self, look: Look) {
        lock(&self.shared.lookers).push(look);
    }

    /// Writes: runs `job` in a transaction and waits until that is committed. Waits for room first,
    /// while `queue_max` jobs wait.
    ///
    /// **Cancel safety.** Dropped before there was room, the job is not done. Later it is, or is
    /// not; its answer is dropped on the writer's thread.
    ///
    /// # Errors
    /// [`WriteError`]: nothing of the job was kept.
    pub async fn write<T, E, F>(&self, job: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.send(&self.shared.jobs, job).await
    }

    /// As [`Database::write`], blocking the thread. Not for a job of the same database, which would
    /// wait for itself.
    ///
    /// # Errors
    /// [`WriteError`]: nothing of the job was kept.
    pub fn write_blocking<T, E, F>(&self, job: F) -> Result<T, WriteError<E>>
    where
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        block_on(self.write(job))
    }

    /// As [`Database::write`], but does not wait for room, and may be left alone: the job is done
    /// whether or not its answer is waited for.
    ///
    /// # Errors
    /// [`TryWriteError`] with the job, when as many wait as may.
    pub fn try_write<T, E, F>(&self, job: F) -> Result<Pending<T, E>, TryWriteError<F>>
    where
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (work, answer) = Work::<F, T, E>::new(job);
        let back = |work: Box<dyn Job>| {
            let work: Box<dyn Any> = work;
            let work = work.downcast::<Work<F, T, E>>().ok();
            let closure = work.and_then(|work| work.into_closure());
            closure.unwrap_or_else(|| unreachable!("what was not sent is the work just made"))
        };
        match self.shared.jobs.try_send(work) {
            Ok(()) => Ok(Pending { answer, sent: Sent(self.shared.by_hand.clone()) }),
            Err(TrySendError::Full(work)) => Err(TryWriteError::Full(back(work))),
            Err(TrySendError::Closed(work)) => Err(TryWriteError::Closed(back(work))),
        }
    }

    /// Reads: runs `job` on one state of the database, which the writer does not change meanwhile.
    /// It cannot write, and must not wait for a write either: when the log is long, writes wait
    /// until the reads that run have ended.
    ///
    /// # Errors
    /// [`ReadError`].
    pub async fn read<T, E, F>(&self, job: F) -> Result<T, ReadError<E>>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        self.send(&self.shared.reads, move |tx: &Transaction<'_>| job(tx)).await
    }

    /// As [`Database::read`], blocking the thread.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn read_blocking<T, E, F>(&self, job: F) -> Result<T, ReadError<E>>
    where
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        block_on(self.read(job))
    }

    async fn send<T, E, F>(&self, to: &Sender<Box<dyn Job>>, job: F) -> Answer<T, E>
    where
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let (work, answer) = Work::new(job);
        if to.send(work).await.is_err() {
            return Err(WriteError::Closed);
        }
        let sent = Sent(self.shared.by_hand.clone());
        sent.turn().await;
        answer.await.unwrap_or(Err(WriteError::Closed))
    }

    /// Brings the tables of a part of the application up to date: `steps` lead from each of its
    /// versions to the next, as [`Options::migrations`] do for the rest. Blocks.
    ///
    /// # Errors
    /// [`OpenError::Version`] when the tables are of a later version, [`OpenError::Migration`] and
    /// [`OpenError::Database`].
    pub fn migrate(
        &self,
        part: &'static str,
        steps: &'static [&'static str],
    ) -> Result<(), OpenError> {
        let done = self.write_blocking(move |tx| migrate::part(tx, part, steps));
        done.map_err(OpenError::from)
    }

    /// When the disk confirms.
    pub fn synchronous(&self) -> Synchronous {
        self.shared.synchronous
    }

    /// What it has done.
    pub fn stats(&self) -> Stats {
        let waiting = self.shared.jobs.len() as u64;
        Stats { waiting, ..*lock(&self.shared.stats) }
    }

    /// Takes no more jobs, does those that were accepted, and closes the file: another `Database`
    /// may open it then. (Dropping the last clone does the same, without waiting for it.)
    pub async fn close(&self) {
        self.shut();
        // Nothing is ever sent: the channel closes when the threads have ended.
        let _ = self.shared.ended.recv().await;
    }

    /// As [`Database::close`], blocking the thread. Not for a job, which would wait for itself.
    pub fn close_blocking(&self) {
        self.shut();
        let _ = self.shared.ended.recv_blocking();
    }

    fn shut(&self) {
        self.shared.jobs.close();
        self.shared.reads.close();
        if let Some(by_hand) = &self.shared.by_hand {
            by_hand.end();
        }
    }
}

/// A job that is under way: the future of its answer. Dropping it does not end the job.
#[must_use = "whether the job was done is in its answer"]
pub struct Pending<T, E> {
    answer: OneReceiver<Answer<T, E>>,
    sent: Sent,
}

impl<T, E> Pending<T, E> {
    /// Waits for the answer.
    ///
    /// # Errors
    /// [`WriteError`]: nothing of the job was kept.
    pub async fn answer(self) -> Result<T, WriteError<E>> {
        self.sent.turn().await;
        self.answer.await.unwrap_or(Err(WriteError::Closed))
    }

    /// As [`Pending::answer`], blocking the thread.
    ///
    /// # Errors
    /// [`WriteError`]: nothing of the job was kept.
    pub fn answer_blocking(self) -> Result<T, WriteError<E>> {
        block_on(self.answer())
    }
}

shows!([] Database: |own| Database { stats: own.stats() });
shows!([T, E] Pending<T, E>: |_| Pending {});
