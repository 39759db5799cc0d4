//! The settings that come with the feature `net`.

use std::sync::Arc;

use super::builder::Builder;
use crate::reactor::Clock;

impl<P, Q> Builder<P, Q> {
    /// The clock that timers follow, in place of the system's.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.choices.options.clock = Some(clock);
        self
    }
}
