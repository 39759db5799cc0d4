//! Messages in SQLite: what was acknowledged survives the process, and the power.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, Transaction};

use super::delivery::Delivery;
use super::error::{RedriveError, Refused, SettleError, StoreError};
use super::message::{Enqueued, Message, MessageId};
use super::message_queue::MessageQueue;
use super::options::QueueOptions;
use super::sqlite_error::{Redriven, explain, failed};
use super::statements::STEPS;
use super::store::{Counts, DeadLetter, Lease, Settle, Settled, Store, Taken};
use super::tables::Tables;
use crate::sync::lock;
use crate::workflow::sqlite::{Database, OpenError, WriteError, is_not_kept};
use crate::workflow::wall::after_ms;

/// Keeps messages in a [`Database`], durable as that is: what [`Store::enqueue`] has answered is
/// committed (and synced, under `synchronous = FULL`).
///
/// Deliveries and acknowledgements are commits, too, and share them with whatever else is written:
/// a message whose delivery was committed counts as tried, so one that ends its process each time
/// becomes a dead letter.
///
/// With [`SqliteStore::enqueue_in`] and [`SqliteStore::settle_in`] a message is sent, or done, in
/// the same transaction as the rows it is about:
///
/// ```
/// use std::time::Duration;
/// use windlass::workflow::queue::{Message, MessageQueue, QueueOptions, Settle, SqliteStore};
/// use windlass::workflow::sqlite::{Database, Options, WriteError};
///
/// # let folder = std::env::temp_dir().join(format!("windlass-doc-queue-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// type Failure = Box<dyn std::error::Error + Send + Sync>;
///
/// let options = Options {
///     migrations: &["CREATE TABLE orders (id INTEGER PRIMARY KEY, done INTEGER) STRICT"],
///     ..Options::default()
/// };
/// let database = Database::open(folder.join("orders.db"), options)?;
/// let store = SqliteStore::open(&database, "orders", QueueOptions::default())?;
/// let queue = MessageQueue::new(store.clone());
/// windlass::Runtime::new()?.block_on(async {
///     // The order and its message: both or neither.
///     let sender = store.clone();
///     let enqueued = database.write(move |tx| -> Result<_, Failure> {
///         tx.execute("INSERT INTO orders VALUES (1, 0)", [])?;
///         Ok(sender.enqueue_in(tx, &Message::new("1"))?)
///     });
///     queue.enqueued(enqueued.await.map_err(|error| error.to_string())?, Duration::ZERO);
///
///     // The effect and the acknowledgement: both or neither.
///     let delivery = queue.receive().await?;
///     let lease = delivery.lease();
///     let settled = database.write(move |tx| -> Result<_, Failure> {
///         tx.execute("UPDATE orders SET done = 1 WHERE id = 1", [])?;
///         Ok(store.settle_in(tx, lease, &Settle::Done)?)
///     });
///     delivery.settled(settled.await.map_err(|error| error.to_string())?);
///     assert_eq!(queue.depth(), 0);
///     database.close().await;
///     Ok::<_, Box<dyn std::error::Error>>(())
/// })?;
/// # std::fs::remove_dir_all(&folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SqliteStore {
    inside: Arc<Inside>,
}

struct Inside {
    database: Database,
    tables: Tables,
    /// The depth as of the last transaction that was kept.
    depth: Mutex<usize>,
    /// Whether the transaction under way, kept or not, touches it.
    touched: Mutex<bool>,
    tell: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
}

type Sql<T> = Result<T, rusqlite::Error>;

/// What a job found; when nobody hears it, the store must know.
struct Found<T> {
    found: Option<T>,
    inside: Arc<Inside>,
    unheard: fn(&Arc<Inside>, T),
}

impl<T> Found<T> {
    fn hear(mut self) -> Option<T> {
        self.found.take()
    }
}

impl<T> Drop for Found<T> {
    fn drop(&mut self) {
        match self.found.take() {
            // It was never so: there is nothing to take back.
            Some(_) if is_not_kept() => self.inside.tell(),
            Some(found) => (self.unheard)(&self.inside, found),
            None => {}
        }
    }
}

/// Messages that were taken in a transaction of the caller's, by [`SqliteStore::take_in`]. Dropped
/// without having become deliveries, they go to other receivers.
#[must_use = "dropped, the messages go to other receivers"]
pub struct TakenIn(Found<Taken>);

impl MessageQueue<SqliteStore> {
    /// Makes deliveries of what was taken in a transaction that is committed by now.
    pub fn received(&self, taken: TakenIn) -> Vec<Delivery<SqliteStore>> {
        taken.0.hear().map(|taken| self.taken(taken)).unwrap_or_default()
    }
}

impl Inside {
    /// Something may be ready that nobody was told of.
    fn tell(&self) {
        let tell = lock(&self.tell).clone();
        tell.into_iter().for_each(|tell| tell());
    }

    fn note(&self, depth: Option<usize>) {
        *lock(&self.touched) |= depth.is_some();
    }

    /// A transaction has ended, and whatever it did is as it is: before anybody is answered.
    fn look(&self, conn: &Connection) {
        if std::mem::take(&mut *lock(&self.touched)) {
            match self.tables.depth(conn) {
                Ok(depth) => *lock(&self.depth) = depth,
                // Looked at again after the next one.
                Err(_) => *lock(&self.touched) = true,
            }
        }
    }

    fn settle(&self, tx: &Transaction<'_>, lease: Lease, how: &Settle) -> Sql<Option<Settled>> {
        let settled = self.tables.settle(tx, lease, how)?;
        Ok(settled.map(|(settled, depth)| {
            self.note(depth);
            settled
        }))
    }

    fn redrive(&self, tx: &Transaction<'_>, id: MessageId) -> Sql<Redriven> {
        Ok(match self.tables.redrive(tx, id)? {
            None => Redriven::Unknown,
            Some(None) => Redriven::Full,
            Some(depth) => {
                self.note(depth);
                Redriven::Yes
            }
        })
    }

    fn take(&self, tx: &Transaction<'_>, max: usize) -> Sql<Taken> {
        let taken = self.tables.take(tx, max)?;
        if taken.freed > 0 || taken.leased.is_empty() {
            self.note(Some(self.tables.depth(tx)?));
        }
        Ok(taken)
    }
}

impl SqliteStore {
    /// The queue of that name in the database, made if it is not there. Once a process: what was
    /// leased before is ready again, at its old place. Blocks: call it before serving, or on the
    /// blocking pool.
    ///
    /// # Errors
    /// [`OpenError::Version`] when the tables are of a later version, and the database's own.
    pub fn open(
        database: &Database,
        name: impl Into<String>,
        options: QueueOptions,
    ) -> Result<Self, OpenError> {
        database.migrate("queue", STEPS)?;
        let (name, options) = (name.into(), options.sound());
        let opened = database.write_blocking(move |tx| {
            let tables = Tables::open(tx, &name, options)?;
            let depth = tables.depth(tx)?;
            Ok((tables, depth))
        });
        let explain = |error: WriteError<rusqlite::Error>| match error {
            WriteError::Job(error) => OpenError::Database(error.into()),
            WriteError::Database(fault) => OpenError::Database(fault),
            WriteError::Panicked(said) => WriteError::<OpenError>::Panicked(said).into(),
            WriteError::Closed => WriteError::<OpenError>::Closed.into(),
        };
        let (tables, depth) = opened.map_err(explain)?;
        let inside = Arc::new(Inside {
            database: database.clone(),
            tables,
            depth: Mutex::new(depth),
            touched: Mutex::default(),
            tell: Mutex::default(),
        });
        // The database outlives no store by that: it does not keep them.
        let watched = Arc::downgrade(&inside);
        database.after_each_group(Box::new(move |conn| {
            let inside = watched.upgrade();
            inside.iter().for_each(|inside| inside.look(conn));
            inside.is_some()
        }));
        Ok(Self { inside })
    }

    /// Takes a message in within a transaction of the caller's, in the same database. When that is
    /// committed, the caller tells the queue by
    /// [`MessageQueue::enqueued`](super::MessageQueue::enqueued).
    ///
    /// # Errors
    /// [`Refused`].
    pub fn enqueue_in(&self, tx: &Transaction<'_>, message: &Message) -> Result<Enqueued, Refused> {
        let max = self.options().message_bytes_max;
        if message.bytes() > max {
            return Err(Refused::TooLarge(max));
        }
        let done = self.inside.tables.insert(tx, message).map_err(|error| explain(&error))?;
        let (enqueued, depth) = done.ok_or(Refused::Full)?;
        self.inside.note(depth);
        Ok(enqueued)
    }

    /// Ends a lease within a transaction of the caller's, in the same database. When that is
    /// committed, the caller tells the delivery by
    /// [`Delivery::settled`](super::Delivery::settled).
    ///
    /// # Errors
    /// [`SettleError`]; a caller that is told [`SettleError::Lost`] takes its effects back, for
    /// another receiver has the message.
    pub fn settle_in(
        &self,
        tx: &Transaction<'_>,
        lease: Lease,
        how: &Settle,
    ) -> Result<Settled, SettleError> {
        let settled = self.inside.settle(tx, lease, how).map_err(|error| explain(&error))?;
        settled.ok_or(SettleError::Lost(lease.id))
    }

    /// Takes up to `max` messages that are ready, within a transaction of the caller's, in the same
    /// database: its last step, so that whoever ends one message begins the next by the same
    /// commit. When that is done, the caller calls [`MessageQueue::received`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn take_in(&self, tx: &Transaction<'_>, max: usize) -> Result<TakenIn, StoreError> {
        let taken = self.inside.take(tx, max.max(1)).map_err(|error| explain(&error))?;
        let (found, inside) = (Some(taken), self.inside.clone());
        Ok(TakenIn(Found { found, inside, unheard: untaken }))
    }

    /// Makes a dead letter a message again within a transaction of the caller's, in the same
    /// database. When that is committed, the caller calls
    /// [`MessageQueue::notify`](super::MessageQueue::notify).
    ///
    /// # Errors
    /// [`RedriveError`].
    pub fn redrive_in(&self, tx: &Transaction<'_>, id: MessageId) -> Result<(), RedriveError> {
        self.inside.redrive(tx, id).map_err(|error| explain(&error))?.outcome(id)
    }

    /// Does it on the writer's thread; `unheard` hears what nobody else does.
    async fn write<T: Send + 'static>(
        &self,
        unheard: fn(&Arc<Inside>, T),
        job: impl FnOnce(&Inside, &Transaction<'_>) -> Sql<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inside = self.inside.clone();
        let done = self.inside.database.write(move |tx| {
            let found = Some(job(&inside, tx)?);
            Ok(Found { found, inside, unheard })
        });
        let found = done.await.map_err(failed)?;
        found.hear().ok_or_else(|| failed(WriteError::Closed))
    }

    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Tables, &Connection) -> Sql<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let inside = self.inside.clone();
        self.inside.database.read(move |conn| job(&inside.tables, conn)).await.map_err(failed)
    }
}

fn told<T>(inside: &Arc<Inside>, _: T) {
    inside.tell();
}

/// Gives back what was taken for somebody who has gone.
fn untaken(inside: &Arc<Inside>, taken: Taken) {
    let store = SqliteStore { inside: inside.clone() };
    for leased in taken.leased {
        let inside = inside.clone();
        store.settle_soon(leased.lease, Settle::Unseen, move |_| inside.tell());
    }
    inside.tell();
}

impl Store for SqliteStore {
    fn options(&self) -> &QueueOptions {
        &self.inside.tables.options
    }

    fn on_unheard(&self, tell: Arc<dyn Fn() + Send + Sync>) {
        *lock(&self.inside.tell) = Some(tell);
    }

    async fn enqueue(&self, message: Arc<Message>) -> Result<Enqueued, Refused> {
        let added = self.write(told, move |inside, tx| {
            let done = inside.tables.insert(tx, &message)?;
            Ok(done.map(|(enqueued, depth)| {
                inside.note(depth);
                enqueued
            }))
        });
        added.await?.ok_or(Refused::Full)
    }

    async fn take(&self, max: usize) -> Result<Taken, StoreError> {
        self.write(untaken, move |inside, tx| inside.take(tx, max)).await
    }

    async fn settle(&self, lease: Lease, how: Settle) -> Result<Settled, SettleError> {
        let settled = self.write(told, move |inside, tx| inside.settle(tx, lease, &how));
        settled.await?.ok_or(SettleError::Lost(lease.id))
    }

    fn settle_soon(&self, lease: Lease, how: Settle, then: impl FnOnce(Settled) + Send + 'static) {
        /// Calls `then` when the answer comes, which nobody waits for.
        struct Then<F: FnOnce(Settled)>(Option<(F, Settled)>);

        impl<F: FnOnce(Settled)> Drop for Then<F> {
            fn drop(&mut self) {
                if let Some((then, settled)) = self.0.take() {
                    then(settled);
                }
            }
        }

        let inside = self.inside.clone();
        let job = move |tx: &Transaction<'_>| -> Sql<_> {
            let settled = inside.settle(tx, lease, &how)?;
            Ok(Then(settled.map(|settled| (then, settled))))
        };
        // Refused, the lease runs out by itself; else the answer is dropped where it arrives.
        drop(self.inside.database.try_write(job));
    }

    async fn extend(&self, lease: Lease, by: Duration) -> Result<u64, SettleError> {
        let until_ms = after_ms(self.options().wall.now_ms(), by);
        let extended =
            self.write(told, move |inside, tx| inside.tables.extend(tx, lease, until_ms));
        if extended.await? { Ok(until_ms) } else { Err(SettleError::Lost(lease.id)) }
    }

    async fn dead_letters(
        &self,
        after: Option<MessageId>,
        max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.read(move |tables, conn| tables.dead_letters(conn, after, max)).await
    }

    async fn redrive(&self, id: MessageId) -> Result<(), RedriveError> {
        let redriven = self.write(told, move |inside, tx| inside.redrive(tx, id));
        redriven.await?.outcome(id)
    }

    async fn discard(&self, id: MessageId) -> Result<(), RedriveError> {
        let discarded = self.write(told, move |inside, tx| inside.tables.discard(tx, id));
        if discarded.await? { Ok(()) } else { Err(RedriveError::Unknown(id)) }
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.read(|tables, conn| tables.counts(conn)).await
    }

    fn depth(&self) -> usize {
        *lock(&self.inside.depth)
    }
}

shows!([] Inside: |own| Inside { tables: own.tables });
shows!([] TakenIn: |own| TakenIn { taken: own.0.found });
