//! Sizes, as small as they can be.

pub(crate) const PLACES_MOVED: usize = 1;
pub(crate) const PLACES_SHARED: usize = 2;
