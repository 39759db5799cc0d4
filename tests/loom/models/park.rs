//! Parking: the token over a kernel that is a relaxed flag, then over mutex and condition variable.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::Note;
use crate::explore::{Model, together};
use crate::park::{Parker, Unparker, token::Token};

pub(crate) const MODELS: &[Model] = &[
    Model::new("park: token over a flag", &[95, 88], one_notifies)
        .stale(&[160, 130])
        .preemptions(None),
    Model::new("park: token over a flag, two notify", &[1400, 1800, 1800], two_notify)
        .stale(&[2800, 4300, 4300])
        .preemptions(Some(3)),
    Model::new("park: parker", &[580, 450], one_unparks).stale(&[830, 620]).preemptions(None),
    Model::new("park: parker, two unpark", &[11000, 6000, 6000], two_unpark).preemptions(Some(3)),
];

/// The kernel: it wakes, and orders nothing.
struct Bed {
    token: Token,
    work: AtomicUsize,
    kernel_wakes: AtomicUsize,
}

fn notify(bed: &Arc<Bed>, bit: usize) -> Box<dyn FnOnce()> {
    let bed = bed.clone();
    Box::new(move || {
        bed.work.fetch_or(bit, Ordering::Relaxed);
        if bed.token.notify() {
            bed.kernel_wakes.fetch_add(1, Ordering::Relaxed);
        }
    })
}

/// Sleeps until all work is there. The kernel's wakes taken, if it sleeps at the end.
fn sleep(bed: &Bed, all: usize) -> Option<usize> {
    let mut taken = 0;
    while bed.work.load(Ordering::Relaxed) != all {
        if bed.token.prepare() {
            if bed.kernel_wakes.load(Ordering::Relaxed) == taken {
                return Some(taken);
            }
            taken += 1;
            assert!(bed.token.finish(), "woken without a token");
        }
    }
    None
}

fn token(turn: usize, notifiers: usize) {
    let bed = Arc::new(Bed {
        token: Token::default(),
        work: AtomicUsize::new(0),
        kernel_wakes: AtomicUsize::new(0),
    });
    let all = (1 << notifiers) - 1;
    let asleep = Note::new(None);
    let (own, note) = (bed.clone(), asleep.clone());
    let sleep = Box::new(move || {
        let asleep = sleep(&own, all);
        *note.get() = asleep;
    });
    match notifiers {
        1 => together(turn, [notify(&bed, 1), sleep]),
        _ => together(turn, [notify(&bed, 1), notify(&bed, 2), sleep]),
    }
    let asleep = *asleep.get();
    if let Some(taken) = asleep {
        assert!(bed.kernel_wakes.load(Ordering::Relaxed) > taken, "asleep beside its work");
    }
}

fn one_notifies(turn: usize) {
    token(turn, 1);
}

fn two_notify(turn: usize) {
    token(turn, 2);
}

fn unpark(work: &Arc<AtomicUsize>, unparker: Unparker, bit: usize) -> Box<dyn FnOnce()> {
    let work = work.clone();
    Box::new(move || {
        work.fetch_or(bit, Ordering::Relaxed);
        unparker.unpark();
    })
}

/// A wake-up that is lost is a deadlock.
fn parker(turn: usize, unparkers: usize) {
    let mut parker = Parker::new();
    let work = Arc::new(AtomicUsize::new(0));
    let all = (1 << unparkers) - 1;
    let unparker = parker.unparker();
    let seen = work.clone();
    let sleep = Box::new(move || {
        while seen.load(Ordering::Relaxed) != all {
            parker.park();
        }
    });
    match unparkers {
        1 => together(turn, [unpark(&work, unparker, 1), sleep]),
        _ => {
            let second = unpark(&work, unparker.clone(), 2);
            together(turn, [unpark(&work, unparker, 1), second, sleep]);
        }
    }
}

fn one_unparks(turn: usize) {
    parker(turn, 1);
}

fn two_unpark(turn: usize) {
    parker(turn, 2);
}
