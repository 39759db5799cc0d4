//! The workflow's parts: policies, queue, mailbox and database.

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

#[path = "workflow/blocking.rs"]
mod blocking;
#[path = "workflow/dice.rs"]
mod dice;
#[path = "workflow/disk.rs"]
mod disk;
#[path = "workflow/layer.rs"]
mod layer;
#[path = "workflow/model.rs"]
mod model;
#[path = "workflow/scratch.rs"]
mod scratch;

#[path = "workflow/answers.rs"]
mod answers;
#[path = "workflow/database.rs"]
mod database;
#[path = "workflow/database_faults.rs"]
mod database_faults;
#[path = "workflow/killed.rs"]
mod killed;
#[path = "workflow/mailboxes.rs"]
mod mailboxes;
#[path = "workflow/million.rs"]
mod million;
#[path = "workflow/power.rs"]
mod power;
#[path = "workflow/stores.rs"]
mod stores;
#[path = "workflow/waiting.rs"]
mod waiting;
