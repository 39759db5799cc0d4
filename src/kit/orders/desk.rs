//! What both ways of working have in common: the database, the policies towards the slow service,
//! and the answers to whoever only asks.

use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;

use crate::kit::http::{Body, Reply, Status};
use crate::kit::serve::Answer;
use crate::workflow::breaker::{Breaker, BreakerSettings, State};
use crate::workflow::bulkhead::{Bulkhead, BulkheadSettings};
use crate::workflow::events::{EventMetrics, SubscriberMetrics};
use crate::workflow::retry::{BudgetSettings, RetryBudget, RetryPolicy, RetrySettings};
use crate::workflow::sqlite::{Database, Options, ReadError};
use crate::workflow::wall::WallClock;

use super::audit::{self, Audit, Auditor};
use super::events::{Bulletin, Heard, What};
use super::figures::{Exposition, Figures};
use super::id::OrderId;
use super::ledger::{self, Sums};
use super::news::{News, Pauses, Watch};
use super::record::{Record, Status as OrderStatus};
use super::replies::{about, json_reply, unsaved};
use super::routes::unknown;
use super::running::Running;
use super::settings::{OrdersError, OrdersSettings};

const PAGE: &str = include_str!("page.html");

/// What both ways of working have in common.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) settings: OrdersSettings,
    pub(super) database: Database,
    pub(super) epoch: u32,
    pub(super) wall: Arc<dyn WallClock>,
    pub(super) figures: Figures,
    pub(super) news: News,
    pub(super) bulletin: Bulletin,
    pub(super) running: Arc<Running>,
    audit: Arc<Audit>,
    /// The audit's file, until its listener has it.
    audit_file: Mutex<Option<File>>,
    pub(super) policy: RetryPolicy,
    pub(super) budget: RetryBudget,
    pub(super) breaker: Breaker,
    /// All calls of the slow service, probes too, go through it.
    pub(super) bulkhead: Bulkhead,
    summary: Mutex<Option<Summary>>,
}

/// Sums over all orders, and when they were made.
#[derive(Clone, Copy, Debug)]
struct Summary {
    sums: Sums,
    made_ms: u64,
}

impl Desk {
    /// Opens the database, and makes the policies.
    pub(super) fn open(settings: OrdersSettings) -> Result<Desk, OrdersError> {
        let policy = RetryPolicy::new(RetrySettings {
            attempts_max: settings.attempts_max,
            backoff_base: settings.backoff_base,
            backoff_max: settings.backoff_max,
            seed: settings.seams.seed,
            ..RetrySettings::default()
        })?;
        let budget = RetryBudget::new(BudgetSettings::default())?;
        let breaker =
            Breaker::new(BreakerSettings { open_for: OPEN_FOR, ..BreakerSettings::default() })?;
        let bulkhead = Bulkhead::new(BulkheadSettings {
            concurrent_max: settings.calls_max,
            waiting_max: CALLERS_MAX,
        })?;
        let opened = settings.audit.as_deref().map(|path| {
            audit::open(path).map_err(|error| OrdersError::Audit(path.to_owned(), error))
        });
        let audit_file = Mutex::new(opened.transpose()?);
        let options = Options {
            application_id: ledger::APPLICATION_ID,
            migrations: ledger::MIGRATIONS,
            ..settings.seams.database.clone()
        };
        let database = Database::open(&settings.database, options)?;
        let epoch = database
            .read_blocking(ledger::epoch)
            .map_err(|error| OrdersError::Database(error.to_string()))?;
        Ok(Desk {
            wall: settings.seams.wall.clone(),
            settings,
            database,
            epoch,
            figures: Figures::default(),
            news: News::default(),
            bulletin: Bulletin::new()?,
            running: Arc::new(Running::new()),
            audit: Arc::default(),
            audit_file,
            policy,
            budget,
            breaker,
            bulkhead,
            summary: Mutex::new(None),
        })
    }

    /// Those who hear of events, from now on. Called once.
    pub(super) fn listeners(&self) -> [Heard; 3] {
        let file = self.audit_file.lock().unwrap_or_else(PoisonError::into_inner).take();
        let heard = |name, listener, blocks| {
            let events = self.bulletin.subscribe(name);
            Heard { name, events, listener, blocks }
        };
        let blocks = file.is_some();
        let auditor = Auditor { audit: Arc::clone(&self.audit), file };
        [
            heard("news", Box::new(self.news.clone()), false),
            heard("running", Box::new(Arc::clone(&self.running)), false),
            heard("audit", Box::new(auditor), blocks),
        ]
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.wall.now_ms()
    }

    /// The page for browsers.
    pub(super) fn page(&self) -> Reply {
        Reply::new(Status::Ok, Body::Page(PAGE))
    }

    /// Tells all who listen what has happened to an order, when it is committed.
    pub(super) fn tell(&self, id: OrderId, attempts: u32, what: What) {
        self.bulletin.publish(id, self.now_ms(), attempts, what);
    }

    /// What reads one order.
    pub(super) fn find(&self, id: OrderId) -> impl FnOnce(&Connection) -> Found + Send + use<> {
        move |db| ledger::find(db, id.epoch, id.number)
    }

    /// The reply about an order that was looked for.
    pub(super) fn found(&self, found: Result<Option<Record>, ReadError<rusqlite::Error>>) -> Reply {
        match found {
            Ok(Some(record)) => about(Status::Ok, &record),
            Ok(None) => unknown(),
            Err(error) => self.failed(&error),
        }
    }

    /// Begins to watch an order; [`Desk::watched`] follows, with what was read afterwards.
    pub(super) fn watch(&self, id: OrderId) -> Watch {
        let OrdersSettings { events_keep_alive, events_max, .. } = self.settings;
        let keep_alive = events_keep_alive.max(KEEP_ALIVE_MIN);
        let pauses = Pauses { keep_alive, whole: events_max };
        Watch::new(&self.news, &self.database, self.bulletin.published(), id, pauses)
    }

    /// The events of an order that was looked for.
    pub(super) fn watched(
        &self,
        mut watch: Watch,
        found: Result<Option<Record>, ReadError<rusqlite::Error>>,
    ) -> Answer {
        match found {
            Ok(Some(record)) => {
                watch.begin(&record);
                Answer::Events(Box::new(watch))
            }
            other => self.found(other).into(),
        }
    }

    /// What reads dead letters.
    pub(super) fn dead(
        &self,
        after: u64,
        max: usize,
    ) -> impl FnOnce(&Connection) -> rusqlite::Result<Vec<Record>> + Send + use<> {
        let epoch = self.epoch;
        move |db| ledger::dead(db, epoch, after, max)
    }

    /// The reply that lists dead letters.
    pub(super) fn listed(&self, read: Result<Vec<Record>, ReadError<rusqlite::Error>>) -> Reply {
        match read {
            Ok(records) => {
                let list: Vec<_> = records.iter().map(Record::to_json).collect();
                let last = records.last().map(|record| record.id.to_string());
                json_reply(Status::Ok, &json!({ "dead_letters": list, "last": last }))
            }
            Err(error) => self.failed(&error),
        }
    }

    /// The reply where the database failed.
    pub(super) fn failed(&self, error: &dyn std::fmt::Display) -> Reply {
        self.figures.unsaved.one();
        unsaved(error)
    }

    /// Keeps sums that were read.
    pub(super) fn summarise(&self, sums: Sums) {
        let summary = Summary { sums, made_ms: self.now_ms() };
        *self.summary.lock().unwrap_or_else(PoisonError::into_inner) = Some(summary);
    }

    fn summary(&self) -> Option<Summary> {
        *self.summary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The reply that sums up: from what was made ahead.
    pub(super) fn summed_up(&self) -> Reply {
        let Some(Summary { sums, made_ms }) = self.summary() else {
            return unsaved(&"no summary has been made yet");
        };
        let status = |status: OrderStatus| {
            let at = OrderStatus::ALL.iter().position(|other| *other == status).unwrap_or(0);
            json!({ "orders": sums.orders[at], "total_cents": sums.cents[at] })
        };
        let completed = sums.orders[1].max(1);
        let value = json!({
            "made_ms": made_ms,
            "age_ms": self.now_ms().saturating_sub(made_ms),
            "orders": sums.orders.iter().sum::<u64>(),
            "received": status(OrderStatus::Received),
            "completed": status(OrderStatus::Completed),
            "dead": status(OrderStatus::Dead),
            "mean_ms_to_complete": sums.completed_ms / completed,
            "last_minute": self.running.to_json(self.now_ms()),
        });
        json_reply(Status::Ok, &value)
    }

    /// The reply that tells the last events.
    pub(super) fn audited(&self) -> Reply {
        json_reply(Status::Ok, &self.audit.to_json())
    }

    /// Tells how the events reach those who listen.
    fn expose_events(&self, to: &mut Exposition) {
        let EventMetrics { published, subscribers } = self.bulletin.metrics();
        to.counter("events_published_total", "Events of orders.", published);
        let each = |of: fn(&SubscriberMetrics) -> u64| {
            subscribers.iter().map(move |it| (&*it.name, of(it))).collect::<Vec<_>>()
        };
        let label = "subscriber";
        let received = each(|it| it.received);
        to.counters("events_received_total", "Events each has heard.", label, received);
        let missed = each(|it| it.missed);
        to.counters("events_missed_total", "Events each was too far behind for.", label, missed);
        to.gauges("events_behind", "Events each has still to hear.", label, each(|it| it.behind));
        let help = "Events that the audit's file did not take.";
        to.counter("audit_unwritten_total", help, self.audit.unwritten());
    }

    /// Tells the figures of the desk.
    pub(super) fn expose(&self, to: &mut Exposition) {
        self.figures.expose(to);
        to.gauge("orders_watched", "Orders whose events are listened to.", self.news.watched());
        if let Some(Summary { sums, made_ms }) = self.summary() {
            let states = OrderStatus::ALL.iter().map(|status| status.name()).zip(sums.orders);
            let help = "Orders in the database, as last summed up.";
            to.gauges("orders", help, "status", states);
            to.gauge("summary_made_ms", "When the orders were summed up.", made_ms);
        }
        let state = self.breaker.metrics().state;
        let states = [("closed", State::Closed), ("open", State::Open)];
        let states = states.into_iter().chain([("half_open", State::HalfOpen)]);
        let states = states.map(|(name, each)| (name, u64::from(each == state)));
        to.gauges("circuit", "The circuit to the slow service.", "state", states);
        let budget = self.budget.metrics();
        to.counter("retries_refused_total", "Retries the budget had no token for.", budget.refused);
        to.pressure("calls", &self.bulkhead.metrics());
        self.expose_events(to);
        let stats = self.database.stats();
        to.counter("database_jobs_total", "Jobs committed.", stats.jobs);
        to.counter("database_groups_total", "Transactions, each synced once.", stats.groups);
        to.counter("database_groups_failed_total", "Transactions failed.", stats.groups_failed);
        to.gauge("database_largest_group", "Most jobs in a transaction.", stats.largest_group);
        to.gauge("database_waiting", "Jobs that wait for the database.", stats.waiting);
        to.gauge("database_wal_pages", "Pages in the write-ahead log.", stats.wal_pages);
    }
}

/// So many wait for their turn to call the slow service, at most: more than there are workers, or
/// threads.
const CALLERS_MAX: usize = 1 << 20;

/// Comments to those who watch come no faster than that.
const KEEP_ALIVE_MIN: Duration = Duration::from_millis(100);

/// How long the circuit stays open.
const OPEN_FOR: Duration = Duration::from_secs(2);

/// What looking for an order gives.
pub(super) type Found = rusqlite::Result<Option<Record>>;

/// The reply of metrics.
pub(super) fn metrics(exposed: Exposition) -> Reply {
    Reply::new(Status::Ok, Body::Metrics(exposed.into_text()))
}
