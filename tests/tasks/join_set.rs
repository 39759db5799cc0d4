//! Sets of tasks: outputs as the tasks end, aborts, drops, against a model.

use std::collections::BTreeSet;
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;
use windlass::channel::{OneSender, oneshot};
use windlass::{JoinError, JoinSet, Runtime, spawn_blocking, yield_now};

use crate::support::{Counted, Woken, runtime, wait_until};

#[test]
fn outputs_come_as_the_tasks_end() {
    let runtime = runtime(2);
    runtime.block_on(async {
        let mut set = JoinSet::new();
        assert!(set.join_next().await.is_none());
        let mut senders = Vec::new();
        for number in 0..5 {
            let (sender, receiver) = oneshot();
            senders.push(sender);
            set.spawn(async move { receiver.await.map(|()| number) });
        }
        assert_eq!(set.len(), 5);
        while let Some(sender) = senders.pop() {
            assert!(set.try_join_next().is_none());
            sender.send(()).unwrap();
            let ended = set.join_next().await.unwrap().unwrap();
            assert_eq!(ended, Ok(senders.len()));
        }
        assert!(set.is_empty());
        assert!(set.join_next().await.is_none());
    });
}

#[test]
fn many_from_all_threads() {
    for workers in [1, 2, 4] {
        let runtime = runtime(workers);
        let sum = runtime.block_on(async {
            let mut set = JoinSet::default();
            for number in 0..5000_u64 {
                set.spawn(async move {
                    yield_now().await;
                    number
                });
                if number % 3 == 0 {
                    set.insert(spawn_blocking(move || number));
                }
            }
            let mut sum = 0;
            while let Some(number) = set.join_next().await {
                sum += number.unwrap();
            }
            sum
        });
        let thirds = (0..5000_u64).filter(|number| number % 3 == 0);
        assert_eq!(sum, (0..5000).sum::<u64>() + thirds.sum::<u64>());
    }
}

#[test]
fn a_panic_and_a_refusal_are_outputs() {
    let runtime = Runtime::builder().workers(1).tasks_max(1);
    let runtime = runtime.cores(windlass::CorePlan::None).build().unwrap();
    let mut set = JoinSet::new();
    set.spawn_on(async { panic!("in the set") }, runtime.handle());
    assert!(runtime.block_on(set.join_next()).unwrap().unwrap_err().is_panic());
    wait_until(|| runtime.metrics().tasks_alive == 0);
    set.spawn_on(pending::<()>(), runtime.handle());
    set.spawn_on(async {}, runtime.handle());
    let refused = runtime.block_on(set.join_next()).unwrap();
    assert!(matches!(refused, Err(JoinError::Full)));
    assert_eq!(set.len(), 1);
}

#[test]
fn dropping_aborts_and_detaching_does_not() {
    let runtime = runtime(2);
    let drops = Arc::new(AtomicUsize::new(0));
    let mut set = JoinSet::new();
    let (sender, receiver) = oneshot::<()>();
    let held = Counted(drops.clone());
    let detached = async move {
        let _held = held;
        let _sent = receiver.await;
    };
    set.spawn_on(detached, runtime.handle());
    set.detach_all();
    assert!(set.is_empty() && set.try_join_next().is_none());
    for _ in 0..100 {
        let held = Counted(drops.clone());
        let waits = async move {
            let _held = held;
            pending::<()>().await;
        };
        set.spawn_on(waits, runtime.handle());
    }
    assert!(set.try_join_next().is_none());
    drop(set);
    wait_until(|| drops.load(Ordering::SeqCst) == 100);
    sender.send(()).unwrap();
    wait_until(|| drops.load(Ordering::SeqCst) == 101);
}

#[test]
fn shutdown_waits_until_all_have_ended() {
    let runtime = runtime(2);
    let drops = Arc::new(AtomicUsize::new(0));
    let mut set = JoinSet::new();
    for number in 0..100 {
        let held = Counted(drops.clone());
        let waits = async move {
            let _held = held;
            if number % 2 == 0 {
                pending::<()>().await;
            }
        };
        set.spawn_on(waits, runtime.handle());
    }
    runtime.block_on(set.shutdown());
    assert_eq!(drops.load(Ordering::SeqCst), 100);
    assert!(set.is_empty());
}

/// The work for one that ends does not grow with the others: they are neither polled nor woken.
#[test]
fn one_that_ends_wakes_the_set_once() {
    let runtime = runtime(1);
    let mut set = JoinSet::new();
    let mut senders = Vec::new();
    for _ in 0..1000 {
        let (sender, receiver) = oneshot::<()>();
        senders.push(sender);
        set.spawn_on(receiver, runtime.handle());
    }
    let counting = Arc::new(Woken::default());
    let waker = Waker::from(counting.clone());
    let mut cx = Context::from_waker(&waker);
    assert!(set.poll_join_next(&mut cx).is_pending());
    for ended in 1..=10 {
        senders.pop().unwrap().send(()).unwrap();
        wait_until(|| counting.0.load(Ordering::Relaxed) == ended);
        assert!(set.poll_join_next(&mut cx).is_ready());
        assert!(set.poll_join_next(&mut cx).is_pending());
    }
    assert_eq!(counting.0.load(Ordering::Relaxed), 10);
}

#[test]
fn a_dropped_join_next_has_taken_nothing() {
    let runtime = runtime(1);
    let mut set = JoinSet::new();
    let (sender, receiver) = oneshot();
    set.spawn_on(receiver, runtime.handle());
    runtime.block_on(async {
        poll_fn(|cx| {
            assert!(pin!(set.join_next()).poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        sender.send(3).unwrap();
        assert_eq!(set.join_next().await.unwrap().unwrap(), Ok(3));
    });
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Spawn,
    End(usize),
    Take,
    AbortAll,
    DetachAll,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => Just(Step::Spawn),
        4 => (0..100_usize).prop_map(Step::End),
        4 => Just(Step::Take),
        1 => Just(Step::AbortAll),
        1 => Just(Step::DetachAll),
    ];
    prop::collection::vec(step, 0..60)
}

/// What the set must hold: the running ones with what ends them, and those to be taken.
#[derive(Default)]
struct Model {
    running: Vec<(usize, OneSender<()>)>,
    ended: BTreeSet<usize>,
    aborted: usize,
}

impl Model {
    fn len(&self) -> usize {
        self.running.len() + self.ended.len() + self.aborted
    }

    fn take(&mut self, taken: Result<usize, JoinError>) {
        match taken {
            Ok(number) => assert!(self.ended.remove(&number), "{number} had not ended"),
            Err(error) => {
                assert!(error.is_cancelled());
                self.aborted = self.aborted.checked_sub(1).expect("one was aborted");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn as_the_model_says(steps in steps()) {
        let runtime = runtime(1);
        let (mut set, mut model, mut kept) = (JoinSet::new(), Model::default(), Vec::new());
        for (number, step) in steps.into_iter().enumerate() {
            match step {
                Step::Spawn => {
                    let (sender, receiver) = oneshot();
                    model.running.push((number, sender));
                    let task = async move {
                        receiver.await.expect("it was told to end");
                        number
                    };
                    set.spawn_on(task, runtime.handle());
                }
                Step::End(which) if !model.running.is_empty() => {
                    let which = which % model.running.len();
                    let (number, sender) = model.running.swap_remove(which);
                    sender.send(()).unwrap();
                    model.ended.insert(number);
                }
                Step::Take if model.ended.len() + model.aborted > 0 => {
                    model.take(runtime.block_on(set.join_next()).unwrap());
                }
                // Whether one that was just told to end does so first is not known.
                Step::AbortAll if model.ended.is_empty() => {
                    set.abort_all();
                    model.aborted += model.running.len();
                    // They end before their receivers find the senders gone.
                    kept.append(&mut model.running);
                }
                Step::DetachAll => {
                    set.detach_all();
                    let Model { running, .. } = std::mem::take(&mut model);
                    running.into_iter().for_each(|(_, sender)| sender.send(()).unwrap());
                }
                Step::End(_) | Step::Take | Step::AbortAll => {}
            }
            prop_assert_eq!(set.len(), model.len());
        }
        for (number, sender) in std::mem::take(&mut model.running) {
            sender.send(()).unwrap();
            model.ended.insert(number);
        }
        while let Some(taken) = runtime.block_on(set.join_next()) {
            model.take(taken);
        }
        prop_assert_eq!(model.len(), 0);
    }
}
