//! Without the feature `net`: workers sleep on condition variables, and there are no reactors to
//! lend.

use std::io;

use crate::executor::{CondvarDriver, Driver};

/// What drivers are made of: nothing.
#[derive(Default)]
pub(super) struct Options {}

/// The reactors of one runtime: none.
#[derive(Clone, Default)]
pub(super) struct Reactors {}

/// A reactor lent to a thread: none.
pub(super) struct Lent;

pub(super) fn make(workers: usize, _: Options) -> io::Result<(Vec<Box<dyn Driver>>, Reactors)> {
    let drivers = (0..workers).map(|_| Box::<CondvarDriver>::default() as Box<dyn Driver>);
    Ok((drivers.collect(), Reactors {}))
}

impl Reactors {
    pub(super) fn end(&self) {}

    pub(super) fn lend(&self, _worker: Option<usize>) -> Lent {
        Lent
    }
}
