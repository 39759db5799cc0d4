//! Wakers that are kept, dropped elsewhere, and woken again and again.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Poll, Waker};
use std::thread;

use windlass::{JoinHandle, Runtime, yield_now};

use crate::support::{BOUND, Counted, bounded, runtime, wait_until};

/// A task that counts its polls and ends when `goal` wakes have been counted; and its waker.
fn counts_to(
    runtime: &Runtime,
    wakes: &Arc<AtomicUsize>,
    goal: usize,
) -> (JoinHandle<usize>, Waker) {
    let (sent, received) = mpsc::channel();
    let wakes = wakes.clone();
    let mut polls = 0;
    let task = runtime.spawn(poll_fn(move |cx| {
        polls += 1;
        let _first = sent.send(cx.waker().clone());
        if wakes.load(Ordering::SeqCst) == goal { Poll::Ready(polls) } else { Poll::Pending }
    }));
    (task, received.recv_timeout(BOUND).unwrap())
}

#[test]
fn a_million_wakes_from_several_threads_by_value_and_by_reference() {
    const EACH: usize = 250_000;
    bounded(|| {
        for workers in [1, 2] {
            let runtime = runtime(workers);
            let wakes = Arc::new(AtomicUsize::new(0));
            let (task, waker) = counts_to(&runtime, &wakes, 4 * EACH);
            let begin = Arc::new(Barrier::new(4));
            let threads = [0, 1, 2, 3].map(|n| {
                let (waker, wakes, begin) = (waker.clone(), wakes.clone(), begin.clone());
                thread::spawn(move || {
                    begin.wait();
                    for _ in 0..EACH {
                        wakes.fetch_add(1, Ordering::SeqCst);
                        if n % 2 == 0 {
                            waker.wake_by_ref();
                        } else {
                            let own = waker.clone();
                            own.wake();
                        }
                    }
                })
            });
            let polls = runtime.block_on(task).unwrap();
            assert!((1..=4 * EACH + 1).contains(&polls), "{polls} polls");
            for thread in threads {
                thread.join().unwrap();
            }
            waker.wake();
        }
    });
}

#[test]
fn a_waker_kept_after_completion_wakes_nothing_and_keeps_only_the_cell() {
    bounded(|| {
        let runtime = runtime(2);
        let drops = Arc::new(AtomicUsize::new(0));
        let held = Counted(drops.clone());
        let (sent, received) = mpsc::channel();
        let task = runtime.spawn(poll_fn(move |cx| {
            let _held = &held;
            sent.send(cx.waker().clone()).unwrap();
            Poll::Ready(7)
        }));
        let waker = received.recv_timeout(BOUND).unwrap();
        assert_eq!(runtime.block_on(task).unwrap(), 7);
        assert_eq!(drops.load(Ordering::SeqCst), 1, "the future is gone");
        let polls = |runtime: &Runtime| -> u64 {
            let workers = runtime.metrics().workers;
            workers.iter().map(|worker| worker.polls).sum()
        };
        let before = polls(&runtime);
        for _ in 0..1_000_000 {
            waker.wake_by_ref();
        }
        let kept = waker.clone();
        thread::spawn(move || waker.wake()).join().unwrap();
        assert_eq!(polls(&runtime), before, "a wake after the end is no poll");
        drop(runtime);
        kept.wake_by_ref();
        thread::spawn(move || drop(kept)).join().unwrap();
    });
}

#[test]
fn the_last_waker_is_dropped_on_another_thread_while_its_task_ends() {
    bounded(|| {
        let runtime = runtime(2);
        let (sent, received) = mpsc::channel::<Waker>();
        let dropper = thread::spawn(move || {
            for (turn, waker) in received.into_iter().enumerate() {
                if turn % 2 == 0 {
                    waker.wake();
                } else {
                    drop(waker);
                }
            }
        });
        let drops = Arc::new(AtomicUsize::new(0));
        for _ in 0..5000 {
            let (sent, held) = (sent.clone(), Counted(drops.clone()));
            drop(runtime.spawn(poll_fn(move |cx| {
                let _held = &held;
                let _gone = sent.send(cx.waker().clone());
                Poll::Ready(())
            })));
        }
        wait_until(|| drops.load(Ordering::SeqCst) == 5000);
        drop(sent);
        dropper.join().unwrap();
        wait_until(|| runtime.metrics().tasks_alive == 0);
    });
}

#[test]
fn a_task_that_loses_its_only_waker_is_still_dropped_at_the_end() {
    let runtime = runtime(1);
    let drops = Arc::new(AtomicUsize::new(0));
    for _ in 0..1000 {
        let held = Counted(drops.clone());
        drop(runtime.spawn(async move {
            let _held = held;
            yield_now().await;
            poll_fn(|_| Poll::<()>::Pending).await;
        }));
    }
    bounded(move || drop(runtime));
    assert_eq!(drops.load(Ordering::SeqCst), 1000);
}
