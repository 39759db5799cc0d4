//! Sizes that the models shrink.

/// How many free places of cells move at once between a thread and the others.
pub(crate) const PLACES_MOVED: usize = 64;

/// How many free places of one size wait for whoever comes first.
pub(crate) const PLACES_SHARED: usize = 4096;
