//! Sleeping threads and those that wake them.

use super::{Role, together};
use crate::park::Parker;
use crate::run::Scene;
use crate::sync::{Arc, AtomicUsize, Ordering};
use crate::wake_cell::WakeCell;

pub(crate) const SCENES: &[Scene] = &[
    Scene::new("park: four events, one sleeper", 5, four_events),
    Scene::new("park: two sleepers, each woken by all three", 5, two_sleepers),
    Scene::new("wake cell: four wake, one registers", 5, || wakes(true)),
    Scene::planted("wake cell: does not look again", 5, || wakes(false)),
];

/// A role: an event, then a wake-up.
fn event(count: &Arc<AtomicUsize>, wake: impl Fn() + Send + 'static) -> Role {
    let count = count.clone();
    Box::new(move || {
        count.fetch_add(1, Ordering::Relaxed);
        wake();
    })
}

/// A role: sleeps until `count` events have come.
fn sleeper(events: &Arc<AtomicUsize>, count: usize, mut parker: Parker) -> Role {
    let events = events.clone();
    Box::new(move || {
        while events.load(Ordering::Relaxed) < count {
            parker.park();
        }
    })
}

fn four_events() {
    let (events, parker) = (Arc::new(AtomicUsize::new(0)), Parker::new());
    let mut roles = Vec::new();
    for _ in 0..4 {
        let unparker = parker.unparker();
        roles.push(event(&events, move || unparker.unpark()));
    }
    roles.push(sleeper(&events, 4, parker));
    together(roles);
}

fn two_sleepers() {
    let (events, parkers) = (Arc::new(AtomicUsize::new(0)), [Parker::new(), Parker::new()]);
    let mut roles = Vec::new();
    for _ in 0..3 {
        let [first, second] = [parkers[0].unparker(), parkers[1].unparker()];
        roles.push(event(&events, move || {
            first.unpark();
            second.unpark();
        }));
    }
    roles.extend(parkers.map(|parker| sleeper(&events, 3, parker)));
    together(roles);
}

/// Registers, looks again (if it does as it should), sleeps.
fn wakes(looks_again: bool) {
    let (events, cell) = (Arc::new(AtomicUsize::new(0)), Arc::new(WakeCell::new()));
    let mut roles = Vec::new();
    for _ in 0..4 {
        let cell = cell.clone();
        roles.push(event(&events, move || cell.wake()));
    }
    let mut parker = Parker::new();
    roles.push(Box::new(move || {
        let waker = parker.waker();
        while events.load(Ordering::Relaxed) < 4 {
            cell.register(&waker);
            if looks_again && events.load(Ordering::Relaxed) == 4 {
                break;
            }
            parker.park();
            // Woken in vain while a wake holds the cell: that one must have its turn.
            shuttle::thread::yield_now();
        }
    }));
    together(roles);
}
