//! How many threads use one side of a ring: known to the type system, so that a sole user pays no
//! compare-exchange.

/// A side with one user, which cannot be cloned.
#[derive(Debug)]
pub enum Sole {}

/// A side with any number of users.
#[derive(Debug)]
pub enum Shared {}

/// [`Sole`] or [`Shared`].
pub trait Side: sealed::Side {}

impl<S: sealed::Side> Side for S {}

pub(super) mod sealed {
    //! Keeps other crates from adding sides.

    use super::{Shared, Sole};

    pub trait Side {
        const SOLE: bool;
    }

    impl Side for Sole {
        const SOLE: bool = true;
    }

    impl Side for Shared {
        const SOLE: bool = false;
    }
}
