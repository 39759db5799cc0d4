//! The same work under every policy and kind of queue: all of it is done, where it may be.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use windlass::executor::{Pinned, Policy, Rings, RunQueue, RunQueues, Shared, Stealing};
use windlass::{CorePlan, Runtime, channel, spawn, yield_now};

use crate::support::{Counted, bounded, wait_until};

/// `Mutex<VecDeque>`, which counts what goes in.
struct Locked<T>(Mutex<VecDeque<T>>);

static PUSHED: AtomicUsize = AtomicUsize::new(0);

impl<T: Send> RunQueue<T> for Locked<T> {
    fn with_capacity(capacity: usize) -> Self {
        Self(Mutex::new(VecDeque::with_capacity(capacity)))
    }

    fn push(&self, task: T) -> Result<(), T> {
        let mut tasks = self.0.lock().unwrap();
        if tasks.len() == tasks.capacity() {
            return Err(task);
        }
        tasks.push_back(task);
        PUSHED.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        self.0.lock().unwrap().pop_front()
    }

    fn len(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

struct LockedQueues;

impl RunQueues for LockedQueues {
    type Queue<T: Send> = Locked<T>;
}

/// Takes all that another has, keeps no LIFO slot, looks elsewhere after each task.
struct Restless;

impl Policy for Restless {
    const LIFO_RUN_MAX: u32 = 0;
    const TURN_TASKS: u32 = 1;

    fn steal(len: usize, _woken: bool) -> usize {
        len
    }
}

fn build<P: Policy, Q: RunQueues>(workers: usize) -> Runtime {
    let builder = Runtime::builder().workers(workers).cores(CorePlan::None);
    let builder = builder.tasks_max(4096).policy::<P>().queues::<Q>();
    builder.build().unwrap()
}

/// Spawns from outside and inside, more than a queue holds, yields, channels, joins; then the end.
fn works<P: Policy, Q: RunQueues>() {
    for workers in [1, 2, 3] {
        let runtime = build::<P, Q>(workers);
        let done = Arc::new(AtomicUsize::new(0));
        let (numbers, received) = channel::bounded(2);
        let count = done.clone();
        let parent = runtime.spawn(async move {
            let children: Vec<_> = (0..1000)
                .map(|_| {
                    let (count, numbers) = (count.clone(), numbers.clone());
                    spawn(async move {
                        yield_now().await;
                        numbers.send(1).await.unwrap();
                        count.fetch_add(1, Ordering::Relaxed);
                    })
                })
                .collect();
            drop(numbers);
            for child in children {
                child.await.unwrap();
            }
        });
        let sum = runtime.block_on(async {
            let mut sum = 0;
            while let Ok(number) = received.recv().await {
                sum += number;
            }
            parent.await.unwrap();
            sum
        });
        assert_eq!((sum, done.load(Ordering::Relaxed)), (1000, 1000));
        let drops = Arc::new(AtomicUsize::new(0));
        for _ in 0..100 {
            let counted = Counted(drops.clone());
            drop(runtime.spawn(async move {
                let _counted = counted;
                std::future::pending::<()>().await;
            }));
        }
        drop(runtime);
        assert_eq!(drops.load(Ordering::SeqCst), 100, "the end drops them all");
    }
}

#[test]
fn all_work_is_done_under_each_policy() {
    bounded(|| {
        works::<Stealing, Rings>();
        works::<Shared, Rings>();
        works::<Pinned, Rings>();
        works::<Restless, Rings>();
    });
}

#[test]
fn all_work_is_done_over_a_queue_of_ones_own() {
    bounded(|| {
        works::<Stealing, LockedQueues>();
        works::<Shared, LockedQueues>();
        works::<Pinned, LockedQueues>();
        assert!(PUSHED.load(Ordering::Relaxed) >= 9 * 1100, "it was used");
    });
}

/// Where each of 64 tasks was polled, of which each wakes again and again from outside.
fn places<P: Policy>() -> Vec<BTreeSet<String>> {
    let runtime = build::<P, Rings>(2);
    let seen = |_| Arc::new(Mutex::new(Vec::<ThreadId>::new()));
    let seen: Vec<_> = (0..64).map(seen).collect();
    let tasks: Vec<_> = seen
        .iter()
        .map(|seen| {
            let seen = seen.clone();
            runtime.spawn(async move {
                for _ in 0..200 {
                    seen.lock().unwrap().push(thread::current().id());
                    yield_now().await;
                }
            })
        })
        .collect();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    let names = |seen: &Arc<Mutex<Vec<ThreadId>>>| {
        let seen = seen.lock().unwrap();
        seen.iter().map(|id| format!("{id:?}")).collect()
    };
    seen.iter().map(names).collect()
}

#[test]
fn a_pinned_task_never_changes_its_thread_and_all_workers_have_some() {
    bounded(|| {
        let places = places::<Pinned>();
        assert!(places.iter().all(|threads| threads.len() == 1));
        let all: BTreeSet<_> = places.into_iter().flatten().collect();
        assert_eq!(all.len(), 2, "spawns from outside are dealt in turn");
    });
}

/// A policy that pins and says nothing of stealing.
struct PinnedOnly;

impl Policy for PinnedOnly {
    const PINNED: bool = true;

    fn steal(len: usize, _woken: bool) -> usize {
        len
    }
}

#[test]
fn pinned_tasks_are_not_stolen_whatever_the_policy_says_of_stealing() {
    bounded(|| {
        let places = places::<PinnedOnly>();
        assert!(places.iter().all(|threads| threads.len() == 1));
    });
}

#[test]
fn a_pinned_worker_that_sleeps_is_woken_for_its_task() {
    bounded(|| {
        let runtime = build::<Pinned, Rings>(2);
        let (ask, asked) = channel::bounded::<u32>(1);
        let (answer, answered) = channel::bounded(1);
        let echo = runtime.spawn(async move {
            while let Ok(number) = asked.recv().await {
                answer.send(number).await.unwrap();
            }
        });
        for number in 0..100 {
            wait_until(|| runtime.metrics().workers_asleep == 2);
            ask.send_blocking(number).unwrap();
            assert_eq!(answered.recv_blocking(), Ok(number));
        }
        drop(ask);
        runtime.block_on(echo).unwrap();
    });
}
