//! Trying again: how often, after how long, and how much of it the callers may do together.
//!
//! | piece | says |
//! |---|---|
//! | [`RetryPolicy`] | how many attempts, and the wait before each: exponential, with full jitter |
//! | [`RetryBudget`] | that retries stay a share of the calls, whoever makes them |
//! | [`Failure`] | what one attempt came to: only the caller knows what may be tried again |
//! | [`retry`](fn@retry), [`retry_blocking`] | do it, for tasks and for threads |
//! | [`Retries`] | the same without waiting: for queues that deliver again later, for simulations |
//!
//! ```text
//!            attempt 1        attempt 2                attempt 3
//!   call --> [======] ......  [======] ...............  [======] --> Ok, or GaveUp
//!               |      wait:     |      wait:
//!            transient 0..base   |      0..2 x base .. never longer than backoff_max
//!                                +-- permanent, attempts or budget used up, too late: GaveUp
//! ```
//!
//! An attempt may be made twice although the first one had its effect (its reply was lost): what is
//! tried again must be idempotent.
//!
//! # Sources
//!
//! M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 (full jitter); the
//! budget is known from Finagle's `RetryBudget` and gRPC's retry throttling (proposal A6), here
//! with a bucket that starts full, and without a time in which deposits expire.

mod budget;
mod policy;
mod run;

pub use budget::{BudgetMetrics, BudgetSettings, RetryBudget, RetryToken};
pub use policy::{Failure, Jitter, Retries, RetryPolicy, RetrySettings, Step, Why};
pub use run::{GaveUp, retry, retry_blocking};
