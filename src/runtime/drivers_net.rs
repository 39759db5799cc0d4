//! With the feature `net`: each worker sleeps in its own reactor.

use std::ffi::c_int;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::executor::{Driver, Notify};
use crate::reactor::{self, Clock, SystemClock};
use crate::sync::{AtomicUsize, Ordering};

/// What drivers are made of.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
        }
    }
}

/// The reactors of one runtime, one a worker.
#[derive(Clone)]
pub(super) struct Reactors {
    handles: Arc<[reactor::Handle]>,
    turn: Arc<AtomicUsize>,
}

/// A reactor lent to a thread; the one before comes back with the drop.
pub(super) struct Lent {
    before: Option<reactor::Current>,
}

struct ReactorDriver(reactor::Driver);

struct ReactorNotifier(reactor::Handle);

pub(super) fn make(
    workers: usize,
    options: &Options,
) -> io::Result<(Vec<Box<dyn Driver>>, Reactors)> {
    let mut drivers: Vec<Box<dyn Driver>> = Vec::with_capacity(workers);
    let mut handles = Vec::with_capacity(workers);
    for _ in 0..workers {
        let driver = reactor::Driver::new(options.clock.clone())?;
        handles.push(driver.handle().clone());
        drivers.push(Box::new(ReactorDriver(driver)));
    }
    Ok((
        drivers,
        Reactors {
            handles: handles.into(),
            turn: Arc::default(),
        },
    ))
}

impl Reactors {
    /// For drivers that are not reactors.
    pub(super) fn none() -> Self {
        Self {
            handles: Arc::new([]),
            turn: Arc::default(),
        }
    }

    /// The workers have ended: wakes whoever still waits for a socket or a timer.
    pub(super) fn end(&self) {
        for handle in self.handles.iter() {
            handle.end();
        }
    }

    /// Lends the calling thread a worker's reactor, or, to a thread that is no worker, each in
    /// turn.
    pub(super) fn lend(&self, worker: Option<usize>) -> Lent {
        let index = worker.unwrap_or_else(|| {
            self.turn.fetch_add(1, Ordering::Relaxed) % self.handles.len().max(1)
        });
        let drives = worker.is_some();
        let handle = self.handles.get(index).cloned();
        let current = handle.map(|handle| reactor::Current { handle, drives });
        Lent {
            before: reactor::Handle::replace_current(current),
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        reactor::Handle::replace_current(self.before.take());
    }
}

impl Driver for ReactorDriver {
    fn wait(&mut self, timeout: Option<Duration>) {
        self.0.wait(timeout);
    }

    fn dispatch(&mut self) {
        self.0.dispatch();
    }

    fn leave(&mut self) {
        self.0.leave();
    }

    fn come_back(&mut self) {
        self.0.come_back();
    }

    fn descriptor(&self) -> Option<c_int> {
        Some(self.0.descriptor())
    }

    fn until_timer(&self) -> Option<Duration> {
        self.0.until_timer()
    }

    fn notifier(&self) -> Arc<dyn Notify> {
        Arc::new(ReactorNotifier(self.0.handle().clone()))
    }
}

impl Notify for ReactorNotifier {
    fn notify(&self) {
        self.0.notify();
    }
}

impl fmt::Debug for Reactors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactors")
            .field("count", &self.handles.len())
            .finish()
    }
}

impl fmt::Debug for Lent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lent").finish_non_exhaustive()
    }
}
