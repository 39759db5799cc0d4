//! The checker checked: what loom sees and what it does not. A loom that changes this fails here.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use loom::sync::Arc;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
use loom::sync::atomic::{AtomicUsize, Ordering, fence};

use crate::explore::{Model, Role, together};
use crate::sync;

/// Each test, its name, and what may be seen: pairs of values.
type Litmus = (&'static str, fn(usize), &'static [(usize, usize)]);

const TESTS: &[Litmus] = &[
    ("message passing, release and acquire", |_| message(Release, Acquire), &[(0, 0), (1, 1)]),
    ("message passing, relaxed store", |_| message(Relaxed, Acquire), &[(0, 0), (1, 0), (1, 1)]),
    ("message passing, relaxed load", |_| message(Release, Relaxed), &[(0, 0), (1, 0), (1, 1)]),
    ("store buffering, fences", |_| buffering(Relaxed, true), &[(0, 1), (1, 0), (1, 1)]),
    ("store buffering, no fence", |_| buffering(Relaxed, false), &[(0, 0), (0, 1), (1, 0), (1, 1)]),
    // Not what the language says: SeqCst accesses exclude (0, 0). Hence src has SeqCst fences only.
    (
        "store buffering, SeqCst accesses",
        |_| buffering(SeqCst, false),
        &[(0, 0), (0, 1), (1, 0), (1, 1)],
    ),
    // Not what the language says: it allows (1, 1). loom executes loads in program order.
    ("load buffering, relaxed", |_| load_buffering(), &[(0, 0), (0, 1), (1, 0)]),
    // Not what may happen: (1, 0) is missing, since the child's own load hides the other's from its
    // store. Hence each model is explored again with exchanged roles.
    ("hidden load", |_| hidden_load(0), &[(0, 0)]),
    ("hidden load, roles exchanged", |_| hidden_load(1), &[(0, 0), (1, 0)]),
    // Not what the language says: a failing compare-exchange may read 1 as well. Hence `stale`.
    ("failing compare-exchange", |_| failing_exchange(), &[(2, 0)]),
    ("failing compare-exchange of the door, stale", |_| failing_at_the_door(), &[(1, 0), (2, 0)]),
];

static SEEN: Mutex<BTreeSet<(usize, usize)>> = Mutex::new(BTreeSet::new());

fn see(pair: (usize, usize)) {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner).insert(pair);
}

/// Runs every litmus test; what each one that came out otherwise gave.
pub(crate) fn check() -> (usize, Vec<String>) {
    let mut wrong = Vec::new();
    for &(name, body, expected) in TESTS {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).clear();
        let model = match name.ends_with(", stale") {
            true => Model::new(name, &[], body).stale(&[1]),
            false => Model::new(name, &[1], body),
        };
        let model = model.preemptions(None);
        let failure = model.variants().find_map(|variant| variant.explore(None).failure);
        let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if failure.is_some() || !seen.iter().eq(expected) {
            wrong.push(format!("litmus, {name}: expected {expected:?}, saw {seen:?}, {failure:?}"));
        }
    }
    (TESTS.len(), wrong)
}

fn two() -> Arc<[AtomicUsize; 2]> {
    Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)])
}

fn message(store: Ordering, load: Ordering) {
    let two = two();
    let sender = two.clone();
    let send: Role = Box::new(move || {
        sender[0].store(1, Relaxed);
        sender[1].store(1, store);
    });
    let receive: Role = Box::new(move || {
        let flag = two[1].load(load);
        let value = two[0].load(Relaxed);
        see((flag, if flag == 0 { 0 } else { value }));
    });
    together(0, [send, receive]);
}

fn buffering(order: Ordering, fences: bool) {
    let (two, first, second) = (two(), one(), one());
    let side = |own: usize, out: Arc<AtomicUsize>| -> Role {
        let two = two.clone();
        Box::new(move || {
            two[own].store(1, order);
            if fences {
                fence(SeqCst);
            }
            out.store(two[1 - own].load(order), Relaxed);
        })
    };
    together(0, [side(0, first.clone()), side(1, second.clone())]);
    see((first.load(Relaxed), second.load(Relaxed)));
}

fn one() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0))
}

fn load_buffering() {
    let (two, first, second) = (two(), one(), one());
    let side = |own: usize, out: Arc<AtomicUsize>| -> Role {
        let two = two.clone();
        Box::new(move || {
            out.store(two[own].load(Relaxed), Relaxed);
            two[1 - own].store(1, Relaxed);
        })
    };
    together(0, [side(0, first.clone()), side(1, second.clone())]);
    see((first.load(Relaxed), second.load(Relaxed)));
}

fn hidden_load(turn: usize) {
    let cell = one();
    let changing = cell.clone();
    let change: Role = Box::new(move || {
        let seen = changing.load(Acquire);
        changing.store(seen + 1, Release);
    });
    let look: Role = Box::new(move || see((cell.load(Acquire), 0)));
    together(turn, [change, look]);
}

fn failing_exchange() {
    let cell = one();
    let changing = cell.clone();
    failing(
        move |value| changing.store(value, Relaxed),
        move || cell.compare_exchange(0, 9, AcqRel, Relaxed),
    );
}

/// As `failing_exchange`, by the door that the rooms have under the models.
fn failing_at_the_door() {
    let cell = Arc::new(sync::AtomicUsize::new(0));
    let changing = cell.clone();
    failing(
        move |value| changing.store(value, Relaxed),
        move || cell.compare_exchange(0, 9, AcqRel, Relaxed),
    );
}

/// Two changes are announced to who then exchanges in vain: what does it see?
fn failing<S, E>(store: S, exchange: E)
where
    S: Fn(usize) + Send + Sync + 'static,
    E: Fn() -> Result<usize, usize> + Send + Sync + 'static,
{
    let flag = one();
    let flagging = flag.clone();
    let change: Role = Box::new(move || {
        store(1);
        store(2);
        flagging.store(1, Relaxed);
    });
    let exchange: Role = Box::new(move || {
        if flag.load(Relaxed) == 1
            && let Err(seen) = exchange()
        {
            see((seen, 0));
        }
    });
    together(0, [change, exchange]);
}
