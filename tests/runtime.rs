//! The runtime as embedders use it: spawning, joining, aborting, panics, fairness, bounds.

#[path = "support/runtime.rs"]
mod support;

use std::future::{Future, pending, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Poll, Waker};

use support::{BOUND, Counted, Woken, bounded, runtime, wait_until};
use windlass::channel::oneshot;
use windlass::{CorePlan, JoinError, Runtime, spawn, spawn_blocking, yield_now};

#[test]
fn tasks_give_their_outputs() {
    let runtime = runtime(2);
    let sum: u64 = runtime.block_on(async {
        let tasks: Vec<_> = (0..10_000_u64).map(|n| spawn(async move { n })).collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 49_995_000);
}

#[test]
fn tasks_spawned_from_tasks_run_on_all_worker_counts() {
    for workers in [1, 2, 5] {
        let runtime = runtime(workers);
        let counted = Arc::new(AtomicUsize::new(0));
        let counter = counted.clone();
        runtime.block_on(async move {
            let parents: Vec<_> = (0..50)
                .map(|_| {
                    let counter = counter.clone();
                    spawn(async move {
                        let children: Vec<_> = (0..50)
                            .map(|_| {
                                let counter = counter.clone();
                                spawn(async move {
                                    yield_now().await;
                                    counter.fetch_add(1, Ordering::Relaxed);
                                })
                            })
                            .collect();
                        for child in children {
                            child.await.unwrap();
                        }
                    })
                })
                .collect();
            for parent in parents {
                parent.await.unwrap();
            }
        });
        assert_eq!(counted.load(Ordering::Relaxed), 2500);
    }
}

#[test]
fn a_panic_stays_in_its_task() {
    let runtime = runtime(1);
    let failed =
        runtime.block_on(runtime.spawn(async { panic!("number {}", std::hint::black_box(7)) }));
    let error = failed.unwrap_err();
    assert!(error.is_panic() && !error.is_cancelled());
    assert_eq!(format!("{error:?}"), "Panicked(Some(\"number 7\"))");
    assert_eq!(error.to_string(), "the task panicked: number 7");
    let JoinError::Panicked(panic) = error else { panic!("{error:?}") };
    assert_eq!(panic.message(), Some("number 7"));
    assert_eq!(format!("{panic:?}"), "Panic(Some(\"number 7\"))");
    assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
}

#[test]
fn a_panic_in_the_futures_drop_or_the_outputs_drop_is_caught() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let runtime = runtime(1);
    let bomb = Bomb;
    let in_future = runtime.spawn(poll_fn(move |_| {
        let _bomb = &bomb;
        Poll::Ready(3)
    }));
    assert!(runtime.block_on(in_future).unwrap_err().is_panic());

    let (sent, received) = mpsc::channel();
    drop(runtime.spawn(async move {
        sent.send(()).unwrap();
        Bomb
    }));
    received.recv_timeout(BOUND).unwrap();
    assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
}

#[test]
fn abort_drops_the_future_and_says_so() {
    let runtime = runtime(2);
    let drops = Arc::new(AtomicUsize::new(0));
    let held = Counted(drops.clone());
    let task = runtime.spawn(async move {
        let _held = held;
        pending::<()>().await;
    });
    task.abort();
    task.abort();
    let error = runtime.block_on(task).unwrap_err();
    assert!(error.is_cancelled() && !error.is_panic());
    assert_eq!(drops.load(Ordering::SeqCst), 1);

    let done = runtime.spawn(async { 5 });
    while !done.is_finished() {
        std::thread::yield_now();
    }
    done.abort();
    assert_eq!(runtime.block_on(done).unwrap(), 5);
}

#[test]
fn a_handle_wakes_whom_polled_it_last() {
    let runtime = runtime(1);
    let (end, ended) = oneshot();
    let mut handle = pin!(runtime.spawn(async { ended.await.unwrap() }));
    assert_eq!(format!("{handle:?}"), "JoinHandle { finished: false }");
    let woken: [Arc<Woken>; 3] = Default::default();
    for who in [0, 0, 1, 2, 2] {
        let waker = Waker::from(woken[who].clone());
        assert!(handle.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    end.send(7).unwrap();
    wait_until(|| woken[2].0.load(Ordering::SeqCst) == 1);
    assert_eq!(woken.each_ref().map(|woken| woken.0.load(Ordering::SeqCst)), [0, 0, 1]);
    assert_eq!(format!("{handle:?}"), "JoinHandle { finished: true }");
    assert_eq!(runtime.block_on(handle).unwrap(), 7);
    // Those that did not wait for the end are let go, and the one that was woken, a little later.
    wait_until(|| Arc::strong_count(&woken[2]) == 1);
    assert_eq!(woken.map(|woken| Arc::strong_count(&woken)), [1, 1, 1]);
}

#[test]
fn a_task_that_aborts_itself_ends_at_its_next_await() {
    let runtime = runtime(1);
    let (sent, received) = mpsc::channel::<windlass::JoinHandle<()>>();
    let task = runtime.spawn(async move {
        let own = received.recv_timeout(BOUND).unwrap();
        own.abort();
        yield_now().await;
        unreachable!("polled after its abort");
    });
    sent.send(task).unwrap();
    wait_until(|| runtime.metrics().tasks_alive == 0);
}

#[test]
fn spawn_fails_at_tasks_max_and_recovers() {
    let runtime = Runtime::builder().workers(1).cores(CorePlan::None).tasks_max(3).build().unwrap();
    let pending: Vec<_> = (0..3).map(|_| runtime.spawn(pending::<()>())).collect();
    assert!(matches!(runtime.block_on(runtime.spawn(async {})), Err(JoinError::Full)));
    assert_eq!(runtime.metrics().tasks_alive, 3);
    for task in pending {
        task.abort();
        assert!(runtime.block_on(task).unwrap_err().is_cancelled());
    }
    assert!(runtime.block_on(runtime.spawn(async {})).is_ok());
}

#[test]
fn more_tasks_than_a_run_ring_holds_are_all_woken() {
    let runtime = runtime(2);
    let woken = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(AtomicBool::new(false));
    let wakers = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..5000)
        .map(|_| {
            let (woken, gate, wakers) = (woken.clone(), gate.clone(), wakers.clone());
            runtime.spawn(poll_fn(move |cx| {
                if gate.load(Ordering::SeqCst) {
                    woken.fetch_add(1, Ordering::SeqCst);
                    return Poll::Ready(());
                }
                wakers.lock().unwrap().push(cx.waker().clone());
                Poll::Pending
            }))
        })
        .collect();
    wait_until(|| wakers.lock().unwrap().len() == 5000);
    gate.store(true, Ordering::SeqCst);
    let waker = runtime.spawn(async move {
        for waker in wakers.lock().unwrap().drain(..) {
            waker.wake();
        }
    });
    runtime.block_on(async {
        waker.await.unwrap();
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(woken.load(Ordering::SeqCst), 5000);
}

#[test]
fn a_million_tasks_are_alive_at_once_and_complete() {
    const TASKS: usize = 1_000_000;
    let runtime = runtime(2);
    let (sent, received) = mpsc::channel();
    let alive = Arc::new(AtomicUsize::new(0));
    for _ in 0..TASKS {
        let (sent, alive) = (sent.clone(), alive.clone());
        drop(runtime.spawn(async move {
            let mut registered = false;
            poll_fn(|cx| {
                if registered {
                    return Poll::Ready(());
                }
                registered = true;
                alive.fetch_add(1, Ordering::Relaxed);
                sent.send(cx.waker().clone()).unwrap();
                Poll::Pending
            })
            .await;
            alive.fetch_sub(1, Ordering::Relaxed);
        }));
    }
    let wakers: Vec<Waker> = received.iter().take(TASKS).collect();
    assert_eq!(alive.load(Ordering::Relaxed), TASKS);
    wakers.into_iter().for_each(Waker::wake);
    wait_until(|| alive.load(Ordering::Relaxed) == 0);
    wait_until(|| runtime.metrics().tasks_alive == 0);
}

#[test]
fn nested_block_on_is_refused() {
    let runtime = runtime(1);
    let handle = runtime.handle().clone();
    let refused = runtime.block_on(async { handle.try_block_on(async {}).is_err() });
    assert!(refused);
    let handle = runtime.handle().clone();
    let task = runtime.spawn(async move { handle.try_block_on(async {}).is_err() });
    assert!(runtime.block_on(task).unwrap());
    let handle = runtime.handle().clone();
    let closure = runtime.spawn_blocking(move || handle.block_on(async { 4 }));
    assert_eq!(runtime.block_on(closure).unwrap(), 4);
}

#[test]
fn blocking_closures_run_beside_the_workers_within_bounds() {
    let runtime = Runtime::builder()
        .workers(1)
        .cores(CorePlan::None)
        .blocking_threads_max(2)
        .blocking_queue_max(1)
        .build()
        .unwrap();
    let barrier = Arc::new(Barrier::new(3));
    let running: Vec<_> = (0..2)
        .map(|n| {
            let barrier = barrier.clone();
            runtime.spawn_blocking(move || {
                barrier.wait();
                n
            })
        })
        .collect();
    wait_until(|| {
        // Both threads must have taken their closures before the queue is filled.
        let probe = runtime.spawn_blocking(|| ());
        let end = runtime.block_on(poll_once(probe));
        matches!(end, Some(Err(JoinError::Full)))
    });
    barrier.wait();
    for (n, task) in running.into_iter().enumerate() {
        assert_eq!(runtime.block_on(task).unwrap(), n);
    }
    assert!(runtime.block_on(runtime.spawn_blocking(|| panic!("x"))).unwrap_err().is_panic());
    let outer = runtime.block_on(async { spawn_blocking(|| 9).await });
    assert_eq!(outer.unwrap(), 9);
}

#[test]
fn a_task_that_wakes_itself_for_ever_does_not_starve_others() {
    let runtime = runtime(1);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let selfish = runtime.spawn(async move {
        while !stopped.load(Ordering::Relaxed) {
            yield_now().await;
        }
    });
    for n in 0..100 {
        let output = runtime.block_on(runtime.spawn(async move { n })).unwrap();
        assert_eq!(output, n);
    }
    stop.store(true, Ordering::Relaxed);
    runtime.block_on(selfish).unwrap();
}

#[test]
fn two_tasks_that_wake_each_other_do_not_starve_a_third() {
    let runtime = runtime(1);
    let stop = Arc::new(AtomicBool::new(false));
    let place = Arc::new(std::sync::Mutex::new([None::<Waker>, None]));
    let players: Vec<_> = (0..2)
        .map(|side: usize| {
            let (stop, place) = (stop.clone(), place.clone());
            runtime.spawn(poll_fn(move |cx| {
                let mut place = place.lock().unwrap();
                if let Some(other) = place[1 - side].take() {
                    other.wake();
                }
                if stop.load(Ordering::Relaxed) {
                    return Poll::Ready(());
                }
                place[side] = Some(cx.waker().clone());
                Poll::Pending
            }))
        })
        .collect();
    for n in 0..100 {
        let output = runtime.block_on(runtime.spawn(async move { n })).unwrap();
        assert_eq!(output, n);
    }
    stop.store(true, Ordering::Relaxed);
    for waker in place.lock().unwrap().iter_mut().filter_map(Option::take) {
        waker.wake();
    }
    for player in players {
        runtime.block_on(player).unwrap();
    }
}

#[test]
fn who_yields_with_anothers_waker_wakes_that_other() {
    bounded(|| {
        let runtime = runtime(1);
        let (lend, lent) = mpsc::channel();
        let mut lend = Some(lend);
        let other = runtime.spawn(poll_fn(move |cx| {
            let Some(lend) = lend.take() else { return Poll::Ready(()) };
            lend.send(cx.waker().clone()).unwrap();
            Poll::Pending
        }));
        let yields = runtime.spawn(async move {
            let waker: Waker = lent.recv_timeout(BOUND).unwrap();
            let polled = pin!(yield_now()).poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        });
        runtime.block_on(yields).unwrap();
        runtime.block_on(other).unwrap();
    });
}

#[test]
fn a_blocked_worker_does_not_stop_the_others() {
    let runtime = runtime(2);
    let (release, released) = mpsc::channel::<()>();
    let blocked = runtime.spawn(async move {
        let _released = released.recv_timeout(BOUND);
    });
    for n in 0..100 {
        let output = runtime.block_on(runtime.spawn(async move { n })).unwrap();
        assert_eq!(output, n);
    }
    release.send(()).unwrap();
    runtime.block_on(blocked).unwrap();
}

#[test]
fn the_future_of_block_on_need_not_be_send() {
    let runtime = runtime(1);
    let local = std::rc::Rc::new(3);
    assert_eq!(runtime.block_on(async { *local + spawn(async { 4 }).await.unwrap() }), 7);
}

async fn poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    poll_fn(|cx| match std::pin::Pin::new(&mut future).poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}
