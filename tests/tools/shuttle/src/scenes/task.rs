//! Tasks, their wakers and handles in a small executor of ring, idle protocol and parkers.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::{Role, together};
use crate::channel;
use crate::executor::idle::Idle;
use crate::park::{Parker, Unparker};
use crate::ring::Ring;
use crate::run::Scene;
use crate::sync::{Arc, AtomicUsize, Ordering};
use crate::task::{Colony, JoinError, JoinHandle, Readied, Schedule, TaskRef};

pub(crate) const SCENES: &[Scene] = &[
    Scene::new("task: three workers, tasks that yield and talk", 5, talk),
    Scene::new("task: three workers, aborts against wakes", 6, aborts),
    Scene::new("task: handles dropped while tasks end", 6, handles_go),
];

struct House {
    ring: Ring<TaskRef>,
    idle: Idle,
    beds: Vec<Unparker>,
    over: AtomicUsize,
}

impl Schedule for Arc<House> {
    fn schedule(&self, task: TaskRef, _: Readied) {
        assert!(self.ring.push(task).is_ok(), "a task stands in the queue twice");
        if let Some(worker) = self.idle.claim() {
            self.beds[worker].unpark();
        }
    }
}

impl House {
    fn work(&self, worker: usize, mut parker: Parker) {
        let mut searching = false;
        while self.over.load(Ordering::Relaxed) == 0 {
            if let Some(task) = self.ring.pop() {
                if std::mem::take(&mut searching) && self.idle.found() && !self.ring.is_empty() {
                    if let Some(other) = self.idle.claim() {
                        self.beds[other].unpark();
                    }
                }
                // SAFETY: `schedule` put it there, and the pop took it once.
                unsafe { task.run() };
                continue;
            }
            searching = searching || self.idle.try_search(self.beds.len());
            let looks_again = self.idle.sleep(worker, searching) && !self.ring.is_empty();
            if !looks_again && self.over.load(Ordering::Relaxed) == 0 {
                parker.park();
            }
            searching = self.idle.rise(worker).claimed
                || looks_again && self.idle.try_search(self.beds.len());
        }
    }
}

/// An executor of three workers.
struct Stage {
    colony: Colony<Arc<House>>,
    parkers: Vec<Parker>,
    drops: Arc<AtomicUsize>,
    spawned: usize,
}

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Stage {
    fn new() -> Self {
        let parkers: Vec<Parker> = (0..3).map(|_| Parker::new()).collect();
        let house = Arc::new(House {
            ring: Ring::new(8),
            idle: Idle::default(),
            beds: parkers.iter().map(Parker::unparker).collect(),
            over: AtomicUsize::new(0),
        });
        let drops = Arc::new(AtomicUsize::new(0));
        Self { colony: Colony::new(8, 0, house), parkers, drops, spawned: 0 }
    }

    /// A task whose future and output are counted.
    fn spawn(&mut self, future: impl Future<Output = usize> + Send + 'static) -> Handle {
        let (in_future, drops) = (Counted(self.drops.clone()), self.drops.clone());
        self.spawned += 1;
        let spawned = self.colony.slab().spawn(async move {
            let _in_future = in_future;
            (future.await, Counted(drops))
        });
        let Ok((task, handle)) = spawned else { panic!("no permit") };
        self.colony.schedule(task, Readied::Spawned);
        handle
    }

    /// Plays the roles beside the workers; the last role ends it all.
    fn play(self, roles: Vec<Role>, outputs: std::ops::RangeInclusive<usize>) {
        let house = (*self.colony).clone();
        let mut all = Vec::new();
        for (worker, parker) in self.parkers.into_iter().enumerate() {
            let house = house.clone();
            all.push(Box::new(move || house.work(worker, parker)) as Role);
        }
        all.extend(roles);
        let last = all.pop().expect("there are roles");
        let ending = house.clone();
        all.push(Box::new(move || {
            last();
            ending.over.store(1, Ordering::Relaxed);
            ending.beds.iter().for_each(Unparker::unpark);
        }));
        together(all);
        // SAFETY: the workers have ended.
        unsafe { self.colony.slab().shut_down_all() };
        assert_eq!(self.colony.slab().tasks_alive(), 0, "a cell is not freed");
        let drops = self.drops.load(Ordering::Relaxed);
        let expected = self.spawned + outputs.start()..=self.spawned + outputs.end();
        assert!(expected.contains(&drops), "{drops} drops, expected {expected:?}");
    }
}

type Handle = JoinHandle<(usize, Counted)>;

/// Sleeps until the task has ended.
fn join(handle: Handle) -> Result<usize, JoinError> {
    let (mut parker, mut handle) = (Parker::new(), pin!(handle));
    let waker = parker.waker();
    loop {
        match handle.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(ended) => return ended.map(|(value, _)| value),
            Poll::Pending => parker.park(),
        }
    }
}

/// Pending so many times, each time woken by itself.
struct Yields(usize);

impl Future for Yields {
    type Output = usize;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        if self.0 == 0 {
            return Poll::Ready(7);
        }
        self.0 -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

fn talk() {
    let mut stage = Stage::new();
    let (sender, receiver) = channel::bounded(1);
    let asks = stage.spawn(async move {
        for number in 0..3 {
            sender.send(number).await.expect("somebody receives");
        }
        1
    });
    let hears = stage.spawn(async move {
        let mut sum = 0;
        while let Ok(number) = receiver.recv().await {
            sum += number;
        }
        sum
    });
    let yields = stage.spawn(Yields(2));
    let first: Role = Box::new(move || assert_eq!(join(asks).ok(), Some(1)));
    let second: Role = Box::new(move || {
        assert_eq!(join(hears).ok(), Some(3));
        assert_eq!(join(yields).ok(), Some(7));
    });
    // Both must have ended before the workers do: the second waits for the first by the channel,
    // whose sender goes with its task.
    stage.play(vec![first, second], 3..=3);
}

fn aborts() {
    let mut stage = Stage::new();
    let (sender, receiver) = channel::bounded(1);
    let waits = stage.spawn(async move { receiver.recv().await.unwrap_or(9) });
    let yields = stage.spawn(Yields(2));
    let (abort, abort_too) = (waits.abort_handle(), yields.abort_handle());
    let wakes: Role = Box::new(move || _ = sender.try_send(5));
    let stops: Role = Box::new(move || {
        abort.abort();
        abort_too.abort();
    });
    let joins: Role = Box::new(move || {
        match join(waits) {
            Ok(value) => assert_eq!(value, 5),
            Err(error) => assert!(error.is_cancelled()),
        }
        match join(yields) {
            Ok(value) => assert_eq!(value, 7),
            Err(error) => assert!(error.is_cancelled()),
        }
    });
    stage.play(vec![wakes, stops, joins], 0..=2);
}

/// Nobody waits: what is dropped is dropped once, and the cells are freed.
fn handles_go() {
    let mut stage = Stage::new();
    let (first, second) = (stage.spawn(Yields(1)), stage.spawn(Yields(1)));
    let third = stage.spawn(Yields(1));
    let drops: Vec<Role> = vec![
        Box::new(move || drop(first)),
        Box::new(move || drop(second)),
        Box::new(move || drop(join(third))),
    ];
    stage.play(drops, 1..=3);
}
