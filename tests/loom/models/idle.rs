//! The idle protocol over a real ring: when all workers sleep for good, no task is left.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

use crate::executor::idle::Idle;
use crate::explore::{Model, Role, together};
use crate::ring::Ring;

pub(crate) const MODELS: &[Model] = &[
    Model::new("idle: worker against pusher", &[250, 160], worker_pusher).preemptions(Some(3)),
    Model::new("idle: worker against two pushes", &[220, 95], worker_two_pushes),
    Model::new("idle: searcher against pusher", &[32, 16], searcher_pusher).preemptions(Some(3)),
    Model::new("idle: two workers, one pusher", &[57000, 5300, 5500], two_workers),
    Model::new(
        "idle: one lies down while one searches",
        &[1490, 430, 380],
        lies_down_beside_searcher,
    ),
    Model::new("idle: one finds while one lies down", &[25, 20], finds_beside_lying_down)
        .preemptions(None),
    Model::new("idle: a second look finds two", &[650, 290], second_look_finds_two)
        .preemptions(Some(3)),
    Model::new("idle: worker against two pushers", &[8900, 2300, 9100], two_pushers),
    Model::new("idle: pinned worker against pusher", &[3100, 1200], pinned).preemptions(None),
    Model::new("idle: pinned worker against two pushers", &[6600, 2100, 7300], pinned_two),
    Model::new("idle: looks about, then sleeps", &[480, 290], looks_about).preemptions(Some(3)),
    Model::new("idle: monitor rests, a worker rises", &[20, 25], rests).preemptions(None),
    Model::new("idle: monitor rests, stirs, a worker rises", &[23, 40], rests_and_stirs)
        .preemptions(None),
    Model::new("idle: monitor rests, a push comes", &[230, 130, 128], rests_beside_pusher),
];

const WORKERS: usize = 2;

/// The kernel's part: notifications that order nothing.
struct House {
    ring: Ring<usize>,
    idle: Idle,
    notified: [AtomicUsize; WORKERS],
    taken: [AtomicUsize; WORKERS],
}

impl House {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            ring: Ring::new(2),
            idle: Idle::default(),
            notified: std::array::from_fn(|_| AtomicUsize::new(0)),
            taken: std::array::from_fn(|_| AtomicUsize::new(0)),
        })
    }

    fn wake_worker(&self) {
        if let Some(worker) = self.idle.claim() {
            self.notified[worker].fetch_add(1, Ordering::Relaxed);
        }
    }

    fn push(&self, task: usize) {
        assert_eq!(self.ring.push(task), Ok(()));
        self.wake_worker();
    }

    /// Works as `executor::worker` does, until it sleeps and the notification has not come yet.
    fn work(&self, worker: usize, mut searching: bool) {
        loop {
            if self.ring.pop().is_some() {
                if searching {
                    searching = false;
                    if self.idle.found() && !self.ring.is_empty() {
                        self.wake_worker();
                    }
                }
                continue;
            }
            if !searching {
                searching = self.idle.try_search(WORKERS);
            }
            if !self.lies_down(worker, searching) {
                return;
            }
            searching = self.gets_up(worker);
        }
    }

    /// Whether it searches from now on: woken, or for what its second look has found.
    fn gets_up(&self, worker: usize) -> bool {
        self.idle.rise(worker).claimed || self.idle.try_search(WORKERS)
    }

    /// `true`: gets up again.
    fn lies_down(&self, worker: usize, searching: bool) -> bool {
        if self.idle.sleep(worker, searching) && !self.ring.is_empty() {
            return true;
        }
        let taken = self.taken[worker].load(Ordering::Relaxed);
        if self.notified[worker].load(Ordering::Relaxed) == taken {
            return false;
        }
        self.taken[worker].store(taken + 1, Ordering::Relaxed);
        true
    }

    /// Every worker sleeps, apart from those whose notification is under way.
    fn check(&self) {
        let woken = |worker: usize| {
            let notified = self.notified[worker].load(Ordering::Relaxed);
            notified > self.taken[worker].load(Ordering::Relaxed)
        };
        let some_worker_gets_up = (0..WORKERS).any(woken);
        assert!(some_worker_gets_up || self.ring.is_empty(), "all sleep beside a task");
    }
}

fn working(house: &Arc<House>, worker: usize) -> Role {
    let house = house.clone();
    Box::new(move || house.work(worker, false))
}

fn pushing(house: &Arc<House>, tasks: &'static [usize]) -> Role {
    let house = house.clone();
    Box::new(move || tasks.iter().for_each(|&task| house.push(task)))
}

/// A searcher takes one task and then works on it for ever: what comes must wake another.
fn finding(house: &Arc<House>) -> Role {
    let house = house.clone();
    Box::new(move || {
        if house.ring.pop().is_some() && house.idle.found() && !house.ring.is_empty() {
            house.wake_worker();
        }
    })
}

fn asleep(house: &House, worker: usize) {
    let _look_again = house.idle.sleep(worker, false);
}

/// The other worker sleeps from the start.
fn worker_pusher(turn: usize) {
    let house = House::new();
    asleep(&house, 1);
    together(turn, [working(&house, 0), pushing(&house, &[1])]);
    house.check();
}

fn worker_two_pushes(turn: usize) {
    let house = House::new();
    asleep(&house, 1);
    together(turn, [working(&house, 0), pushing(&house, &[1, 2])]);
    house.check();
}

/// The worker searches and finds a task while another is pushed: it passes the search on.
fn searcher_pusher(turn: usize) {
    let house = House::new();
    asleep(&house, 1);
    assert_eq!(house.ring.push(1), Ok(()));
    assert!(house.idle.try_search(WORKERS));
    together(turn, [finding(&house), pushing(&house, &[2])]);
    house.check();
}

fn two_workers(turn: usize) {
    let house = House::new();
    together(turn, [working(&house, 0), working(&house, 1), pushing(&house, &[1])]);
    house.check();
}

/// One worker searches and then lies down, another lies down without having searched.
fn lies_down_beside_searcher(turn: usize) {
    let house = House::new();
    assert!(house.idle.try_search(WORKERS));
    let lie_down = |worker: usize, searching: bool| -> Role {
        let house = house.clone();
        Box::new(move || {
            if house.lies_down(worker, searching) {
                let searching = house.gets_up(worker);
                house.work(worker, searching);
            }
        })
    };
    together(turn, [lie_down(0, true), lie_down(1, false), pushing(&house, &[1])]);
    house.check();
}

/// One worker finds a task and works on it for ever while the other lies down: a push wakes the
/// other.
fn finds_beside_lying_down(turn: usize) {
    let house = House::new();
    assert!(house.idle.try_search(WORKERS));
    let (finding, lying) = (house.clone(), house.clone());
    let find: Role = Box::new(move || {
        if finding.idle.found() && !finding.ring.is_empty() {
            finding.wake_worker();
        }
    });
    together(turn, [find, Box::new(move || lying.work(1, false))]);
    house.push(2);
    house.check();
    assert!(house.idle.sleeping() < WORKERS, "a worker sleeps that does not");
}

/// Two pushes are left to a searcher that lies down. Its second look finds them: before it works on
/// the first for ever it wakes the other for the second.
fn second_look_finds_two(turn: usize) {
    let house = House::new();
    asleep(&house, 1);
    assert!(house.idle.try_search(WORKERS));
    let own = house.clone();
    let lie_down: Role = Box::new(move || {
        let mut searching = true;
        while own.lies_down(0, searching) {
            searching = own.gets_up(0);
            if own.ring.pop().is_some() {
                if searching && own.idle.found() && !own.ring.is_empty() {
                    own.wake_worker();
                }
                return;
            }
        }
    });
    together(turn, [lie_down, pushing(&house, &[1, 2])]);
    house.check();
}

fn two_pushers(turn: usize) {
    let house = House::new();
    asleep(&house, 1);
    together(turn, [working(&house, 0), pushing(&house, &[1]), pushing(&house, &[2])]);
    house.check();
}

/// A worker whose tasks come to it alone, as under a policy that pins them.
fn work_pinned(house: &House) {
    loop {
        while house.ring.pop().is_some() {}
        let notified = if house.idle.sleep(0, false) && !house.ring.is_empty() {
            true
        } else {
            house.notified[0].load(Ordering::Relaxed) > house.taken[0].load(Ordering::Relaxed)
        };
        if !notified {
            return;
        }
        let _risen = house.idle.rise(0);
        let notified = house.notified[0].load(Ordering::Relaxed);
        house.taken[0].store(notified, Ordering::Relaxed);
    }
}

fn push_home(house: &Arc<House>, task: usize) -> Role {
    let house = house.clone();
    Box::new(move || {
        assert_eq!(house.ring.push(task), Ok(()));
        if house.idle.rouse(0) {
            house.notified[0].fetch_add(1, Ordering::Relaxed);
        }
    })
}

fn working_pinned(house: &Arc<House>) -> Role {
    let house = house.clone();
    Box::new(move || work_pinned(&house))
}

fn pinned(turn: usize) {
    let house = House::new();
    together(turn, [working_pinned(&house), push_home(&house, 1)]);
    house.check();
}

fn pinned_two(turn: usize) {
    let house = House::new();
    let pushers = [push_home(&house, 1), push_home(&house, 2)];
    let [first, second] = pushers;
    together(turn, [working_pinned(&house), first, second]);
    house.check();
}

/// A searcher that looks once more before it sleeps; pushes meanwhile find it searching.
fn looks_about(turn: usize) {
    let house = House::new();
    asleep(&house, 1);
    let own = house.clone();
    let worker: Role = Box::new(move || {
        let searching = own.idle.try_search(WORKERS);
        let _looked = own.ring.is_empty();
        own.work(0, searching);
    });
    together(turn, [worker, pushing(&house, &[1])]);
    house.check();
}

/// The monitor, while all workers sleep at first: whether it lies down.
fn resting(house: &Arc<House>, rested: &Arc<AtomicUsize>, stirs: bool) -> Role {
    let (house, rested) = (house.clone(), rested.clone());
    Box::new(move || {
        let lies_down = house.idle.rest(WORKERS);
        rested.store(usize::from(lies_down), Ordering::Relaxed);
        if lies_down && stirs {
            house.idle.stir();
        }
    })
}

/// A worker gets up, for an event or a push, and stays up.
fn rising(house: &Arc<House>, worker: usize) -> Role {
    let house = house.clone();
    Box::new(move || {
        if house.idle.rise(worker).stirs {
            house.taken[worker].fetch_add(1, Ordering::Relaxed);
        }
    })
}

/// All workers asleep.
fn sleeping_house() -> (Arc<House>, Arc<AtomicUsize>) {
    let house = House::new();
    (0..WORKERS).for_each(|worker| asleep(&house, worker));
    (house, Arc::new(AtomicUsize::new(0)))
}

/// The monitor does not rest beside a worker that is awake, unless that one stirs it.
fn check_stirred(house: &House, rested: &AtomicUsize) {
    let stirred: usize = house.taken.iter().map(|taken| taken.load(Ordering::Relaxed)).sum();
    let rested = rested.load(Ordering::Relaxed);
    assert_eq!(stirred, rested, "stirred so often, and rested so often");
}

fn rests(turn: usize) {
    let (house, rested) = sleeping_house();
    together(turn, [resting(&house, &rested, false), rising(&house, 0)]);
    check_stirred(&house, &rested);
    assert_eq!(house.idle.sleeping(), WORKERS - 1, "who got up counts as awake");
    assert!(!house.idle.rest(WORKERS), "the monitor rests only while all sleep");
}

fn rests_and_stirs(turn: usize) {
    let (house, rested) = sleeping_house();
    together(turn, [resting(&house, &rested, true), rising(&house, 0)]);
    assert_eq!(house.idle.sleeping(), WORKERS - 1, "who got up counts as awake");
    assert!(!house.idle.rise(0).stirs, "nobody rests any more");
}

/// A push claims a worker although the monitor rests, and that worker stirs it.
fn rests_beside_pusher(turn: usize) {
    let (house, rested) = sleeping_house();
    let own = house.clone();
    let worker: Role = Box::new(move || {
        for worker in 0..WORKERS {
            if own.notified[worker].load(Ordering::Relaxed) > 0 {
                let risen = own.idle.rise(worker);
                assert!(risen.claimed, "a pusher has claimed it");
                own.taken[worker].fetch_add(usize::from(risen.stirs), Ordering::Relaxed);
            }
        }
    });
    together(turn, [resting(&house, &rested, false), worker, pushing(&house, &[1])]);
    let notified = |worker: &AtomicUsize| worker.load(Ordering::Relaxed);
    assert_eq!(house.notified.iter().map(notified).sum::<usize>(), 1, "one worker is claimed");
    assert_eq!(house.idle.sleeping(), WORKERS - 1, "one worker is claimed");
    let stirred = house.taken.iter().any(|taken| taken.load(Ordering::Relaxed) > 0);
    let rests = rested.load(Ordering::Relaxed) == 1 && !stirred;
    assert_eq!(house.idle.rests(), rests, "until somebody has got up");
}
