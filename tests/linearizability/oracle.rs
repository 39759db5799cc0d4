//! The exact check against the plainest one: every order of a few calls, on a `VecDeque`.

use std::collections::VecDeque;

use crate::chance::Chance;
use crate::history::{Answer, Call, Event, FOREIGN, History, Items};

/// Whether some order of the calls explains all answers, found by trying each.
pub(crate) fn explains(history: &History) -> bool {
    let mut left = Vec::new();
    for (lane, events) in history.lanes.iter().enumerate() {
        left.extend(events.iter().enumerate().map(|(at, event)| (lane, at, *event)));
    }
    let closes = left.iter().filter(|(_, _, event)| event.call == Call::Close);
    let plain =
        Plain { closed_at: closes.map(|(_, _, event)| event.returned).min(), ..Plain::default() };
    tries(history.capacity, &left, &plain)
}

type Left = (usize, usize, Event);

fn tries(capacity: usize, left: &[Left], plain: &Plain) -> bool {
    let precedes = |a: &Left, b: &Left| (a.0 == b.0 && a.1 < b.1) || a.2.returned < b.2.called;
    left.is_empty()
        || left.iter().enumerate().any(|(at, next)| {
            let mut plain = plain.clone();
            let mut rest = left.to_vec();
            rest.remove(at);
            !rest.iter().any(|other| precedes(other, next))
                && plain.does(capacity, next.2)
                && tries(capacity, &rest, &plain)
        })
}

/// The queue as anyone would write it.
#[derive(Clone, Default)]
struct Plain {
    items: VecDeque<u8>,
    closed: bool,
    /// When the first close had ended.
    closed_at: Option<u32>,
}

impl Plain {
    /// Makes the call; whether this is an answer to it.
    fn does(&mut self, capacity: usize, event: Event) -> bool {
        let (call, answer) = (event.call, event.answer);
        match (call, answer) {
            (Call::ForcePush(value), Answer::Done) if self.closed => {
                self.items.push_back(value);
                let early = self.closed_at.is_none_or(|at| event.called <= at);
                early && self.items.len() <= capacity
            }
            (Call::PushMany(values), Answer::Pushed(pushed)) => {
                let room = if self.closed { 0 } else { capacity - self.items.len() };
                self.items.extend(values.iter().take(pushed));
                pushed <= values.len().min(room) && (pushed > 0 || room == 0)
            }
            (Call::PopMany(max), Answer::Took(took)) => {
                let none_is_fine = self.items.is_empty();
                let all_there = took.iter().all(|value| self.items.pop_front() == Some(value));
                all_there && took.len() <= max && (!took.is_empty() || none_is_fine)
            }
            _ => self.answer(capacity, call) == answer,
        }
    }

    fn answer(&mut self, capacity: usize, call: Call) -> Answer {
        let is_full = self.items.len() == capacity;
        match call {
            Call::Push(_) | Call::ForcePush(_) if self.closed => Answer::Closed,
            Call::Push(_) if is_full => Answer::Full,
            Call::Push(value) => {
                self.items.push_back(value);
                Answer::Done
            }
            Call::ForcePush(value) => {
                self.items.push_back(value);
                let displaced = if is_full { self.items.pop_front() } else { None };
                displaced.map_or(Answer::Done, Answer::Displaced)
            }
            Call::PushMany(values) => {
                let room = if self.closed { 0 } else { capacity - self.items.len() };
                self.items.extend(values.iter().take(room));
                Answer::Pushed(room.min(values.len()))
            }
            Call::Pop => self.items.pop_front().map_or(Answer::Empty, Answer::Value),
            Call::PopMany(max) => {
                let max = max.min(self.items.len());
                Answer::Took(self.items.drain(..max).collect())
            }
            Call::Close => Answer::Is(!std::mem::replace(&mut self.closed, true)),
            Call::IsClosed => Answer::Is(self.closed),
            Call::IsEmpty => Answer::Is(self.items.is_empty()),
            Call::IsFull => Answer::Is(is_full),
            _ => Answer::Missed,
        }
    }
}

/// A history of a few calls that really happened one after the other, each stretched in time at
/// random; then perhaps one answer is changed, or two are exchanged. Whether that was done.
pub(crate) fn made_up(chance: &mut Chance) -> (History, bool) {
    let capacity = 1 + chance.below(3);
    let mut plain = Plain::default();
    let mut lanes: Vec<Vec<Event>> = vec![Vec::new(); 3];
    for at in 1..=1 + chance.below(6) as u32 {
        let call = call(chance, at as u8);
        let answer = plain.answer(capacity, call);
        let point = at * 20;
        let (called, returned) =
            (point - chance.below(40).min(19) as u32, point + chance.below(60) as u32);
        let free = |lane: &&mut Vec<Event>| lane.last().is_none_or(|e| e.returned < called);
        let event = Event { call, answer, called, returned };
        match lanes.iter_mut().find(free) {
            Some(lane) => lane.push(event),
            None => {
                let last = &mut lanes[chance.below(3)];
                // The thread was still busy: its calls end sooner than they would have.
                last.iter_mut().for_each(|e| e.returned = e.returned.min(called - 1));
                last.push(event);
            }
        }
    }
    let mut history = History { name: "made up".to_owned(), capacity, lanes };
    let changed = chance.once_in(2);
    if changed {
        change(chance, &mut history);
    }
    (history, changed)
}

fn call(chance: &mut Chance, at: u8) -> Call {
    let batch = |count: u8| (0..count).map(|more| 10 * at + more).collect::<Items>();
    match chance.below(12) {
        0..3 => Call::Push(at),
        3 => Call::ForcePush(at),
        4 | 5 => Call::PushMany(batch(1 + chance.below(3) as u8)),
        6..8 => Call::Pop,
        8 | 9 => Call::PopMany(1 + chance.below(3)),
        10 => chance.one_of(&[Call::IsEmpty, Call::IsFull, Call::TryPop]),
        _ => chance.one_of(&[Call::Close, Call::IsClosed]),
    }
}

fn change(chance: &mut Chance, history: &mut History) {
    let mut events: Vec<&mut Event> = history.lanes.iter_mut().flatten().collect();
    let (one, other) = (chance.below(events.len()), chance.below(events.len()));
    if chance.once_in(2) {
        (events[one].answer, events[other].answer) = (events[other].answer, events[one].answer);
        return;
    }
    let answer = &mut events[one].answer;
    *answer = match *answer {
        Answer::Value(_) => chance.one_of(&[Answer::Empty, Answer::Value(FOREIGN)]),
        Answer::Empty => Answer::Value(1),
        Answer::Done => Answer::Full,
        Answer::Full => Answer::Done,
        Answer::Is(is) => Answer::Is(!is),
        Answer::Pushed(pushed) => Answer::Pushed((pushed + 1) % 3),
        Answer::Took(took) => Answer::Took(took.split(1).1),
        _ => Answer::Done,
    };
}
