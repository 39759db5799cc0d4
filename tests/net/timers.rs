//! Sleeps, timeouts and intervals on a real clock.

use std::time::{Duration, Instant};

use windlass::spawn;
use windlass::time::{interval, sleep, timeout};

use crate::loopback::{BOUND, runtime};

#[test]
fn sleeps_end_in_order_and_never_early() {
    let runtime = runtime(2);
    runtime.block_on(async {
        let begun = Instant::now();
        let sleepers: Vec<_> = [40_u64, 10, 30, 0, 20]
            .into_iter()
            .map(|ms| {
                spawn(async move {
                    sleep(Duration::from_millis(ms)).await;
                    (ms, begun.elapsed())
                })
            })
            .collect();
        for sleeper in sleepers {
            let (ms, elapsed) = sleeper.await.unwrap();
            assert!(elapsed >= Duration::from_millis(ms), "{elapsed:?} < {ms} ms");
        }
    });
}

#[test]
fn a_timer_set_from_outside_wakes_a_sleeping_worker() {
    let runtime = runtime(2);
    for _ in 0..20 {
        runtime.block_on(sleep(Duration::from_millis(2)));
    }
    let slow = runtime.block_on(timeout(Duration::from_millis(5), std::future::pending::<()>()));
    assert!(slow.is_err());
    assert_eq!(runtime.block_on(timeout(BOUND, async { 3 })), Ok(3));
}

#[test]
fn many_timers_set_and_cancelled_leave_only_those_that_count() {
    let runtime = runtime(2);
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for n in 0..20_000_u64 {
            tasks.push(spawn(async move {
                let wait = Duration::from_millis(n % 50);
                if n % 2 == 0 {
                    timeout(wait, std::future::pending::<()>()).await.unwrap_err();
                } else {
                    timeout(Duration::from_secs(3600), sleep(wait)).await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn an_interval_ticks_at_once_then_at_its_period_and_skips_what_it_missed() {
    let runtime = runtime(1);
    runtime.block_on(async {
        let mut ticks = interval(Duration::from_millis(10));
        let first = ticks.tick().await;
        let second = ticks.tick().await;
        // One period, or more if this thread stood still meanwhile.
        assert!(second > first);
        assert_eq!((second - first).as_nanos() % 10_000_000, 0);
        sleep(Duration::from_millis(35)).await;
        let late = ticks.tick().await;
        let next = ticks.tick().await;
        assert_eq!((late - first).as_nanos() % 10_000_000, 0);
        assert!(next > late + Duration::from_millis(10), "missed ticks are skipped");
        assert_eq!((next - first).as_nanos() % 10_000_000, 0);
    });
}
