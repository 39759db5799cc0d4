//! Tasks that borrow: the scope returns when all of them, and all they borrow with, are gone.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::task::{Poll, Waker};
use std::thread;

use windlass::{JoinError, Runtime, yield_now};

use crate::support::{bounded, runtime};

/// Writes to what it borrows when it is dropped.
struct Writes<'a>(&'a AtomicUsize);

impl Drop for Writes<'_> {
    fn drop(&mut self) {
        thread::yield_now();
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

async fn few_turns() {
    for _ in 0..5 {
        yield_now().await;
    }
}

#[test]
fn tasks_borrow_and_change_what_is_around() {
    for workers in [1, 2] {
        let runtime = runtime(workers);
        let mut numbers: Vec<usize> = (0..1000).collect();
        let counted = AtomicUsize::new(0);
        let all = runtime.scope(|scope| {
            for number in &mut numbers {
                scope
                    .spawn(async {
                        few_turns().await;
                        *number *= 2;
                        counted.fetch_add(1, Ordering::Relaxed);
                    })
                    .forget();
            }
            "returned"
        });
        assert_eq!(all, "returned");
        assert_eq!(counted.into_inner(), 1000);
        assert!(numbers.iter().enumerate().all(|(at, number)| 2 * at == *number));
    }
}

/// Drops a handle on purpose.
trait Forget: Sized {
    fn forget(self) {}
}

impl<T> Forget for windlass::groups::ScopedJoinHandle<'_, T> {}

#[test]
fn outputs_may_borrow_and_tasks_may_spawn() {
    let runtime = runtime(2);
    let words = ["a".to_owned(), "bc".to_owned()];
    let longest = runtime.scope(|scope| {
        let outer = scope.spawn(async {
            let inner = scope.spawn(async { words.iter().max_by_key(|word| word.len()) });
            few_turns().await;
            inner.await.unwrap().unwrap()
        });
        runtime.block_on(outer).unwrap().as_str()
    });
    assert_eq!(longest, "bc");
}

#[test]
fn outputs_that_nobody_takes_are_dropped_within() {
    let runtime = runtime(2);
    for _ in 0..200 {
        let drops = AtomicUsize::new(0);
        runtime.scope(|scope| {
            scope.spawn(async { Writes(&drops) }).forget();
            let kept = scope.spawn(async {
                yield_now().await;
                Writes(&drops)
            });
            // Held by a task that is aborted.
            let holder = scope.spawn(async move {
                let _kept = kept;
                pending::<()>().await;
            });
            holder.abort();
        });
        assert_eq!(drops.into_inner(), 2);
    }
}

#[test]
fn an_aborted_task_is_gone_when_the_scope_returns() {
    let runtime = runtime(2);
    for _ in 0..200 {
        let drops = AtomicUsize::new(0);
        let error = runtime.scope(|scope| {
            let writes = Writes(&drops);
            let task = scope.spawn(async move {
                let _writes = writes;
                pending::<()>().await;
            });
            task.abort();
            runtime.block_on(task).unwrap_err()
        });
        assert!(error.is_cancelled());
        assert_eq!(drops.into_inner(), 1);
    }
}

/// A waker outlives the scope, and with it the task's cell: nothing that borrows is in it.
#[test]
fn wakers_may_outlive_the_scope() {
    let runtime = runtime(1);
    let kept = Mutex::new(None::<Waker>);
    let drops = AtomicUsize::new(0);
    runtime.scope(|scope| {
        let (writes, kept, drops) = (Writes(&drops), &kept, &drops);
        let task = scope.spawn(poll_fn(move |cx| {
            let _held = &writes;
            *kept.lock().unwrap() = Some(cx.waker().clone());
            Poll::Ready(Writes(drops))
        }));
        drop(task);
    });
    assert_eq!(drops.load(Ordering::Relaxed), 2);
    let waker = kept.into_inner().unwrap().unwrap();
    waker.wake_by_ref();
    drop(runtime);
    waker.wake();
    assert_eq!(drops.into_inner(), 2);
}

#[test]
fn a_panic_of_the_closure_waits_for_the_tasks() {
    let runtime = runtime(2);
    let done = AtomicUsize::new(0);
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        runtime.scope(|scope| {
            scope
                .spawn(async {
                    few_turns().await;
                    done.fetch_add(1, Ordering::Relaxed);
                })
                .forget();
            panic!("the closure's");
        })
    }));
    let payload = panicked.unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"the closure's"));
    assert_eq!(done.into_inner(), 1);
}

#[test]
fn a_panic_of_a_task_is_told_once() {
    let runtime = runtime(1);
    let told = runtime.scope(|scope| {
        let task = scope.spawn(async { panic!("the task's") });
        runtime.block_on(task).map(|(): ()| ()).unwrap_err()
    });
    assert!(matches!(told, JoinError::Panicked(panic) if panic.message() == Some("the task's")));
    let untold = catch_unwind(AssertUnwindSafe(|| {
        runtime.scope(|scope| {
            scope.spawn(async { panic!("untold") }).forget();
        });
    }));
    let payload = untold.unwrap_err();
    let said = payload.downcast_ref::<String>().unwrap();
    assert_eq!(said, "1 tasks of the scope panicked");
}

/// Tasks that are dropped by the shutdown count as ended only when they are gone.
#[test]
fn a_shutdown_meanwhile_ends_the_scope() {
    bounded(|| {
        for round in 0..100 {
            let runtime = runtime(1 + round % 2);
            let handle = runtime.handle().clone();
            let barrier = Arc::new(Barrier::new(2));
            let ending = barrier.clone();
            let end = thread::spawn(move || {
                ending.wait();
                drop(runtime);
            });
            let drops = AtomicUsize::new(0);
            handle.scope(|scope| {
                for number in 0..200 {
                    let writes = Writes(&drops);
                    let task = scope.spawn(async move {
                        let _writes = writes;
                        if number % 2 == 0 {
                            pending::<()>().await;
                        }
                    });
                    task.forget();
                    if number == round {
                        barrier.wait();
                    }
                }
            });
            assert_eq!(drops.into_inner(), 200);
            end.join().unwrap();
        }
    });
}

#[test]
fn inside_a_task_or_block_on_it_is_refused() {
    let runtime = runtime(1);
    let handle = runtime.handle().clone();
    let called = Cell::new(false);
    runtime.block_on(async { handle.try_scope(|_| called.set(true)).unwrap_err() });
    assert!(!called.get());
    let inside = handle.clone();
    let task = runtime.spawn(async move { inside.try_scope(|_| ()).is_err() });
    assert!(runtime.block_on(task).unwrap());
    // Where blocking is allowed, so is a scope.
    let blocking = runtime.spawn_blocking(move || {
        let number = 5;
        handle.scope(|scope| {
            let task = scope.spawn(async { number + 1 });
            handle.block_on(task).unwrap()
        })
    });
    assert_eq!(runtime.block_on(blocking).unwrap(), 6);
}

#[test]
fn a_refused_task_counts_as_ended() {
    let runtime = Runtime::builder().workers(1).tasks_max(1);
    let runtime = runtime.cores(windlass::CorePlan::None).build().unwrap();
    let only = runtime.spawn(pending::<()>());
    let refused = runtime.scope(|scope| {
        let task = scope.spawn(async {});
        runtime.block_on(task).unwrap_err()
    });
    assert!(matches!(refused, JoinError::Full));
    only.detach();
}

/// Whatever `F` borrows: the scope's calls compile only for what outlives it.
#[test]
fn nested_scopes() {
    let runtime = runtime(2);
    let total = Mutex::new(0);
    runtime.scope(|outer| {
        let local = 3;
        // A scope inside may borrow what is local to the closure.
        runtime.scope(|inner| {
            inner.spawn(async { *total.lock().unwrap() += local }).forget();
            outer.spawn(async { *total.lock().unwrap() += 4 }).forget();
        });
    });
    assert_eq!(total.into_inner().unwrap(), 7);
}
