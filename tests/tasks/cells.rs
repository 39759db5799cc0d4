//! Cells of all sizes, on all ways that end them.

use std::future::{pending, ready};
use std::sync::Arc;

use windlass::{CorePlan, JoinError, JoinHandle, Runtime, spawn, yield_now};

use crate::support::{bounded, runtime};

/// Aligned more strictly than slots are.
#[repr(align(256))]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Strict(u8);

/// Through a yield, so that it lies in the cell as a future and as an output.
async fn passed<T>(value: T) -> T {
    yield_now().await;
    value
}

fn one_by_one(tasks_max: usize) -> Runtime {
    let builder = Runtime::builder().workers(1).cores(CorePlan::None);
    builder.tasks_max(tasks_max).build().unwrap()
}

#[test]
fn futures_and_outputs_of_all_sizes_come_through() {
    bounded(|| {
        let runtime = runtime(2);
        runtime.block_on(async {
            for round in 0..100_u8 {
                let (small, unit) = (spawn(passed([round; 7])), spawn(passed(())));
                let (line, middle) = (spawn(passed([round; 60])), spawn(passed([round; 200])));
                let (large, huge) = (spawn(passed([round; 700])), spawn(passed([round; 70_000])));
                let strict = spawn(passed(Strict(round)));
                let vast_output = spawn(async move { [round; 5_000] });
                assert_eq!(small.await.unwrap(), [round; 7]);
                unit.await.unwrap();
                assert_eq!(line.await.unwrap(), [round; 60]);
                assert_eq!(middle.await.unwrap(), [round; 200]);
                assert_eq!(large.await.unwrap(), [round; 700]);
                assert_eq!(huge.await.unwrap(), [round; 70_000]);
                assert_eq!(strict.await.unwrap(), Strict(round));
                assert_eq!(vast_output.await.unwrap(), [round; 5_000]);
            }
        });
    });
}

/// What is large is dropped as what is small: with the handle, by abort, by the runtime's end.
#[test]
fn each_is_dropped_once_on_every_way() {
    bounded(|| {
        let alive = Arc::new(());
        let runtime = runtime(2);
        let idle = |padding| {
            let alive = alive.clone();
            async move {
                pending::<()>().await;
                (alive, padding)
            }
        };
        for _ in 0..100 {
            let (one, other) = (runtime.spawn(idle([0; 2])), runtime.spawn(idle([0; 2])));
            one.abort();
            assert!(runtime.block_on(one).unwrap_err().is_cancelled());
            drop(other);
        }
        let large = |padding: [u8; 3_000]| {
            let alive = alive.clone();
            async move {
                yield_now().await;
                (alive, padding)
            }
        };
        for _ in 0..100 {
            runtime.spawn(large([1; 3_000])).detach();
            drop(runtime.block_on(runtime.spawn(large([2; 3_000]))));
        }
        drop(runtime);
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

#[test]
fn an_abort_handle_ends_what_another_awaits_and_outlives_it() {
    bounded(|| {
        let runtime = runtime(2);
        let idle = runtime.spawn(pending::<()>());
        let abort = idle.abort_handle();
        let another = abort.clone();
        let waits = runtime.spawn(idle);
        assert!(!abort.is_finished());
        abort.abort();
        let ended = runtime.block_on(waits).unwrap();
        assert!(ended.unwrap_err().is_cancelled());
        assert!(another.is_finished());
        drop(runtime);
        another.abort();
        assert!(another.is_finished());
    });
}

/// Few permits are counted one by one, whoever spawns.
#[test]
fn admission_is_exact_where_there_are_few_permits() {
    bounded(|| {
        let runtime = one_by_one(5);
        for _ in 0..50 {
            let tasks: Vec<JoinHandle<()>> = (0..5).map(|_| runtime.spawn(pending())).collect();
            let sixth = runtime.block_on(runtime.spawn(ready(())));
            assert!(matches!(sixth, Err(JoinError::Full)));
            assert_eq!(runtime.metrics().tasks_alive, 5);
            tasks.iter().for_each(JoinHandle::abort);
            for task in tasks {
                assert!(runtime.block_on(task).unwrap_err().is_cancelled());
            }
        }
        runtime.block_on(runtime.spawn(ready(()))).unwrap();
    });
}

/// Workers that hold permits in store give them back when they run short.
#[test]
fn no_permit_is_lost_where_there_are_many() {
    bounded(|| {
        let runtime = one_by_one(1_000);
        for _ in 0..20 {
            let made = runtime.block_on(runtime.spawn(async {
                let tasks: Vec<_> = (0..2_000).map(|_| spawn(passed(()))).collect();
                let mut made = 0;
                for task in tasks {
                    made += usize::from(task.await.is_ok());
                }
                made
            }));
            let made = made.unwrap();
            assert!((870..1_000).contains(&made), "{made} of 1,000");
        }
        let tasks: Vec<JoinHandle<()>> = (0..1_000).map(|_| runtime.spawn(pending())).collect();
        let alive = runtime.metrics().tasks_alive;
        assert!(alive >= 870, "{alive} of 1,000");
        drop(tasks);
    });
}
