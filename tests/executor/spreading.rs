//! When work stays on one worker, and when another takes part.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use windlass::spawn;

use crate::support::{BOUND, runtime};

#[test]
fn tasks_behind_a_worker_that_stands_still_are_run_by_another() {
    let runtime = runtime(2);
    let parent = runtime.spawn(async {
        let (sent, received) = mpsc::channel();
        for n in 0..10 {
            let sent = sent.clone();
            drop(spawn(async move { sent.send(n).unwrap() }));
        }
        // Blocks the worker in whose ring the children are.
        let sum: i32 = (0..10).map(|_| received.recv_timeout(BOUND).unwrap()).sum();
        sum
    });
    assert_eq!(runtime.block_on(parent).unwrap(), 45);
}

#[test]
fn work_that_one_worker_keeps_up_with_stays_on_it() {
    let stolen_share = |_| {
        let runtime = runtime(2);
        let parent = runtime.spawn(async {
            for _ in 0..2000 {
                for child in [0, 1, 2, 3].map(|n| (n, spawn(async move { n }))) {
                    assert_eq!(child.1.await.unwrap(), child.0);
                }
            }
        });
        runtime.block_on(parent).unwrap();
        let workers = runtime.metrics().workers;
        let polls: u64 = workers.iter().map(|worker| worker.polls).sum();
        let stolen: u64 = workers.iter().map(|worker| worker.stolen).sum();
        assert!(polls >= 10_000, "{workers:?}");
        stolen as f64 / polls as f64
    };
    // A worker that the system deschedules is rightly robbed: a wide bound, the best of five runs.
    assert!((0..5).map(stolen_share).any(|share| share < 0.5));
}

/// Runs 800 tasks of 5 us each, started by one task. How many polls each worker did.
fn polls_of_a_burst() -> Vec<u64> {
    let runtime = runtime(2);
    let burst = async {
        let work = || async {
            let began = Instant::now();
            while began.elapsed() < Duration::from_micros(5) {
                std::hint::spin_loop();
            }
        };
        let tasks: Vec<_> = (0..800).map(|_| spawn(work())).collect();
        for task in tasks {
            task.await.unwrap();
        }
    };
    runtime.block_on(runtime.spawn(burst)).unwrap();
    runtime.metrics().workers.iter().map(|worker| worker.polls).collect()
}

/// The best of many runs, since the system may take a core away at any time.
#[test]
fn a_long_queue_wakes_a_second_worker() {
    // 4 ms of work: by the length of the queue, or by the monitor.
    let many = |_| polls_of_a_burst().into_iter().min() > Some(50);
    assert!((0..50).any(many), "800 tasks of 5 us are worth two");
}
