//! The runtime as embedders use it: spawning, joining, aborting, panics, shutdown, bounds.

use std::future::{Future, pending, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use windlass::{BuildError, CorePlan, Handle, JoinError, Runtime, spawn, spawn_blocking, yield_now};

const BOUND: Duration = Duration::from_secs(20);

fn runtime(workers: usize) -> Runtime {
    Runtime::builder().workers(workers).cores(CorePlan::None).build().expect("a runtime")
}

/// Counts its drops.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

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
    let failed = runtime.block_on(runtime.spawn(async { panic!("number {}", std::hint::black_box(7)) }));
    match failed {
        Err(JoinError::Panicked(payload)) => {
            assert_eq!(payload.downcast_ref::<String>().unwrap(), "number 7");
        }
        other => panic!("{other:?}"),
    }
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
    assert!(runtime.block_on(task).unwrap_err().is_cancelled());
    assert_eq!(drops.load(Ordering::SeqCst), 1);

    let done = runtime.spawn(async { 5 });
    while !done.is_finished() {
        std::thread::yield_now();
    }
    done.abort();
    assert_eq!(runtime.block_on(done).unwrap(), 5);
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
    let runtime =
        Runtime::builder().workers(1).cores(CorePlan::None).tasks_max(3).build().unwrap();
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
fn shutdown_drops_every_task() {
    let drops = Arc::new(AtomicUsize::new(0));
    let runtime = runtime(2);
    for n in 0..100_000 {
        let held = Counted(drops.clone());
        drop(runtime.spawn(async move {
            let _held = held;
            if n % 2 == 0 {
                pending::<()>().await;
            }
            loop {
                yield_now().await;
            }
        }));
    }
    drop(runtime);
    assert_eq!(drops.load(Ordering::SeqCst), 100_000);
}

#[test]
fn tasks_that_spawn_while_they_are_dropped_lose_nothing() {
    struct SpawnsAtDrop(Handle, Arc<AtomicUsize>);
    impl Drop for SpawnsAtDrop {
        fn drop(&mut self) {
            let held = Counted(self.1.clone());
            let refused = self.0.spawn(async move { drop(held) });
            assert!(refused.is_finished());
        }
    }
    let runtime = runtime(2);
    let drops = Arc::new(AtomicUsize::new(0));
    for _ in 0..100 {
        let bad = SpawnsAtDrop(runtime.handle().clone(), drops.clone());
        drop(runtime.spawn(async move {
            let _bad = bad;
            pending::<()>().await;
        }));
    }
    drop(runtime);
    assert_eq!(drops.load(Ordering::SeqCst), 100);
}

#[test]
fn spawns_from_outside_race_with_shutdown_and_none_is_lost() {
    for _ in 0..20 {
        let runtime = runtime(2);
        let handle = runtime.handle().clone();
        let drops = Arc::new(AtomicUsize::new(0));
        let barrier = Arc::new(Barrier::new(2));
        let spawner = {
            let (barrier, drops) = (barrier.clone(), drops.clone());
            std::thread::spawn(move || {
                barrier.wait();
                for _ in 0..2000 {
                    let held = Counted(drops.clone());
                    drop(handle.spawn(async move {
                        let _held = held;
                        pending::<()>().await;
                    }));
                }
            })
        };
        barrier.wait();
        drop(runtime);
        spawner.join().unwrap();
        assert_eq!(drops.load(Ordering::SeqCst), 2000);
    }
}

#[test]
fn a_waker_kept_after_the_runtimes_end_is_harmless() {
    let (sent, received) = mpsc::channel();
    let runtime = runtime(1);
    let handle = runtime.spawn(poll_fn(move |cx: &mut Context<'_>| {
        sent.send(cx.waker().clone()).unwrap();
        Poll::<()>::Pending
    }));
    let waker = received.recv_timeout(BOUND).unwrap();
    drop(runtime);
    for _ in 0..1_000_000 {
        waker.wake_by_ref();
    }
    std::thread::spawn(move || waker.wake()).join().unwrap();
    assert!(handle.is_finished());
}

#[test]
fn a_runtime_may_be_dropped_on_its_own_worker() {
    let (sent, received) = mpsc::channel::<Runtime>();
    let (done, ended) = mpsc::channel();
    let runtime = runtime(2);
    drop(runtime.spawn(async move {
        drop(received.recv_timeout(BOUND).unwrap());
        done.send(()).unwrap();
    }));
    sent.send(runtime).unwrap();
    ended.recv_timeout(BOUND).unwrap();
}

#[test]
fn shutdown_gives_up_waiting_for_a_poll_that_does_not_end() {
    let runtime = runtime(1);
    let (begun, begins) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    drop(runtime.spawn(async move {
        begun.send(()).unwrap();
        let _released = released.recv_timeout(BOUND);
    }));
    begins.recv_timeout(BOUND).unwrap();
    assert!(!runtime.shutdown_timeout(Duration::from_millis(20)));
    release.send(()).unwrap();
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
        let full = runtime.block_on(poll_once(probe)).is_some_and(|end| {
            matches!(end, Err(JoinError::Full))
        });
        full
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
fn settings_out_of_range_are_named() {
    let message = |result: Result<Runtime, BuildError>| result.unwrap_err().to_string();
    let builder = Runtime::builder;
    assert_eq!(message(builder().workers(0).build()), "workers(0) is out of range: use 1 to 48");
    assert!(message(builder().tasks_max(0).build()).starts_with("tasks_max(0)"));
    assert!(message(builder().blocking_threads_max(0).build()).contains("use 1 to 65536"));
}

#[cfg(feature = "pin")]
#[test]
fn a_core_that_does_not_exist_is_named() {
    let message = Runtime::builder()
        .cores(CorePlan::Explicit(vec![4711]))
        .build()
        .unwrap_err()
        .to_string();
    assert!(message.starts_with("core 4711 is not one this process may use"), "{message}");
    let empty = Runtime::builder().cores(CorePlan::Explicit(Vec::new())).build().unwrap_err();
    assert!(empty.to_string().contains("empty"), "{empty}");
}

#[cfg(all(feature = "pin", target_os = "linux"))]
#[test]
fn workers_are_pinned_to_their_cores() {
    let runtime = Runtime::builder().workers(3).build().unwrap();
    let allowed = |runtime: &Runtime| {
        let task = runtime.spawn(async {
            let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
            let line = status.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap();
            line.split_whitespace().last().unwrap().to_owned()
        });
        runtime.block_on(task).unwrap()
    };
    assert!(allowed(&runtime).parse::<usize>().is_ok(), "one core");
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
        assert_eq!(runtime.block_on(runtime.spawn(async move { n })).unwrap(), n);
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
        assert_eq!(runtime.block_on(runtime.spawn(async move { n })).unwrap(), n);
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
fn a_blocked_worker_does_not_stop_the_others() {
    let runtime = runtime(2);
    let (release, released) = mpsc::channel::<()>();
    let blocked = runtime.spawn(async move {
        let _released = released.recv_timeout(BOUND);
    });
    for n in 0..100 {
        assert_eq!(runtime.block_on(runtime.spawn(async move { n })).unwrap(), n);
    }
    release.send(()).unwrap();
    runtime.block_on(blocked).unwrap();
}

#[test]
fn several_runtimes_live_side_by_side() {
    let first = runtime(1);
    let second = runtime(2);
    let inner = second.handle().clone();
    let task = first.spawn(async move { inner.spawn(async { 11 }).await.unwrap() });
    assert_eq!(second.block_on(task).unwrap(), 11);
    let _first = first.handle().enter();
    {
        let _second = second.handle().enter();
        drop(spawn(async {}));
    }
    drop(spawn(async {}));
    assert!(Handle::try_current().is_ok());
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

fn wait_until(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < BOUND, "not done within {BOUND:?}");
        std::thread::yield_now();
    }
}
