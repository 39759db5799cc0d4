//! A future that finds no room comes back.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use windlass::runtime::TrySpawnError;
use windlass::{CorePlan, Runtime};

use crate::support::{Counted, runtime, wait_until};

#[test]
fn at_tasks_max_the_future_comes_back_and_runs_later() {
    let runtime = Runtime::builder().workers(1).tasks_max(1);
    let runtime = runtime.cores(CorePlan::None).build().unwrap();
    let handle = runtime.handle();
    let only = handle.try_spawn(pending::<usize>()).unwrap();
    let drops = Arc::new(AtomicUsize::new(0));
    let held = Counted(drops.clone());
    let refused = handle.try_spawn(async move {
        drop(held);
        7
    });
    let error = refused.unwrap_err();
    assert!(matches!(error, TrySpawnError::Full(_)));
    assert_eq!(error.to_string(), "the task was not started: the runtime is full");
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    only.abort();
    assert!(runtime.block_on(only).unwrap_err().is_cancelled());
    let mut future = Some(error.into_inner());
    let mut task = None;
    wait_until(|| {
        match handle.try_spawn(future.take().unwrap()) {
            Ok(spawned) => task = Some(spawned),
            Err(error) => future = Some(error.into_inner()),
        }
        task.is_some()
    });
    assert_eq!(runtime.block_on(task.unwrap()).unwrap(), 7);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
}

#[test]
fn after_the_runtime_the_future_comes_back() {
    let runtime = runtime(1);
    let handle = runtime.handle().clone();
    drop(runtime);
    let error = handle.try_spawn(async {}).unwrap_err();
    assert!(matches!(error, TrySpawnError::Shutdown(_)));
}

#[test]
fn a_detached_task_goes_on() {
    let runtime = runtime(1);
    let drops = Arc::new(AtomicUsize::new(0));
    let held = Counted(drops.clone());
    runtime.spawn(async move { drop(held) }).detach();
    wait_until(|| drops.load(Ordering::SeqCst) == 1);
}
