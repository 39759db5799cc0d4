//! The socket through which a worker sleeps: by condition variable, on a reactor, or in a
//! simulation.

use std::{ffi::c_int, sync::Arc, time::Duration};

use crate::{park::Parker, park::Unparker, sync::Mutex};

/// What one worker waits on when it has nothing to run.
///
/// The worker calls `wait`, leaves the list of sleepers, then calls `dispatch`: so the tasks that
/// events make ready are pushed by a worker that counts as awake.
pub trait Driver: Send {
    /// Waits for events or a notification: at most `timeout`, without end when it is `None`, not at
    /// all when it is zero. May return early.
    fn wait(&mut self, timeout: Option<Duration>);

    /// Wakes the tasks whose events the last `wait` brought, and whose timers are due.
    fn dispatch(&mut self);

    /// The thread goes elsewhere and waits by other means, if the driver has any (a descriptor that
    /// becomes readable): notifications from now on must reach it there.
    fn leave(&mut self) {}

    /// The thread is back from where it went with [`Driver::leave`]. Whether it was notified there.
    fn come_back(&mut self) -> bool {
        false
    }

    /// The descriptor that becomes readable when `wait` would return, if there is one. It says
    /// nothing of timers: see [`Driver::until_timer`].
    fn descriptor(&self) -> Option<c_int> {
        None
    }

    /// The time until the next timer is due, if there is one.
    fn until_timer(&self) -> Option<Duration> {
        None
    }

    /// A handle that ends the current `wait`, or makes the next one return at once.
    fn notifier(&self) -> Arc<dyn Notify>;
}

/// Held by the worker whose it is while it waits and dispatches; by the monitor, which tries only,
/// while that worker stands still.
pub(super) type SharedDriver = Arc<Mutex<Box<dyn Driver>>>;

/// Ends a [`Driver`]'s wait from any thread.
pub trait Notify: Send + Sync {
    /// Never blocks, and costs a system call only when the worker sleeps.
    fn notify(&self);
}

/// Waits for notifications only.
#[derive(Debug, Default)]
pub struct CondvarDriver(Parker);

impl Driver for CondvarDriver {
    fn wait(&mut self, timeout: Option<Duration>) {
        match timeout {
            None => self.0.park(),
            Some(Duration::ZERO) => {}
            Some(timeout) => _ = self.0.park_timeout(timeout),
        }
    }

    fn dispatch(&mut self) {}

    fn notifier(&self) -> Arc<dyn Notify> {
        Arc::new(self.0.unparker())
    }
}

impl Notify for Unparker {
    fn notify(&self) {
        self.unpark();
    }
}
