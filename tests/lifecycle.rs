//! The runtime's beginning and end: settings, pinning, shutdown with tasks alive, several at once.

#[path = "support/runtime.rs"]
mod support;

use std::future::{pending, poll_fn};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::task::{Context, Poll};
use std::time::Duration;

use support::{BOUND, Counted, runtime, wait_until};
#[cfg(feature = "pin")]
use windlass::CorePlan;
use windlass::{BuildError, Handle, JoinError, Runtime, spawn, yield_now};

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
fn a_runtime_that_has_ended_keeps_nothing() {
    let drops = Arc::new(AtomicUsize::new(0));
    let held = Counted(drops.clone());
    let builder = Runtime::builder()
        .workers(1)
        .on_panic(move |_| assert_eq!(held.0.load(Ordering::SeqCst), 0));
    let runtime = builder.build().unwrap();
    let task = runtime.spawn(async { 1 });
    assert_eq!(runtime.block_on(task).unwrap(), 1);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    let handle = runtime.handle().clone();
    drop(runtime);
    drop(handle);
    wait_until(|| drops.load(Ordering::SeqCst) == 1);
}

#[test]
fn after_the_end_nothing_starts() {
    let runtime = runtime(1);
    let handle = runtime.handle().clone();
    drop(runtime);
    let refused = |end: Result<(), JoinError>| matches!(end, Err(JoinError::Shutdown));
    assert!(refused(handle.block_on(handle.spawn(async {}))));
    assert!(refused(handle.block_on(handle.spawn_blocking(|| ()))));
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
fn settings_out_of_range_are_named() {
    let message = |result: Result<Runtime, BuildError>| result.unwrap_err().to_string();
    let builder = Runtime::builder;
    assert_eq!(message(builder().workers(0).build()), "workers(0) is out of range: use 1 to 48");
    assert!(message(builder().tasks_max(0).build()).starts_with("tasks_max(0)"));
    assert!(message(builder().thread_name("a\0b").build()).contains("NUL"));
    assert!(message(builder().blocking_threads_max(0).build()).contains("use 1 to 65536"));
}

#[cfg(feature = "pin")]
#[test]
fn a_core_that_does_not_exist_is_named() {
    let message =
        Runtime::builder().cores(CorePlan::Explicit(vec![4711])).build().unwrap_err().to_string();
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
    let status = |of: &str| std::fs::read_to_string(format!("/proc/{of}/status")).unwrap();
    let cores = |status: String| {
        let line = status.lines().find(|line| line.starts_with("Cpus_allowed_list"));
        line.map(str::to_owned)
    };
    let blocking = runtime.spawn(async move {
        windlass::spawn_blocking(move || cores(status("thread-self"))).await.unwrap()
    });
    let own = std::fs::read_to_string("/proc/thread-self/status").unwrap();
    assert_eq!(runtime.block_on(blocking).unwrap(), cores(own), "blocking threads are not pinned");
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
