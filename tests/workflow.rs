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
