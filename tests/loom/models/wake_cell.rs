//! The wake cell: whoever registers, looks again and still sleeps will be woken.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use std::task::Waker;

use super::hands::{Counting, Note, Patience, counting};
use crate::explore::{Model, together};
use crate::park::Parker;
use crate::wake_cell::WakeCell;

pub(crate) const MODELS: &[Model] = &[
    Model::new("wake_cell: register against wake", &[610, 420], register_wake)
        .stale(&[3900, 2000])
        .preemptions(None),
    Model::new("wake_cell: register against two wakes", &[11000, 14000, 15000], two_wakes)
        .preemptions(Some(3)),
    Model::new("wake_cell: the waker changes", &[1500, 700], waker_changes)
        .stale(&[16000, 4700])
        .preemptions(None),
    Model::new("wake_cell: a thread sleeps on it", &[1900, 1800, 1800], thread_sleeps),
];

struct Shared {
    cell: WakeCell,
    events: AtomicUsize,
}

fn shared() -> Arc<Shared> {
    Arc::new(Shared { cell: WakeCell::new(), events: AtomicUsize::new(0) })
}

/// The event is relaxed: what makes it seen are the cell's own orderings.
fn event(shared: &Arc<Shared>, bit: usize) -> Box<dyn FnOnce()> {
    let shared = shared.clone();
    Box::new(move || {
        shared.events.fetch_or(bit, Ordering::Relaxed);
        shared.cell.wake();
    })
}

/// Looks, registers, looks again, as often as it is woken. When it sleeps: the wakes it has had.
fn sleeps(shared: &Shared, all: usize, wakes: &Counting, waker: &Waker) -> Option<usize> {
    let mut patience = Patience::new();
    let mut taken = 0;
    loop {
        if shared.events.load(Ordering::Relaxed) == all {
            return None;
        }
        shared.cell.register(waker);
        if shared.events.load(Ordering::Relaxed) == all {
            return None;
        }
        let woken = wakes.wakes();
        if woken == taken {
            return Some(taken);
        }
        taken = woken;
        patience.turn();
    }
}

fn sleeper(turn: usize, wakers: usize) {
    let shared = shared();
    let all = (1 << wakers) - 1;
    let asleep = Note::new(None);
    let (wakes, waker) = counting();
    let (seen, note, counted) = (shared.clone(), asleep.clone(), wakes.clone());
    let sleep = Box::new(move || {
        let asleep = sleeps(&seen, all, &counted, &waker);
        *note.get() = asleep;
    });
    match wakers {
        1 => together(turn, [event(&shared, 1), sleep]),
        _ => together(turn, [event(&shared, 1), event(&shared, 2), sleep]),
    }
    let asleep = *asleep.get();
    if let Some(taken) = asleep {
        assert!(wakes.wakes() > taken, "asleep beside its event");
    }
}

fn register_wake(turn: usize) {
    sleeper(turn, 1);
}

fn two_wakes(turn: usize) {
    sleeper(turn, 2);
}

/// A task that moves registers another waker: the last one registered is woken.
fn waker_changes(turn: usize) {
    let shared = shared();
    let asleep = Note::new(None);
    let (_, first) = counting();
    let (wakes, second) = counting();
    let (seen, note, counted) = (shared.clone(), asleep.clone(), wakes.clone());
    let sleep = Box::new(move || {
        seen.cell.register(&first);
        let sleeping = sleeps(&seen, 1, &counted, &second);
        *note.get() = sleeping;
    });
    together(turn, [event(&shared, 1), sleep]);
    let asleep = *asleep.get();
    if let Some(taken) = asleep {
        assert!(wakes.wakes() > taken, "the waker registered before was woken");
    }
}

/// The sleep is a real one: a wake-up that is lost is a deadlock.
fn thread_sleeps(turn: usize) {
    let shared = shared();
    let mut parker = Parker::new();
    let waker = parker.waker();
    let seen = shared.clone();
    let sleep = Box::new(move || {
        let mut patience = Patience::new();
        while seen.events.load(Ordering::Relaxed) != 3 {
            seen.cell.register(&waker);
            if seen.events.load(Ordering::Relaxed) == 3 {
                break;
            }
            parker.park();
            patience.turn();
        }
        drop(seen.cell.take());
    });
    together(turn, [event(&shared, 1), event(&shared, 2), sleep]);
}
