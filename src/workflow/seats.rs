//! A bounded number of seats, and a bounded line of those who wait for one.
//!
//! **Rules.** 1. While anybody waits, no seat is free: one that is left goes to whoever came first,
//! so a newcomer cannot take it. 2. A seat that was given to somebody who is gone (the future was
//! dropped) goes to the next. 3. Wakers run, and are dropped, when the lock is free.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use super::drain::Drain;
use super::line::{Line, Ticket};
use super::moment::now;
use super::refusal::{Hints, PressureMetrics, Refusal};
use crate::{budget, sync::lock};

#[derive(Debug)]
pub(super) struct Seats {
    state: Mutex<State>,
    hints: Hints,
    waiting_max: usize,
    sheds: bool,
}

#[derive(Debug)]
struct State {
    free: usize,
    closed: bool,
    line: Line<Result<(), Refusal>>,
    drain: Drain,
    figures: PressureMetrics,
}

/// A place inside. Dropping it gives it to whoever has waited longest.
#[derive(Debug)]
#[must_use = "the place is left when this is dropped"]
pub struct Seat(Option<Arc<Seats>>);

impl Seats {
    /// `sheds`: when the line is full, who stands first must go for who comes last.
    pub(super) fn new(capacity: usize, waiting_max: usize, sheds: bool, hints: Hints) -> Arc<Self> {
        let figures = PressureMetrics { capacity, ..PressureMetrics::default() };
        let (line, drain) = (Line::new(), Drain::new());
        let state = State { free: capacity, closed: false, line, drain, figures };
        Arc::new(Self { state: Mutex::new(state), hints, waiting_max, sheds })
    }

    /// A seat, if one is free.
    pub(super) fn try_enter(self: &Arc<Self>) -> Result<Seat, Refusal> {
        let now = now();
        let mut state = lock(&self.state);
        if state.take(now)? {
            return Ok(Seat(Some(self.clone())));
        }
        state.figures.rejected += 1;
        Err(Refusal::Full { retry_after: self.hint(&state, now) })
    }

    /// A seat, if one is free; that there is none is no refusal.
    pub(super) fn occupy(self: &Arc<Self>) -> Option<Seat> {
        let taken = lock(&self.state).take(now());
        (taken == Ok(true)).then(|| Seat(Some(self.clone())))
    }

    /// A seat, or a place in the line.
    pub(super) fn enter(self: &Arc<Self>) -> Enter {
        Enter { seats: self.clone(), ticket: None }
    }

    /// Who was let in could not stay, for another reason: it counts as rejected.
    pub(super) fn reject(&self, mut seat: Seat) {
        seat.0 = None;
        self.leave(false);
    }

    /// Nobody is let in any more; those who wait are told.
    pub(super) fn close(&self) {
        let mut state = lock(&self.state);
        state.closed = true;
        let wakers = state.line.call_all(|| Err(Refusal::Closed));
        state.measure();
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(super) fn metrics(&self) -> PressureMetrics {
        lock(&self.state).figures
    }

    /// What to tell somebody who would wait no longer; counts it.
    pub(super) fn too_late(&self) -> Refusal {
        let now = now();
        let mut state = lock(&self.state);
        state.figures.rejected += 1;
        Refusal::TooLate { retry_after: self.hint(&state, now) }
    }

    fn hint(&self, state: &State, now: Instant) -> std::time::Duration {
        self.hints.hint(state.drain.time_for(state.line.waiting() + 1, now))
    }

    /// Takes a seat, or gets in line. A waker that comes with the ticket is that of somebody who
    /// had to go.
    fn come(&self, waker: Waker) -> Result<Option<(Ticket, Option<Waker>)>, Refusal> {
        let now = now();
        let mut state = lock(&self.state);
        if state.take(now)? {
            return Ok(None);
        }
        let mut shed = None;
        if state.line.waiting() >= self.waiting_max {
            let retry_after = self.hint(&state, now);
            if self.sheds {
                shed = state.line.call_first(Err(Refusal::Shed { retry_after })).ok();
            }
            if shed.is_none() {
                state.figures.rejected += 1;
                return Err(Refusal::Full { retry_after });
            }
            state.figures.shed += 1;
        }
        let ticket = state.line.join(waker);
        state.measure();
        Ok(Some((ticket, shed)))
    }

    fn leave(&self, served: bool) {
        let now = now();
        let mut state = lock(&self.state);
        let waker = state.pass_on();
        if served {
            let full = state.free == 0;
            state.drain.departed(now, full);
        } else {
            state.figures.admitted -= 1;
            state.figures.rejected += 1;
        }
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Out of the line, called or not.
    fn give_up(&self, ticket: Ticket) {
        let mut state = lock(&self.state);
        let (called, left) = state.line.leave(ticket);
        // A seat that nobody sat on is nobody's departure.
        let waker = if called == Some(Ok(())) { state.pass_on() } else { None };
        state.measure();
        drop(state);
        drop(left);
        waker.into_iter().for_each(Waker::wake);
    }
}

impl State {
    /// Whether a seat was free, and is taken.
    fn take(&mut self, now: Instant) -> Result<bool, Refusal> {
        if self.closed {
            return Err(Refusal::Closed);
        }
        let Some(free) = self.free.checked_sub(1) else { return Ok(false) };
        self.free = free;
        self.figures.admitted += 1;
        if free == 0 {
            self.drain.busy(now);
        }
        self.measure();
        Ok(true)
    }

    /// A seat is left: it is the first waiter's, or free.
    fn pass_on(&mut self) -> Option<Waker> {
        let waker = self.line.call_first(Ok(())).ok();
        self.free += usize::from(waker.is_none());
        self.measure();
        waker
    }

    fn measure(&mut self) {
        let waiting = self.line.waiting();
        self.figures.measure(self.figures.capacity - self.free, waiting);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(seats) = self.0.take() {
            seats.leave(true);
        }
    }
}

/// The future of `enter`: a place, when there is one. Dropped before it is ready it leaves the
/// line; a place that it was given meanwhile is the next one's.
#[derive(Debug)]
#[must_use = "nobody comes in before it is polled"]
pub struct Enter {
    seats: Arc<Seats>,
    ticket: Option<Ticket>,
}

impl Future for Enter {
    type Output = Result<Seat, Refusal>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(budget::left(cx.waker()));
        let mut waker = cx.waker().clone();
        let came = match self.ticket {
            None => match self.seats.come(waker) {
                Ok(Some((ticket, shed))) => {
                    self.ticket = Some(ticket);
                    shed.into_iter().for_each(Waker::wake);
                    return Poll::Pending;
                }
                Ok(None) => Ok(()),
                Err(refusal) => Err(refusal),
            },
            Some(ticket) => {
                let mut state = lock(&self.seats.state);
                let collected = state.line.collect(ticket, &mut waker);
                state.figures.admitted += u64::from(collected == Some(Ok(())));
                drop(state);
                let Some(came) = collected else { return Poll::Pending };
                self.ticket = None;
                came
            }
        };
        budget::spend();
        Poll::Ready(came.map(|()| Seat(Some(self.seats.clone()))))
    }
}

impl Drop for Enter {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.seats.give_up(ticket);
        }
    }
}
