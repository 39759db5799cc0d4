//! Rate limits: never more than they say, and no less.

use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use windlass::time::timeout;
use windlass::workflow::Refusal;
use windlass::workflow::rate::{Gcra, Rate, RateLimiter};

use crate::polled::{Polled, cases, now, stopped};
use crate::support::{bounded, wait_until};

const MS: Duration = Duration::from_millis(1);

#[test]
fn parts_that_are_zero_are_refused() {
    let fine = Rate::per_second(5);
    assert_eq!(fine.burst, 1);
    let refused = [
        (Rate { permits: 0, ..fine }, "permits"),
        (Rate { per: Duration::ZERO, ..fine }, "per"),
        (Rate { burst: 0, ..fine }, "burst"),
    ];
    for (rate, name) in refused {
        assert_eq!(RateLimiter::new(rate, 1).unwrap_err().setting(), name);
    }
}

#[test]
fn the_greatest_rates_and_times_overflow_nothing() {
    let begun = Instant::now();
    let extremes = [1, u32::MAX];
    for permits in extremes {
        for burst in extremes {
            for per in [Duration::from_nanos(1), Duration::MAX] {
                let mut gcra = Gcra::new(Rate { permits, per, burst }, begun).unwrap();
                for year in [0_u64, 1, 500, 2, 0] {
                    let now = begun + Duration::from_secs(year * 31_556_952);
                    for _ in 0..3 {
                        let _ = gcra.try_take(now);
                    }
                    let _ = gcra.wait(u32::MAX, now);
                }
            }
        }
    }
    let once = Rate { permits: 1, per: Duration::MAX, burst: 1 };
    let mut gcra = Gcra::new(once, begun).unwrap();
    assert_eq!(gcra.try_take(begun), Ok(()));
    assert_eq!(gcra.try_take(begun), Err(Duration::MAX));
}

#[test]
fn a_clock_that_goes_back_gives_nothing() {
    let begun = Instant::now() + Duration::from_secs(100);
    let mut gcra = Gcra::new(Rate { permits: 1, per: MS, burst: 1 }, begun).unwrap();
    assert_eq!(gcra.try_take(begun + 50 * MS), Ok(()));
    assert_eq!(gcra.try_take(begun + 10 * MS), Err(MS), "as if no time had passed");
    assert_eq!(gcra.try_take(begun + 51 * MS), Ok(()));
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn any_span_has_its_share_and_the_burst_and_waits_are_exact(
        permits in 1..50_u32,
        per_ns in 1..2_000_u64,
        burst in 1..10_u32,
        steps in prop::collection::vec(0..300_u64, 1..120),
    ) {
        let per = Duration::from_nanos(per_ns);
        let begun = Instant::now();
        let mut gcra = Gcra::new(Rate { permits, per, burst }, begun).unwrap();
        let ns = Duration::from_nanos(1);
        let (mut now, mut taken) = (begun, Vec::new());
        for step in steps {
            now += Duration::from_nanos(step);
            let mut early = gcra.clone();
            match gcra.try_take(now) {
                Ok(()) => taken.push((now - begun).as_nanos()),
                Err(wait) => {
                    prop_assert!(wait > Duration::ZERO);
                    prop_assert_eq!(early.try_take(now + wait - ns), Err(ns), "not before");
                    let mut later = gcra.clone();
                    prop_assert_eq!(later.try_take(now + wait), Ok(()), "and not later");
                }
            }
        }
        for (first, from) in taken.iter().enumerate() {
            for (last, to) in taken.iter().enumerate().skip(first) {
                let in_span = (last - first + 1) as u128;
                let in_time = (to - from) * u128::from(permits) / u128::from(per_ns);
                let allowed = u128::from(burst) + in_time;
                prop_assert!(in_span <= allowed, "{in_span} in {} ns", to - from);
            }
        }
    }

    #[test]
    fn who_always_comes_gets_the_whole_rate(
        permits in 1..1000_u32,
        more_ns in 0..100_000_u64,
        burst in 1..3_u32,
    ) {
        // At least a nanosecond each.
        let per = Duration::from_nanos(u64::from(permits) + more_ns);
        let begun = Instant::now();
        let mut gcra = Gcra::new(Rate { permits, per, burst }, begun).unwrap();
        let mut now = begun;
        for _ in 0..permits + burst {
            while let Err(wait) = gcra.try_take(now) {
                now += wait;
            }
        }
        // Without anything saved up, what the waits are rounded up by is lost, each time.
        let late = Duration::from_nanos(if burst == 1 { permits.into() } else { 1 });
        prop_assert!((per..=per + late).contains(&(now - begun)));
    }
}

fn limiter(waiting_max: usize) -> RateLimiter {
    let rate = Rate { permits: 1, per: 100 * MS, burst: 1 };
    RateLimiter::new(rate, waiting_max).unwrap()
}

#[test]
fn tasks_wait_in_line() {
    let (clock, runtime) = stopped();
    let entered = runtime.handle().enter();
    let limiter = limiter(10);
    limiter.try_take().unwrap();
    let mut waiting: Vec<_> = (0..3).map(|_| Polled::new(limiter.take())).collect();
    assert!(waiting.iter_mut().all(|waits| waits.poll().is_pending()));
    let refused = limiter.try_take().unwrap_err();
    let Refusal::TooFast { retry_after } = refused else { panic!("{refused:?}") };
    assert!(retry_after <= 400 * MS && retry_after > 399 * MS, "behind three others");
    clock.advance(100 * MS);
    wait_until(|| waiting[0].is_woken());
    assert!(limiter.try_take().is_err(), "the permit is the first waiter's");
    assert!(waiting[1].poll().is_pending());
    assert_eq!(waiting[0].ready(), Ok(()));
    waiting.remove(0);
    // Who goes takes nothing with it: the next one waits in its place.
    clock.advance(100 * MS);
    drop(waiting.remove(0));
    assert_eq!(waiting[0].ready(), Ok(()));
    assert_eq!(limiter.waiters(), 0);
    drop((waiting, entered));
}

#[test]
fn the_line_is_bounded() {
    let (_clock, runtime) = stopped();
    let _entered = runtime.handle().enter();
    let limiter = limiter(1);
    limiter.try_take().unwrap();
    let mut waiting: Vec<_> = (0..2).map(|_| Polled::new(limiter.take())).collect();
    assert!(waiting.iter_mut().all(|waits| waits.poll().is_pending()));
    assert!(matches!(now(limiter.take()), Some(Err(Refusal::Full { .. }))));
}

#[test]
fn a_time_limit_for_the_wait_composes() {
    let (clock, runtime) = stopped();
    let _entered = runtime.handle().enter();
    let limiter = limiter(1);
    limiter.try_take().unwrap();
    let mut waits = Polled::new(timeout(10 * MS, limiter.take()));
    assert!(waits.poll().is_pending() && limiter.waiters() == 1);
    clock.advance(10 * MS);
    wait_until(|| waits.is_woken());
    assert!(waits.ready().is_err());
    drop(waits);
    assert_eq!(limiter.waiters(), 0);
    clock.advance(90 * MS);
    assert_eq!(limiter.try_take(), Ok(()), "who went took no permit");
}

#[test]
fn threads_wait_in_line_with_each_other() {
    bounded(|| {
        let rate = Rate { permits: 1, per: 2 * MS, burst: 1 };
        let limiter = RateLimiter::new(rate, 100).unwrap();
        let begun = Instant::now();
        thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| (0..2).for_each(|_| limiter.take_blocking().unwrap()));
            }
        });
        assert!(begun.elapsed() >= 18 * MS, "ten permits, the first at once");
        wait_until(|| limiter.waiters() == 0);
    });
}
