//! The settings by which a runtime is tuned, and tells about itself.

use std::{sync::Arc, time::Duration};

use super::builder::Builder;
use crate::executor::{PanicPolicy, SlowPoll};
use crate::task::Panic;

impl<P, Q> Builder<P, Q> {
    /// How long a worker without work looks about before it sleeps, at most 1 ms. How long it
    /// really does follows from how soon the last sleeps were ended by a task from outside: a
    /// runtime that waits for sockets and timers sleeps at once. Default 20 us; zero: never looks
    /// about.
    pub fn spin_max(mut self, spin_max: Duration) -> Self {
        self.choices.settings.spin_max = spin_max;
        self
    }

    /// Whether to measure how long each poll takes, for [`WorkerCounts::poll_times`]: two readings
    /// of the clock a poll. Default: no.
    ///
    /// [`WorkerCounts::poll_times`]: crate::executor::WorkerCounts::poll_times
    pub fn poll_times(mut self, measure: bool) -> Self {
        self.choices.settings.poll_times = measure;
        self
    }

    /// Whether threads in `block_on` run the tasks that become ready on them while their future
    /// waits. Default: yes. Without, what they spawn is run by workers only.
    pub fn guests(mut self, guests: bool) -> Self {
        self.choices.settings.guests = guests;
        self
    }

    /// What a panic in a task does, beside going to its join handle. Default: nothing.
    pub fn panic_policy(mut self, policy: PanicPolicy) -> Self {
        self.choices.settings.hooks.panic_policy = policy;
        self
    }

    /// Calls `hook` with what a task panicked with, on the thread that ran it, before its join
    /// handle hears of it. A panic of the hook's is discarded.
    pub fn on_panic(mut self, hook: impl Fn(&Panic) + Send + Sync + 'static) -> Self {
        self.choices.settings.hooks.on_panic = Some(Arc::new(hook));
        self
    }

    /// Calls `hook`, on a thread of its own, once for each poll that lasts for `limit` or more,
    /// while it still lasts: its task blocks its worker. It is noticed within 8 ms after that.
    pub fn on_slow_poll(
        mut self,
        limit: Duration,
        hook: impl Fn(SlowPoll) + Send + Sync + 'static,
    ) -> Self {
        self.choices.settings.hooks.on_slow_poll = Some((limit, Arc::new(hook)));
        self
    }
}
