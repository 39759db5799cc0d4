//! Tasks that nobody else knows, which are run without read-modify-writes; and jobs.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use loom::sync::atomic::{AtomicUsize, Ordering};

use super::house::{Counted, House, Stage};
use crate::explore::{Model, Role, together};
use crate::task::{Colony, Readied, Schedule, yield_running};

pub(crate) const MODELS: &[Model] = &[
    Model::new("task: yields from worker to worker", &[30, 30], yields).preemptions(None),
    Model::new("task: handle dropped, then yields", &[1000, 220], dropped_yields).preemptions(None),
    Model::new("task: handle dropped against first run", &[84, 21], dropped_new).preemptions(None),
    Model::new("task: waker dropped against yields", &[120, 15], waker_dropped).preemptions(None),
    Model::new("task: a job against abort and shutdown", &[370, 430], job).preemptions(None),
    Model::new("task: a job that is cancelled", &[26, 36], job_cancelled).preemptions(None),
];

/// Yields `left` times.
struct Yielding {
    left: usize,
    counted: Counted,
    /// A waker is given away at the first poll.
    waker: Option<super::hands::Note<Vec<std::task::Waker>>>,
}

impl Future for Yielding {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.counted.touch();
        if let Some(note) = self.waker.take() {
            let waker = cx.waker().clone();
            note.get().push(waker);
        }
        if self.left == 0 {
            return Poll::Ready(());
        }
        self.left -= 1;
        assert!(yield_running(cx.waker()), "it is the one that runs");
        Poll::Pending
    }
}

fn worker(house: &Arc<House>, times: usize) -> Role {
    let house = house.clone();
    Box::new(move || _ = (0..times).take_while(|_| house.run_once()).count())
}

/// A house whose task is detached, in a slab that nobody owns; the drops of the future.
fn detached(left: usize) -> (Arc<House>, Arc<AtomicUsize>) {
    let (house, drops) = (House::new(true), Arc::new(AtomicUsize::new(0)));
    let yielding = Yielding { left, counted: Counted::new(&drops), waker: None };
    let colony = Colony::new(1, 0, house.clone());
    let Ok((task, handle)) = colony.slab().spawn(yielding) else {
        panic!("no permit");
    };
    drop(handle);
    house.schedule(task, Readied::Spawned);
    (house, drops)
}

fn ends(house: &Arc<House>, drops: &Arc<AtomicUsize>) {
    while house.run_once() {}
    assert_eq!(drops.load(Ordering::Relaxed), 1, "drops of the future");
    assert_eq!(Arc::strong_count(house), 1, "the slab is not freed");
}

fn yields(turn: usize) {
    let (house, drops) = detached(2);
    together(turn, [worker(&house, 2), worker(&house, 2)]);
    ends(&house, &drops);
}

fn dropped_yields(turn: usize) {
    let (house, drops) = (House::new(true), Arc::new(AtomicUsize::new(0)));
    let yielding = Yielding { left: 1, counted: Counted::new(&drops), waker: None };
    let colony = Colony::new(1, 0, house.clone());
    let Ok((task, handle)) = colony.slab().spawn(yielding) else {
        panic!("no permit");
    };
    house.schedule(task, Readied::Spawned);
    drop(colony);
    together(turn, [Box::new(move || drop(handle)), worker(&house, 2)]);
    ends(&house, &drops);
}

fn dropped_new(turn: usize) {
    let mut stage = Stage::new(0, 0);
    stage.colony = None;
    let handle = stage.handle.take();
    together(turn, [Box::new(move || drop(handle)), stage.worker(1)]);
    stage.finish();
    stage.check(1);
}

/// The last waker goes while the task yields: it stands alone from then on.
fn waker_dropped(turn: usize) {
    let (house, drops) = (House::new(true), Arc::new(AtomicUsize::new(0)));
    let given = super::hands::Note::new(Vec::new());
    let yielding = Yielding { left: 2, counted: Counted::new(&drops), waker: Some(given.clone()) };
    let colony = Colony::new(1, 0, house.clone());
    let Ok((task, handle)) = colony.slab().spawn(yielding) else {
        panic!("no permit");
    };
    drop(handle);
    drop(colony);
    house.schedule(task, Readied::Spawned);
    assert!(house.run_once());
    let waker = given.get().pop();
    together(turn, [Box::new(move || drop(waker)), worker(&house, 2)]);
    ends(&house, &drops);
}

/// Ready at its first poll.
struct Once(Counted);

impl Future for Once {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        self.0.touch();
        Poll::Ready(())
    }
}

/// Shutdown passes jobs by, whatever they are at.
fn job(turn: usize) {
    let (house, drops) = (House::new(true), Arc::new(AtomicUsize::new(0)));
    let colony = Arc::new(Colony::new(1, 0, house.clone()));
    let (task, handle) = colony.slab().spawn_job(Once(Counted::new(&drops)));
    let own = colony.clone();
    // SAFETY: it is run once, here.
    let run: Role = Box::new(move || unsafe { task.run_job() });
    let others: Role = Box::new(move || {
        handle.abort();
        // SAFETY: nobody runs tasks.
        unsafe { own.slab().shut_down_all() };
        drop(handle);
    });
    together(turn, [run, others]);
    drop(colony);
    ends(&house, &drops);
}

fn job_cancelled(turn: usize) {
    let (house, drops) = (House::new(true), Arc::new(AtomicUsize::new(0)));
    let colony = Colony::new(1, 0, house.clone());
    let (task, handle) = colony.slab().spawn_job(Once(Counted::new(&drops)));
    drop(colony);
    // SAFETY: it is cancelled once, here.
    let cancel: Role = Box::new(move || unsafe { task.cancel_job() });
    together(turn, [cancel, Box::new(move || drop(handle))]);
    ends(&house, &drops);
}
