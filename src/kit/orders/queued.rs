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

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rusqlite::Transaction;

use crate::kit::client::{Client, ClientSettings};
use crate::runtime::Handle;
use crate::time::sleep;
use crate::workflow::bulkhead::{Bulkhead, BulkheadSettings};
use crate::workflow::jobs::{Every, Jobs, JobsSettings};
use crate::workflow::queue::{MessageQueue, QueueOptions, SqliteStore};
use crate::workflow::sqlite::WriteError;

use super::admission::Admission;
use super::desk::Desk;
use super::events::Threads;
use super::figures::Exposition;
use super::ledger;
use super::panics::Panics;
use super::probing::Probing;
use super::settings::{Calls, OrdersError};
use super::steps;

/// How long a database that has failed is left alone.
pub(super) const DATABASE_PAUSE: Duration = Duration::from_millis(500);

/// How much longer than waiting for its call, and the call, an order is its worker's alone: to
/// write down what came of it.
const LEASE_SLACK: Duration = Duration::from_secs(5);

/// Workers that write at a time: a new order's commit waits for no more of them than these. They
/// share commits, so that more at a time would not get more done.
const WRITING_MAX: usize = 16;

/// So soon after a worker's panic another takes its place.
const WORKER_AGAIN: Duration = Duration::from_secs(1);

/// How long those who listen to events have for the last ones.
const LISTEN_MAX: Duration = Duration::from_secs(2);

/// Tasks beside the workers.
const TASKS_BESIDE: usize = 8;

/// How many unfinished orders are looked through at a time, at the start.
const PAGE: usize = 500;

/// The flow that acknowledges first.
#[derive(Debug)]
pub(super) struct Queued {
    pub(super) desk: Desk,
    pub(super) queue: MessageQueue<SqliteStore>,
    pub(super) calls: Arc<dyn Calls>,
    pub(super) admission: Admission,
    /// The workers and the periodic job, once it is started.
    jobs: OnceLock<Jobs>,
    /// Those who listen to events: they end after the workers.
    listening: OnceLock<Jobs>,
    threads: Mutex<Option<Threads>>,
    /// Whether a worker makes the probes of a half-open circuit.
    pub(super) probing: Probing,
    /// The workers that write at a time.
    pub(super) writing: Bulkhead,
    pub(super) panics: Panics,
}

impl Queued {
    pub(super) fn new(desk: Desk) -> Result<Queued, OrdersError> {
        let settings = &desk.settings;
        let admission =
            Admission::new(settings.pressure, settings.backlog_max, settings.waiting_max)?;
        let options = QueueOptions {
            messages_max: settings.backlog_max,
            lease: settings.attempt_timeout.saturating_mul(2).saturating_add(LEASE_SLACK),
            // How often an order is tried its own table counts: a delivery that an open circuit
            // sends back is no attempt.
            attempts_max: u32::MAX,
            wall: desk.wall.clone(),
            ..QueueOptions::default()
        };
        let store = SqliteStore::open(&desk.database, "orders", options)?;
        let tcp = || -> Arc<dyn Calls> {
            Arc::new(Client::new(ClientSettings {
                timeout: settings.attempt_timeout,
                kept_max: settings.workers,
                ..ClientSettings::new(settings.slow)
            }))
        };
        let calls = settings.seams.calls.clone().unwrap_or_else(tcp);
        let queue = MessageQueue::new(store);
        let writing = Bulkhead::new(BulkheadSettings {
            concurrent_max: WRITING_MAX,
            waiting_max: settings.workers.max(1),
        })?;
        admission.seat_found(|| queue.depth());
        Ok(Queued {
            queue,
            calls,
            admission,
            jobs: OnceLock::new(),
            listening: OnceLock::new(),
            threads: Mutex::default(),
            probing: Probing::default(),
            writing,
            panics: Panics::default(),
            desk,
        })
    }

    pub(super) fn tasks_max(&self) -> usize {
        self.desk.settings.workers + TASKS_BESIDE
    }

    /// Starts the workers, those who listen, and the job that sums up. Called once, in the server's
    /// runtime.
    ///
    /// # Errors
    /// What could not be started: the service would not do its work.
    pub(super) fn start(self: &Arc<Self>) -> Result<(), String> {
        let handle = Handle::try_current().map_err(|error| error.to_string())?;
        self.start_listening(&handle)?;
        let workers = self.desk.settings.workers;
        let settings = JobsSettings { jobs_max: workers + TASKS_BESIDE, ..JobsSettings::default() };
        let jobs = Jobs::new(handle, settings).map_err(|error| error.to_string())?;
        let jobs = self.jobs.get_or_init(|| jobs);
        // A worker goes on until the end. One that panics is followed by another.
        let each = Every::new(WORKER_AGAIN);
        for _ in 0..workers {
            let queued = Arc::clone(self);
            let begin = move || Arc::clone(&queued).work();
            jobs.spawn_every("worker", each, begin).map_err(|it| no_job("worker", &it))?;
        }
        let requeue = Arc::clone(self).requeue();
        jobs.spawn("requeue", requeue).map_err(|it| no_job("requeue", &it))?;
        let (every, queued) = (Every::new(self.desk.settings.summary_every), Arc::clone(self));
        let sum_up = move || Arc::clone(&queued).sum_up();
        jobs.spawn_every("summary", every, sum_up).map_err(|it| no_job("summary", &it))
    }

    fn start_listening(&self, handle: &Handle) -> Result<(), String> {
        let jobs = Jobs::new(handle.clone(), JobsSettings::default());
        let jobs = jobs.map_err(|error| error.to_string())?;
        let jobs = self.listening.get_or_init(|| jobs);
        let threads = Threads::new();
        for heard in self.desk.listeners() {
            let name = heard.name;
            if heard.blocks {
                threads.spawn(heard).map_err(|error| format!("{name}: no thread: {error}"))?;
            } else {
                jobs.spawn(name, heard.listen()).map_err(|it| no_job(name, &it))?;
            }
        }
        *self.threads.lock().unwrap_or_else(PoisonError::into_inner) = Some(threads);
        Ok(())
    }

    /// Lets the workers end what they are at, and closes the database.
    pub(super) fn stop(&self, within: Duration) {
        self.admission.close();
        self.queue.close();
        if let Some(jobs) = self.jobs.get() {
            // Who is aborted here has its message delivered again, after the next start.
            let _ = jobs.shutdown_blocking(within);
        }
        self.desk.bulletin.close();
        if let Some(listening) = self.listening.get() {
            let _ = listening.shutdown_blocking(LISTEN_MAX);
        }
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take();
        threads.into_iter().for_each(|threads| threads.end(LISTEN_MAX));
        self.desk.database.close_blocking();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.jobs.get().is_none_or(Jobs::is_stopping)
    }

    /// Tells the figures of the queue.
    pub(super) async fn expose(&self, to: &mut Exposition) {
        self.desk.expose(to);
        to.pressure("pressure", &self.admission.metrics());
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
                    self.admission.seat_found(|| self.queue.depth());
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
}

fn no_job(name: &str, why: &dyn std::fmt::Display) -> String {
    format!("the job {name} cannot be started: {why}")
}
