//! Many tasks alive at once: each is polled once, leaves its waker, and waits to be woken.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::latch::Latch;
use crate::peers::{Executor, Spawner};

/// The bytes of each task's future.
pub(crate) const FUTURE_BYTES: usize = size_of::<Waiting>();

const _: () = assert!(FUTURE_BYTES == 24);

/// The places of the tasks' wakers, taken beforehand; it lives for ever, so that tasks need no
/// reference count to reach it.
pub(crate) struct Crowd {
    places: Box<[Mutex<Option<Waker>>]>,
    idle: &'static Latch,
    done: &'static Latch,
}

/// What it took, for all tasks.
pub(crate) struct Lived {
    /// From before the first spawn until the last task was idle.
    pub(crate) spawned: Duration,
    /// From before the first wake until the last task was done.
    pub(crate) woken: Duration,
}

/// A task's future.
struct Waiting {
    crowd: &'static Crowd,
    number: usize,
    polled: bool,
}

impl Crowd {
    /// For `tasks` tasks.
    pub(crate) fn leaked(tasks: usize) -> &'static Self {
        Box::leak(Box::new(Self {
            places: (0..tasks).map(|_| Mutex::new(None)).collect(),
            idle: Latch::leaked(tasks),
            done: Latch::leaked(tasks),
        }))
    }

    fn place(&self, number: usize) -> MutexGuard<'_, Option<Waker>> {
        self.places[number].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Spawns `tasks` tasks and waits until each is idle and its waker here.
    ///
    /// # Errors
    /// A task was not polled, or polled twice.
    pub(crate) fn gather<E: Executor>(
        &'static self,
        executor: &E,
        tasks: usize,
    ) -> Result<Duration, String> {
        self.idle.reset(tasks);
        executor.started(|starter| self.spawn(starter, tasks), self.idle)
    }

    fn spawn<S: Spawner>(&'static self, spawner: &S, tasks: usize) {
        for number in 0..tasks {
            spawner.detach(Waiting { crowd: self, number, polled: false });
        }
    }

    /// Wakes them all, from where they were spawned, and waits until each is done.
    ///
    /// # Errors
    /// A task had no waker, or was not polled after its wake.
    pub(crate) fn dismiss<E: Executor>(
        &'static self,
        executor: &E,
        tasks: usize,
    ) -> Result<Duration, String> {
        self.done.reset(tasks);
        // A task without a waker is missed by the latch.
        executor.started(|_| self.wake(tasks), self.done)
    }

    fn wake(&self, tasks: usize) {
        for number in 0..tasks {
            if let Some(waker) = self.place(number).take() {
                waker.wake();
            }
        }
    }

    /// Both, one after the other.
    ///
    /// # Errors
    /// As both.
    pub(crate) fn live<E: Executor>(
        &'static self,
        executor: &E,
        tasks: usize,
    ) -> Result<Lived, String> {
        let spawned = self.gather(executor, tasks)?;
        let woken = self.dismiss(executor, tasks)?;
        Ok(Lived { spawned, woken })
    }
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.polled {
            self.crowd.done.arrive(self.number);
            return Poll::Ready(());
        }
        self.polled = true;
        *self.crowd.place(self.number) = Some(cx.waker().clone());
        self.crowd.idle.arrive(self.number);
        Poll::Pending
    }
}
