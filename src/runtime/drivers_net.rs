//! With the feature `net`: each worker sleeps in its own reactor.

use std::{ffi::c_int, io, sync::Arc, time::Duration};

use crate::executor::{Driver, Notify};
use crate::reactor::{self, Clock, SystemClock};
use crate::sync::{AtomicUsize, Ordering};

/// What drivers are made of.
#[derive(Default)]
pub(super) struct Options {
    pub(super) clock: Option<Arc<dyn Clock>>,
}

/// The reactors of one runtime, one a worker.
#[derive(Clone, Default)]
pub(super) struct Reactors {
    handles: Arc<[reactor::Handle]>,
    turn: Arc<AtomicUsize>,
}

/// A reactor lent to a thread; the one before comes back with the drop.
pub(super) struct Lent {
    before: Option<reactor::Handle>,
}

/// A driver for each worker, and their reactors.
type Made = (Vec<Box<dyn Driver>>, Reactors);

pub(super) fn make(workers: usize, options: Options) -> io::Result<Made> {
    let clock = options.clock.unwrap_or_else(|| Arc::new(SystemClock));
    let drivers: io::Result<Vec<_>> =
        (0..workers).map(|_| reactor::Driver::new(clock.clone())).collect();
    let drivers = drivers?;
    let handles = drivers.iter().map(|driver| driver.handle().clone()).collect();
    let drivers = drivers.into_iter().map(|driver| Box::new(driver) as Box<dyn Driver>);
    Ok((drivers.collect(), Reactors { handles, turn: Arc::default() }))
}

impl Reactors {
    /// The workers have ended: wakes whoever still waits for a socket or a timer.
    pub(super) fn end(&self) {
        self.handles.iter().for_each(reactor::Handle::end);
    }

    /// Lends the calling thread a worker's reactor, or, to a thread that is no worker, each in
    /// turn.
    pub(super) fn lend(&self, worker: Option<usize>) -> Lent {
        let in_turn = || self.turn.fetch_add(1, Ordering::Relaxed) % self.handles.len().max(1);
        let handle = self.handles.get(worker.unwrap_or_else(in_turn)).cloned();
        Lent { before: reactor::Handle::replace_current(handle) }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        reactor::Handle::replace_current(self.before.take());
    }
}

impl Driver for reactor::Driver {
    fn wait(&mut self, timeout: Option<Duration>) {
        self.wait(timeout);
    }

    fn dispatch(&mut self) {
        self.dispatch();
    }

    fn leave(&mut self) {
        self.leave();
    }

    fn come_back(&mut self) -> bool {
        self.come_back()
    }

    fn descriptor(&self) -> Option<c_int> {
        Some(self.descriptor())
    }

    fn until_timer(&self) -> Option<Duration> {
        self.until_timer()
    }

    fn notifier(&self) -> Arc<dyn Notify> {
        Arc::new(self.handle().clone())
    }
}

impl Notify for reactor::Handle {
    fn notify(&self) {
        self.notify();
    }
}
