//! Aborts, handles and destructors, before, at and after a task's end.

use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;

use windlass::{Handle, JoinHandle, Runtime, yield_now};

use crate::support::{BOUND, Counted, bounded, runtime, wait_until};

/// Runs `this` on another thread and `that` here, beginning at once.
fn race(this: impl FnOnce() + Send, that: impl FnOnce()) {
    let meet = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            meet.wait();
            this();
        });
        meet.wait();
        that();
    });
}

/// A task that waits for its waker to be woken, and whose output counts its drop.
fn waits_once(runtime: &Runtime, drops: &Arc<AtomicUsize>) -> (JoinHandle<Counted>, Waker) {
    let (sent, received) = mpsc::channel();
    let (in_future, output) = (Counted(drops.clone()), Counted(drops.clone()));
    let mut output = Some(output);
    let task = runtime.spawn(poll_fn(move |cx| {
        let _in_future = &in_future;
        match sent.send(cx.waker().clone()) {
            // The first poll: its waker is taken, and then nobody listens any more.
            Ok(()) => Poll::Pending,
            Err(_) => Poll::Ready(output.take().unwrap()),
        }
    }));
    let waker = received.recv_timeout(BOUND).unwrap();
    (task, waker)
}

#[test]
fn abort_races_with_completion() {
    bounded(|| {
        for workers in [1, 2] {
            let runtime = runtime(workers);
            let drops = Arc::new(AtomicUsize::new(0));
            for round in 1..=2000 {
                let (task, waker) = waits_once(&runtime, &drops);
                race(|| waker.wake(), || task.abort());
                match runtime.block_on(task) {
                    Ok(output) => drop(output),
                    Err(error) => assert!(error.is_cancelled(), "{error:?}"),
                }
                // The future and the output, each once, in either end.
                wait_until(|| drops.load(Ordering::SeqCst) == 2 * round);
            }
            wait_until(|| runtime.metrics().tasks_alive == 0);
        }
    });
}

#[test]
fn a_handle_is_dropped_at_the_end() {
    bounded(|| {
        let runtime = runtime(2);
        let drops = Arc::new(AtomicUsize::new(0));
        for round in 1..=2000 {
            let (task, waker) = waits_once(&runtime, &drops);
            race(|| waker.wake(), || drop(task));
            wait_until(|| drops.load(Ordering::SeqCst) == 2 * round);
        }
        wait_until(|| runtime.metrics().tasks_alive == 0);
    });
}

#[test]
fn a_handle_is_dropped_before_and_after_the_end() {
    bounded(|| {
        let runtime = runtime(1);
        let drops = Arc::new(AtomicUsize::new(0));
        let (task, waker) = waits_once(&runtime, &drops);
        drop(task);
        assert_eq!(drops.load(Ordering::SeqCst), 0, "a detached task goes on");
        waker.wake();
        wait_until(|| drops.load(Ordering::SeqCst) == 2);

        let (task, waker) = waits_once(&runtime, &drops);
        waker.wake();
        wait_until(|| task.is_finished());
        assert_eq!(drops.load(Ordering::SeqCst), 3, "the handle owns the output");
        drop(task);
        assert_eq!(drops.load(Ordering::SeqCst), 4);
    });
}

#[test]
fn a_handle_that_is_awaited_is_dropped_at_the_end() {
    bounded(|| {
        let runtime = runtime(2);
        let drops = Arc::new(AtomicUsize::new(0));
        for round in 1..=2000 {
            let (mut task, waker) = waits_once(&runtime, &drops);
            // Leaves a waker of its own in the cell.
            let polled = poll_fn(|cx| {
                let task = std::pin::Pin::new(&mut task);
                Poll::Ready(std::future::Future::poll(task, cx).is_ready())
            });
            assert!(!runtime.block_on(polled));
            race(|| waker.wake(), || drop(task));
            wait_until(|| drops.load(Ordering::SeqCst) == 2 * round);
        }
    });
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("meant");
    }
}

/// An output whose drop panics with what it holds.
struct PanicsWith<T: Send + 'static>(Option<T>);

impl<T: Send + 'static> Drop for PanicsWith<T> {
    fn drop(&mut self) {
        if let Some(payload) = self.0.take() {
            std::panic::panic_any(payload);
        }
    }
}

#[test]
fn what_an_unheard_panic_carries_is_dropped() {
    bounded(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let runtime = runtime(1);
        let ends = || {
            let (ended, told) = mpsc::channel::<()>();
            (ended, move || {
                assert_eq!(told.recv_timeout(BOUND), Err(RecvTimeoutError::Disconnected))
            })
        };
        // Detached, so that the worker drops the output, and nobody hears of its panic.
        let (ended, wait) = ends();
        let payload = (Counted(drops.clone()), ended);
        runtime.spawn(async { PanicsWith(Some(payload)) }).detach();
        wait();
        assert_eq!(drops.load(Ordering::SeqCst), 1);

        // What it carries panics in its turn.
        let (ended, wait) = ends();
        let payload = PanicsWith(Some(Bomb));
        runtime.spawn(async move { (PanicsWith(Some(payload)), ended) }).detach();
        wait();
        assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
    });
}

#[test]
fn destructors_that_panic_in_abort_shutdown_and_join() {
    bounded(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let runtime = runtime(2);
        let waits = |runtime: &Runtime| {
            let (held, bomb) = (Counted(drops.clone()), Bomb);
            runtime.spawn(async move {
                let _held = held;
                let _bomb = bomb;
                pending::<()>().await;
            })
        };
        let aborted = waits(&runtime);
        aborted.abort();
        assert!(runtime.block_on(aborted).is_err());
        assert_eq!(drops.load(Ordering::SeqCst), 1);

        // Whoever takes the output, or drops the handle that owns it, has its panic.
        let task = runtime.spawn(async { Bomb });
        wait_until(|| task.is_finished());
        let _dropped_or_caught = catch_unwind(AssertUnwindSafe(|| drop(task)));

        for _ in 0..100 {
            drop(waits(&runtime));
        }
        assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
        drop(runtime);
        assert_eq!(drops.load(Ordering::SeqCst), 101);
    });
}

/// Does at its drop all that a destructor may do with a runtime.
struct Reenters {
    handle: Handle,
    others: Arc<Mutex<Vec<JoinHandle<()>>>>,
    drops: Arc<AtomicUsize>,
}

impl Drop for Reenters {
    fn drop(&mut self) {
        let _entered = self.handle.enter();
        let held = Counted(self.drops.clone());
        let spawned = windlass::spawn(async move {
            let _held = held;
            pending::<()>().await;
        });
        let refused = self.handle.spawn_blocking(|| ());
        let other = self.others.lock().unwrap().pop();
        if let Some(other) = &other {
            other.abort();
        }
        drop((other, spawned, refused));
        let _metrics = self.handle.metrics();
        // Refused on a worker; on another thread it runs.
        let _nested = self.handle.try_block_on(async { yield_now().await });
        self.drops.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn destructors_enter_spawn_abort_and_block_on_during_shutdown() {
    bounded(|| {
        for workers in [1, 2] {
            let runtime = runtime(workers);
            let others = Arc::new(Mutex::new(Vec::new()));
            let drops = Arc::new(AtomicUsize::new(0));
            let spawn = || {
                let reenters = Reenters {
                    handle: runtime.handle().clone(),
                    others: others.clone(),
                    drops: drops.clone(),
                };
                runtime.spawn(async move {
                    let _reenters = reenters;
                    pending::<()>().await;
                })
            };
            for _ in 0..200 {
                let task = spawn();
                others.lock().unwrap().push(task);
            }
            // One is dropped by a worker, and spawns there: that task is dropped at the end.
            let first = spawn();
            first.abort();
            drop(first);
            drop(runtime);
            assert_eq!(drops.load(Ordering::SeqCst), 2 * 201);
        }
    });
}
