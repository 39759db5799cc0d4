//! The idle protocol with workers that sleep for real: a push that nobody hears is a deadlock.

use super::{Role, together};
use crate::executor::idle::Idle;
use crate::park::{Parker, Unparker};
use crate::ring::Ring;
use crate::run::Scene;
use crate::sync::{Arc, AtomicUsize, Ordering};

pub(crate) const SCENES: &[Scene] = &[
    Scene::new("idle: three workers, two pushers", 5, || play(3, 2, Plant::Nothing)),
    Scene::new("idle: four workers, three pushers", 7, || play(4, 3, Plant::Nothing)),
    Scene::new("idle: two workers, four pushers", 6, || play(2, 4, Plant::Nothing)),
    Scene::planted("idle: sleeps without a second look", 5, || play(3, 2, Plant::NoSecondLook)),
    Scene::planted("idle: the last searcher wakes nobody", 5, || play(3, 2, Plant::NoPassingOn)),
    Scene::planted("idle: a second look that stays alone", 6, || play(2, 4, Plant::NoSearchingOn)),
];

/// A mistake of the workers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plant {
    Nothing,
    NoSecondLook,
    NoPassingOn,
    NoSearchingOn,
}

const EACH: usize = 2;

/// So many turns of the others: what they can do by then, they have done.
const PATIENCE: usize = 1_000;

struct House {
    ring: Ring<usize>,
    idle: Idle,
    beds: Vec<Unparker>,
    /// Tasks that have not been done yet.
    left: AtomicUsize,
    /// Tasks that wait for another one to run beside them.
    meeting: AtomicUsize,
    plant: Plant,
}

impl House {
    fn wake_worker(&self) {
        if let Some(worker) = self.idle.claim() {
            self.beds[worker].unpark();
        }
    }

    fn push(&self, task: usize) {
        assert_eq!(self.ring.push(task), Ok(()));
        self.wake_worker();
    }

    fn is_over(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    fn run(&self, task: usize) {
        if task == MEETING {
            // Blocks its worker until another worker runs its like.
            self.meeting.fetch_add(1, Ordering::Relaxed);
            for _ in 0..PATIENCE {
                if self.meeting.load(Ordering::Relaxed) == 2 {
                    break;
                }
                shuttle::thread::yield_now();
            }
            assert_eq!(self.meeting.load(Ordering::Relaxed), 2, "the others sleep beside a task");
        }
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.beds.iter().for_each(Unparker::unpark);
        }
    }

    /// Works as `executor::worker` does.
    fn work(&self, worker: usize, mut parker: Parker) {
        let mut searching = false;
        while !self.is_over() {
            if let Some(task) = self.ring.pop() {
                if std::mem::take(&mut searching) {
                    let passes_on = self.idle.found() && !self.ring.is_empty();
                    if passes_on && self.plant != Plant::NoPassingOn {
                        self.wake_worker();
                    }
                }
                self.run(task);
                continue;
            }
            if !searching {
                searching = self.idle.try_search(self.beds.len());
                if searching {
                    continue;
                }
            }
            let look_again = self.idle.sleep(worker, searching);
            let stays = look_again && !self.ring.is_empty() && self.plant != Plant::NoSecondLook;
            if !stays && !self.is_over() {
                parker.park();
            }
            searching = self.idle.rise(worker).claimed;
            if stays && !searching && self.plant != Plant::NoSearchingOn {
                searching = self.idle.try_search(self.beds.len());
            }
        }
    }
}

/// One of these blocks its worker until the other one runs: two pushes must wake two workers.
const MEETING: usize = 7;

fn play(workers: usize, pushers: usize, plant: Plant) {
    let parkers: Vec<Parker> = (0..workers).map(|_| Parker::new()).collect();
    let house = Arc::new(House {
        ring: Ring::new(16),
        idle: Idle::default(),
        beds: parkers.iter().map(Parker::unparker).collect(),
        left: AtomicUsize::new(pushers * EACH),
        meeting: AtomicUsize::new(0),
        plant,
    });
    let mut roles: Vec<Role> = Vec::new();
    for (worker, parker) in parkers.into_iter().enumerate() {
        let house = house.clone();
        roles.push(Box::new(move || house.work(worker, parker)));
    }
    for pusher in 0..pushers {
        let house = house.clone();
        let tasks = if pusher == 0 { [MEETING; EACH] } else { [1; EACH] };
        roles.push(Box::new(move || tasks.into_iter().for_each(|task| house.push(task))));
    }
    together(roles);
    assert!(house.ring.is_empty());
}
