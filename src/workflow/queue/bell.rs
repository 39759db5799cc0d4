//! Calls those who wait: one for each thing that comes, and one when something is due.
//!
//! **Waiting.** 1. [`Bell::listen`]: remember how often it has rung. 2. Look. 3. When nothing is
//! there, [`Listener::wait`]: who finds that it has rung meanwhile looks again at once; else it
//! gets in line.
//!
//! **Calls are not lost.** Each ring calls the first in line. A call that its listener does not
//! answer (it was dropped on the way) passes to the next. A listener answers by finding something,
//! or by finding nothing.
//!
//! **One watches the time.** Of those in line one has the timer, and the others none: when
//! something is due, one wakes. When it leaves, it wakes another to take over. What it does not
//! know is told by [`Bell::due`].

use std::collections::{BTreeMap, BTreeSet};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use crate::park::Parker;
use crate::sync::lock;
use crate::time::{Sleep, sleep};
use crate::workflow::wall::WallClock;

/// Nobody sleeps longer in one go: a wall clock may have been set meanwhile.
const NAP: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Bell(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    rung: u64,
    next: u64,
    /// Those in line, who came first in front.
    waiting: BTreeMap<u64, Waker>,
    /// Those who were called, and have not come yet.
    called: BTreeSet<u64>,
    /// Who has the timer.
    watch: Option<u64>,
    /// When something is due, as far as anybody knows.
    due_ms: Option<u64>,
}

impl Bell {
    /// Calls the first in line, or makes whoever is looking look again.
    pub(super) fn ring(&self) {
        let mut state = lock(&self.0);
        state.rung = state.rung.wrapping_add(1);
        let called = state.call();
        drop(state);
        called.into_iter().for_each(Waker::wake);
    }

    /// Calls all.
    pub(super) fn ring_all(&self) {
        let mut state = lock(&self.0);
        state.rung = state.rung.wrapping_add(1);
        let called: Vec<_> = std::iter::from_fn(|| state.call()).collect();
        drop(state);
        called.into_iter().for_each(Waker::wake);
    }

    /// Something will be due then: who watches must know.
    pub(super) fn due(&self, at_ms: u64) {
        let mut state = lock(&self.0);
        let is_news = state.due_ms.is_none_or(|known| at_ms < known);
        let woken = is_news.then(|| {
            state.due_ms = Some(at_ms);
            state.watcher()
        });
        drop(state);
        woken.flatten().into_iter().for_each(Waker::wake);
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        lock(&self.0).waiting.len()
    }

    /// Before looking.
    pub(super) fn listen(&self) -> Listener<'_> {
        let rung = lock(&self.0).rung;
        Listener { bell: self, rung, ticket: None, is_called: false }
    }
}

impl State {
    fn call(&mut self) -> Option<Waker> {
        let (ticket, waker) = self.waiting.pop_first()?;
        self.called.insert(ticket);
        Some(waker)
    }

    /// Who is to be woken so that somebody watches the time.
    fn watcher(&self) -> Option<Waker> {
        let watch = self.watch.and_then(|watch| self.waiting.get(&watch));
        watch.or_else(|| self.waiting.values().next()).cloned()
    }

    /// Takes a ticket out. Whether it was called, and who takes over the watch, when nobody has it:
    /// who was asked to before may have been called meanwhile.
    fn leave(&mut self, ticket: u64) -> (bool, Option<Waker>) {
        self.waiting.remove(&ticket);
        let is_called = self.called.remove(&ticket);
        self.watch = self.watch.filter(|&watch| watch != ticket);
        let is_wanted = self.watch.is_none() && self.due_ms.is_some();
        (is_called, is_wanted.then(|| self.watcher()).flatten())
    }
}

/// One who looks, and waits when it finds nothing.
pub(super) struct Listener<'a> {
    bell: &'a Bell,
    rung: u64,
    ticket: Option<u64>,
    /// A call that it has to answer.
    is_called: bool,
}

/// What a listener found when it asked.
enum Asked {
    /// Look.
    Look,
    /// Wait to be called.
    Wait,
    /// The same, and look at that time.
    WaitUntil(u64),
}

impl Listener<'_> {
    /// It found something: a call that it had is answered.
    pub(super) fn found(mut self) {
        self.is_called = false;
    }

    /// It found nothing: waits until there may be something.
    ///
    /// # Panics
    /// As `time::sleep`, when something is due.
    pub(super) async fn wait(&mut self, wall: &dyn WallClock) {
        self.is_called = false;
        let mut timer: Option<(u64, Pin<Box<Sleep>>)> = None;
        poll_fn(|cx| {
            let until_ms = match self.ask(cx.waker()) {
                Asked::Look => return Poll::Ready(()),
                Asked::Wait => {
                    timer = None;
                    return Poll::Pending;
                }
                Asked::WaitUntil(until_ms) => until_ms,
            };
            let timer = match &mut timer {
                Some(timer) if timer.0 == until_ms => timer,
                other => other.insert((until_ms, Box::pin(sleep(nap(until_ms, wall))))),
            };
            timer.1.as_mut().poll(cx).map(|()| self.time_is_up(until_ms))
        })
        .await;
    }

    /// As [`Listener::wait`], blocking the thread, at most for `most`. `false`: that was over.
    pub(super) fn wait_blocking(&mut self, most: Option<Duration>, wall: &dyn WallClock) -> bool {
        self.is_called = false;
        let begun = Instant::now();
        let mut parker = Parker::new();
        let waker = parker.waker();
        loop {
            let until_ms = match self.ask(&waker) {
                Asked::Look => return true,
                Asked::Wait => None,
                Asked::WaitUntil(until_ms) => Some(until_ms),
            };
            let left = most.map(|most| most.saturating_sub(begun.elapsed()));
            if left == Some(Duration::ZERO) {
                return false;
            }
            let nap = until_ms.map(|until_ms| nap(until_ms, wall));
            let is_woken = match [left, nap].into_iter().flatten().min() {
                None => {
                    parker.park();
                    true
                }
                Some(time) => parker.park_timeout(time),
            };
            if let Some(until_ms) = until_ms.filter(|_| !is_woken && nap <= left.or(nap)) {
                self.time_is_up(until_ms);
                return true;
            }
        }
    }

    /// Whether it is called; else it is in line, with the timer if nobody else has it.
    fn ask(&mut self, waker: &Waker) -> Asked {
        let mut state = lock(&self.bell.0);
        let ticket = match self.ticket {
            Some(ticket) => ticket,
            None if state.rung != self.rung => {
                self.rung = state.rung;
                return Asked::Look;
            }
            None => {
                state.next += 1;
                *self.ticket.insert(state.next)
            }
        };
        if state.called.contains(&ticket) {
            self.is_called = true;
            self.rung = state.rung;
            let (_, next) = state.leave(ticket);
            self.ticket = None;
            drop(state);
            next.into_iter().for_each(Waker::wake);
            return Asked::Look;
        }
        let old = state.waiting.insert(ticket, waker.clone());
        let is_watch = *state.watch.get_or_insert(ticket) == ticket;
        let asked = match state.due_ms {
            Some(due_ms) if is_watch => Asked::WaitUntil(due_ms),
            _ => Asked::Wait,
        };
        drop(state);
        drop(old);
        asked
    }

    /// Its timer says that something is due.
    fn time_is_up(&mut self, until_ms: u64) {
        let mut state = lock(&self.bell.0);
        if state.due_ms == Some(until_ms) {
            // Whoever looks now learns the next time.
            state.due_ms = None;
        }
        self.rung = state.rung;
        let left = self.ticket.take().map(|ticket| state.leave(ticket));
        drop(state);
        let (_, next) = left.unwrap_or_default();
        // As if called: if it goes without looking, another must look.
        self.is_called = true;
        next.into_iter().for_each(Waker::wake);
    }
}

fn nap(until_ms: u64, wall: &dyn WallClock) -> Duration {
    Duration::from_millis(until_ms.saturating_sub(wall.now_ms())).min(NAP)
}

impl Drop for Listener<'_> {
    fn drop(&mut self) {
        let mut state = lock(&self.bell.0);
        let left = self.ticket.take().map(|ticket| state.leave(ticket));
        let (was_called, next) = left.unwrap_or_default();
        let passed_on = (was_called || self.is_called).then(|| {
            // Who is between looking and waiting looks again.
            state.rung = state.rung.wrapping_add(1);
            state.call()
        });
        drop(state);
        next.into_iter().chain(passed_on.flatten()).for_each(Waker::wake);
    }
}
