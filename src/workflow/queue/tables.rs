//! A queue's tables in SQLite, and what is done to them within a transaction.
//!
//! A message is one row. `due_ms` says when it may be delivered: while it is leased, that is the
//! end of its lease, so nothing has to be done when a lease runs out. The queue's own row counts
//! its messages, in the same transaction as they change, so that a full queue is found without
//! counting.

use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row, Transaction};

use super::message::{Enqueued, Message, MessageId, Priority};
use super::options::QueueOptions;
use super::statements::*;
use super::store::{
    Counts, DeadLetter, GIVEN_BACK, LEASE_OVER, Lease, Leased, Settle, Settled, Taken,
};
use crate::workflow::wall::after_ms;

/// So many keys that are over are forgotten at once: a few more than come.
const FORGOTTEN_AT_ONCE: i64 = 4;

type Sql<T> = Result<T, rusqlite::Error>;

/// One queue's rows.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) queue: i64,
    pub(super) options: QueueOptions,
}

/// A row that is ready.
struct Ready {
    id: i64,
    is_leased: bool,
    attempts: u32,
    deliveries: i64,
    enqueued_ms: i64,
    message: Message,
}

/// What was done, and the depth after it, where it changed.
pub(super) type Done<T> = (T, Option<usize>);

fn cached<'a>(conn: &'a Connection, sql: &str) -> Sql<CachedStatement<'a>> {
    conn.prepare_cached(sql)
}

/// A bound, as SQLite has numbers.
fn most(bound: usize) -> i64 {
    i64::try_from(bound).unwrap_or(i64::MAX)
}

fn message(row: &Row<'_>, first: usize) -> Sql<Message> {
    let priority: usize = row.get::<_, u32>(first)? as usize;
    let message =
        Message::new(row.get::<_, Vec<u8>>(first + 2)?).priority(Priority::of_level(priority));
    let key: Option<String> = row.get(first + 1)?;
    Ok(match key {
        Some(key) => message.dedup(key),
        None => message,
    })
}

impl Tables {
    /// The queue's row, made if it is not there; leases of a process that has ended are over.
    pub(super) fn open(tx: &Transaction<'_>, name: &str, options: QueueOptions) -> Sql<Self> {
        tx.execute("INSERT OR IGNORE INTO windlass_queues (name) VALUES (?1)", [name])?;
        let id = "SELECT id FROM windlass_queues WHERE name = ?1";
        let queue = tx.query_row(id, [name], |row| row.get(0))?;
        let over = "UPDATE windlass_messages SET due_ms = enqueued_ms
            WHERE queue = ?1 AND leased = 1 AND dead = 0";
        tx.execute(over, [queue])?;
        Ok(Self { queue, options })
    }

    fn now_ms(&self) -> u64 {
        self.options.wall.now_ms()
    }

    pub(super) fn depth(&self, conn: &Connection) -> Sql<usize> {
        cached(conn, DEPTH)?.query_row([self.queue], |row| row.get::<_, u32>(0).map(|d| d as usize))
    }

    /// Changes the queue's counts; `None`: the bound forbids it.
    fn count(&self, tx: &Transaction<'_>, how: &str, bound: Option<usize>) -> Sql<Option<usize>> {
        let mut change = cached(tx, how)?;
        let depth = |row: &Row<'_>| row.get::<_, u32>(0).map(|depth| depth as usize);
        match bound {
            Some(bound) => change.query_row((self.queue, most(bound)), depth).optional(),
            None => change.query_row([self.queue], depth).optional(),
        }
    }

    /// Takes a message in; `None`: there is no room.
    pub(super) fn insert(
        &self,
        tx: &Transaction<'_>,
        message: &Message,
    ) -> Sql<Option<Done<Enqueued>>> {
        let now_ms = self.now_ms();
        if let Some(key) = message.key() {
            self.forget(tx, now_ms as i64, FORGOTTEN_AT_ONCE)?;
            // Whatever number of others is over: this one must not count any more.
            if cached(tx, FORGET_KEY)?.execute((self.queue, key, now_ms as i64))? > 0 {
                self.count_keys(tx, -1)?;
            }
            let known = cached(tx, FIND_KEY)?
                .query_row((self.queue, key), |row| row.get::<_, i64>(0))
                .optional()?;
            if let Some(id) = known {
                return Ok(Some((Enqueued::Duplicate(MessageId(id as u64)), None)));
            }
        }
        let Some(depth) = self.count(tx, ENTER, Some(self.options.messages_max))? else {
            return Ok(None);
        };
        let due_ms = after_ms(now_ms, message.held_back()) as i64;
        let level = message.urgency().level() as i64;
        let row = (self.queue, level, due_ms, now_ms as i64, message.key(), message.body());
        let id = cached(tx, INSERT)?.insert(row)?;
        if let Some(key) = message.key() {
            cached(tx, ADD_KEY)?.execute((self.queue, key, id))?;
        }
        Ok(Some((Enqueued::New(MessageId(id as u64)), Some(depth))))
    }

    /// Leases up to `max` messages.
    pub(super) fn take(&self, tx: &Transaction<'_>, max: usize) -> Sql<Taken> {
        let now_ms = self.now_ms();
        let mut taken = Taken::default();
        for priority in Priority::ALL {
            while !taken.more {
                let asked = (max - taken.leased.len()).saturating_add(1);
                let found = self.ready(tx, priority, now_ms, asked)?;
                let is_last = found.len() < asked;
                for ready in found {
                    self.hand_out(tx, ready, max, now_ms, &mut taken)?;
                }
                if is_last {
                    break;
                }
            }
        }
        if !taken.more {
            taken.next_due_ms = self.next_due_ms(tx)?;
        }
        Ok(taken)
    }

    fn hand_out(
        &self,
        tx: &Transaction<'_>,
        ready: Ready,
        max: usize,
        now_ms: u64,
        taken: &mut Taken,
    ) -> Sql<()> {
        if ready.is_leased && ready.attempts >= self.options.attempts_max {
            let (buried, _) = self.bury(tx, ready.id, LEASE_OVER, now_ms)?;
            taken.freed += usize::from(buried == Settled::Dead);
            return Ok(());
        }
        if taken.leased.len() == max {
            taken.more = true;
            return Ok(());
        }
        let until_ms = after_ms(now_ms, self.options.lease);
        cached(tx, LEASE)?.execute((ready.id, until_ms as i64))?;
        let id = MessageId(ready.id as u64);
        taken.leased.push(Leased {
            lease: Lease { id, delivery: ready.deliveries as u64 + 1 },
            attempt: ready.attempts.saturating_add(1),
            enqueued_ms: ready.enqueued_ms as u64,
            until_ms,
            message: Arc::new(ready.message),
        });
        Ok(())
    }

    fn ready(
        &self,
        conn: &Connection,
        priority: Priority,
        now_ms: u64,
        max: usize,
    ) -> Sql<Vec<Ready>> {
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let asked = (self.queue, priority.level() as i64, now_ms as i64, max);
        let mut found = cached(conn, READY)?;
        let rows = found.query_map(asked, |row| {
            Ok(Ready {
                id: row.get(0)?,
                is_leased: row.get(1)?,
                attempts: row.get(2)?,
                deliveries: row.get(3)?,
                enqueued_ms: row.get(4)?,
                message: message(row, 5)?,
            })
        })?;
        rows.collect()
    }

    fn next_due_ms(&self, conn: &Connection) -> Sql<Option<u64>> {
        let mut first = cached(conn, NEXT_DUE)?;
        let mut next_due_ms = None;
        for priority in Priority::ALL {
            let asked = (self.queue, priority.level() as i64);
            let due_ms: Option<i64> = first.query_row(asked, |row| row.get(0))?;
            let due_ms = due_ms.map(|due_ms| due_ms as u64);
            next_due_ms = [next_due_ms, due_ms].into_iter().flatten().min();
        }
        Ok(next_due_ms)
    }

    /// Ends a lease; `None`: it is over.
    pub(super) fn settle(
        &self,
        tx: &Transaction<'_>,
        lease: Lease,
        how: &Settle,
    ) -> Sql<Option<Done<Settled>>> {
        let (id, now_ms) = (lease.id.0 as i64, self.now_ms());
        let asked = (id, self.queue, lease.delivery as i64);
        let row = |row: &Row<'_>| Ok((row.get::<_, u32>(0)?, row.get::<_, Option<String>>(1)?));
        let Some((attempts, key)) = cached(tx, LEASED)?.query_row(asked, row).optional()? else {
            return Ok(None);
        };
        let settled = match how {
            Settle::Done => {
                cached(tx, DELETE)?.execute([id])?;
                self.end_key(tx, key, now_ms)?;
                (Settled::Gone, self.count(tx, LEAVE, None)?)
            }
            Settle::Dead(why) => self.bury(tx, id, why, now_ms)?,
            Settle::Again(_, why) if attempts >= self.options.attempts_max => {
                self.bury(tx, id, why.as_deref().unwrap_or(GIVEN_BACK), now_ms)?
            }
            Settle::Again(delay, _) => {
                let due_ms = after_ms(now_ms, *delay);
                cached(tx, AGAIN)?.execute((id, due_ms as i64))?;
                (Settled::Due(due_ms), None)
            }
            Settle::Unseen => {
                cached(tx, UNSEEN)?.execute([id])?;
                (Settled::Due(now_ms), None)
            }
        };
        Ok(Some(settled))
    }

    /// Gives a message up; where there is no room for it, it is tried again after another lease.
    fn bury(&self, tx: &Transaction<'_>, id: i64, why: &str, now_ms: u64) -> Sql<Done<Settled>> {
        match self.count(tx, TO_DEAD, Some(self.options.dead_max))? {
            Some(depth) => {
                cached(tx, BURY)?.execute((id, why, now_ms as i64))?;
                Ok((Settled::Dead, Some(depth)))
            }
            None => {
                let due_ms = after_ms(now_ms, self.options.lease);
                cached(tx, AGAIN)?.execute((id, due_ms as i64))?;
                Ok((Settled::Due(due_ms), None))
            }
        }
    }

    /// Makes a lease last until then; `false`: it is over.
    pub(super) fn extend(&self, tx: &Transaction<'_>, lease: Lease, until_ms: u64) -> Sql<bool> {
        let (id, delivery) = (lease.id.0 as i64, lease.delivery as i64);
        let row = (id, self.queue, delivery, until_ms as i64);
        Ok(cached(tx, EXTEND)?.execute(row)? == 1)
    }

    /// The key of a dead letter, if there is the letter.
    fn dead_key(&self, conn: &Connection, id: MessageId) -> Sql<Option<Option<String>>> {
        let asked = (self.queue, id.0 as i64);
        cached(conn, IS_DEAD)?.query_row(asked, |row| row.get(0)).optional()
    }

    /// Brings a dead letter back: `None`: there is none; `Some(None)`: there is no room.
    pub(super) fn redrive(
        &self,
        tx: &Transaction<'_>,
        id: MessageId,
    ) -> Sql<Option<Option<usize>>> {
        if self.dead_key(tx, id)?.is_none() {
            return Ok(None);
        }
        let depth = self.count(tx, FROM_DEAD, Some(self.options.messages_max))?;
        if depth.is_some() {
            cached(tx, REDRIVE)?.execute((id.0 as i64, self.now_ms() as i64))?;
        }
        Ok(Some(depth))
    }

    /// Throws a dead letter away; `false`: there is none.
    pub(super) fn discard(&self, tx: &Transaction<'_>, id: MessageId) -> Sql<bool> {
        let Some(key) = self.dead_key(tx, id)? else { return Ok(false) };
        cached(tx, DELETE)?.execute([id.0 as i64])?;
        self.end_key(tx, key, self.now_ms())?;
        self.count(tx, DISCARD, None)?;
        Ok(true)
    }

    /// A key's message has left: it counts for a while longer, and the oldest beyond the bound do
    /// not.
    fn end_key(&self, tx: &Transaction<'_>, key: Option<String>, now_ms: u64) -> Sql<()> {
        let Some(key) = key else { return Ok(()) };
        let until_ms = after_ms(now_ms, self.options.keys_keep) as i64;
        let ended = cached(tx, END_KEY)?.execute((self.queue, key, until_ms))? as i64;
        let left = self.count_keys(tx, ended)?;
        let max = i64::try_from(self.options.keys_max).unwrap_or(i64::MAX);
        self.forget(tx, i64::MAX, left.saturating_sub(max).clamp(0, FORGOTTEN_AT_ONCE))
    }

    fn forget(&self, tx: &Transaction<'_>, until_ms: i64, max: i64) -> Sql<()> {
        if max == 0 {
            return Ok(());
        }
        let forgotten = cached(tx, FORGET)?.execute((self.queue, until_ms, max))? as i64;
        if forgotten > 0 {
            self.count_keys(tx, -forgotten)?;
        }
        Ok(())
    }

    fn count_keys(&self, tx: &Transaction<'_>, more: i64) -> Sql<i64> {
        cached(tx, COUNT_KEY)?.query_row((self.queue, more), |row| row.get(0))
    }

    pub(super) fn dead_letters(
        &self,
        conn: &Connection,
        after: Option<MessageId>,
        max: usize,
    ) -> Sql<Vec<DeadLetter>> {
        let after = after.map_or(-1, |id| i64::try_from(id.0).unwrap_or(i64::MAX));
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let mut found = cached(conn, DEAD)?;
        let rows = found.query_map((self.queue, after, max), |row| {
            Ok(DeadLetter {
                id: MessageId(row.get::<_, i64>(0)? as u64),
                attempts: row.get(1)?,
                reason: row.get::<_, Option<String>>(2)?.unwrap_or_default().into(),
                enqueued_ms: row.get::<_, i64>(3)? as u64,
                died_ms: row.get::<_, Option<i64>>(4)?.unwrap_or(0) as u64,
                message: Arc::new(message(row, 5)?),
            })
        })?;
        rows.collect()
    }

    pub(super) fn counts(&self, conn: &Connection) -> Sql<Counts> {
        let asked = (self.queue, self.now_ms() as i64);
        let (ready, leased, all) = cached(conn, COUNTS)?.query_row(asked, |row| {
            let (ready, leased) = (row.get::<_, f64>(0)?, row.get::<_, f64>(1)?);
            Ok((ready as usize, leased as usize, row.get::<_, i64>(2)? as usize))
        })?;
        let count = |row: &Row<'_>| row.get::<_, i64>(0);
        let dead = cached(conn, DEAD_COUNT)?.query_row([self.queue], count)? as usize;
        Ok(Counts { ready, leased, delayed: all - ready - leased, dead })
    }
}
