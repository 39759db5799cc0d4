//! A service that takes orders, in two ways: acknowledge now and work later, or do all in line.
//!
//! | request | acknowledging first (evented) | in line (blocking models) |
//! |---|---|---|
//! | `POST /orders` | saves, 202 | saves, calls the slow service, 201 or 502 |
//! | `GET /orders/{id}` | how the order stands | the same |
//! | `GET /orders/{id}/events` | the same, as events until it is finished | the same |
//! | `GET /summary` | sums over all orders, looked up ahead by a periodic job | for each request |
//! | `GET /audit` | the last events of all orders | the same |
//! | `GET /metrics` | figures in Prometheus' text form | the same, without a queue |
//! | `GET /dead-letters` | orders that were given up | the same |
//! | `POST /dead-letters/{id}/retry` | queues one again, 202 | tries again, 200 or 502 |
//! | `GET /` | a live page | the same |
//!
//! Both use the same orders, database, retry policy, retry budget, circuit breaker and calls; they
//! differ in who waits for the slow service: a worker behind a queue, or the client.
//!
//! **The promise.** What was answered with 202 is in the database, synced, with its message; it is
//! worked on until it is completed or a dead letter, over crashes too; and the slow service does
//! its work once, since an order's name is its idempotency key. What was answered with 503 was not
//! acknowledged, and may be sent again, with its key: after a sync that failed it is uncertain.

mod json;
mod order;
mod id;
mod record;
mod ledger;
mod figures;
mod events;
mod news;
mod running;
mod audit;
mod admission;
mod downstream;
mod replies;
mod routes;
mod settings;
mod desk;
mod probing;
mod panics;
mod steps;
mod queued;
mod intake;
mod worker;
mod in_line;
mod service;

pub use id::{NoOrderId, OrderId};
pub use order::{Item, ORDER_BYTES_MAX, Order, OrderError, Wrong};
pub use record::{Record, Status};
pub use service::open;
pub use settings::{Calls, OrdersError, OrdersSettings, Seams};
