//! Runtimes that end, in every order and place.

use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use windlass::{Handle, JoinError, JoinHandle, Runtime};

use crate::support::{BOUND, Counted, bounded, runtime, wait_until};

/// A task that waits until it is dropped, which is counted.
fn waits(on: &Handle, drops: &Arc<AtomicUsize>) -> JoinHandle<()> {
    let held = Counted(drops.clone());
    on.spawn(async move {
        let _held = held;
        pending().await
    })
}

fn cancelled<T>(end: &Result<T, JoinError>) -> bool {
    matches!(end, Err(JoinError::Cancelled))
}

#[test]
fn three_that_wait_for_each_other_end_in_every_order() {
    bounded(|| {
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let drops = Arc::new(AtomicUsize::new(0));
            let mut three = [1, 2, 2].map(|workers| Some(runtime(workers)));
            let handles = three.each_ref().map(|of| of.as_ref().unwrap().handle().clone());
            // A task of each waits for one of the next, and is told when that one's runtime ends.
            let waiters = [0, 1, 2].map(|n| {
                let next = waits(&handles[(n + 1) % 3], &drops);
                handles[n].spawn(async move { cancelled(&next.await) })
            });
            for (ended, n) in order.into_iter().enumerate() {
                drop(three[n].take());
                assert_eq!(drops.load(Ordering::SeqCst), ended + 1);
                // Who waited for it is told, and has its turn before its own runtime ends.
                let waited = (n + 2) % 3;
                wait_until(|| three[waited].is_none() || waiters[waited].is_finished());
                for (at, alive) in handles.iter().enumerate() {
                    let end = alive.block_on(alive.spawn(async { 1 }));
                    assert_eq!(end.is_ok(), three[at].is_some());
                }
            }
            let told = waiters.map(|waiter| handles[0].block_on(waiter));
            // Whoever waited for a runtime that ended before its own was told.
            let place = |n| order.iter().position(|&at| at == n);
            for (n, told) in told.into_iter().enumerate() {
                let before = place((n + 1) % 3) < place(n);
                assert!(if before { told.unwrap() } else { cancelled(&told) }, "{order:?}: {n}");
            }
        }
    });
}

/// Drops `runtime` by `place`, and sees that its tasks are dropped in the end.
fn ends_when_dropped_by(place: impl FnOnce(Runtime)) {
    let drops = Arc::new(AtomicUsize::new(0));
    let runtime = runtime(2);
    for _ in 0..100 {
        drop(waits(runtime.handle(), &drops));
    }
    place(runtime);
    wait_until(|| drops.load(Ordering::SeqCst) == 100);
}

#[test]
fn one_is_dropped_in_any_place_of_another() {
    bounded(|| {
        for workers in [1, 2] {
            let other = runtime(workers);
            ends_when_dropped_by(|a| other.block_on(other.spawn(async move { drop(a) })).unwrap());
            ends_when_dropped_by(|a| other.block_on(async move { drop(a) }));
            ends_when_dropped_by(|a| other.block_on(other.spawn_blocking(|| drop(a))).unwrap());
            ends_when_dropped_by(|a| {
                let _entered = other.handle().enter();
                drop(a);
            });
            ends_when_dropped_by(|a| {
                // By the destructor of a future, when the other is aborted.
                let task = other.spawn(async move {
                    let _a = a;
                    pending::<()>().await
                });
                task.abort();
                assert!(cancelled(&other.block_on(task)));
            });
            assert_eq!(other.block_on(other.spawn(async { 1 })).unwrap(), 1);
        }
    });
}

#[test]
fn one_is_dropped_in_any_place_of_its_own() {
    bounded(|| {
        ends_when_dropped_by(|a| {
            let handle = a.handle().clone();
            handle.block_on(async move { drop(a) });
        });
        ends_when_dropped_by(|a| {
            let handle = a.handle().clone();
            let _entered = handle.enter();
            drop(a);
        });
        ends_when_dropped_by(|a| {
            let handle = a.handle().clone();
            let dropped = handle.spawn_blocking(|| drop(a));
            handle.block_on(dropped).unwrap();
        });
        ends_when_dropped_by(|a| {
            let handle = a.handle().clone();
            let dropped = handle.spawn(async move { drop(a) });
            handle.block_on(dropped).unwrap();
        });
        ends_when_dropped_by(|a| {
            let task = a.handle().clone().spawn(async move {
                let _a = a;
                pending::<()>().await
            });
            task.abort();
        });
    });
}

#[test]
fn one_that_a_task_of_another_owns_ends_with_it() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (inner, outer) = (runtime(2), runtime(2));
    drop(waits(inner.handle(), &drops));
    let kept = inner.handle().clone();
    drop(outer.spawn(async move {
        let _inner = inner;
        pending::<()>().await
    }));
    bounded(move || drop(outer));
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    let refused = kept.block_on(kept.spawn(async {}));
    assert!(matches!(refused, Err(JoinError::Shutdown)));
}

/// Two places at once, each of which drops the runtime that the other is in.
fn drop_each_other(run: fn(&Handle, Box<dyn FnOnce() + Send>)) {
    bounded(move || {
        let drops = Arc::new(AtomicUsize::new(0));
        let two = [runtime(1), runtime(1)];
        let handles = two.each_ref().map(|of| of.handle().clone());
        let meet = Arc::new(Barrier::new(2));
        for handle in &handles {
            drop(waits(handle, &drops));
        }
        for (handle, other) in handles.iter().rev().zip(two) {
            let meet = meet.clone();
            let held = Counted(drops.clone());
            run(
                handle,
                Box::new(move || {
                    let _held = held;
                    meet.wait();
                    drop(other);
                }),
            );
        }
        wait_until(|| drops.load(Ordering::SeqCst) == 4);
    });
}

#[test]
fn two_tasks_drop_each_others_runtimes_at_once() {
    drop_each_other(|on, closure| drop(on.spawn(async move { closure() })));
}

#[test]
fn two_blocking_closures_drop_each_others_runtimes_at_once() {
    drop_each_other(|on, closure| drop(on.spawn_blocking(closure)));
}

#[test]
fn two_block_ons_drop_each_others_runtimes_at_once() {
    drop_each_other(|on, closure| {
        let on = on.clone();
        thread::spawn(move || on.block_on(async move { closure() }));
    });
}

#[test]
fn two_threads_drop_two_that_wait_for_each_other() {
    bounded(|| {
        for _ in 0..50 {
            let drops = Arc::new(AtomicUsize::new(0));
            let two = [runtime(1), runtime(1)];
            let handles = two.each_ref().map(|of| of.handle().clone());
            for n in 0..100 {
                let waited = waits(&handles[n % 2], &drops);
                drop(handles[(n + 1) % 2].spawn(waited));
            }
            let meet = Arc::new(Barrier::new(2));
            let threads = two.map(|runtime| {
                let meet = meet.clone();
                thread::spawn(move || {
                    meet.wait();
                    drop(runtime);
                })
            });
            for thread in threads {
                thread.join().unwrap();
            }
            assert_eq!(drops.load(Ordering::SeqCst), 100);
        }
    });
}

#[test]
fn shutdown_with_a_timeout_waits_in_a_task_too_and_no_longer() {
    bounded(|| {
        let (a, b) = (runtime(1), runtime(1));
        let (begun, begins) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        drop(a.spawn(async move {
            begun.send(()).unwrap();
            let _released = released.recv_timeout(BOUND);
        }));
        begins.recv_timeout(BOUND).unwrap();
        let waited = b.spawn(async move {
            let begun = Instant::now();
            let ended = a.shutdown_timeout(Duration::from_millis(20));
            (ended, begun.elapsed())
        });
        let (ended, waited) = b.block_on(waited).unwrap();
        assert!(!ended && waited >= Duration::from_millis(20), "{waited:?}");
        release.send(()).unwrap();
        let c = runtime(1);
        let all = b.spawn(async move { c.shutdown_timeout(BOUND) });
        assert!(b.block_on(all).unwrap(), "nothing is left to wait for");
    });
}

#[test]
fn wakers_and_handles_outlive_their_runtimes() {
    bounded(|| {
        let survivor = runtime(2);
        let (sent, received) = mpsc::channel::<Waker>();
        let mut left = Vec::new();
        for workers in [1, 2] {
            let ending = runtime(workers);
            let sent = sent.clone();
            let task = ending.spawn(poll_fn(move |cx| {
                sent.send(cx.waker().clone()).unwrap();
                Poll::<()>::Pending
            }));
            let waker = received.recv_timeout(BOUND).unwrap();
            left.push((ending.handle().clone(), task, waker));
        }
        for (handle, task, waker) in left {
            let of_ended = handle.clone();
            let used = survivor.spawn(async move {
                for _ in 0..1000 {
                    waker.wake_by_ref();
                }
                waker.wake();
                task.abort();
                let refused = of_ended.spawn(async {}).await;
                let free = {
                    let _entered = of_ended.enter();
                    windlass::spawn(async {})
                };
                (cancelled(&task.await), refused, free.is_finished())
            });
            let (was_cancelled, refused, finished) = survivor.block_on(used).unwrap();
            assert!(was_cancelled && finished);
            assert!(matches!(refused, Err(JoinError::Shutdown)));
            assert_eq!(handle.block_on(async { 2 }), 2, "the thread itself drives it");
        }
    });
}
