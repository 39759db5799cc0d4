//! A fixed number of threads, each serving one connection at a time from a bounded queue.
//!
//! A thread that stays with an idle keep-alive connection keeps the others waiting. So while
//! connections wait in the queue, each reply ends its connection, and idle ones are closed at the
//! next tick: every client is served, at the price of connecting again. With no more connections
//! than threads the pool is thread per connection without the spawning.

use std::collections::VecDeque;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io, thread};

use super::accept::accept_all;
use super::blocking_connection::{Manner, serve};
use super::registry::Ticket;
use super::shared::Shared;

/// How often a thread with an idle connection looks whether others wait.
const TICK_MAX: Duration = Duration::from_millis(100);

/// Serves until the server stops and the threads of the pool have ended. Says by `ready` whether
/// all threads could be spawned; if not, it ends at once.
pub(super) fn run(
    listener: &TcpListener,
    shared: &Shared<TcpStream>,
    ready: impl FnOnce(io::Result<()>),
) {
    let queue = Queue::new(shared.config.pool_queue_max);
    let crowded = || queue.is_crowded();
    let own = Manner::own_thread(shared);
    let manner = Manner { tick: own.tick.min(TICK_MAX), crowded: &crowded, ..own };
    thread::scope(|scope| {
        let work = || {
            while let Some(ticket) = queue.pop() {
                serve(shared, &ticket.live, &manner);
            }
        };
        for _ in 0..shared.config.pool_threads {
            let builder = thread::Builder::new().stack_size(shared.config.stack_bytes);
            if let Err(error) = builder.spawn_scoped(scope, work) {
                queue.close();
                return ready(Err(error));
            }
        }
        ready(Ok(()));
        accept_all(listener, shared, |ticket| queue.push(ticket, shared));
        queue.close();
    });
}

struct Queue {
    waiting: Mutex<Waiting>,
    /// Length of the queue, to be looked at without the lock.
    len: AtomicUsize,
    filled: Condvar,
    drained: Condvar,
    len_max: usize,
}

struct Waiting {
    tickets: VecDeque<Ticket<TcpStream>>,
    closed: bool,
}

impl Queue {
    fn new(len_max: usize) -> Queue {
        Queue {
            waiting: Mutex::new(Waiting { tickets: VecDeque::new(), closed: false }),
            len: AtomicUsize::new(0),
            filled: Condvar::new(),
            drained: Condvar::new(),
            len_max,
        }
    }

    fn is_crowded(&self) -> bool {
        self.len.load(Ordering::Relaxed) > 0
    }

    /// Adds a connection; while there is no room the accept loop stands still, so that further
    /// connections wait in the listen backlog.
    fn push(&self, ticket: Ticket<TcpStream>, shared: &Shared<TcpStream>) {
        let mut waiting = self.lock();
        while waiting.tickets.len() >= self.len_max && !shared.registry.is_stopping() {
            // Looks again now and then, since a stop does not know of this condition.
            let woken = self.drained.wait_timeout(waiting, TICK_MAX);
            waiting = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        waiting.tickets.push_back(ticket);
        self.len.store(waiting.tickets.len(), Ordering::Relaxed);
        drop(waiting);
        self.filled.notify_one();
    }

    /// The next connection; `None` when the queue is closed and empty.
    fn pop(&self) -> Option<Ticket<TcpStream>> {
        let mut waiting = self.lock();
        loop {
            if let Some(ticket) = waiting.tickets.pop_front() {
                self.len.store(waiting.tickets.len(), Ordering::Relaxed);
                drop(waiting);
                self.drained.notify_one();
                return Some(ticket);
            }
            if waiting.closed {
                return None;
            }
            waiting = self.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing panics while it holds the lock, and the queue is whole at any time.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
