//! What an executor tells: panics, slow polls, counters.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;

use windlass::channel::oneshot;
use windlass::executor::PanicPolicy;
use windlass::runtime::{Builder, task_name};
use windlass::{CorePlan, JoinError, Runtime, spawn, yield_now};

use crate::support::{Counted, bounded, wait_until};

fn builder() -> Builder {
    Runtime::builder().workers(2).cores(CorePlan::None)
}

#[test]
fn the_hook_hears_of_a_panic_before_the_join_handle() {
    bounded(|| {
        let (tell, told) = mpsc::channel();
        let hook = move |panic: &windlass::task::Panic| {
            tell.send(panic.message().map(str::to_owned)).unwrap();
        };
        let runtime = builder().on_panic(hook).build().unwrap();
        let ended = runtime.block_on(runtime.spawn(async { panic!("overboard") }));
        assert!(ended.unwrap_err().is_panic());
        assert_eq!(told.try_recv(), Ok(Some("overboard".to_owned())));
        assert_eq!(runtime.block_on(runtime.spawn(async { 1 })).unwrap(), 1);
    });
}

#[test]
fn a_panic_ends_the_runtime_where_that_is_the_policy() {
    bounded(|| {
        // The hook's own panic changes nothing.
        let builder = builder().panic_policy(PanicPolicy::ShutDown);
        let runtime = builder.on_panic(|_| panic!("in the hook")).build().unwrap();
        let drops = Arc::new(AtomicUsize::new(0));
        let counted = Counted(drops.clone());
        let waiting = runtime.spawn(async move {
            let _counted = counted;
            std::future::pending::<()>().await;
        });
        let panicking = runtime.spawn(async { panic!("overboard") });
        assert!(runtime.block_on(panicking).unwrap_err().is_panic());
        assert!(runtime.block_on(waiting).unwrap_err().is_cancelled());
        assert_eq!(drops.load(Ordering::SeqCst), 1);
        let late = runtime.block_on(runtime.spawn(async {}));
        assert!(matches!(late, Err(JoinError::Shutdown)));
    });
}

#[test]
fn a_poll_that_lasts_is_reported_once_with_type_and_name() {
    bounded(|| {
        let (tell, told) = mpsc::channel();
        let limit = Duration::from_millis(5);
        let hook = move |slow| tell.send(slow).unwrap();
        let runtime = builder().on_slow_poll(limit, hook).build().unwrap();
        let (go, gate) = mpsc::channel::<()>();
        let task = runtime.spawn_named("anchor", blocks(gate));
        let slow = told.recv().unwrap();
        assert_eq!(slow.name.as_deref(), Some("anchor"));
        assert!(slow.task.contains("blocks"), "{}", slow.task);
        assert!(slow.worker < 2 && slow.lasted >= limit, "{slow:?}");
        go.send(()).unwrap();
        let name = runtime.block_on(task).unwrap();
        assert_eq!(name.as_deref(), Some("anchor"));
        drop(runtime);
        assert_eq!(told.recv(), Err(mpsc::RecvError), "once");
    });
}

async fn blocks(gate: mpsc::Receiver<()>) -> Option<Arc<str>> {
    gate.recv().unwrap();
    yield_now().await;
    task_name()
}

#[test]
fn what_block_on_itself_blocks_is_no_tasks_slow_poll() {
    bounded(|| {
        let (tell, told) = mpsc::channel();
        let limit = Duration::from_millis(5);
        let hook = move |slow| tell.send(slow).unwrap();
        let runtime = builder().on_slow_poll(limit, hook).build().unwrap();
        runtime.block_on(async {
            spawn(async {}).await.unwrap();
            // The future of block_on, which is no task.
            assert_eq!(
                told.recv_timeout(Duration::from_millis(60)),
                Err(mpsc::RecvTimeoutError::Timeout)
            );
        });
    });
}

#[test]
fn names_are_the_tasks_own() {
    bounded(|| {
        let runtime = builder().build().unwrap();
        assert_eq!(task_name(), None);
        let outer = runtime.spawn_named("outer", async {
            let plain = spawn(async { task_name() }).await.unwrap();
            (task_name(), plain)
        });
        let (name, plain) = runtime.block_on(outer).unwrap();
        assert_eq!((name.as_deref(), plain), (Some("outer"), None));
    });
}

#[test]
fn counters_count() {
    bounded(|| {
        let builder = builder().workers(1).guests(false).poll_times(true);
        let runtime = builder.build().unwrap();
        let task = runtime.spawn(async {
            for _ in 0..100 {
                yield_now().await;
            }
        });
        runtime.block_on(task).unwrap();
        wait_until(|| runtime.metrics().workers_asleep == 1);
        let metrics = runtime.metrics();
        let [worker] = &metrics.workers[..] else {
            panic!("one worker: {metrics:?}");
        };
        assert_eq!((worker.polls, worker.queued, metrics.tasks_injected), (101, 0, 0));
        assert!(worker.sleeps >= 1 && worker.busy > Duration::ZERO, "{worker:?}");
        let times = worker.poll_times.as_ref().map(|times| times.0.iter().sum::<u64>());
        assert_eq!(times, Some(101), "each poll is in one class");
        wait_until(|| runtime.metrics().tasks_alive == 0);
    });
}

#[test]
fn without_spinning_there_are_no_spin_hits() {
    bounded(|| {
        let builder = builder().workers(1).guests(false);
        let runtime = builder.spin_max(Duration::ZERO).build().unwrap();
        for _ in 0..200 {
            runtime.block_on(runtime.spawn(async {})).unwrap();
        }
        let metrics = runtime.metrics();
        assert_eq!(metrics.workers[0].spin_hits, 0);
        assert_eq!(metrics.workers[0].polls, 200);
    });
}

#[test]
fn a_spin_that_is_too_long_is_refused_with_its_range() {
    let refused = builder().spin_max(Duration::from_secs(1)).build();
    let said = refused.err().map(|error| error.to_string());
    assert!(said.is_some_and(|said| said.contains("spin_max") && said.contains("1000000")));
}

/// How many tasks ran at once after the one that woke them.
fn ran_next(yields_first: bool) -> u64 {
    let runtime = builder().workers(1).guests(false).build().unwrap();
    let (one, other) = oneshot();
    let waits = runtime.spawn(other);
    let mut one = Some(one);
    let wakes = runtime.spawn(poll_fn(move |cx| {
        let Some(one) = one.take() else { return Poll::Ready(()) };
        if yields_first {
            assert!(pin!(yield_now()).poll(cx).is_pending());
        }
        one.send(()).unwrap();
        if yields_first { Poll::Pending } else { Poll::Ready(()) }
    }));
    runtime.block_on(wakes).unwrap();
    runtime.block_on(waits).unwrap().unwrap();
    runtime.metrics().workers[0].lifo_hits
}

#[test]
fn whom_a_poll_wakes_runs_next_unless_it_has_yielded() {
    bounded(|| {
        assert_eq!((ran_next(false), ran_next(true)), (1, 0));
    });
}
