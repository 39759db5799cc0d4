//! A bounded queue that does with too much what its policy says.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use super::error::PushError;
use super::inside::{Inside, Look};
use super::policy::PressureSettings;
use crate::workflow::blocking::{block_on, block_timeout};
use crate::workflow::line::Ticket;
use crate::workflow::moment::now;
use crate::workflow::refusal::PressureMetrics;
use crate::workflow::settings::InvalidSetting;
use crate::{budget, sync::lock};

/// A bounded queue between tasks and threads, first in, first out, that does with what comes when
/// it is full what its [`Policy`](super::Policy) says. Cheap to clone; clones are one queue.
///
/// What is refused and what is shed comes back to who pushed, who can answer for it: nothing is
/// lost in silence.
///
/// ```
/// use windlass::workflow::pressure::{Policy, PressureQueue, PressureSettings};
///
/// let policy = Policy::ShedOldest;
/// let queue = PressureQueue::new(PressureSettings { capacity: 2, policy, ..Default::default() })?;
/// let runtime = windlass::Runtime::new()?;
/// runtime.block_on(async {
///     assert_eq!(queue.push("first").await, Ok(None));
///     assert_eq!(queue.push("second").await, Ok(None));
///     assert_eq!(queue.push("third").await, Ok(Some("first")));
///     queue.close();
///     assert_eq!(queue.pop().await, Some("second"));
///     assert_eq!(queue.pop().await, Some("third"));
///     assert_eq!(queue.pop().await, None);
/// });
/// assert_eq!(queue.metrics().shed, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PressureQueue<T>(Arc<Mutex<Inside<T>>>);

impl<T> PressureQueue<T> {
    /// An empty queue.
    ///
    /// # Errors
    /// Names the setting that cannot be meant: no place, a hint of no time.
    pub fn new(settings: PressureSettings) -> Result<Self, InvalidSetting> {
        let checked = settings.check(now())?;
        Ok(Self(Arc::new(Mutex::new(Inside::new(&settings, checked)))))
    }

    /// Pushes without waiting, whatever the policy. What had to go for it comes back.
    ///
    /// # Errors
    /// [`PushError`], with the value.
    pub fn try_push(&self, value: T) -> Result<Option<T>, PushError<T>> {
        let now = now();
        let mut inside = lock(&self.0);
        let done = match inside.push(value, now) {
            Look::Wait(value) => Err(inside.refuse_full(value, now)),
            Look::Done(done) => done,
        };
        let called = inside.call();
        drop(inside);
        called.into_iter().for_each(Waker::wake);
        done
    }

    /// Pushes as the policy has it. What had to go for it comes back.
    ///
    /// **Cancel safety.** Dropped before it is ready, it has pushed nothing, and the value is
    /// dropped; room that it was given is the next one's.
    pub fn push(&self, value: T) -> Push<'_, T> {
        Push { queue: self, value: Some(value), ticket: None }
    }

    /// As [`PressureQueue::push`], blocking the thread while it waits.
    ///
    /// # Errors
    /// [`PushError`], with the value.
    pub fn push_blocking(&self, value: T) -> Result<Option<T>, PushError<T>> {
        block_on(self.push(value))
    }

    /// As [`PressureQueue::push_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// [`PushError`], with the value; when the time is over, [`Refusal::TooLate`](super::Refusal).
    pub fn push_timeout(&self, value: T, timeout: Duration) -> Result<Option<T>, PushError<T>> {
        let mut push = self.push(value);
        if let Some(done) = block_timeout(timeout, &mut push) {
            return done;
        }
        let value = push.value.take().expect("who waits to push has its value");
        drop(push);
        let now = now();
        Err(lock(&self.0).refuse_late(value, now))
    }

    /// The oldest item, if there is one that nobody was called for.
    pub fn try_pop(&self) -> Option<T> {
        let now = now();
        let mut inside = lock(&self.0);
        let popped = inside.pop(now);
        let called = inside.call();
        drop(inside);
        called.into_iter().for_each(Waker::wake);
        popped
    }

    /// Waits for an item, in line; `None` when the queue is closed and empty.
    ///
    /// **Cancel safety.** Dropped before it is ready, it has taken nothing.
    pub fn pop(&self) -> Pop<'_, T> {
        Pop { queue: self, ticket: None }
    }

    /// As [`PressureQueue::pop`], blocking the thread.
    pub fn pop_blocking(&self) -> Option<T> {
        block_on(self.pop())
    }

    /// As [`PressureQueue::pop_blocking`], at most for `timeout`; `None` also when it is over.
    pub fn pop_timeout(&self, timeout: Duration) -> Option<T> {
        block_timeout(timeout, self.pop()).flatten()
    }

    /// Takes nothing in any more: who waits to push is told, what is inside can be popped.
    pub fn close(&self) {
        let wakers = lock(&self.0).close();
        wakers.into_iter().for_each(Waker::wake);
    }

    /// Whether it is closed.
    pub fn is_closed(&self) -> bool {
        lock(&self.0).closed
    }

    /// The figures.
    pub fn metrics(&self) -> PressureMetrics {
        lock(&self.0).figures
    }
}

impl<T> Clone for PressureQueue<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Takes a waker out of its place, to stand in a line.
fn taken(waker: &mut Waker) -> Waker {
    std::mem::replace(waker, Waker::noop().clone())
}

/// The future of [`PressureQueue::push`].
#[must_use = "nothing is pushed before it is polled"]
pub struct Push<'a, T> {
    queue: &'a PressureQueue<T>,
    value: Option<T>,
    ticket: Option<Ticket>,
}

impl<T> Unpin for Push<'_, T> {}

impl<T> Future for Push<'_, T> {
    type Output = Result<Option<T>, PushError<T>>;

    /// # Panics
    /// When polled again after it was ready.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(budget::left(cx.waker()));
        let (queue, mut waker, now) = (self.queue, cx.waker().clone(), now());
        let mut inside = lock(&queue.0);
        let done = match self.ticket {
            Some(ticket) if inside.pushers.collect(ticket, &mut waker).is_none() => None,
            _ => {
                self.ticket = None;
                let value = self.value.take().expect("Push polled after it was ready");
                match inside.push(value, now) {
                    Look::Done(done) => Some(done),
                    Look::Wait(value) if inside.may_wait() => {
                        self.ticket = Some(inside.pushers.join(taken(&mut waker)));
                        self.value = Some(value);
                        None
                    }
                    Look::Wait(value) => Some(Err(inside.refuse_full(value, now))),
                }
            }
        };
        let called = inside.call();
        drop(inside);
        called.into_iter().for_each(Waker::wake);
        let Some(done) = done else { return Poll::Pending };
        budget::spend();
        Poll::Ready(done)
    }
}

impl<T> Drop for Push<'_, T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut inside = lock(&self.queue.0);
        let left = inside.pushers.leave(ticket);
        let called = inside.call();
        drop(inside);
        drop(left);
        called.into_iter().for_each(Waker::wake);
    }
}

/// The future of [`PressureQueue::pop`].
#[must_use = "nothing is popped before it is polled"]
pub struct Pop<'a, T> {
    queue: &'a PressureQueue<T>,
    ticket: Option<Ticket>,
}

impl<T> Future for Pop<'_, T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(budget::left(cx.waker()));
        let (queue, mut waker, now) = (self.queue, cx.waker().clone(), now());
        let mut inside = lock(&queue.0);
        let found = match self.ticket {
            Some(ticket) if inside.poppers.collect(ticket, &mut waker).is_none() => None,
            _ => {
                self.ticket = None;
                match inside.pop(now) {
                    Some(item) => Some(Some(item)),
                    None if inside.closed => Some(None),
                    None => {
                        self.ticket = Some(inside.poppers.join(taken(&mut waker)));
                        None
                    }
                }
            }
        };
        let called = inside.call();
        drop(inside);
        called.into_iter().for_each(Waker::wake);
        let Some(found) = found else { return Poll::Pending };
        budget::spend();
        Poll::Ready(found)
    }
}

impl<T> Drop for Pop<'_, T> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        let mut inside = lock(&self.queue.0);
        let left = inside.poppers.leave(ticket);
        let called = inside.call();
        drop(inside);
        drop(left);
        called.into_iter().for_each(Waker::wake);
    }
}

shows!([T] Push<'_, T>: |own| Push { waits: own.ticket.is_some() });
shows!([T] Pop<'_, T>: |own| Pop { waits: own.ticket.is_some() });
