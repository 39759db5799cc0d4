//! Task-local values: set while a future is polled or dropped, on whatever thread.

use std::cell::Cell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass::task::NotSet;
use windlass::{JoinSet, yield_now};

use crate::support::runtime;

windlass::task_local! {
    static NUMBER: usize;
    /// Neither `Copy` nor `Sync`.
    pub(crate) static COUNT: Cell<usize>
}

#[test]
fn each_task_has_its_own_value_wherever_it_runs() {
    let runtime = runtime(2);
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for number in 0..100 {
            tasks.spawn(NUMBER.scope(number, async move {
                for _ in 0..50 {
                    assert_eq!(NUMBER.get(), number);
                    yield_now().await;
                }
            }));
        }
        while let Some(ended) = tasks.join_next().await {
            ended.unwrap();
            assert_eq!(NUMBER.try_with(|_| ()), Err(NotSet));
        }
    });
    assert!(NotSet.to_string().contains("none of its scopes"), "{NotSet}");
}

#[test]
fn scopes_nest_and_hide() {
    runtime(1).block_on(NUMBER.scope(1, async {
        COUNT
            .scope(Cell::new(5), async {
                let inner = NUMBER.scope(2, async {
                    yield_now().await;
                    COUNT.with(|count| count.set(count.get() + NUMBER.get()));
                });
                assert_eq!(NUMBER.get(), 1);
                inner.await;
                assert_eq!((NUMBER.get(), COUNT.with(Cell::get)), (1, 7));
                // A scope within a look at the value of the scope around.
                NUMBER.with(|outer| {
                    assert_eq!(NUMBER.sync_scope(3, || NUMBER.get()), 3);
                    assert_eq!(*outer, 1);
                });
            })
            .await;
    }));
}

#[test]
fn what_is_spawned_inside_is_outside() {
    let runtime = runtime(1);
    let inside = NUMBER.scope(1, async {
        let spawned = windlass::spawn(async { NUMBER.try_with(|_| ()) });
        spawned.await.unwrap()
    });
    assert_eq!(runtime.block_on(inside), Err(NotSet));
}

#[test]
fn a_panic_leaves_the_scope() {
    let panicked = catch_unwind(|| NUMBER.sync_scope(1, || panic!("inside")));
    panicked.unwrap_err();
    assert_eq!(NUMBER.try_with(|_| ()), Err(NotSet));
    let unset = catch_unwind(AssertUnwindSafe(|| NUMBER.get()));
    assert!(unset.is_err());
}

#[test]
fn the_value_is_there_when_the_future_is_dropped() {
    struct Reads(Arc<AtomicUsize>);
    impl Drop for Reads {
        fn drop(&mut self) {
            self.0.store(NUMBER.get(), Ordering::Relaxed);
        }
    }
    let runtime = runtime(1);
    let read = Arc::new(AtomicUsize::new(0));
    let reads = Reads(read.clone());
    let task = runtime.spawn(NUMBER.scope(9, async move {
        let _reads = reads;
        pending::<()>().await;
    }));
    task.abort();
    runtime.block_on(task).unwrap_err();
    assert_eq!(read.load(Ordering::Relaxed), 9);
}
