//! Soaks the ring: threads push numbered values and pop them, without a break, over every way in
//! and out and over small and large queues whose indices wrap. Each value must come out once, and
//! those of one producer in their order at each thread that takes them.
//!
//! ```text
//! soak_ring [OPERATIONS [SECONDS]]     10^9 pushes and pops, 600 s at most
//! ```
//!
//! It ends with one line: how many operations, in what time, and `sound`. The first thing that is
//! wrong ends it at once, with a message and SIGABRT. Stopped by its time it says how far it came.

#[path = "ring/flavours.rs"]
mod flavours;
#[path = "ring/seen.rs"]
mod seen;

use std::process::ExitCode;
use std::sync::Barrier;
use std::thread::Builder;
use std::time::{Duration, Instant};
use std::{env, io, thread};

use flavours::{Entry, Exit, FLAVOURS, Flavour};
use seen::{Seen, value};

/// Queues that are full or empty all the time, and queues that seldom are.
const CAPACITIES: &[usize] = &[1, 64, LARGE, 2, 1000, LARGE, 3, 1024, LARGE];

/// Interpreted, it takes seconds to make 65,536 places.
const LARGE: usize = if cfg!(miri) { 1 << 8 } else { 1 << 16 };

/// Values of a round, over all its producers, for each place: where there are few, each value costs
/// a turn of both sides.
const PLACE_VALUES: u64 = 1 << 12;

/// Values of a round at most: many rounds, so that many begin near the wrap.
const ROUND_VALUES_MAX: u64 = 1 << 22;

/// What a round, or all of them, did.
#[derive(Clone, Copy, Default)]
struct Tally {
    operations: u64,
    full: u64,
    empty: u64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        self.operations += other.operations;
        self.full += other.full;
        self.empty += other.empty;
    }
}

fn main() -> ExitCode {
    let mut given = env::args().skip(1).map(|word| word.parse::<u64>());
    let (operations, seconds) = match (given.next(), given.next(), given.next()) {
        (None, _, _) => (1_000_000_000, 600),
        (Some(Ok(operations)), None, _) => (operations, 600),
        (Some(Ok(operations)), Some(Ok(seconds)), None) => (operations, seconds),
        _ => {
            eprintln!("usage: soak_ring [OPERATIONS [SECONDS]], both numbers");
            return ExitCode::from(2);
        }
    };
    seen::try_the_check();
    soak(operations, Duration::from_secs(seconds));
    ExitCode::SUCCESS
}

/// Rounds of all flavours in turn, until there were `operations` or the time is over.
fn soak(operations: u64, most: Duration) {
    let begun = Instant::now();
    let turn_values = operations.div_ceil(2 * (FLAVOURS.len() * CAPACITIES.len()) as u64);
    let (mut of, mut all, mut rounds) = (vec![Tally::default(); FLAVOURS.len()], 0, 0_usize);
    while all < operations && begun.elapsed() < most {
        let capacity = CAPACITIES[rounds / FLAVOURS.len() % CAPACITIES.len()];
        let at = rounds % FLAVOURS.len();
        let most_values = ROUND_VALUES_MAX.min(PLACE_VALUES * capacity as u64).min(turn_values);
        let tally = round(FLAVOURS[at], capacity, most_values, rounds);
        of[at].add(tally);
        all += tally.operations;
        rounds += 1;
    }
    for ((name, _), Tally { operations, full, empty }) in FLAVOURS.iter().zip(of) {
        println!("{name:14} {operations:12} operations, {full} times full, {empty} times empty");
    }
    let stopped = if all < operations { ", stopped by its time" } else { "" };
    let took_s = begun.elapsed().as_secs_f64();
    println!("soak: {all} operations in {rounds} rounds, {took_s:.0} s{stopped}: sound");
}

/// One queue, from its first value to its end.
fn round(flavour: Flavour, capacity: usize, values: u64, number: usize) -> Tally {
    // Below the wrap by a part of what goes through, or by nothing.
    let start = usize::MAX - (values as usize).wrapping_mul(number % 7) / 7;
    let ends = flavour.1(capacity, start);
    let producers = ends.entries.len();
    let each = (values as usize).div_ceil(producers);
    let gate = Barrier::new(producers + ends.exits.len());
    let (gate, none) = (&gate, &Seen::new(producers, each));
    // What is wrong is told with the name of the thread.
    let named = |end| Builder::new().name(format!("{end} {}, {capacity} places", flavour.0));
    let done: Vec<_> = thread::scope(|scope| {
        let mut threads = Vec::new();
        for (producer, entry) in ends.entries.into_iter().enumerate() {
            threads.push(named("producer").spawn_scoped(scope, move || {
                gate.wait();
                produce(entry, producer, each, none.clone())
            }));
        }
        for exit in ends.exits {
            threads.push(named("consumer").spawn_scoped(scope, move || {
                gate.wait();
                consume(exit, none.clone())
            }));
        }
        let ended = |thread: io::Result<thread::ScopedJoinHandle<'_, _>>| {
            thread.expect("a thread can be had").join().expect("a panic aborts")
        };
        threads.into_iter().map(ended).collect()
    });
    let mut tally = Tally::default();
    let (all, own): (Vec<_>, Vec<_>) = done.into_iter().unzip();
    own.into_iter().for_each(|own| tally.add(own));
    if let Err(wrong) = Seen::each_once(&all) {
        panic!("{}, {capacity} places: {wrong}", flavour.0);
    }
    tally
}

/// Pushes `each` values, one or up to five at a time.
fn produce(
    mut entry: Box<dyn Entry>,
    producer: usize,
    each: usize,
    mut seen: Seen,
) -> (Seen, Tally) {
    let (mut tally, mut displaced, mut next) = (Tally::default(), Vec::new(), 0);
    while next < each {
        let count = (1 + next % 5).min(each - next);
        let values: [u64; 5] = std::array::from_fn(|at| value(producer, next + at));
        let pushed = entry.push(&values[..count], &mut displaced);
        take(&mut seen, &mut displaced);
        if pushed == 0 {
            tally.full += 1;
            thread::yield_now();
        }
        next += pushed;
        tally.operations += pushed as u64;
    }
    (seen, tally)
}

/// Pops until the queue is closed and has nothing left.
fn consume(mut exit: Box<dyn Exit>, mut seen: Seen) -> (Seen, Tally) {
    let (mut tally, mut came) = (Tally::default(), Vec::new());
    loop {
        let was_closed = exit.is_closed();
        exit.pop(&mut came);
        if came.is_empty() {
            if was_closed {
                return (seen, tally);
            }
            tally.empty += 1;
            thread::yield_now();
        }
        tally.operations += came.len() as u64;
        take(&mut seen, &mut came);
    }
}

fn take(seen: &mut Seen, came: &mut Vec<u64>) {
    for value in came.drain(..) {
        if let Err(wrong) = seen.take(value) {
            panic!("{wrong}");
        }
    }
}
