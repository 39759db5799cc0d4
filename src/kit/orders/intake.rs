//! How orders come in: each is let in, saved with its message, and acknowledged; or taken up again
//! from the dead letters.
//!
//! A key that is known needs no room: its order is there. So it is looked for where there is none,
//! and before anybody waits.

use std::time::Duration;

use rusqlite::Transaction;

use crate::kit::http::{Ask, Reply, Status as HttpStatus};
use crate::workflow::pressure::{Refusal, Seat};
use crate::workflow::sqlite::{TryWriteError, WriteError};

use super::events::What;
use super::id::OrderId;
use super::ledger;
use super::order::Order;
use super::queued::Queued;
use super::replies::{about, error, invalid, no_room, other_order};
use super::routes::unknown;
use super::steps::{self, Saved, StepError};

/// Nobody is told to come again later than that, in seconds.
const RETRY_S_MAX: u64 = 60;

impl Queued {
    /// `POST /orders`
    pub(super) async fn post(&self, ask: Ask) -> Reply {
        let order = match Order::parse(&ask.body) {
            Ok(order) => order,
            Err(wrong) => {
                self.desk.figures.invalid.one();
                return invalid(&wrong);
            }
        };
        let (key, is_full) = (ask.key, self.admission.is_full());
        if is_full && let Some(reply) = self.known(key.as_deref(), &order).await {
            return reply;
        }
        match self.admission.enter().await {
            Ok(seat) => self.save(key, order, seat).await,
            Err(refusal) => {
                let known = match is_full {
                    true => None,
                    false => self.known(key.as_deref(), &order).await,
                };
                known.unwrap_or_else(|| self.refused(refusal))
            }
        }
    }

    /// The reply to a key that has made an order before.
    async fn known(&self, key: Option<&str>, order: &Order) -> Option<Reply> {
        let (key, epoch) = (key?.to_owned(), self.desk.epoch);
        let found = self.desk.database.read(move |db| ledger::find_key(db, epoch, &key)).await;
        // A database that fails here says so when the order is saved.
        let record = found.ok()??;
        if record.order != order.to_json() {
            return Some(other_order());
        }
        self.desk.figures.repeated.one();
        Some(about(HttpStatus::Accepted, &record))
    }

    /// The reply to who is not let in: why, and when to come again.
    fn refused(&self, refusal: Refusal) -> Reply {
        self.desk.figures.rejected.one();
        let (why, wait_s) = match refusal {
            // The rate limit knows exactly.
            Refusal::TooFast { .. } => {
                let exact_s = refusal.retry_after_s().unwrap_or(1).min(RETRY_S_MAX);
                ("orders come faster than the rate allows", exact_s as u32)
            }
            Refusal::Full { .. } => ("as many orders wait as may", self.wait_s()),
            Refusal::Shed { .. } => ("it waited, and made room for a newer one", self.wait_s()),
            Refusal::TooLate { .. } => ("no room came in time", self.wait_s()),
            Refusal::Closed => ("the service stops", 1),
        };
        no_room(why, wait_s)
    }

    /// In how many seconds the backlog will be done.
    fn wait_s(&self) -> u32 {
        let (depth, busy_for) = (self.queue.depth(), self.admission.busy_for());
        self.desk.running.retry_after_s(depth, busy_for, self.desk.now_ms())
    }

    async fn save(&self, key: Option<String>, order: Order, seat: Seat) -> Reply {
        let figures = &self.desk.figures;
        let (queue, epoch, now_ms) = (self.queue.clone(), self.desk.epoch, self.desk.now_ms());
        let save = move |tx: &Transaction<'_>| {
            steps::save(tx, queue.store(), epoch, key.as_deref(), &order, now_ms)
        };
        let saved = match self.desk.database.try_write(save) {
            Ok(pending) => pending.answer().await,
            Err(TryWriteError::Full(_)) => Err(WriteError::Job(StepError::NoRoom)),
            Err(TryWriteError::Closed(_)) => Err(WriteError::Closed),
        };
        match saved {
            Ok(Saved::New(record, enqueued)) => {
                self.admission.keep(seat, || self.queue.depth());
                self.desk.tell(record.id, 0, What::Received);
                self.queue.enqueued(enqueued, Duration::ZERO);
                figures.received.one();
                about(HttpStatus::Accepted, &record)
            }
            Ok(Saved::Repeated(record)) => {
                figures.repeated.one();
                about(HttpStatus::Accepted, &record)
            }
            Ok(Saved::OtherOrder) => other_order(),
            Err(WriteError::Job(StepError::NoRoom)) => {
                figures.rejected.one();
                no_room("as many orders wait as may", self.wait_s())
            }
            Err(error) => {
                // Messages that were counted in may not have been kept: a worker looks.
                self.queue.notify();
                self.desk.failed(&error)
            }
        }
    }

    /// `POST /dead-letters/{id}/retry`
    pub(super) async fn retry(&self, id: OrderId) -> Reply {
        let queue = self.queue.clone();
        let revive = move |tx: &Transaction<'_>| steps::revive(tx, queue.store(), id);
        match self.desk.database.write(revive).await {
            Ok(Some((record, true))) => {
                self.admission.seat_found(|| self.queue.depth());
                self.desk.figures.revived.one();
                self.desk.tell(id, 0, What::Received);
                self.queue.notify();
                about(HttpStatus::Accepted, &record)
            }
            Ok(Some((record, false))) => {
                let why = format!("the order is {}, not dead", record.status.name());
                error(HttpStatus::Conflict, "id", &why)
            }
            Ok(None) => unknown(),
            Err(WriteError::Job(StepError::NoRoom)) => {
                no_room("as many orders wait as may", self.wait_s())
            }
            Err(error) => self.desk.failed(&error),
        }
    }
}
