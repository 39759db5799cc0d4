//! Timers at the edges: past, at one instant, very many, cancelled, years ahead; and the end of a
//! runtime with all of them pending.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use windlass::time::{Sleep, sleep, sleep_until, timeout};
use windlass::{JoinSet, spawn};

use crate::support::{BOUND, Counted, bounded, runtime};

const HOUR: Duration = Duration::from_secs(3600);
const YEARS: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
const MILLION: usize = 1_000_000;

#[test]
fn timers_in_the_past_end_at_once() {
    bounded(|| {
        let runtime = runtime(2);
        runtime.block_on(async {
            let now = Instant::now();
            for past in [Duration::ZERO, Duration::from_nanos(1), Duration::from_secs(5)] {
                sleep_until(now.checked_sub(past).unwrap_or(now)).await;
            }
            sleep(Duration::ZERO).await;
            // The future is asked first, also when there is no time at all.
            assert_eq!(timeout(Duration::ZERO, async { 1 }).await, Ok(1));
            assert!(timeout(Duration::ZERO, std::future::pending::<()>()).await.is_err());
        });
    });
}

#[test]
fn timers_of_one_instant_all_end_and_none_early() {
    bounded(|| {
        let runtime = runtime(2);
        runtime.block_on(async {
            let at = Instant::now() + Duration::from_millis(50);
            let mut sleepers = JoinSet::new();
            for _ in 0..20_000 {
                sleepers.spawn(async move {
                    sleep_until(at).await;
                    Instant::now()
                });
            }
            while let Some(ended) = sleepers.join_next().await {
                assert!(ended.expect("no panic") >= at, "early");
            }
        });
    });
}

fn poll(sleep: &mut Sleep) -> Poll<()> {
    Pin::new(sleep).poll(&mut Context::from_waker(Waker::noop()))
}

/// Pending timers, from a tick to hours ahead.
fn armed(ahead: Duration) -> Vec<Sleep> {
    let armed = |n| {
        let mut sleep = sleep(ahead + Duration::from_millis(n as u64 * 7));
        assert!(poll(&mut sleep).is_pending(), "{n}");
        sleep
    };
    (0..MILLION).map(armed).collect()
}

#[test]
fn a_million_pending_timers_are_in_nobodys_way_and_can_be_cancelled() {
    bounded(|| {
        let runtime = runtime(1);
        // On the worker, whose wheel it then is.
        let task = runtime.spawn(async {
            let mut many = armed(HOUR);
            sleep(Duration::from_millis(5)).await;
            // Each second one goes; those that are left still have their deadlines.
            let mut at = 0;
            many.retain(|_| {
                at += 1;
                at % 2 == 0
            });
            sleep(Duration::from_millis(5)).await;
            for sleep in many.iter_mut().step_by(1000) {
                assert!(poll(sleep).is_pending());
                sleep.reset(Instant::now());
                sleep.await;
            }
            many.len()
        });
        assert_eq!(runtime.block_on(task).expect("no panic"), MILLION / 2);
    });
}

#[test]
fn a_million_timers_that_are_due_all_end() {
    bounded(|| {
        let runtime = runtime(1);
        let task = runtime.spawn(async {
            let at = Instant::now() + Duration::from_millis(100);
            let mut many: Vec<Sleep> = (0..MILLION).map(|_| sleep_until(at)).collect();
            for sleep in &mut many {
                // Some may be due before all are polled.
                let _early = poll(sleep);
            }
            sleep_until(at).await;
            many.iter().all(Sleep::is_elapsed)
        });
        assert!(runtime.block_on(task).expect("no panic"));
    });
}

#[test]
fn timers_years_ahead_wait_and_hide_no_near_one() {
    bounded(|| {
        let runtime = runtime(2);
        runtime.block_on(async {
            let mut far = pin!(sleep(Duration::MAX));
            let mut years = pin!(sleep(YEARS));
            assert!(futures_util::poll!(far.as_mut()).is_pending());
            assert!(futures_util::poll!(years.as_mut()).is_pending());
            for _ in 0..20 {
                sleep(Duration::from_millis(1)).await;
            }
            assert!(futures_util::poll!(far.as_mut()).is_pending());
            assert!(futures_util::poll!(years.as_mut()).is_pending());
            assert_eq!(timeout(Duration::MAX, async { 2 }).await, Ok(2));
            // Moved near, it ends.
            years.as_mut().get_mut().reset(Instant::now() + Duration::from_millis(5));
            years.await;
        });
    });
}

#[test]
fn a_cancelled_timer_wakes_nobody() {
    bounded(|| {
        let runtime = runtime(1);
        let polls = Arc::new(AtomicUsize::new(0));
        let counted = polls.clone();
        runtime.block_on(async move {
            let task = spawn(async move {
                let mut cancelled = Some(Box::pin(sleep(Duration::from_millis(10))));
                std::future::poll_fn(move |cx| {
                    counted.fetch_add(1, Ordering::SeqCst);
                    // Armed with this task's waker at the first poll, then dropped.
                    if let Some(mut sleep) = cancelled.take() {
                        assert!(sleep.as_mut().poll(cx).is_pending());
                    }
                    Poll::<()>::Pending
                })
                .await;
            });
            sleep(Duration::from_millis(40)).await;
            task.abort();
        });
        assert_eq!(polls.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_runtime_ends_with_timers_of_all_kinds_pending() {
    bounded(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let runtime = runtime(2);
        for n in 0..100_000_u64 {
            let held = Counted(drops.clone());
            let ahead = if n % 2 == 0 { YEARS } else { Duration::from_millis(n % 500) };
            let task = async move {
                let _held = held;
                let _unused = timeout(HOUR, sleep(ahead)).await;
                std::future::pending::<()>().await;
            };
            runtime.spawn(task).detach();
        }
        let begun = Instant::now();
        drop(runtime);
        assert!(begun.elapsed() < BOUND);
        assert_eq!(drops.load(Ordering::SeqCst), 100_000);
    });
}

/// Its wake panics with what it holds.
struct Panics(Mutex<Option<Counted>>);

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        let held = self.0.lock().expect("nobody panics with it").take();
        std::panic::panic_any(held);
    }
}

#[test]
fn a_timers_waker_that_panics_ends_nothing_and_leaves_nothing() {
    bounded(|| {
        let drops = Arc::new(AtomicUsize::new(0));
        let runtime = runtime(1);
        let held = Mutex::new(Some(Counted(drops.clone())));
        let waker = Waker::from(Arc::new(Panics(held)));
        runtime.block_on(async {
            let mut timer = pin!(sleep(Duration::from_millis(5)));
            assert!(timer.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            while drops.load(Ordering::SeqCst) == 0 {
                sleep(Duration::from_millis(5)).await;
            }
            timer.await;
        });
        assert_eq!(drops.load(Ordering::SeqCst), 1);
    });
}
