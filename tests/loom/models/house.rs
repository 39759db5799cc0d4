//! An executor for one task: a queue that orders nothing, and a future whose parts loom watches.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::{Note, counting};
use crate::explore::Role;
use crate::task::{Colony, JoinError, JoinHandle, Readied, Schedule, TaskRef};

/// The queue: a relaxed number of places taken, so that only the state word orders anything. Where
/// the room asks that a queue hands over what came before, it does so.
pub(crate) struct House {
    in_order: bool,
    queued: AtomicUsize,
    task: Note<Option<TaskRef>>,
}

impl Schedule for std::sync::Arc<House> {
    fn schedule(&self, task: TaskRef, _: Readied) {
        *self.task.get() = Some(task);
        let order = self.order(Ordering::Release);
        let queued = self.queued.fetch_add(1, order);
        assert_eq!(queued, 0, "the task stands in the queue twice");
    }
}

impl House {
    /// Takes the task from the queue and runs it once, if it is there.
    pub(crate) fn run_once(&self) -> bool {
        let taken =
            self.queued.compare_exchange(1, 0, self.order(Ordering::Acquire), Ordering::Relaxed);
        let task = *self.task.get();
        match task.filter(|_| taken.is_ok()) {
            // SAFETY: `schedule` put it there, and taking it from the queue takes it once.
            Some(task) => unsafe { task.run() },
            None => return false,
        }
        true
    }

    fn order(&self, order: Ordering) -> Ordering {
        if self.in_order { order } else { Ordering::Relaxed }
    }

    /// As before any task.
    pub(crate) fn new(in_order: bool) -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self { in_order, queued: AtomicUsize::new(0), task: Note::new(None) })
    }
}

/// Touched without any ordering of its own, so that two polls that nothing orders are found.
pub(crate) struct Watched(UnsafeCell<()>);

impl Watched {
    pub(crate) fn new() -> Self {
        Self(UnsafeCell::new(()))
    }

    pub(crate) fn touch(&self) {
        self.0.with_mut(|_| ());
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.touch();
        }
    }
}

/// Counts its drops; what is never dropped is a leak.
pub(crate) struct Counted(std::sync::Arc<AtomicUsize>, Watched);

impl Counted {
    pub(crate) fn new(drops: &std::sync::Arc<AtomicUsize>) -> Self {
        Self(drops.clone(), Watched::new())
    }

    pub(crate) fn touch(&self) {
        self.1.touch();
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A task and what stands around it.
pub(crate) struct Stage {
    pub(crate) house: std::sync::Arc<House>,
    /// `None`: only the cell keeps the slab.
    pub(crate) colony: Option<Colony<std::sync::Arc<House>>>,
    pub(crate) handle: Option<JoinHandle<Counted>>,
    /// The wakers that the first poll gave away.
    pub(crate) wakers: Vec<Waker>,
    pub(crate) events: std::sync::Arc<AtomicUsize>,
    future_drops: std::sync::Arc<AtomicUsize>,
    output_drops: std::sync::Arc<AtomicUsize>,
}

/// Pending until all bits of `events` are set.
struct Waiting {
    events: std::sync::Arc<AtomicUsize>,
    all: usize,
    output_drops: std::sync::Arc<AtomicUsize>,
    counted: Counted,
    wakers: Note<Vec<Waker>>,
    wakers_wanted: usize,
}

impl Future for Waiting {
    type Output = Counted;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Counted> {
        self.counted.touch();
        while self.wakers_wanted > 0 {
            let waker = cx.waker().clone();
            self.wakers.get().push(waker);
            self.wakers_wanted -= 1;
        }
        if self.events.load(Ordering::Relaxed) != self.all {
            return Poll::Pending;
        }
        Poll::Ready(Counted::new(&self.output_drops))
    }
}

impl Stage {
    /// A task that was polled once, gave `wakers` wakers away, and waits for the bits of `all`.
    pub(crate) fn new(wakers: usize, all: usize) -> Self {
        let house = House::new(false);
        let colony = Colony::new(1, 0, house.clone());
        let zero = || std::sync::Arc::new(AtomicUsize::new(0));
        let (events, future_drops, output_drops) = (zero(), zero(), zero());
        let given = Note::new(Vec::new());
        let waiting = Waiting {
            events: events.clone(),
            all,
            output_drops: output_drops.clone(),
            counted: Counted::new(&future_drops),
            wakers: given.clone(),
            wakers_wanted: wakers,
        };
        let Ok((task, handle)) = colony.slab().spawn(waiting) else {
            panic!("no permit for the first task");
        };
        house.schedule(task, Readied::Spawned);
        if wakers > 0 {
            assert!(house.run_once());
        }
        let wakers = std::mem::take(&mut *given.get());
        Self {
            house,
            colony: Some(colony),
            handle: Some(handle),
            wakers,
            events,
            future_drops,
            output_drops,
        }
    }

    /// A role: an event happens, then the task is woken; the waker goes with it.
    pub(crate) fn event(&mut self, bit: usize) -> Role {
        let events = self.events.clone();
        let waker = self.wakers.pop();
        Box::new(move || {
            events.fetch_or(bit, Ordering::Relaxed);
            waker.into_iter().for_each(Waker::wake);
        })
    }

    /// A role: a worker that takes the task from the queue at most `times` times.
    pub(crate) fn worker(&self, times: usize) -> Role {
        let house = self.house.clone();
        Box::new(move || _ = (0..times).take_while(|_| house.run_once()).count())
    }

    /// A role: ends the task, as an executor whose workers have ended.
    pub(crate) fn shut_down(&self) -> Role {
        let Some(colony) = self.colony.clone() else {
            panic!("no owner shuts down");
        };
        // SAFETY: whoever plays the role knows that nobody runs the task.
        Box::new(move || unsafe { colony.slab().shut_down_all() })
    }

    /// Runs what is left, on the first thread.
    pub(crate) fn finish(&self) {
        while self.house.run_once() {}
    }

    /// After the end: everything was dropped once, nothing is kept.
    pub(crate) fn check(self, outputs: usize) {
        drop(self.handle);
        drop(self.wakers);
        assert_eq!(self.future_drops.load(Ordering::Relaxed), 1, "drops of the future");
        assert_eq!(self.output_drops.load(Ordering::Relaxed), outputs, "drops of the output");
        if let Some(colony) = self.colony {
            assert_eq!(colony.slab().tasks_alive(), 0, "the cell is not freed");
        }
        let left = std::sync::Arc::strong_count(&self.house);
        assert_eq!(left, 1, "the slab is not freed");
    }
}

/// Polls the handle once with a waker that counts.
pub(crate) fn poll_once(
    handle: &mut JoinHandle<Counted>,
    waker: &Waker,
) -> Option<Result<Counted, JoinError>> {
    match Pin::new(handle).poll(&mut Context::from_waker(waker)) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Polls the handle of a task that must have ended.
pub(crate) fn output(handle: &mut JoinHandle<Counted>) -> Result<Counted, JoinError> {
    let (_, waker) = counting();
    match poll_once(handle, &waker) {
        Some(output) => output,
        None => panic!("the task has not ended: a wake-up was lost"),
    }
}
