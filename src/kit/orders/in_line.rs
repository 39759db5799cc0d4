//! The same business in line: the request saves the order, calls the slow service itself, as often
//! as it takes, and is answered when all is done. Its thread stands still meanwhile.
//!
//! An order whose process is killed meanwhile stays `received`: nobody works on it until its client
//! sends it again with its key, or the flow that acknowledges first opens the database.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::kit::client::{BlockingClient, ClientSettings};
use crate::kit::http::{Ask, Reply, Status as HttpStatus};
use crate::kit::serve::Cut;
use crate::workflow::bulkhead::Seat;
use crate::workflow::retry::{Failure, Retries, Step};
use crate::workflow::sqlite::WriteError;

use super::desk::Desk;
use super::downstream::{Work, judge, said, speaks_against};
use super::events::{Threads, What};
use super::id::OrderId;
use super::ledger;
use super::order::Order;
use super::record::{Record, Status};
use super::replies::{about, error, invalid, other_order};
use super::routes::unknown;

/// The flow that answers when all is done.
#[derive(Debug)]
pub(super) struct InLine {
    pub(super) desk: Desk,
    client: BlockingClient,
    /// Those who listen to events.
    threads: Mutex<Option<Threads>>,
    /// The orders that a request is working on.
    under_way: Mutex<HashSet<u64>>,
}

/// What saving an order came to.
enum Saved {
    /// It is this one, to be worked on.
    Open(OrderId),
    /// It is completed already.
    Completed(Record),
    OtherOrder,
}

/// What calling the slow service came to.
enum Called {
    Done,
    /// There is no other attempt.
    GaveUp(Failure<String>),
    /// The server stops in the midst of it: the order is not finished, nor given up.
    Cut,
    /// As many calls as may were under way for all the time that it may wait: neither is it then.
    /// It is worth to come again after so many seconds.
    Busy(u32),
}

impl InLine {
    pub(super) fn new(desk: Desk) -> InLine {
        let settings = &desk.settings;
        let client = BlockingClient::new(ClientSettings {
            timeout: settings.attempt_timeout,
            kept_max: settings.workers,
            ..ClientSettings::new(settings.slow)
        });
        InLine { client, threads: Mutex::default(), under_way: Mutex::default(), desk }
    }

    /// Starts those who listen.
    ///
    /// # Errors
    /// A thread could not be started.
    pub(super) fn start(&self) -> Result<(), String> {
        let threads = Threads::new();
        for heard in self.desk.listeners() {
            let name = heard.name;
            threads.spawn(heard).map_err(|error| format!("{name}: no thread: {error}"))?;
        }
        *self.threads.lock().unwrap_or_else(PoisonError::into_inner) = Some(threads);
        Ok(())
    }

    pub(super) fn stop(&self, within: Duration) {
        self.desk.bulletin.close();
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        threads.into_iter().for_each(|threads| threads.end(within));
        self.desk.database.close_blocking();
    }

    /// `POST /orders`
    pub(super) fn post(&self, ask: Ask, cut: &dyn Cut) -> Reply {
        let order = match Order::parse(&ask.body) {
            Ok(order) => order,
            Err(wrong) => {
                self.desk.figures.invalid.one();
                return invalid(&wrong);
            }
        };
        match self.save(ask.key, order) {
            Ok(Saved::Open(id)) => self.work_on(id, HttpStatus::Created, cut),
            Ok(Saved::Completed(record)) => {
                self.desk.figures.repeated.one();
                about(HttpStatus::Created, &record)
            }
            Ok(Saved::OtherOrder) => other_order(),
            Err(error) => self.desk.failed(&error),
        }
    }

    fn save(
        &self,
        key: Option<String>,
        order: Order,
    ) -> Result<Saved, WriteError<rusqlite::Error>> {
        let (epoch, now_ms) = (self.desk.epoch, self.desk.now_ms());
        let saved = self.desk.database.write_blocking(move |tx| {
            let body = order.to_json();
            if let Some(key) = &key
                && let Some(record) = ledger::find_key(tx, epoch, key)?
            {
                return Ok((record.order != body, record, false));
            }
            let total_cents = order.total_cents();
            let number = ledger::insert(tx, key.as_deref(), &body, total_cents, now_ms)?;
            let id = OrderId { epoch, number };
            Ok((false, Record::new(id, body, total_cents, now_ms), true))
        });
        saved.map(|(other, record, new)| {
            if new {
                self.desk.figures.received.one();
                self.desk.tell(record.id, 0, What::Received);
            }
            match record.status {
                _ if other => Saved::OtherOrder,
                Status::Completed => Saved::Completed(record),
                Status::Received | Status::Dead => Saved::Open(record.id),
            }
        })
    }

    /// `POST /dead-letters/{id}/retry`
    pub(super) fn retry(&self, id: OrderId, cut: &dyn Cut) -> Reply {
        match self.desk.database.read_blocking(self.desk.find(id)) {
            Ok(Some(record)) if record.status == Status::Dead => {
                self.work_on(id, HttpStatus::Ok, cut)
            }
            Ok(Some(record)) => {
                let why = format!("the order is {}, not dead", record.status.name());
                error(HttpStatus::Conflict, "id", &why)
            }
            Ok(None) => unknown(),
            Err(error) => self.desk.failed(&error),
        }
    }

    /// Works on an order to its end, and replies with `status` if it is completed.
    fn work_on(&self, id: OrderId, status: HttpStatus, cut: &dyn Cut) -> Reply {
        let Some(_under_way) = UnderWay::begin(self, id.number) else {
            let why = "another request is working on this order";
            return error(HttpStatus::Conflict, "idempotency-key", why);
        };
        // Only now: another request may have ended it since it was looked for.
        let record = match self.desk.database.read_blocking(self.desk.find(id)) {
            Ok(Some(record)) => record,
            Ok(None) => return unknown(),
            Err(error) => return self.desk.failed(&error),
        };
        if record.status == Status::Completed {
            return stands(status, &record);
        }
        let record = match record.status {
            Status::Dead => match self.revive(id) {
                Ok(()) => {
                    Record { status: Status::Received, attempts: 0, ended_ms: None, ..record }
                }
                Err(error) => return self.desk.failed(&error),
            },
            _ => record,
        };
        let failure = match self.call(&Work::new(id, record.total_cents), id, cut) {
            Called::Done => None,
            Called::GaveUp(failure) => Some(failure),
            // It stays as it is: for its client, who comes again with its key, or for the flow that
            // acknowledges first.
            Called::Cut => return about(HttpStatus::Unavailable, &record),
            Called::Busy(wait_s) => {
                return about(HttpStatus::Unavailable, &record).retry_after(wait_s);
            }
        };
        match self.end(id, failure) {
            Ok(Some(record)) => stands(status, &record),
            Ok(None) => unknown(),
            // It was taken, and its work may be done: not to be sent again as another order.
            Err(_) => {
                self.desk.figures.unsaved.one();
                about(HttpStatus::ServerError, &record)
            }
        }
    }

    /// Takes up a dead order again.
    fn revive(&self, id: OrderId) -> Result<(), WriteError<rusqlite::Error>> {
        // Its message, if it has one, is a dead letter, which nobody would deliver if this process
        // ended now.
        let revived = self.desk.database.write_blocking(move |tx| {
            ledger::forget_message(tx, id.number)?;
            ledger::revive(tx, id.number)
        });
        if revived? {
            self.desk.figures.revived.one();
            self.desk.tell(id, 0, What::Received);
        }
        Ok(())
    }

    /// Says what became of an order: how it stands then.
    fn end(
        &self,
        id: OrderId,
        failure: Option<Failure<String>>,
    ) -> Result<Option<Record>, WriteError<rusqlite::Error>> {
        let (now_ms, failed) = (self.desk.now_ms(), failure.is_some());
        let (is_made, record) = self.desk.database.write_blocking(move |tx| {
            let is_made = match failed {
                true => ledger::bury(tx, id.number, now_ms)?,
                false => ledger::complete(tx, id.number, now_ms)?.is_some(),
            };
            Ok::<_, rusqlite::Error>((is_made, ledger::find(tx, id.epoch, id.number)?))
        })?;
        if is_made && let Some(record) = &record {
            let (counter, what) = match failure {
                None => {
                    let took_ms = now_ms.saturating_sub(record.received_ms);
                    (&self.desk.figures.completed, What::Completed { took_ms })
                }
                Some(failure) => {
                    let error = said(&failure).into();
                    (&self.desk.figures.dead, What::Failed { error, is_last: true })
                }
            };
            counter.one();
            self.desk.tell(id, record.attempts, what);
        }
        Ok(record)
    }

    /// Calls the slow service until it has done its work, or there is no other attempt.
    fn call(&self, work: &Work, id: OrderId, cut: &dyn Cut) -> Called {
        let (desk, number) = (&self.desk, id.number);
        desk.budget.deposit();
        let mut retries = Retries::new(&desk.policy, Instant::now());
        let mut waits = 1..desk.settings.attempts_max;
        loop {
            let seat = match self.place(&mut waits, cut) {
                Ok(seat) => seat,
                Err(no_place) => return no_place,
            };
            let (failure, calls) = match self.attempt(work, seat) {
                Ok(()) => return Called::Done,
                Err(failed) => failed,
            };
            let why = said(&failure).to_owned();
            let error = why.as_str().into();
            // What is not noted here is noted at the end, but for the number of attempts.
            let noted =
                desk.database.write_blocking(move |tx| ledger::failed(tx, number, &why, calls));
            let Step::Again(wait) = retries.failed(&failure, Instant::now()) else {
                return Called::GaveUp(failure);
            };
            let Some(token) = desk.budget.withdraw() else { return Called::GaveUp(failure) };
            let Ok(attempts) = noted else { return Called::GaveUp(failure) };
            let attempts = attempts.unwrap_or_default();
            desk.tell(id, attempts, What::Failed { error, is_last: false });
            if !cut.sleep(wait) {
                return Called::Cut;
            }
            token.spend();
            desk.figures.retried.one();
        }
    }

    /// A place among the calls. Waiting for it is no attempt: nothing speaks against the order, nor
    /// against the slow service. But a request waits no more often than it may try.
    fn place(&self, waits: &mut Range<u32>, cut: &dyn Cut) -> Result<Seat, Called> {
        loop {
            let entered = self.desk.bulkhead.enter_timeout(self.desk.settings.attempt_timeout);
            let refusal = match entered {
                Ok(seat) => return Ok(seat),
                Err(refusal) => refusal,
            };
            if cut.is_cut() {
                return Err(Called::Cut);
            }
            if waits.next().is_none() {
                return Err(Called::Busy(refusal.retry_after_s().map_or(1, |it| it as u32)));
            }
        }
    }

    /// One attempt: how it failed, and how many calls it made.
    fn attempt(&self, work: &Work, _seat: Seat) -> Result<(), (Failure<String>, u32)> {
        let permit = self.desk.breaker.try_pass().map_err(|open| {
            let why = "the circuit to the slow service is open".to_owned();
            (Failure::Later(why, open.retry_after), 0)
        })?;
        self.desk.figures.attempts.one();
        let in_flight = self.desk.figures.in_flight.enter();
        let judged = judge(self.client.call(&work.request()));
        drop(in_flight);
        if judged.is_err() {
            self.desk.figures.failed.one();
        }
        match speaks_against(&judged) {
            true => permit.failed(),
            false => permit.succeeded(),
        }
        judged.map_err(|failure| (failure, 1))
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<u64>> {
        // Nothing panics while it holds the lock.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reply to who waited for an order, by how it stands: `status` if it is completed.
fn stands(status: HttpStatus, record: &Record) -> Reply {
    match record.status {
        Status::Completed => about(status, record),
        Status::Dead => about(HttpStatus::BadGateway, record),
        Status::Received => about(HttpStatus::Unavailable, record),
    }
}

/// An order that a request is working on, while this lives.
struct UnderWay<'a>(&'a InLine, u64);

impl UnderWay<'_> {
    fn begin(in_line: &InLine, number: u64) -> Option<UnderWay<'_>> {
        // Made only where it is the first: it is dropped under the lock otherwise.
        in_line.lock().insert(number).then(|| UnderWay(in_line, number))
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.lock().remove(&self.1);
    }
}
