//! Threads in `block_on` that run tasks meanwhile.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use windlass::{CorePlan, Runtime, spawn, yield_now};

use crate::support::{Counted, bounded, runtime, wait_until};

#[test]
fn what_block_on_spawns_and_awaits_runs_on_its_thread() {
    bounded(|| {
        let runtime = runtime(1);
        let here = thread::current().id();
        let there = runtime.block_on(async { spawn(async { thread::current().id() }).await });
        assert_eq!(there.unwrap(), here);
    });
}

#[test]
fn without_guests_it_runs_on_a_worker() {
    bounded(|| {
        let builder = Runtime::builder().workers(1).cores(CorePlan::None);
        let runtime = builder.guests(false).build().unwrap();
        let here = thread::current().id();
        let there = runtime.block_on(async { spawn(async { thread::current().id() }).await });
        assert_ne!(there.unwrap(), here);
    });
}

#[test]
fn tasks_that_outlast_block_on_are_run_by_workers() {
    bounded(|| {
        let runtime = runtime(2);
        let ended = Arc::new(AtomicUsize::new(0));
        for _ in 0..50 {
            let ended = ended.clone();
            runtime.block_on(async {
                for _ in 0..300 {
                    let ended = ended.clone();
                    drop(spawn(async move {
                        yield_now().await;
                        ended.fetch_add(1, Ordering::Relaxed);
                    }));
                }
            });
        }
        wait_until(|| ended.load(Ordering::Relaxed) == 50 * 300);
    });
}

#[test]
fn tasks_behind_a_future_that_blocks_are_run_by_a_worker() {
    bounded(|| {
        let runtime = runtime(1);
        let (tell, told) = mpsc::channel();
        runtime.block_on(async {
            drop(spawn(async move { tell.send(thread::current().id()) }));
            let there = told.recv().unwrap();
            assert_ne!(there, thread::current().id());
        });
    });
}

#[test]
fn more_threads_than_there_are_places_block_on_at_once() {
    bounded(|| {
        let runtime = runtime(2);
        thread::scope(|scope| {
            for _ in 0..12 {
                scope.spawn(|| {
                    let sum = runtime.block_on(async {
                        let tasks: Vec<_> = (0..500_u64).map(|n| spawn(async move { n })).collect();
                        let mut sum = 0;
                        for task in tasks {
                            sum += task.await.unwrap();
                        }
                        sum
                    });
                    assert_eq!(sum, 124_750);
                });
            }
        });
    });
}

#[test]
fn a_panic_in_block_on_leaves_its_tasks_to_the_workers() {
    bounded(|| {
        let runtime = runtime(1);
        let ended = Arc::new(AtomicUsize::new(0));
        let count = ended.clone();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            runtime.block_on(async {
                drop(spawn(async move { count.fetch_add(1, Ordering::Relaxed) }));
                panic!("the future of block_on");
            })
        }));
        assert!(panicked.is_err());
        wait_until(|| ended.load(Ordering::Relaxed) == 1);
    });
}

#[test]
fn a_runtime_ends_while_a_thread_sleeps_in_block_on() {
    bounded(|| {
        let runtime = runtime(1);
        let handle = runtime.handle().clone();
        let drops = Arc::new(AtomicUsize::new(0));
        let counted = Counted(drops.clone());
        let (tell, told) = mpsc::channel();
        let waiting = thread::spawn(move || {
            handle.block_on(async move {
                let task = spawn(async move {
                    let _counted = counted;
                    std::future::pending::<()>().await;
                });
                yield_now().await;
                tell.send(()).unwrap();
                task.await
            })
        });
        told.recv().unwrap();
        drop(runtime);
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        assert!(waiting.join().unwrap().unwrap_err().is_cancelled());
    });
}
