//! Real threads on a real queue, and when each of their calls began and ended.
//!
//! **The clock** is one counter. Before a call a thread reads it; after a call it moves it on. A
//! call whose reading is later than another's ending therefore happened after it, by acquire and
//! release. Reading costs no fence, so that the calls may overlap as they would unobserved; in half
//! the rounds a thread moves the clock only after its last call, which leaves the order within the
//! thread and no other.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::thread;

use crate::chance::Chance;
use crate::history::{Answer, Call, Event, History, Items};
use crate::subjects::{End, Kind, Subject};

/// Calls in one round, shared out among its threads.
const CALLS: usize = 14;

/// Rounds for which one set of threads lives.
const ROUNDS_TOGETHER: usize = 500;

#[derive(Default)]
pub(crate) struct Clock(AtomicU32);

impl Clock {
    pub(crate) fn before(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn after(&self) -> u32 {
        self.0.fetch_add(1, Ordering::AcqRel)
    }
}

/// What a thread does before a call, so that rounds differ.
#[derive(Clone, Copy)]
enum Pause {
    None,
    Spin(usize),
    Yield,
}

/// One thread's part of one round.
struct Part {
    end: Box<dyn End>,
    calls: Vec<(Pause, Call)>,
    /// Whether the clock moves after each call, or after the last one only.
    each: bool,
    events: Vec<Event>,
}

struct Round {
    name: String,
    capacity: usize,
    parts: Vec<Part>,
    /// What the first thread did alone before.
    before: Vec<Event>,
}

/// Records rounds of a queue, and hands each history on.
pub(crate) fn record(
    subject: &Subject,
    seed: u64,
    rounds: usize,
    mut each: impl FnMut(History) -> bool,
) {
    let mut chance = Chance::new(seed);
    for set in 0..rounds.div_ceil(ROUNDS_TOGETHER) {
        let first = set * ROUNDS_TOGETHER;
        let threads = if set % 2 == 0 { 2 } else { subject.ends.len() };
        let clock = Clock::default();
        let rounds = (first..rounds.min(first + ROUNDS_TOGETHER)).map(|number| {
            let name = format!("{}, seed {seed}, round {number}", subject.name);
            plan(subject, &clock, &mut chance, name, threads)
        });
        for round in run(&clock, rounds.collect(), threads) {
            if !each(ended(&clock, subject, round)) {
                return;
            }
        }
    }
}

/// The ends of one queue, and what is done with them.
fn plan(
    subject: &Subject,
    clock: &Clock,
    chance: &mut Chance,
    name: String,
    threads: usize,
) -> Round {
    let capacity = chance.one_of(subject.capacities);
    let start =
        if chance.once_in(2) { 0 } else { (chance.below(8) as u64).wrapping_neg() as usize };
    let mut values = 1..;
    let mut value = || values.next().expect("fewer than 255 values a round");
    let mut before = Vec::new();
    let mut ends = (subject.make)(capacity, start);
    for _ in 0..chance.below(2 * capacity + 1).min(capacity) {
        before.push(timed(clock, &mut *ends[0], Call::Push(value())));
    }
    let each = chance.once_in(2);
    let mut parts = Vec::new();
    for (at, end) in ends.into_iter().enumerate() {
        // Of two threads, one has the first end and one the last: a producer and a consumer.
        let is_in = threads == subject.ends.len() || at == 0 || at + 1 == subject.ends.len();
        let kinds = subject.ends[at];
        let calls = if is_in { CALLS / threads } else { 0 };
        let calls = (0..calls).map(|_| (pause(chance), call(chance, kinds, capacity, &mut value)));
        parts.push(Part { calls: calls.collect(), end, each, events: Vec::new() });
    }
    Round { name, capacity, parts, before }
}

fn pause(chance: &mut Chance) -> Pause {
    match chance.below(8) {
        0 => Pause::Yield,
        1..4 => Pause::Spin(chance.below(60)),
        _ => Pause::None,
    }
}

fn call(
    chance: &mut Chance,
    kinds: &[Kind],
    capacity: usize,
    mut value: impl FnMut() -> u8,
) -> Call {
    match chance.one_of(kinds) {
        Kind::Push => Call::Push(value()),
        Kind::TryPush => Call::TryPush(value()),
        Kind::ForcePush => Call::ForcePush(value()),
        Kind::PushMany => {
            let batch = 1 + chance.below(capacity + 1);
            Call::PushMany((0..batch).map(|_| value()).collect::<Items>())
        }
        Kind::Pop => Call::Pop,
        Kind::TryPop => Call::TryPop,
        Kind::PopMany => Call::PopMany(1 + chance.below(capacity + 1)),
        Kind::Close if chance.once_in(3) => Call::Close,
        Kind::Close => Call::IsClosed,
        Kind::IsEmpty => Call::IsEmpty,
        Kind::IsFull => Call::IsFull,
        Kind::IsClosed => Call::IsClosed,
        Kind::Leave => Call::Leave,
        Kind::Next(of) => Call::Next(of),
        Kind::Wait(of) => Call::Wait(of),
    }
}

/// Runs the rounds: in each, all threads begin together.
fn run(clock: &Clock, rounds: Vec<Round>, threads: usize) -> Vec<Round> {
    let (mut kept, mut lanes) = (Vec::new(), Vec::new());
    lanes.resize_with(rounds[0].parts.len(), Vec::new);
    for round in rounds {
        let Round { name, capacity, parts, before } = round;
        for (lane, part) in lanes.iter_mut().zip(parts) {
            lane.push(part);
        }
        kept.push((name, capacity, before));
    }
    let starters = AtomicUsize::new(0);
    thread::scope(|scope| {
        let is_in = |lane: &&mut Vec<Part>| !lane[0].calls.is_empty();
        for lane in lanes.iter_mut().filter(is_in) {
            let starters = &starters;
            scope.spawn(move || {
                for (number, part) in lane.iter_mut().enumerate() {
                    together(starters, threads * (number + 1));
                    part.run(clock);
                }
            });
        }
    });
    let mut lanes: Vec<_> = lanes.into_iter().map(Vec::into_iter).collect();
    let part_of = |lane: &mut std::vec::IntoIter<Part>| lane.next().expect("one for each round");
    let whole = |(name, capacity, before)| Round {
        name,
        capacity,
        parts: lanes.iter_mut().map(part_of).collect(),
        before,
    };
    kept.into_iter().map(whole).collect()
}

/// Waits until `all` have come here. Spins at first: who begins late meets nobody.
fn together(starters: &AtomicUsize, all: usize) {
    starters.fetch_add(1, Ordering::AcqRel);
    let mut turns = 0;
    while starters.load(Ordering::Acquire) < all {
        turns += 1;
        if turns % 200 == 0 {
            thread::yield_now();
        }
        std::hint::spin_loop();
    }
}

impl Part {
    fn run(&mut self, clock: &Clock) {
        self.events.reserve(self.calls.len());
        for &(pause, call) in &self.calls {
            match pause {
                Pause::None => {}
                Pause::Spin(turns) => (0..turns).for_each(|_| std::hint::spin_loop()),
                Pause::Yield => thread::yield_now(),
            }
            if self.each {
                self.events.push(timed(clock, &mut *self.end, call));
                continue;
            }
            let called = clock.before();
            let answer = self.end.call(call);
            self.events.push(Event { call, answer, called, returned: u32::MAX });
        }
        if !self.each {
            let last = clock.after();
            self.events.iter_mut().for_each(|event| event.returned = last);
        }
    }
}

fn timed(clock: &Clock, end: &mut dyn End, call: Call) -> Event {
    let called = clock.before();
    let answer = end.call(call);
    let returned = clock.after();
    Event { call, answer, called, returned }
}

/// Empties the queue, so that whatever was lost is missed.
fn ended(clock: &Clock, subject: &Subject, mut round: Round) -> History {
    let mut alone = round.before;
    for &(end, call) in subject.drains {
        loop {
            let event = timed(clock, &mut *round.parts[end].end, call);
            alone.push(event);
            // A broken queue may never be empty.
            let is_over = matches!(event.answer, Answer::Empty | Answer::Closed);
            if is_over || alone.len() > 4 * CALLS {
                break;
            }
        }
    }
    let mut lanes: Vec<Vec<Event>> = round.parts.into_iter().map(|part| part.events).collect();
    lanes.retain(|lane| !lane.is_empty());
    lanes.push(alone);
    for lane in &mut lanes {
        *lane = lane.iter().flat_map(|event| event.steps(subject.steps)).collect();
    }
    History { name: round.name, capacity: round.capacity, lanes }
}
