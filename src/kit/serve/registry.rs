//! The live connections of a server: counted, bounded, and reachable for the stop.
//!
//! Stopping takes two steps. *Drain*: connections between two requests see the end of their input
//! and close; a request that is unfinished, waiting or being answered goes on. *Cut*: what is left
//! after the drain deadline is shut both ways, and sleeping threads are woken.
//!
//! A request of which the server has read nothing when the drain begins is not served, though its
//! bytes may have arrived: its client sees the connection end without a reply. The same holds for
//! one whose first bytes are read in the very moment in which the drain begins.

use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// A socket that can be shut from another thread.
pub(super) trait Shut: Send + Sync {
    /// Shuts the given directions; a socket that is closed already is none the worse.
    fn shut(&self, how: Shutdown);
}

impl Shut for std::net::TcpStream {
    fn shut(&self, how: Shutdown) {
        // Fails only if the peer has gone already: then there is nothing to shut.
        let _ = self.shutdown(how);
    }
}

/// A connection that counts.
#[derive(Debug)]
pub(super) struct Live<S> {
    pub(super) stream: S,
    /// Set while a request has begun to come and is not whole: its input must not end by a drain.
    unfinished: AtomicBool,
    /// The thread that sleeps in a wait, if a thread it is.
    sleeper: Mutex<Option<Thread>>,
}

impl<S> Live<S> {
    /// Says that a request has begun to come and is not whole, or no longer so.
    pub(super) fn set_unfinished(&self, unfinished: bool) {
        if self.unfinished.load(Ordering::Relaxed) != unfinished {
            self.unfinished.store(unfinished, Ordering::Relaxed);
        }
    }

    /// Names the thread to wake when the connection is cut.
    pub(super) fn set_sleeper(&self, thread: Option<Thread>) {
        *lock(&self.sleeper) = thread;
    }
}

/// Why a connection was not admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// As many connections as may be are there.
    Full,
    /// The server stops.
    Stopping,
}

#[derive(Debug)]
struct Table<S> {
    slots: Vec<Option<Arc<Live<S>>>>,
    free: Vec<usize>,
}

/// The live connections.
#[derive(Debug)]
pub(super) struct Registry<S> {
    table: Mutex<Table<S>>,
    emptied: Condvar,
    connections_max: usize,
    stopping: AtomicBool,
    cut: AtomicBool,
}

impl<S: Shut> Registry<S> {
    pub(super) fn new(connections_max: usize) -> Registry<S> {
        Registry {
            table: Mutex::new(Table { slots: Vec::new(), free: Vec::new() }),
            emptied: Condvar::new(),
            connections_max,
            stopping: AtomicBool::new(false),
            cut: AtomicBool::new(false),
        }
    }

    /// Admits a connection, or gives it back.
    pub(super) fn admit(self: &Arc<Self>, stream: S) -> Result<Ticket<S>, (Denied, S)> {
        let mut table = lock(&self.table);
        if self.is_stopping() {
            return Err((Denied::Stopping, stream));
        }
        let live = |stream| {
            let (unfinished, sleeper) = (AtomicBool::new(false), Mutex::new(None));
            Arc::new(Live { stream, unfinished, sleeper })
        };
        let (slot, live) = match table.free.pop() {
            Some(slot) => (slot, live(stream)),
            None if table.slots.len() < self.connections_max => {
                table.slots.push(None);
                (table.slots.len() - 1, live(stream))
            }
            None => return Err((Denied::Full, stream)),
        };
        table.slots[slot] = Some(Arc::clone(&live));
        Ok(Ticket { registry: Arc::clone(self), live, slot })
    }

    /// Whether the server stops: each reply now ends its connection.
    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Whether the drain deadline is over: nothing waits any longer.
    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// Begins to stop: from now on nothing is admitted.
    pub(super) fn drain(&self) {
        let table = lock(&self.table);
        self.stopping.store(true, Ordering::Relaxed);
        for live in table.slots.iter().flatten() {
            if !live.unfinished.load(Ordering::Relaxed) {
                live.stream.shut(Shutdown::Read);
            }
        }
    }

    /// Waits until the last connection has ended, at most for `within`: how many are left.
    pub(super) fn wait_empty(&self, within: Duration) -> usize {
        let deadline = Instant::now() + within;
        let mut table = lock(&self.table);
        loop {
            let left = table.slots.len() - table.free.len();
            let time = deadline.saturating_duration_since(Instant::now());
            if left == 0 || time.is_zero() {
                return left;
            }
            let woken = self.emptied.wait_timeout(table, time);
            table = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Ends what is left.
    pub(super) fn cut(&self) {
        let table = lock(&self.table);
        self.cut.store(true, Ordering::Relaxed);
        for live in table.slots.iter().flatten() {
            live.stream.shut(Shutdown::Both);
            if let Some(thread) = &*lock(&live.sleeper) {
                thread.unpark();
            }
        }
    }

    fn leave(&self, slot: usize) {
        let mut table = lock(&self.table);
        table.slots[slot] = None;
        table.free.push(slot);
        let empty = table.free.len() == table.slots.len();
        drop(table);
        if empty && self.is_stopping() {
            self.emptied.notify_all();
        }
    }
}

/// A place among the live connections, left when this is dropped.
#[derive(Debug)]
pub(super) struct Ticket<S: Shut> {
    registry: Arc<Registry<S>>,
    pub(super) live: Arc<Live<S>>,
    slot: usize,
}

impl<S: Shut> Drop for Ticket<S> {
    fn drop(&mut self) {
        self.registry.leave(self.slot);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds one of these locks, and each holds its data whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
