//! The workflow's parts: policies and queue; with the feature `sqlite` mailbox and database, too.

#[path = "support/runtime.rs"]
mod support;

#[path = "workflow/breaker.rs"]
mod breaker;
#[path = "workflow/bulkhead.rs"]
mod bulkhead;
#[path = "workflow/events.rs"]
mod events;
#[path = "workflow/jobs.rs"]
mod jobs;
#[path = "workflow/polled.rs"]
mod polled;
#[path = "workflow/pressure.rs"]
mod pressure;
#[path = "workflow/queue_model.rs"]
mod queue_model;
#[path = "workflow/random.rs"]
mod random;
#[path = "workflow/rate.rs"]
mod rate;
#[path = "workflow/retry.rs"]
mod retry;

#[cfg(feature = "sqlite")]
#[path = "workflow/blocking.rs"]
mod blocking;
#[cfg(feature = "sqlite")]
#[path = "workflow/dice.rs"]
mod dice;
#[cfg(feature = "sqlite")]
#[path = "workflow/disk.rs"]
mod disk;
#[cfg(feature = "sqlite")]
#[path = "workflow/layer.rs"]
mod layer;
#[cfg(feature = "sqlite")]
#[path = "workflow/model.rs"]
mod model;
#[cfg(feature = "sqlite")]
#[path = "workflow/scratch.rs"]
mod scratch;

#[cfg(feature = "sqlite")]
#[path = "workflow/answers.rs"]
mod answers;
#[cfg(feature = "sqlite")]
#[path = "workflow/database.rs"]
mod database;
#[cfg(feature = "sqlite")]
#[path = "workflow/database_faults.rs"]
mod database_faults;
#[cfg(feature = "sqlite")]
#[path = "workflow/killed.rs"]
mod killed;
#[cfg(feature = "sqlite")]
#[path = "workflow/mailboxes.rs"]
mod mailboxes;
#[path = "workflow/million.rs"]
mod million;
#[cfg(feature = "sqlite")]
#[path = "workflow/power.rs"]
mod power;
#[cfg(feature = "sqlite")]
#[path = "workflow/stores.rs"]
mod stores;
#[path = "workflow/waiting.rs"]
mod waiting;
#[cfg(feature = "sqlite")]
#[path = "workflow/waiting_sqlite.rs"]
mod waiting_sqlite;
