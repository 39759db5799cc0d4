//! The exact check: is there an order of the calls, one after the other, that explains all answers?
//!
//! The search of J. Wing and C. Gong (1993): take any call that no other call precedes, let it be
//! the next step, go on with the rest, go back when there is none. With the memo of G. Lowe (2017):
//! what matters of a prefix is only which calls it holds and what state it leaves, so no such pair
//! is tried twice. A call precedes another when it returned before the other began, or when one
//! thread made them in this order.

use std::collections::HashSet;
use std::fmt::Debug;
use std::hash::Hash;

use crate::history::{Answer, Call, Event, History};

/// What is promised, one call after the other: a state, and what each call makes of it.
pub(crate) trait Promise: Copy + Debug + Default + Eq + Hash {
    /// The state after a call that was answered so; `None` when it may not be answered so. `early`:
    /// the call began before any close had ended.
    fn after(self, capacity: usize, call: Call, answer: Answer, early: bool) -> Option<Self>;

    /// Whether this was a close that says how long calls are early.
    fn is_close(event: &Event) -> bool {
        event.call == Call::Close
    }
}

/// How many calls of each lane are in the prefix.
type Prefix = [u8; LANES_MAX];

/// How many threads a history may have.
pub(crate) const LANES_MAX: usize = 4;

/// Checks one history after the other, and keeps its memory.
#[derive(Default)]
pub(crate) struct Search<P> {
    /// Prefixes that lead nowhere, with the state they leave.
    hopeless: HashSet<(Prefix, P)>,
    /// The longest prefix that is explained.
    best: (Prefix, P),
    /// When the first close had ended.
    closed: u32,
    pub(crate) steps: u64,
}

impl<P: Promise> Search<P> {
    /// The longest prefix that is explained, in words, when no order explains all.
    pub(crate) fn check(&mut self, history: &History) -> Result<(), String> {
        assert!(history.lanes.len() <= LANES_MAX);
        self.hopeless.clear();
        self.best = Default::default();
        let closes = history.events().filter(|event| P::is_close(event));
        self.closed = closes.map(returned).min().unwrap_or(u32::MAX);
        if self.explains(history, Prefix::default(), P::default()) {
            return Ok(());
        }
        let (prefix, state) = &self.best;
        let done = &prefix[..history.lanes.len()];
        Err(format!(
            "no order of these calls explains their answers. The longest that one explains: \
             {done:?} calls of each thread, which leave {state:?}\n{history:?}"
        ))
    }

    fn explains(&mut self, history: &History, prefix: Prefix, state: P) -> bool {
        let length = |prefix: &Prefix| prefix.iter().map(|&calls| usize::from(calls)).sum();
        let known: usize = length(&self.best.0);
        if length(&prefix) > known {
            self.best = (prefix, state);
        }
        let next = |lane: usize| history.lanes[lane].get(usize::from(prefix[lane]));
        let lanes = 0..history.lanes.len();
        let Some(first_returned) = lanes.clone().filter_map(next).map(returned).min() else {
            return true;
        };
        for lane in lanes {
            let Some(event) = next(lane).filter(|event| event.called <= first_returned) else {
                continue;
            };
            self.steps += 1;
            let early = event.called <= self.closed;
            let after = state.after(history.capacity, event.call, event.answer, early);
            let Some(after) = after else {
                continue;
            };
            let mut longer = prefix;
            longer[lane] += 1;
            if self.hopeless.contains(&(longer, after)) {
                continue;
            }
            if self.explains(history, longer, after) {
                return true;
            }
            self.hopeless.insert((longer, after));
        }
        false
    }
}

fn returned(event: &Event) -> u32 {
    event.returned
}
