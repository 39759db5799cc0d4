//! The claims about asynchronism, each measured on the reader's own machine: one file a claim says
//! what is claimed, what is measured, what would refute it, and by which rule the verdict comes.
//!
//! Bottom-up: what a claim is, the claims, and the run that measures them.

mod bits;
pub mod claim;
pub mod non_blocking;
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
    &resilience::CLAIM,
    &back_pressure::CLAIM,
    &background_work::CLAIM,
    &event_driven::CLAIM,
    &messaging::CLAIM,
    &lock_free_inside::CLAIM,
];

/// The claim called `id`.
#[must_use]
pub fn named(id: &str) -> Option<&'static Claim> {
    ALL.iter().copied().find(|claim| claim.id == id)
}
