//! The steps of the flow that acknowledges first, each within one transaction: what changes an
//! order changes its message too, or neither.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Transaction;

use crate::workflow::queue::{
    Enqueued, Lease, Message, MessageId, RedriveError, Refused, Settle, SettleError, Settled,
    SqliteStore,
};
use crate::workflow::retry::{Failure, RetryPolicy};

use super::downstream::said;
use super::id::OrderId;
use super::ledger;
use super::order::Order;
use super::record::Record;

/// Why a step was not made; nothing of it was kept.
#[derive(Debug)]
pub(super) enum StepError {
    /// The queue holds as many messages as it may.
    NoRoom,
    /// The database, or the queue in it, said so.
    Failed(String),
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepError::NoRoom => f.write_str("as many orders wait as may"),
            StepError::Failed(said) => f.write_str(said),
        }
    }
}

impl From<rusqlite::Error> for StepError {
    fn from(error: rusqlite::Error) -> StepError {
        StepError::Failed(error.to_string())
    }
}

impl From<Refused> for StepError {
    fn from(refused: Refused) -> StepError {
        match refused {
            Refused::Full => StepError::NoRoom,
            Refused::TooLarge(_) | Refused::Store(_) => StepError::Failed(refused.to_string()),
        }
    }
}

/// What became of an order that was sent.
pub(super) enum Saved {
    /// It is saved, and its message with it.
    New(Record, Enqueued),
    /// Its key had made it before.
    Repeated(Record),
    /// Its key had made another order before.
    OtherOrder,
}

/// Saves an order and its message, unless its key has made one before.
pub(super) fn save(
    tx: &Transaction<'_>,
    store: &SqliteStore,
    epoch: u32,
    key: Option<&str>,
    order: &Order,
    now_ms: u64,
) -> Result<Saved, StepError> {
    let body = order.to_json();
    if let Some(key) = key
        && let Some(record) = ledger::find_key(tx, epoch, key)?
    {
        let same = record.order == body;
        return Ok(if same { Saved::Repeated(record) } else { Saved::OtherOrder });
    }
    let number = ledger::insert(tx, key, &body, order.total_cents(), now_ms)?;
    let enqueued = queue(tx, store, number)?;
    let record = Record::new(OrderId { epoch, number }, body, order.total_cents(), now_ms);
    Ok(Saved::New(record, enqueued))
}

fn queue(tx: &Transaction<'_>, store: &SqliteStore, number: u64) -> Result<Enqueued, StepError> {
    let message = Message::new(number.to_string());
    let enqueued = store.enqueue_in(tx, &message)?;
    ledger::set_message(tx, number, enqueued.id().0)?;
    Ok(enqueued)
}

/// The number of the order that a message is about.
pub(super) fn number_in(body: &[u8]) -> Option<u64> {
    std::str::from_utf8(body).ok()?.parse().ok()
}

/// Takes up a dead order again: the order, if there is one, and whether it was dead.
pub(super) fn revive(
    tx: &Transaction<'_>,
    store: &SqliteStore,
    id: OrderId,
) -> Result<Option<(Record, bool)>, StepError> {
    let revived = ledger::revive(tx, id.number)?;
    if revived {
        let message = ledger::message(tx, id.number)?.map(MessageId);
        match message.map(|message| store.redrive_in(tx, message)) {
            Some(Ok(())) => {}
            // It worked in line before, or its queue had no room among the dead.
            None | Some(Err(RedriveError::Unknown(_))) => drop(queue(tx, store, id.number)?),
            Some(Err(RedriveError::Full)) => return Err(StepError::NoRoom),
            Some(Err(RedriveError::Store(error))) => {
                return Err(StepError::Failed(error.to_string()));
            }
        }
    }
    let record = ledger::find(tx, id.epoch, id.number)?;
    Ok(record.map(|record| (record, revived)))
}

/// What came of a page of unfinished orders.
pub(super) struct Requeued {
    /// How many were queued.
    pub(super) queued: u64,
    /// The last one that was looked at.
    pub(super) last: Option<u64>,
    /// The queue has no room for the one behind it.
    pub(super) full: bool,
}

/// Queues those of the next unfinished orders that have no message, as far as there is room.
pub(super) fn requeue(
    tx: &Transaction<'_>,
    store: &SqliteStore,
    after: u64,
    max: usize,
) -> Result<Requeued, StepError> {
    let mut page = Requeued { queued: 0, last: None, full: false };
    for number in ledger::unfinished(tx, after, max)? {
        if ledger::message(tx, number)?.is_none() {
            match queue(tx, store, number) {
                Ok(_) => page.queued += 1,
                Err(StepError::NoRoom) => {
                    page.full = true;
                    break;
                }
                Err(failed) => return Err(failed),
            }
        }
        page.last = Some(number);
    }
    Ok(page)
}

/// What became of an order after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It is completed, after so many attempts.
    Completed(u32),
    /// So many have failed; there will be another.
    Again(u32),
    /// So many have failed; it is dead.
    Dead(u32),
    /// It was finished before.
    Before,
}

/// Ends an attempt, for the order and for the message. Where another delivery has the message by
/// now, only the order is changed.
pub(super) fn end(
    tx: &Transaction<'_>,
    store: &SqliteStore,
    lease: Lease,
    number: u64,
    now_ms: u64,
    failure: Option<&Failure<String>>,
    policy: &RetryPolicy,
) -> Result<(Ended, Option<Settled>), StepError> {
    let (ended, how) = match failure {
        None => match ledger::complete(tx, number, now_ms)? {
            Some(attempts) => (Ended::Completed(attempts), Settle::Done),
            None => (Ended::Before, Settle::Done),
        },
        Some(failure) => failed(tx, number, now_ms, failure, policy)?,
    };
    match store.settle_in(tx, lease, &how) {
        Ok(settled) => Ok((ended, Some(settled))),
        Err(SettleError::Lost(_)) => Ok((ended, None)),
        Err(SettleError::Store(error)) => Err(StepError::Failed(error.to_string())),
    }
}

fn failed(
    tx: &Transaction<'_>,
    number: u64,
    now_ms: u64,
    failure: &Failure<String>,
    policy: &RetryPolicy,
) -> Result<(Ended, Settle), StepError> {
    let why: Arc<str> = said(failure).into();
    let Some(attempts) = ledger::failed(tx, number, &why, 1)? else {
        return Ok((Ended::Before, Settle::Done));
    };
    let settings = policy.settings();
    let wait = match failure {
        Failure::Permanent(_) => None,
        _ if attempts >= settings.attempts_max => None,
        Failure::Transient(_) => Some(Duration::ZERO),
        Failure::Later(_, asked) => Some((*asked).min(settings.later_max)),
    };
    Ok(match wait {
        Some(asked) => {
            let wait = asked.saturating_add(policy.delay(attempts));
            (Ended::Again(attempts), Settle::Again(wait, Some(why)))
        }
        None => {
            ledger::bury(tx, number, now_ms)?;
            (Ended::Dead(attempts), Settle::Dead(why))
        }
    })
}
