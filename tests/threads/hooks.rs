//! `on_thread_start` and `on_thread_stop`.

use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use windlass::{BuildError, Builder, CorePlan, Handle, JoinError, Runtime, spawn};

use crate::support::{BOUND, Counted};

fn builder(workers: usize) -> Builder {
    Runtime::builder().workers(workers).cores(CorePlan::None)
}

#[test]
fn each_worker_starts_before_build_returns_and_stops_before_drop_does() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |what: &'static str| {
        let seen = seen.clone();
        move |worker| {
            let name = thread::current().name().map(str::to_owned);
            assert_eq!(name, Some(format!("windlass-{worker}")));
            seen.lock().unwrap().push((what, worker));
        }
    };
    let builder = builder(3).on_thread_start(note("start")).on_thread_stop(note("stop"));
    let runtime = builder.build().unwrap();
    let sorted = || {
        let mut seen = seen.lock().unwrap().clone();
        seen.sort_unstable();
        seen
    };
    let starts = [("start", 0), ("start", 1), ("start", 2)];
    assert_eq!(sorted(), starts);
    let blocking = runtime.spawn_blocking(|| ());
    runtime.block_on(blocking).unwrap();
    assert_eq!(sorted(), starts, "a blocking thread is no worker");
    drop(runtime);
    let stops = [("stop", 0), ("stop", 1), ("stop", 2)];
    assert_eq!(sorted(), [starts, stops].concat());
}

#[test]
fn hooks_are_in_the_runtime() {
    let (sent, received) = mpsc::channel();
    let said = sent.clone();
    let runtime = builder(1)
        .on_thread_start(move |_| {
            let sent = sent.clone();
            drop(spawn(async move { sent.send("a task of the start").unwrap() }));
        })
        .on_thread_stop(move |_| {
            let handle = Handle::current();
            let refused = handle.try_block_on(async {});
            assert!(refused.is_err(), "a worker must not block");
            let late = spawn(async {});
            said.send(if late.is_finished() { "refused" } else { "taken" }).unwrap();
        })
        .build()
        .unwrap();
    assert_eq!(received.recv_timeout(BOUND), Ok("a task of the start"));
    drop(runtime);
    assert_eq!(received.recv_timeout(BOUND), Ok("refused"));
}

#[test]
fn a_start_hook_that_panics_fails_the_build() {
    let stops = Arc::new(AtomicUsize::new(0));
    let drops = Arc::new(AtomicUsize::new(0));
    let stopped = stops.clone();
    let held = drops.clone();
    let built = builder(3)
        .on_thread_start(move |worker| {
            let held = Counted(held.clone());
            let task = spawn(async move {
                let _held = held;
                pending::<()>().await;
            });
            drop(task);
            assert_ne!(worker, 1, "meant");
        })
        .on_thread_stop(move |_| {
            stopped.fetch_add(1, Ordering::SeqCst);
        })
        .build();
    let error = built.unwrap_err();
    assert!(matches!(error, BuildError::Hook { worker: 1 }), "{error:?}");
    assert_eq!(error.to_string(), "on_thread_start panicked on worker 1");
    assert_eq!(stops.load(Ordering::SeqCst), 2, "the others end in order");
    assert_eq!(drops.load(Ordering::SeqCst), 3, "no task is lost");
}

#[test]
fn a_stop_hook_that_panics_hurts_nobody() {
    let drops = Arc::new(AtomicUsize::new(0));
    let runtime = builder(2).on_thread_stop(|_| panic!("meant")).build().unwrap();
    let held = Counted(drops.clone());
    let task = runtime.spawn(async move {
        let _held = held;
        pending::<()>().await;
    });
    let handle = runtime.handle().clone();
    drop(runtime);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    let end = handle.block_on(task);
    assert!(matches!(end, Err(JoinError::Cancelled)), "{end:?}");
}
