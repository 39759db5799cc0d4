//! Acknowledge now, work later: an order and its message are saved in one transaction, and the
//! request is answered; workers do the rest.
//!
//! ```text
//!  POST /orders --> [order + message] --202-->      one transaction, one sync for many requests
//!                          |
//!                   worker takes the message (a lease)
//!                          | circuit open: waits           [order's status + lease's end]
//!                          v                               in one transaction again:
//!                   slow service, with the order's name --> done: completed, message gone
//!                                                       --> failed: attempts + 1, again later
//!                                                       --> the last time: dead, dead letter
//! ```
//!
//! **What holds.** An order is `received` exactly while its message is in the queue, and `dead`
//! exactly while that is a dead letter: each step changes both in one transaction. A process that
//! is killed between the call and that transaction calls again with the same key: the work is done
//! once, since the slow service does it once for each key; the status changes once, since each
//! change names the status it starts from.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::Transaction;

use crate::kit::client::{Client, ClientSettings};
use crate::kit::http::{Ask, Reply, Status as HttpStatus};
use crate::runtime::Handle;
use crate::time::sleep;
use crate::workflow::breaker::State;
use crate::workflow::jobs::{Every, Jobs, JobsSettings};
use crate::workflow::queue::{Delivery, MessageQueue, QueueOptions, ReceiveError, SqliteStore};
use crate::workflow::retry::Failure;
use crate::workflow::sqlite::{TryWriteError, WriteError};

use super::desk::Desk;
use super::downstream::{Work, judge, said, speaks_against};
use super::figures::Exposition;
use super::id::OrderId;
use super::ledger;
use super::order::Order;
use super::probing::Probing;
use super::record::{Record, Status};
use super::replies::{about, error, invalid, no_room, other_order};
use super::routes::unknown;
use super::settings::OrdersError;
use super::steps::{self, Ended, Saved, StepError};

/// How often a worker looks whether the circuit is still open.
const CIRCUIT_LOOK: Duration = Duration::from_millis(250);

/// How long a worker leaves a database alone that has failed.
const DATABASE_PAUSE: Duration = Duration::from_millis(500);

/// How much longer than its call an order is its worker's alone.
const LEASE_SLACK: Duration = Duration::from_secs(10);

/// After how many seconds those are to come again for whom there is no room.
const NO_ROOM_RETRY_S: u32 = 1;

/// Tasks beside the workers.
const TASKS_BESIDE: usize = 4;

/// How many unfinished orders are looked through at a time, at the start.
const PAGE: usize = 500;

/// The flow that acknowledges first.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) desk: Desk,
    queue: MessageQueue<SqliteStore>,
    client: Client,
    /// The workers and the periodic job, once it is started.
    jobs: OnceLock<Jobs>,
    /// Whether a worker makes the probes of a half-open circuit.
    probing: Probing,
}

impl Queued {
    pub(super) fn new(desk: Desk) -> Result<Queued, OrdersError> {
        let settings = &desk.settings;
        let options = QueueOptions {
            messages_max: settings.backlog_max,
            lease: settings.attempt_timeout + LEASE_SLACK,
            // How often an order is tried its own table counts: a delivery that an open circuit
            // sends back is no attempt.
            attempts_max: u32::MAX,
            wall: desk.wall.clone(),
            ..QueueOptions::default()
        };
        let store = SqliteStore::open(&desk.database, "orders", options)?;
        let client = Client::new(ClientSettings {
            timeout: settings.attempt_timeout,
            kept_max: settings.workers,
            ..ClientSettings::new(settings.slow)
        });
        Ok(Queued {
            queue: MessageQueue::new(store),
            client,
            jobs: OnceLock::new(),
            probing: Probing::default(),
            desk,
        })
    }

    pub(super) fn tasks_max(&self) -> usize {
        self.desk.settings.workers + TASKS_BESIDE
    }

    /// Starts the workers and the job that sums up. Called once, in the server's runtime.
    pub(super) fn start(self: &Arc<Self>) {
        let workers = self.desk.settings.workers;
        let settings = JobsSettings { jobs_max: workers + TASKS_BESIDE, ..JobsSettings::default() };
        let handle = Handle::try_current();
        let Some(jobs) = handle.ok().and_then(|it| Jobs::new(it, settings).ok()) else {
            return;
        };
        let jobs = self.jobs.get_or_init(|| jobs);
        // There is room for all of them: the server has counted them in.
        for _ in 0..workers {
            let _ = jobs.spawn("worker", Arc::clone(self).work());
        }
        let _ = jobs.spawn("requeue", Arc::clone(self).requeue());
        let every = Every::new(self.desk.settings.summary_every);
        let queued = Arc::clone(self);
        let _ = jobs.spawn_every("summary", every, move || Arc::clone(&queued).sum_up());
    }

    /// Lets the workers end what they are at, and closes the database.
    pub(super) fn stop(&self, within: Duration) {
        self.queue.close();
        if let Some(jobs) = self.jobs.get() {
            // Who is aborted here has its message delivered again, after the next start.
            let _ = jobs.shutdown_blocking(within);
        }
        self.desk.database.close_blocking();
    }

    fn is_stopping(&self) -> bool {
        self.jobs.get().is_none_or(Jobs::is_stopping)
    }

    /// `POST /orders`
    pub(super) async fn post(&self, ask: Ask) -> Reply {
        let figures = &self.desk.figures;
        let order = match Order::parse(&ask.body) {
            Ok(order) => order,
            Err(wrong) => {
                figures.invalid.one();
                return invalid(&wrong);
            }
        };
        if self.queue.depth() >= self.desk.settings.backlog_max {
            figures.rejected.one();
            return no_room(NO_ROOM_RETRY_S);
        }
        let (queue, epoch, now_ms) = (self.queue.clone(), self.desk.epoch, self.desk.now_ms());
        let save = move |tx: &Transaction<'_>| {
            steps::save(tx, queue.store(), epoch, ask.key.as_deref(), &order, now_ms)
        };
        let saved = match self.desk.database.try_write(save) {
            Ok(pending) => pending.answer().await,
            Err(TryWriteError::Full(_)) => Err(WriteError::Job(StepError::NoRoom)),
            Err(TryWriteError::Closed(_)) => Err(WriteError::Closed),
        };
        match saved {
            Ok(Saved::New(record, enqueued)) => {
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
                no_room(NO_ROOM_RETRY_S)
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
                self.queue.notify();
                self.desk.figures.revived.one();
                self.desk.tell(id.number, Status::Received, 0, None);
                about(HttpStatus::Accepted, &record)
            }
            Ok(Some((record, false))) => {
                let why = format!("the order is {}, not dead", record.status.name());
                error(HttpStatus::Conflict, "id", &why)
            }
            Ok(None) => unknown(),
            Err(WriteError::Job(StepError::NoRoom)) => no_room(NO_ROOM_RETRY_S),
            Err(error) => self.desk.failed(&error),
        }
    }

    /// Tells the figures of the queue.
    pub(super) async fn expose(&self, to: &mut Exposition) {
        self.desk.expose(to);
        let Ok(stats) = self.queue.stats().await else { return };
        let counts = stats.counts;
        let states = [
            ("ready", counts.ready as u64),
            ("delayed", counts.delayed as u64),
            ("leased", counts.leased as u64),
            ("dead", counts.dead as u64),
        ];
        to.gauges("queue", "Messages, by what holds them back.", "state", states);
        to.gauge("queue_waiters", "Workers that wait for a message.", stats.waiters);
        if let Some(jobs) = self.jobs.get().map(Jobs::metrics) {
            to.gauge("jobs_running", "Workers and periodic jobs that run.", jobs.running);
            to.counter("jobs_panicked_total", "Runs of jobs that panicked.", jobs.panicked);
        }
        let totals = stats.totals;
        to.counter("queue_delivered_total", "Deliveries.", totals.delivered);
        to.counter("queue_redelivered_total", "Of those, not the first.", totals.redelivered);
        to.counter("queue_lost_total", "Leases over before their end.", totals.lost);
    }

    /// Queues unfinished orders that have no message: of a database that worked in line before.
    async fn requeue(self: Arc<Self>) {
        let mut after = 0;
        loop {
            let queue = self.queue.clone();
            let job = move |tx: &Transaction<'_>| steps::requeue(tx, queue.store(), after, PAGE);
            match self.desk.database.write(job).await {
                Ok(page) => {
                    self.desk.figures.requeued.add(page.queued);
                    self.queue.notify();
                    after = page.last.unwrap_or(after);
                    match (page.full, page.last) {
                        (true, _) => sleep(DATABASE_PAUSE).await,
                        (false, None) => return,
                        (false, Some(_)) => {}
                    }
                }
                Err(WriteError::Closed) => return,
                // A database that fails: again, until it is done.
                Err(_) => sleep(DATABASE_PAUSE).await,
            }
        }
    }

    /// The periodic job: sums up ahead, so that whoever asks need not wait.
    async fn sum_up(self: Arc<Self>) {
        // Where it fails the last summary stands, and says how old it is.
        if let Ok(sums) = self.desk.database.read(ledger::sums).await {
            self.desk.summarise(sums);
        }
    }

    async fn work(self: Arc<Self>) {
        while !self.is_stopping() {
            // One worker at a time makes the probes of a half-open circuit: with all of them,
            // nearly every message would be leased only to be put back, and new orders would wait.
            let state = self.desk.breaker.state();
            let probes = (state == State::HalfOpen).then(|| self.probing.begin());
            let probing = probes.flatten();
            if state != State::Closed && probing.is_none() {
                sleep(CIRCUIT_LOOK).await;
                continue;
            }
            match self.queue.receive().await {
                Ok(delivery) => self.process(delivery).await,
                Err(ReceiveError::Closed) => return,
                Err(ReceiveError::Store(_)) => sleep(DATABASE_PAUSE).await,
            }
            drop(probing);
        }
    }

    async fn process(&self, delivery: Delivery<SqliteStore>) {
        let Some(number) = steps::number_in(delivery.body()) else {
            // None of this service's messages is like that; what becomes of it is its queue's.
            let _ = delivery.dead("the message names no order").await;
            return;
        };
        let id = OrderId { epoch: self.desk.epoch, number };
        let record = match self.desk.database.read(self.desk.find(id)).await {
            Ok(Some(record)) if record.status == Status::Received => record,
            Ok(_) => {
                // Finished by a delivery before; if this cannot be said now, it is said again.
                let _ = delivery.ack().await;
                return;
            }
            Err(_) => {
                sleep(DATABASE_PAUSE).await;
                return drop(delivery.nack(DATABASE_PAUSE).await);
            }
        };
        let permit = match self.desk.breaker.try_pass() {
            Ok(permit) => permit,
            Err(open) => {
                let wait = open.retry_after + self.desk.policy.delay(1);
                return drop(delivery.nack_because(wait, "the circuit is open").await);
            }
        };
        if let Some(wait) = self.postponed(&record, delivery.attempt()) {
            drop(permit);
            return drop(delivery.nack(wait).await);
        }
        let work = Work::new(id, record.total_cents);
        self.desk.figures.attempts.one();
        let in_flight = self.desk.figures.in_flight.enter();
        let judged = judge(self.client.call(&work.request()).await);
        drop(in_flight);
        match speaks_against(&judged) {
            true => permit.failed(),
            false => permit.succeeded(),
        }
        self.end(delivery, number, judged.err()).await;
    }

    /// A retry is paid from the budget. Where that is empty, it is put off once, by the longest
    /// wait it could have had; then it is made all the same: what was acknowledged is not given up
    /// for lack of a token.
    fn postponed(&self, record: &Record, deliveries: u32) -> Option<Duration> {
        let budget = &self.desk.budget;
        if record.attempts == 0 {
            budget.deposit();
            return None;
        }
        let put_off = deliveries.saturating_sub(1 + record.attempts);
        match budget.withdraw() {
            Some(token) => token.spend(),
            None if put_off < record.attempts => {
                return Some(self.desk.policy.ceiling(record.attempts));
            }
            None => {}
        }
        None
    }

    /// Says in one transaction what became of the order and of its message.
    async fn end(
        &self,
        delivery: Delivery<SqliteStore>,
        number: u64,
        failure: Option<Failure<String>>,
    ) {
        let (queue, lease, now_ms) = (self.queue.clone(), delivery.lease(), self.desk.now_ms());
        let (policy, figures) = (self.desk.policy.clone(), &self.desk.figures);
        let why = failure.as_ref().map(|failure| said(failure).to_owned());
        let job = move |tx: &Transaction<'_>| {
            steps::end(tx, queue.store(), lease, number, now_ms, failure.as_ref(), &policy)
        };
        if why.is_some() {
            figures.failed.one();
        }
        let (ended, settled) = match self.desk.database.write(job).await {
            Ok(done) => done,
            // It is called again when the lease is over, with the same key.
            Err(_) => return delivery.leave(),
        };
        match settled {
            Some(settled) => delivery.settled(settled),
            None => delivery.leave(),
        }
        match ended {
            Ended::Completed(attempts) => {
                figures.completed.one();
                self.desk.tell(number, Status::Completed, attempts, None);
            }
            Ended::Again(attempts) => {
                figures.retried.one();
                self.desk.tell(number, Status::Received, attempts, why.as_deref());
            }
            Ended::Dead(attempts) => {
                figures.dead.one();
                self.desk.tell(number, Status::Dead, attempts, why.as_deref());
            }
            Ended::Before => {}
        }
    }
}
