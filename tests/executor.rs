//! The executor's parts that can be chosen: policies, queues, guests, what it tells about itself.

#[path = "support/runtime.rs"]
mod support;

#[path = "executor/guests.rs"]
mod guests;
#[path = "executor/policies.rs"]
mod policies;
#[path = "executor/reports.rs"]
mod reports;
#[path = "executor/spreading.rs"]
mod spreading;
