//! The claims about asynchronism, each measured on the reader's own machine: one file a claim says
//! what is claimed, what is measured, what would refute it, and by which rule the verdict comes.
//!
//! Bottom-up: what a claim is, what several share, the claims, and the run that measures them.

mod bits;
pub mod claim;
mod heart;
mod servers;
pub mod non_blocking;
pub mod responsiveness;
pub mod throughput;
pub mod resource_use;
pub mod scalability;
pub mod cpu_bound;
pub mod files_and_queries;
pub mod resilience;
pub mod back_pressure;
pub mod background_work;
pub mod event_driven;
pub mod messaging;
pub mod lock_free_inside;
pub mod run;

use self::claim::Claim;

/// All claims, in the order in which they are measured and shown.
pub const ALL: &[&Claim] = &[
    &non_blocking::CLAIM,
    &responsiveness::CLAIM,
    &throughput::CLAIM,
    &resource_use::CLAIM,
    &scalability::CLAIM,
    &resilience::CLAIM,
    &back_pressure::CLAIM,
    &background_work::CLAIM,
    &event_driven::CLAIM,
    &messaging::CLAIM,
    &lock_free_inside::CLAIM,
    &cpu_bound::CLAIM,
    &files_and_queries::CLAIM,
];

/// The claim called `id`.
#[must_use]
pub fn named(id: &str) -> Option<&'static Claim> {
    ALL.iter().copied().find(|claim| claim.id == id)
}
