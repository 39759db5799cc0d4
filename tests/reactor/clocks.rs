//! Timers by a clock that the test holds in its hands, and by the system's.

use std::future::poll_fn;
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use windlass::sim::TestClock;
use windlass::time::{MissedTicks, interval, sleep, sleep_until, timeout};
use windlass::{Clock, JoinHandle, Runtime, spawn};

use crate::support::{BOUND, runtime};

const HOUR: Duration = Duration::from_secs(3600);

fn stopped() -> (Arc<TestClock>, Runtime) {
    let clock = Arc::new(TestClock::new());
    let runtime = Runtime::builder().workers(2).clock(clock.clone()).build().unwrap();
    (clock, runtime)
}

/// Real time, for what must happen soon.
fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < BOUND, "{what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_clock_that_stands_still_lets_no_timer_fire() {
    let (clock, runtime) = stopped();
    let task = runtime.spawn(async { sleep(Duration::from_millis(1)).await });
    std::thread::sleep(Duration::from_millis(20));
    assert!(!task.is_finished(), "no time has passed");
    clock.advance(Duration::from_millis(2));
    runtime.block_on(task).unwrap();
}

#[test]
fn advancing_wakes_workers_that_sleep_and_fires_in_order() {
    let (clock, runtime) = stopped();
    let now = clock.now();
    let tasks: Vec<_> =
        (1..=48).map(|n| runtime.spawn(async move { sleep_until(now + n * HOUR).await })).collect();
    for (n, task) in tasks.iter().enumerate() {
        assert!(!task.is_finished(), "timer {n} is early");
        clock.advance(HOUR);
        soon("its hour has come", || task.is_finished());
    }
}

#[test]
fn a_clock_goes_on_from_where_it_stood() {
    let (clock, runtime) = stopped();
    let before = clock.now();
    std::thread::sleep(Duration::from_millis(5));
    assert_eq!(clock.now(), before);
    clock.resume();
    assert!(clock.now() < before + HOUR);
    soon("the clock goes", || clock.now() > before);
    runtime.block_on(sleep(Duration::from_millis(2)));
    clock.advance(HOUR);
    assert!(clock.now() >= before + HOUR);
    soon("the clock still goes", || clock.now() > before + HOUR);
    clock.pause();
    assert_eq!(clock.now(), clock.now());
}

#[test]
fn an_hour_of_waiting_takes_no_hour() {
    let (clock, runtime) = stopped();
    let task = runtime.spawn(async {
        timeout(HOUR, std::future::pending::<()>()).await.unwrap_err();
        spawn(sleep(HOUR)).await.unwrap();
    });
    soon("two hours pass, a minute at a time", || {
        clock.advance(Duration::from_secs(60));
        task.is_finished()
    });
}

/// A task that sleeps for so long; returns once its timer is set.
fn sleeper(runtime: &Runtime, duration: Duration) -> JoinHandle<()> {
    let (set, is_set) = mpsc::channel();
    let task = runtime.spawn(async move {
        let mut sleep = Box::pin(sleep(duration));
        let polled = poll_fn(|cx| {
            let polled = sleep.as_mut().poll(cx);
            // Heard the first time.
            let _ = set.send(());
            polled
        });
        polled.await
    });
    is_set.recv_timeout(BOUND).unwrap();
    task
}

#[test]
fn an_advance_of_a_clock_that_goes_wakes_who_sleeps_until_then() {
    let (clock, runtime) = stopped();
    clock.resume();
    let task = sleeper(&runtime, HOUR);
    // Its worker has gone to sleep for an hour, of real time.
    soon("the workers sleep", || runtime.metrics().workers_asleep == 2);
    clock.advance(HOUR - Duration::from_millis(50));
    soon("50 ms are left", || task.is_finished());
}

#[test]
fn runtimes_made_at_any_time_count_as_the_clock_does() {
    let clock = Arc::new(TestClock::new());
    for _ in 0..20 {
        clock.resume();
        let runtime = Runtime::builder().workers(1).clock(clock.clone()).build().unwrap();
        clock.pause();
        let task = sleeper(&runtime, Duration::from_micros(100));
        clock.advance(Duration::from_micros(100));
        soon("its time has come", || task.is_finished());
    }
}

#[test]
fn a_sleep_of_all_the_time_there_is_keeps_no_runtime_from_its_end() {
    let runtime = runtime(1);
    for far in [Duration::MAX, Duration::from_millis(u64::MAX), HOUR * 24 * 365 * 100] {
        drop(runtime.spawn(async move { sleep(far).await }));
    }
    soon("they are set", || runtime.metrics().workers_asleep == 1);
    drop(runtime);
}

/// When the ticks of an interval of 10 s were due, in seconds: the second is awaited at 34 s, the
/// others 10 s later each.
fn ticks(missed: MissedTicks) -> Vec<u64> {
    let (clock, runtime) = stopped();
    let begun = clock.now();
    let mut ticks = interval_on(&runtime, missed);
    let mut due = |after_s: u64| {
        clock.advance(Duration::from_secs(after_s));
        (runtime.block_on(ticks.tick()) - begun).as_secs()
    };
    [0, 34, 10, 10, 10, 10].map(&mut due).to_vec()
}

fn interval_on(runtime: &Runtime, missed: MissedTicks) -> windlass::time::Interval {
    let _entered = runtime.enter();
    interval(Duration::from_secs(10)).missed_ticks(missed)
}

#[test]
fn missed_ticks_are_left_out_made_up_for_or_counted_anew() {
    for (missed, expected) in [
        (MissedTicks::Skip, [0, 10, 40, 50, 60, 70]),
        (MissedTicks::Burst, [0, 10, 20, 30, 40, 50]),
        (MissedTicks::Delay, [0, 10, 44, 54, 64, 74]),
    ] {
        assert_eq!(ticks(missed), expected, "{missed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_timer_is_early(waits_us in prop::collection::vec(0..3_000_u64, 1..40)) {
        let runtime = runtime(2);
        let late = runtime.block_on(async move {
            let wait = |us: u64| spawn(async move {
                let began = Instant::now();
                sleep(Duration::from_micros(us)).await;
                began.elapsed() >= Duration::from_micros(us)
            });
            let tasks: Vec<_> = waits_us.into_iter().map(wait).collect();
            let mut late = true;
            for task in tasks {
                late &= task.await.unwrap();
            }
            late
        });
        prop_assert!(late, "a timer fired before its time");
    }
}
