//! What happens to an order, told to those who watch it (`GET /orders/{id}/events`).
//!
//! Each order that is watched has a topic of its own, which exists while somebody subscribes; one
//! subscriber to the events of all orders passes on what concerns them. Who watches subscribes
//! first and reads the order afterwards: so nothing is missed between the two. What was published
//! before it subscribed is in what it reads, and is not told again. Where the one subscriber has
//! missed events, all who watch look into the database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::channel::topic::{RecvError, Subscriber, Topic, TryRecvError, topic};
use crate::kit::serve::{Boxed, Events, Heard};
use crate::time::timeout;
use crate::workflow::sqlite::Database;

use super::events::{Event, Listener, What};
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

impl From<&Event> for Told {
    fn from(event: &Event) -> Told {
        let Event { id, attempts, what, .. } = event;
        let (status, error) = match what {
            What::Received => (Status::Received, None),
            What::Completed { .. } => (Status::Completed, None),
            What::Failed { error, is_last: false } => (Status::Received, Some(error)),
            What::Failed { error, is_last: true } => (Status::Dead, Some(error)),
        };
        let error = error.map(|error| error.to_string());
        Told { id: *id, status, attempts: *attempts, error }
    }
}

/// What reaches those who watch an order.
#[derive(Clone, Debug)]
enum Word {
    /// This happened to it, as the event of this number.
    Told(u64, Told),
    /// Something may have.
    Look,
}

/// Those who watch orders.
#[derive(Clone, Debug, Default)]
pub(super) struct News {
    orders: Arc<Mutex<HashMap<u64, Topic<Word>>>>,
}

impl Listener for News {
    fn hear(&mut self, event: &Event) {
        let orders = self.lock();
        if let Some(order) = orders.get(&event.id.number) {
            order.publish(Word::Told(event.number, event.into()));
        }
    }

    fn missed(&mut self, _: u64) {
        for order in self.lock().values() {
            order.publish(Word::Look);
        }
    }
}

impl News {
    /// Watches an order from now on.
    fn watch(&self, number: u64) -> Subscriber<Word> {
        self.lock().entry(number).or_insert_with(|| topic(BEHIND_MAX)).subscribe()
    }

    /// How many orders are watched.
    pub(super) fn watched(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Topic<Word>>> {
        // Nothing panics while it holds the lock.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What happens while nothing does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pauses {
    /// After so long without an event a comment is sent.
    pub(super) keep_alive: Duration,
    /// After so long it ends in any case.
    pub(super) whole: Duration,
}

/// A comment, which whoever reads events passes over.
const KEEP_ALIVE: &[u8] = b": still here\n\n";

/// The events of one order, from its present state to its end.
pub(super) struct Watch {
    news: News,
    database: Database,
    id: OrderId,
    subscriber: Option<Subscriber<Word>>,
    /// What was published before is in what was read.
    since: u64,
    /// What is told next, before the topic is asked.
    next: Option<Told>,
    ended: bool,
    pauses: Pauses,
    begun: Instant,
    /// When anything was sent last.
    sent: Instant,
}

/// What the topic's word comes to.
enum Heeded {
    Told(Told),
    Old,
    Look,
}

impl Watch {
    /// Subscribes, when the events up to `since` were published; [`Watch::begin`] must follow, with
    /// what is read from the database afterwards.
    pub(super) fn new(
        news: &News,
        database: &Database,
        since: u64,
        id: OrderId,
        pauses: Pauses,
    ) -> Watch {
        let (now, subscriber) = (Instant::now(), Some(news.watch(id.number)));
        let (news, database, next) = (news.clone(), database.clone(), None);
        let (ended, begun, sent) = (false, now, now);
        Watch { news, database, id, subscriber, since, next, ended, pauses, begun, sent }
    }

    /// Tells first how the order stands.
    pub(super) fn begin(&mut self, record: &Record) {
        self.next = Some(record.into());
    }

    /// Gives what is told next; the last one ends the events.
    fn tell(&mut self, told: Told) -> Vec<u8> {
        self.ended = told.is_last();
        self.sent = Instant::now();
        told.event()
    }

    /// How long nothing may happen before something is sent, or it ends.
    fn quiet(&self) -> Duration {
        let left = |since: Instant, most: Duration| most.saturating_sub(since.elapsed());
        left(self.sent, self.pauses.keep_alive).min(left(self.begun, self.pauses.whole))
    }

    /// So long nothing has happened: a comment, or the end.
    fn pause(&mut self) -> Option<Vec<u8>> {
        if self.begun.elapsed() >= self.pauses.whole {
            return None;
        }
        self.sent = Instant::now();
        Some(KEEP_ALIVE.to_vec())
    }

    fn heed(&self, word: Word) -> Heeded {
        match word {
            Word::Told(number, _) if number < self.since => Heeded::Old,
            Word::Told(_, told) => Heeded::Told(told),
            Word::Look => Heeded::Look,
        }
    }

    async fn hear(&mut self) -> Option<Vec<u8>> {
        if self.ended {
            return None;
        }
        if let Some(told) = self.next.take() {
            return Some(self.tell(told));
        }
        loop {
            let quiet = self.quiet();
            let Ok(heard) = timeout(quiet, self.subscriber.as_mut()?.recv()).await else {
                return self.pause();
            };
            let heeded = match heard {
                Ok(word) => self.heed(word),
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(_)) => Heeded::Look,
            };
            match heeded {
                Heeded::Old => {}
                Heeded::Told(told) => return Some(self.tell(told)),
                // What comes next is older than what is read now, and is told all the same: the
                // last word is the last state in any case.
                Heeded::Look => {
                    let OrderId { epoch, number } = self.id;
                    let read = self.database.read(move |db| ledger::find(db, epoch, number)).await;
                    let record = read.ok().flatten()?;
                    return Some(self.tell((&record).into()));
                }
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
        let quiet = self.quiet();
        let Some(subscriber) = &mut self.subscriber else { return Heard::End };
        let heeded = match subscriber.recv_timeout(within.min(quiet)) {
            Ok(word) => self.heed(word),
            Err(TryRecvError::Empty) if quiet <= within => {
                return self.pause().map_or(Heard::End, Heard::Event);
            }
            Err(TryRecvError::Empty) => return Heard::Nothing,
            Err(TryRecvError::Closed) => return Heard::End,
            Err(TryRecvError::Lagged(_)) => Heeded::Look,
        };
        match heeded {
            Heeded::Old => Heard::Nothing,
            Heeded::Told(told) => Heard::Event(self.tell(told)),
            Heeded::Look => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::sqlite::{Options, WriteError};

    fn text(heard: Heard) -> String {
        match heard {
            Heard::Event(bytes) => String::from_utf8(bytes).expect("text"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_was_missed_is_looked_up_and_what_is_old_is_not_told() {
        let folder = std::env::temp_dir().join(format!("windlass-news-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let options = Options { migrations: ledger::MIGRATIONS, ..Options::default() };
        let database = Database::open(folder.join("orders.db"), options).expect("a database");
        let written = database.write_blocking(|tx| ledger::insert(tx, None, "{}", 5, 1));
        let id = OrderId { epoch: 1, number: written.expect("it is saved") };
        let pauses = Pauses { keep_alive: Duration::from_secs(60), whole: Duration::from_secs(60) };
        let mut news = News::default();
        let mut watch = Watch::new(&news, &database, 7, id, pauses);
        let find = move |db: &rusqlite::Connection| ledger::find(db, 1, id.number);
        let record = database.read_blocking(find).expect("it can be read").expect("it is there");
        watch.begin(&record);
        assert!(text(watch.hear_blocking(Duration::ZERO)).contains("received"));

        let event = |number, what| Event { number, id, at_ms: 2, attempts: 1, what };
        // Of before: it is in what was read.
        news.hear(&event(6, What::Failed { error: "old".into(), is_last: true }));
        assert_eq!(watch.hear_blocking(Duration::ZERO), Heard::Nothing);
        news.hear(&event(7, What::Failed { error: "new".into(), is_last: false }));
        assert!(text(watch.hear_blocking(Duration::ZERO)).contains("new"));

        let done = database.write_blocking(move |tx| ledger::complete(tx, id.number, 3));
        assert_eq!(done.map_err(|error: WriteError<_>| error.to_string()), Ok(Some(1)));
        news.missed(5);
        assert!(text(watch.hear_blocking(Duration::ZERO)).contains("completed"));
        assert_eq!(watch.hear_blocking(Duration::ZERO), Heard::End);
        drop(watch);
        assert_eq!(news.watched(), 0);
        database.close_blocking();
        std::fs::remove_dir_all(&folder).expect("it was there");
    }
}
