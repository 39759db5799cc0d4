//! What both ways of working have in common: the database, the policies towards the slow service,
//! and the answers to whoever only asks.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use serde_json::json;

use crate::kit::http::{Body, Reply, Status};
use crate::kit::serve::Answer;
use crate::workflow::breaker::{Breaker, BreakerSettings, State};
use crate::workflow::retry::{BudgetSettings, RetryBudget, RetryPolicy, RetrySettings};
use crate::workflow::sqlite::{Database, Options, ReadError};
use crate::workflow::wall::{SystemWall, WallClock};

use super::figures::{Exposition, Figures};
use super::id::OrderId;
use super::ledger::{self, Sums};
use super::news::{News, Told, Watch};
use super::record::{Record, Status as OrderStatus};
use super::replies::{about, json_reply, unsaved};
use super::routes::unknown;
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
    pub(super) policy: RetryPolicy,
    pub(super) budget: RetryBudget,
    pub(super) breaker: Breaker,
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
            ..RetrySettings::default()
        })?;
        let budget = RetryBudget::new(BudgetSettings::default())?;
        let breaker =
            Breaker::new(BreakerSettings { open_for: OPEN_FOR, ..BreakerSettings::default() })?;
        let options = Options {
            application_id: ledger::APPLICATION_ID,
            migrations: ledger::MIGRATIONS,
            ..Options::default()
        };
        let database = Database::open(&settings.database, options)?;
        let epoch = database
            .read_blocking(ledger::epoch)
            .map_err(|error| OrdersError::Database(error.to_string()))?;
        Ok(Desk {
            settings,
            database,
            epoch,
            wall: Arc::new(SystemWall),
            figures: Figures::default(),
            news: News::default(),
            policy,
            budget,
            breaker,
            summary: Mutex::new(None),
        })
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.wall.now_ms()
    }

    /// The page for browsers.
    pub(super) fn page(&self) -> Reply {
        Reply::new(Status::Ok, Body::Page(PAGE))
    }

    /// Tells those who watch an order how it stands now.
    pub(super) fn tell(
        &self,
        number: u64,
        status: OrderStatus,
        attempts: u32,
        error: Option<&str>,
    ) {
        let id = OrderId { epoch: self.epoch, number };
        self.news.tell(Told { id, status, attempts, error: error.map(str::to_owned) });
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
        Watch::new(&self.news, &self.database, id)
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
        });
        json_reply(Status::Ok, &value)
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
        let stats = self.database.stats();
        to.counter("database_jobs_total", "Jobs committed.", stats.jobs);
        to.counter("database_groups_total", "Transactions, each synced once.", stats.groups);
        to.counter("database_groups_failed_total", "Transactions failed.", stats.groups_failed);
        to.gauge("database_largest_group", "Most jobs in a transaction.", stats.largest_group);
        to.gauge("database_waiting", "Jobs that wait for the database.", stats.waiting);
        to.gauge("database_wal_pages", "Pages in the write-ahead log.", stats.wal_pages);
    }
}

/// How long the circuit stays open.
const OPEN_FOR: Duration = Duration::from_secs(2);

/// What looking for an order gives.
pub(super) type Found = rusqlite::Result<Option<Record>>;

/// The reply of metrics.
pub(super) fn metrics(exposed: Exposition) -> Reply {
    Reply::new(Status::Ok, Body::Metrics(exposed.into_text()))
}
