//! What happens to an order, told to those who watch it (`GET /orders/{id}/events`).
//!
//! Each order that is watched has a topic of its own, which exists while somebody subscribes. Who
//! watches subscribes first and reads the order afterwards: so nothing is missed between the two.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;

use crate::channel::topic::{RecvError, Subscriber, Topic, TryRecvError, topic};
use crate::kit::serve::{Boxed, Events, Heard};
use crate::workflow::sqlite::Database;

use super::id::OrderId;
use super::ledger;
use super::record::{Record, Status};

/// How far behind a watcher may be; further, it is told the present state instead.
const BEHIND_MAX: usize = 16;

/// What happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) id: OrderId,
    pub(super) status: Status,
    pub(super) attempts: u32,
    pub(super) error: Option<String>,
}

impl From<&Record> for Told {
    fn from(record: &Record) -> Told {
        let Record { id, status, attempts, error, .. } = record;
        Told { id: *id, status: *status, attempts: *attempts, error: error.clone() }
    }
}

impl Told {
    /// As a server-sent event.
    fn event(&self) -> Vec<u8> {
        let Told { id, status, attempts, error } = self;
        let data = json!({
            "id": id.to_string(), "status": status, "attempts": attempts, "error": error,
        });
        format!("event: status\ndata: {data}\n\n").into_bytes()
    }

    fn is_last(&self) -> bool {
        self.status != Status::Received
    }
}

/// Those who watch orders.
#[derive(Clone, Debug, Default)]
pub(super) struct News {
    orders: Arc<Mutex<HashMap<u64, Topic<Told>>>>,
}

impl News {
    /// Tells those who watch the order.
    pub(super) fn tell(&self, told: Told) {
        let orders = self.lock();
        if let Some(order) = orders.get(&told.id.number) {
            order.publish(told);
        }
    }

    /// Watches an order from now on.
    fn watch(&self, number: u64) -> Subscriber<Told> {
        self.lock().entry(number).or_insert_with(|| topic(BEHIND_MAX)).subscribe()
    }

    /// How many orders are watched.
    pub(super) fn watched(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Topic<Told>>> {
        // Nothing panics while it holds the lock.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events of one order, from its present state to its end.
pub(super) struct Watch {
    news: News,
    database: Database,
    id: OrderId,
    subscriber: Option<Subscriber<Told>>,
    /// What is told next, before the topic is asked.
    next: Option<Told>,
    ended: bool,
}

impl Watch {
    /// Subscribes; [`Watch::begin`] must follow, with what is read from the database afterwards.
    pub(super) fn new(news: &News, database: &Database, id: OrderId) -> Watch {
        let subscriber = Some(news.watch(id.number));
        let (news, database) = (news.clone(), database.clone());
        Watch { news, database, id, subscriber, next: None, ended: false }
    }

    /// Tells first how the order stands.
    pub(super) fn begin(&mut self, record: &Record) {
        self.next = Some(record.into());
    }

    /// Gives what is told next; the last one ends the events.
    fn tell(&mut self, told: Told) -> Vec<u8> {
        self.ended = told.is_last();
        told.event()
    }

    async fn hear(&mut self) -> Option<Vec<u8>> {
        if self.ended {
            return None;
        }
        if let Some(told) = self.next.take() {
            return Some(self.tell(told));
        }
        match self.subscriber.as_mut()?.recv().await {
            Ok(told) => Some(self.tell(told)),
            Err(RecvError::Closed) => None,
            // What comes next is older than what is read now, and is told all the same: the last
            // word is the last state in any case.
            Err(RecvError::Lagged(_)) => {
                let OrderId { epoch, number } = self.id;
                let read = self.database.read(move |db| ledger::find(db, epoch, number)).await;
                let record = read.ok().flatten()?;
                Some(self.tell((&record).into()))
            }
        }
    }

    fn hear_blocking(&mut self, within: Duration) -> Heard {
        if self.ended {
            return Heard::End;
        }
        if let Some(told) = self.next.take() {
            return Heard::Event(self.tell(told));
        }
        let Some(subscriber) = &mut self.subscriber else { return Heard::End };
        match subscriber.recv_timeout(within) {
            Ok(told) => Heard::Event(self.tell(told)),
            Err(TryRecvError::Empty) => Heard::Nothing,
            Err(TryRecvError::Closed) => Heard::End,
            Err(TryRecvError::Lagged(_)) => {
                let OrderId { epoch, number } = self.id;
                let read = self.database.read_blocking(move |db| ledger::find(db, epoch, number));
                match read.ok().flatten() {
                    Some(record) => Heard::Event(self.tell((&record).into())),
                    None => Heard::End,
                }
            }
        }
    }
}

impl Events for Watch {
    fn next(&mut self) -> Boxed<'_, Option<Vec<u8>>> {
        Box::pin(self.hear())
    }

    fn next_blocking(&mut self, within: Duration) -> Heard {
        self.hear_blocking(within)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.subscriber = None;
        let mut orders = self.news.lock();
        if orders.get(&self.id.number).is_some_and(|order| order.subscribers() == 0) {
            orders.remove(&self.id.number);
        }
    }
}
