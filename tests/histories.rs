//! Histories of the message queue: what threads sent, received and settled, over ends of the
//! process and losses of power, checked against what the queue promises.

#[path = "support/effort.rs"]
mod effort;
#[path = "support/runtime.rs"]
mod support;
#[path = "support/totals.rs"]
mod totals;

#[path = "workflow/dice.rs"]
mod dice;
#[allow(dead_code, reason = "other tests use the rest")]
#[path = "workflow/disk.rs"]
mod disk;
#[path = "workflow/layer.rs"]
mod layer;

#[path = "histories/record.rs"]
mod record;
#[path = "histories/rules.rs"]
mod rules;
#[path = "histories/threads.rs"]
mod threads;
#[path = "histories/faulty.rs"]
mod faulty;
#[path = "histories/crashes.rs"]
mod crashes;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use windlass::workflow::queue::{MemoryStore, MessageQueue, Store};

use record::{History, Said, Settled};
use support::bounded;
use threads::World;
use totals::{Total, add};

/// Waits for a future that needs no timers.
fn wait<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: windlass::Runtime = support::runtime(1);
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// One set of threads at a time: there are few cores, and calls must overlap.
static MACHINE: Mutex<()> = Mutex::new(());

/// What a number of histories have shown.
#[derive(Debug, Default)]
struct Seen {
    deliveries: usize,
    again: usize,
    lost: usize,
    dead: usize,
    duplicates: usize,
    full: usize,
    /// Calls within which another thread's call began or ended.
    overlapping: usize,
    /// Answers of which nobody knows, as the power went.
    unknown: usize,
}

impl Seen {
    fn note(&mut self, history: &History) {
        let said = |is: fn(&Said) -> bool| history.sent.iter().filter(|s| is(&s.said)).count();
        self.deliveries += history.got.len();
        self.again += history.got.iter().filter(|got| got.delivery > 1).count();
        self.lost += history.settled.iter().filter(|s| s.settled == Settled::Lost).count();
        self.dead += history.died.len();
        self.duplicates += said(|said| matches!(said, Said::Duplicate(_)));
        self.full += said(|said| *said == Said::Full);
        let overlaps = |span: &record::Span| span.returned > span.called + 1;
        self.overlapping += history.got.iter().filter(|got| overlaps(&got.span)).count();
        self.unknown += said(|said| matches!(said, Said::Perhaps(_)));
    }

    /// Fails when a kind of event was hardly seen: then the histories show nothing of it.
    fn expect(&self, floors: [usize; 7]) {
        let Self { deliveries, again, lost, dead, duplicates, full, overlapping, .. } = *self;
        let seen = [deliveries, again, lost, dead, duplicates, full, overlapping];
        let enough = seen.iter().zip(floors).all(|(seen, floor)| *seen >= floor);
        assert!(enough, "{self:?}, expected at least {floors:?}");
    }
}

fn in_memory<S: Store>(world: &World, store: S, seed: u64) -> History {
    let queue = MessageQueue::new(store);
    let mut history = threads::work(world, &queue, seed);
    threads::drain(world, &queue, &mut history);
    history
}

/// So many rounds run within one bound on time.
const LOT: usize = 50;

/// Every history must keep to the rules.
fn sound<R>(name: &'static str, rounds: u64, record: R) -> Seen
where
    R: Fn(&World, u64) -> History + Copy + Send + 'static,
{
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let rounds = rounds * effort::times();
    // A few at a time, each lot within the bound.
    for first in (0..rounds).step_by(LOT) {
        let (seen, last) = (seen.clone(), rounds.min(first + LOT as u64));
        let seeds = (first..last).map(|round| effort::seed() * 1_000_000 + round);
        bounded(move || {
            let mut seen = seen.lock().expect("nobody panics with it");
            for seed in seeds {
                let world = World::new();
                let history = record(&world, seed);
                if let Err((rule, said)) = rules::check(&history, &world.options()) {
                    panic!("{name}, seed {seed}: {rule}: {said}\n{history:#?}");
                }
                seen.note(&history);
            }
        });
    }
    add(Total::Histories, rounds as usize);
    let seen = std::mem::take(&mut *seen.lock().expect("nobody panics with it"));
    println!("{name}: {seen:?}");
    seen
}

/// Some history must break a rule.
fn rejected<R>(name: String, rounds: u64, record: R)
where
    R: Fn(&World, u64) -> History + Copy + Send + 'static,
{
    let _alone = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
    bounded(move || {
        let mut refused = BTreeMap::<&str, u64>::new();
        for seed in 0..rounds {
            let world = World::new();
            let history = record(&world, seed);
            if let Err((rule, _)) = rules::check(&history, &world.options()) {
                *refused.entry(rule).or_default() += 1;
            }
        }
        let all: u64 = refused.values().sum();
        println!("{name}: {all} of {rounds} refused, by rule: {refused:?}");
        assert!(all > 0, "{name} is never noticed");
    });
    add(Total::Histories, rounds as usize);
    add(Total::Refused, 1);
}

#[test]
fn queues_in_memory_keep_their_promises() {
    let seen = sound("in memory", 2_000, |world, seed| {
        in_memory(world, MemoryStore::new(world.options()), seed)
    });
    seen.expect([15_000, 3_000, 300, 1_000, 1_000, 300, 1_000]);
}

#[test]
fn queues_in_sqlite_keep_their_promises_over_the_end_of_a_process() {
    let seen =
        sound("reopened", 60, |world, seed| crashes::reopened(world, seed, crashes::Fault::None));
    seen.expect([600, 100, 5, 20, 20, 5, 100]);
}

#[test]
fn queues_in_sqlite_keep_their_promises_over_the_loss_of_power() {
    let seen = sound("powerless", 100, |world, seed| {
        crashes::powerless(world, seed, crashes::Fault::None)
    });
    seen.expect([600, 100, 5, 20, 20, 5, 100]);
    assert!(seen.unknown > 5, "the power went when nobody was at work: {seen:?}");
}

#[test]
fn an_honest_store_is_accepted() {
    sound("honest", 500, |world, seed| {
        in_memory(world, faulty::Faulty::new(world.options(), faulty::Fault::None), seed)
    });
}

#[test]
fn every_broken_store_is_rejected() {
    for fault in faulty::FAULTS {
        rejected(format!("{fault:?}"), 200, move |world, seed| {
            in_memory(world, faulty::Faulty::new(world.options(), fault), seed)
        });
    }
}

#[test]
fn every_store_that_forgets_over_a_crash_is_rejected() {
    for fault in crashes::FAULTS {
        rejected(format!("crash, {fault:?}"), 80, move |world, seed| {
            crashes::powerless(world, seed, fault)
        });
    }
}
