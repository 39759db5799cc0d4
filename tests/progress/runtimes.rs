//! A poll, a blocking closure or an output stands still: the others of the runtime go on.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use windlass::{JoinError, yield_now};

use crate::gate::Gate;
use crate::support::{bounded, runtime, wait_until};

#[test]
fn a_poll_that_stands_still_holds_up_its_own_task_alone() {
    bounded(|| {
        let (runtime, gate) = (runtime(2), Gate::new());
        let stands = gate.clone();
        let slow = runtime.spawn(async move {
            stands.stand();
            // Closed meanwhile: the end of this poll is the end of the task.
            yield_now().await;
        });
        gate.reached();
        slow.abort();
        let done = Arc::new(AtomicUsize::new(0));
        let others: Vec<_> = (0..100)
            .map(|_| {
                let done = done.clone();
                runtime.spawn(async move {
                    yield_now().await;
                    windlass::time::sleep(Duration::from_millis(1)).await;
                    done.fetch_add(1, Ordering::Relaxed);
                })
            })
            .collect();
        wait_until(|| done.load(Ordering::Relaxed) == 100);
        assert!(others.iter().all(|other| {
            wait_until(|| other.is_finished());
            true
        }));
        assert!(!slow.is_finished(), "it stands still");
        gate.open();
        assert!(matches!(runtime.block_on(slow), Err(JoinError::Cancelled)));
    });
}

#[test]
fn a_shutdown_waits_for_a_poll_and_no_longer_than_it_may() {
    bounded(|| {
        let (runtime, gate) = (runtime(1), Gate::new());
        let stands = gate.clone();
        let slow = runtime.spawn(async move { stands.stand() });
        gate.reached();
        assert!(!runtime.shutdown_timeout(Duration::from_millis(1)), "a poll stands still");
        assert!(!slow.is_finished());
        gate.open();
        wait_until(|| slow.is_finished());
    });
}

#[test]
fn a_blocking_closure_that_stands_still_holds_up_no_other() {
    bounded(|| {
        let (runtime, gate) = (runtime(1), Gate::new());
        let stands = gate.clone();
        let slow = runtime.spawn_blocking(move || stands.stand());
        gate.reached();
        for number in 0..20 {
            let quick = runtime.spawn_blocking(move || number);
            assert_eq!(runtime.block_on(quick).ok(), Some(number));
        }
        assert!(!slow.is_finished());
        gate.open();
        runtime.block_on(slow).expect("it ends");
    });
}
