//! Who is in: one is the last, and sees all that the others did.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

use crate::executor::presence::Presence;
use crate::explore::{Model, Role, together};
use crate::sync::UnsafeCell;

pub(crate) const MODELS: &[Model] = &[
    Model::new("presence: one leaves, one closes", &[10, 10], leave_close).preemptions(None),
    Model::new("presence: two leave, one closes", &[170, 170, 170], two_leave).preemptions(Some(3)),
    Model::new("presence: one comes, one closes", &[23, 40], come_close).preemptions(None),
];

struct House {
    presence: Presence,
    /// What who is in does; orders nothing by itself.
    work: [UnsafeCell<usize>; 2],
    lasts: AtomicUsize,
}

impl House {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            presence: Presence::default(),
            work: std::array::from_fn(|_| UnsafeCell::new(0)),
            lasts: AtomicUsize::new(0),
        })
    }

    /// The last one touches what the others touched.
    fn end(&self) {
        assert_eq!(self.lasts.fetch_add(1, Ordering::Relaxed), 0, "two are last");
        for work in &self.work {
            // SAFETY: loom checks that nobody else is there.
            work.with_mut(|work| unsafe { *work += 1 });
        }
    }

    fn work_and_leave(&self, place: usize) {
        // SAFETY: each has a place of its own, until the last comes.
        self.work[place].with_mut(|work| unsafe { *work += 1 });
        if self.presence.leave() {
            self.end();
        }
    }

    fn close(&self) {
        if self.presence.close() {
            self.end();
        }
    }

    fn check(&self) {
        assert!(self.presence.is_closed());
        assert!(!self.presence.enter(), "one comes in after the close");
        assert_eq!(self.lasts.load(Ordering::Relaxed), 1, "nobody was the last");
    }
}

fn leaving(house: &Arc<House>, place: usize) -> Role {
    let house = house.clone();
    Box::new(move || house.work_and_leave(place))
}

fn closing(house: &Arc<House>) -> Role {
    let house = house.clone();
    Box::new(move || house.close())
}

fn leave_close(turn: usize) {
    let house = House::new();
    assert!(house.presence.enter());
    together(turn, [leaving(&house, 0), closing(&house)]);
    house.check();
}

fn two_leave(turn: usize) {
    let house = House::new();
    assert!(house.presence.enter() && house.presence.enter());
    together(turn, [leaving(&house, 0), leaving(&house, 1), closing(&house)]);
    house.check();
}

fn come_close(turn: usize) {
    let house = House::new();
    let own = house.clone();
    let come: Role = Box::new(move || {
        if own.presence.enter() {
            own.work_and_leave(0);
        }
    });
    together(turn, [come, closing(&house)]);
    house.check();
}
