//! Retries: how often, after how long, at whose expense.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use windlass::Clock;
use windlass::time::{sleep, timeout};
use windlass::workflow::retry::{
    BudgetSettings, Failure, GaveUp, Jitter, Retries, RetryBudget, RetryPolicy, RetrySettings,
    Step, Why, retry, retry_blocking,
};

use crate::polled::{Polled, cases, move_on, stopped};
use crate::support::runtime;

const MS: Duration = Duration::from_millis(1);

fn settings() -> RetrySettings {
    RetrySettings { backoff_base: 10 * MS, backoff_max: 80 * MS, ..RetrySettings::default() }
}

fn exact(attempts_max: u32) -> RetryPolicy {
    RetryPolicy::new(RetrySettings { attempts_max, jitter: Jitter::None, ..settings() }).unwrap()
}

fn budget(share: f64, burst: u32) -> RetryBudget {
    RetryBudget::new(BudgetSettings { share, burst }).unwrap()
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let zero = Duration::ZERO;
    let refused = [
        (RetrySettings { attempts_max: 0, ..settings() }, "attempts_max"),
        (RetrySettings { backoff_base: zero, ..settings() }, "backoff_base"),
        (RetrySettings { backoff_max: 9 * MS, ..settings() }, "backoff_max"),
        (RetrySettings { total_max: Some(zero), ..settings() }, "total_max"),
    ];
    for (settings, name) in refused {
        assert_eq!(RetryPolicy::new(settings).unwrap_err().setting(), name);
    }
    let said = RetryPolicy::new(RetrySettings { attempts_max: 0, ..settings() }).unwrap_err();
    assert_eq!(said.to_string(), "`attempts_max` is 0; it must be at least 1");
    for share in [0.0, -1.0, 1.1, 1e-9, f64::NAN, f64::INFINITY] {
        let refused = RetryBudget::new(BudgetSettings { share, burst: 1 }).unwrap_err();
        assert_eq!(refused.setting(), "share", "{share}");
    }
    let refused = RetryBudget::new(BudgetSettings { share: 0.1, burst: 0 }).unwrap_err();
    assert_eq!(refused.setting(), "burst");
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn ceilings_double_up_to_the_bound(
        base_ns in 1..u64::MAX,
        more_ns in 0..u64::MAX,
        retry: u32,
        near in 0..70_u32,
    ) {
        let backoff_base = Duration::from_nanos(base_ns);
        let backoff_max = backoff_base + Duration::from_nanos(more_ns);
        let settings = RetrySettings { backoff_base, backoff_max, ..settings() };
        let policy = RetryPolicy::new(settings).unwrap();
        for retry in [retry, near] {
            let factor = 2_f64.powi(i32::try_from(retry.saturating_sub(1)).unwrap_or(i32::MAX));
            let expected = (base_ns as f64 * factor).min(backoff_max.as_nanos() as f64);
            let found = policy.ceiling(retry);
            prop_assert!((found.as_nanos() as f64 - expected).abs() <= expected * 1e-9);
            prop_assert!(found <= backoff_max);
            prop_assert!(found <= policy.ceiling(retry.saturating_add(1)));
            prop_assert!(policy.delay(retry) <= found);
        }
    }

    #[test]
    fn a_call_ends_after_its_attempts_and_its_time(
        attempts_max in 1..20_u32,
        total_ms in proptest::option::of(1..500_u64),
        took_ms in prop::collection::vec(0..50_u64, 20),
        seed: u64,
    ) {
        let total_max = total_ms.map(Duration::from_millis);
        let settings =
            RetrySettings { attempts_max, total_max, seed: Some(seed), ..settings() };
        let policy = RetryPolicy::new(settings).unwrap();
        let begun = Instant::now();
        let (mut now, mut made) = (begun, 1);
        let mut retries = Retries::new(&policy, now);
        for took_ms in took_ms {
            now += Duration::from_millis(took_ms);
            prop_assert_eq!(retries.attempt(), made);
            match retries.failed(&Failure::Transient(()), now) {
                Step::Again(wait) => {
                    prop_assert!(wait <= policy.ceiling(made));
                    now += wait;
                    made += 1;
                    prop_assert!(total_max.is_none_or(|most| now - begun <= most));
                }
                Step::GiveUp(Why::Attempts) => {
                    prop_assert_eq!(made, attempts_max);
                    break;
                }
                Step::GiveUp(why) => {
                    prop_assert!(why == Why::Time && total_max.is_some());
                    break;
                }
            }
            prop_assert!(made <= attempts_max);
        }
    }

    #[test]
    fn retries_are_a_share_of_the_calls(
        share in 0.000_001..=1.0_f64,
        burst in 1..20_u32,
        steps in prop::collection::vec(0..4_u8, 0..400),
    ) {
        let budget = budget(share, burst);
        let parts = (share * 1e6).round() as u64;
        let (mut calls, mut retries, mut refused) = (0_u64, 0_u64, 0_u64);
        let mut kept = Vec::new();
        let mut purse = u64::from(burst) * 1_000_000;
        for step in steps {
            match step {
                0 => {
                    budget.deposit();
                    calls += 1;
                    purse = (purse + parts).min(u64::from(burst) * 1_000_000);
                }
                1 => {
                    let token = budget.withdraw();
                    prop_assert_eq!(token.is_some(), purse >= 1_000_000);
                    purse -= if token.is_some() { 1_000_000 } else { 0 };
                    refused += u64::from(token.is_none());
                    kept.extend(token);
                }
                2 if !kept.is_empty() => {
                    kept.remove(0).spend();
                    retries += 1;
                }
                _ => {
                    let back = kept.pop().map_or(0, |_| 1_000_000);
                    purse = (purse + back).min(u64::from(burst) * 1_000_000);
                }
            }
            let paid = u64::from(burst) * 1_000_000 + calls * parts;
            prop_assert!(retries * 1_000_000 <= paid);
            let figures = budget.metrics();
            prop_assert_eq!((figures.calls, figures.retries), (calls, retries));
            prop_assert_eq!((figures.tokens, figures.refused), (purse / 1_000_000, refused));
        }
    }
}

#[test]
fn full_jitter_spreads_over_the_whole_wait() {
    let policy = RetryPolicy::new(RetrySettings { seed: Some(5), ..settings() }).unwrap();
    let waits: Vec<_> = (0..4000).map(|_| policy.delay(1)).collect();
    let mean = waits.iter().sum::<Duration>() / 4000;
    assert!((mean.as_secs_f64() - 0.005).abs() < 0.0002, "{mean:?}");
    let quarters = [0, 1, 2, 3].map(|quarter| {
        let within = |wait: &&Duration| wait.as_nanos() / 2_500_001 == quarter;
        waits.iter().filter(within).count()
    });
    assert!(quarters.iter().all(|count| (850..1150).contains(count)), "{quarters:?}");
    let again = RetryPolicy::new(RetrySettings { seed: Some(5), ..settings() }).unwrap();
    assert_eq!((0..4000).map(|_| again.delay(1)).collect::<Vec<_>>(), waits, "the seed repeats it");
}

#[test]
fn a_wait_that_was_asked_for_is_the_least_and_is_believed_up_to_a_bound() {
    let policy = exact(9);
    let now = Instant::now();
    let mut retries = Retries::new(&policy, now);
    let asked = |ms| Failure::Later((), Duration::from_millis(ms));
    assert_eq!(retries.failed(&asked(500), now), Step::Again(510 * MS));
    let far = Failure::Later((), Duration::MAX);
    assert_eq!(retries.failed(&far, now), Step::Again(Duration::from_secs(60) + 20 * MS));
}

#[test]
fn a_clock_that_goes_back_and_endless_times_do_no_harm() {
    let endless = RetrySettings {
        backoff_base: Duration::MAX,
        backoff_max: Duration::MAX,
        later_max: Duration::MAX,
        jitter: Jitter::None,
        total_max: Some(Duration::MAX),
        ..settings()
    };
    let policy = RetryPolicy::new(endless).unwrap();
    assert_eq!(policy.ceiling(u32::MAX), Duration::MAX);
    let now = Instant::now();
    let mut retries = Retries::new(&policy, now + Duration::from_secs(9));
    let asked = Failure::Later((), Duration::MAX);
    assert_eq!(retries.failed(&asked, now), Step::Again(Duration::MAX));
}

#[test]
fn tasks_wait_by_the_clock_and_thread_by_the_jitter() {
    let (clock, runtime) = stopped();
    let begun = clock.now();
    let beside = clock.clone();
    let task = runtime.spawn(async move {
        let mut times = Vec::new();
        let failed = retry(&exact(5), None, |attempt| {
            times.push(beside.now() - begun);
            async move { Err::<(), _>(Failure::Transient(attempt)) }
        })
        .await;
        (times, failed)
    });
    let (times, failed) = move_on(&clock, MS, task);
    assert_eq!(failed, Err(GaveUp { error: 5, attempts: 5, why: Why::Attempts }));
    let waits: Vec<_> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
    for (wait, least) in waits.iter().zip([10, 20, 40, 80]) {
        // The test moves the clock on until the task has seen it.
        assert!(*wait >= least, "{waits:?}");
    }
}

#[test]
fn a_time_limit_for_each_attempt_composes() {
    let (clock, runtime) = stopped();
    let task = runtime.spawn(async {
        retry(&exact(3), None, async |attempt| {
            let work = async {
                sleep(if attempt < 3 { Duration::MAX } else { MS }).await;
                Ok("done")
            };
            timeout(50 * MS, work).await.unwrap_or(Err(Failure::Transient("late")))
        })
        .await
    });
    assert_eq!(move_on(&clock, MS, task), Ok("done"));
}

#[test]
fn what_is_permanent_is_not_tried_again() {
    let made = Cell::new(0);
    let failed = retry_blocking(&exact(5), None, |_| {
        made.set(made.get() + 1);
        Err::<(), _>(Failure::Permanent("no"))
    });
    assert_eq!(failed, Err(GaveUp { error: "no", attempts: 1, why: Why::Permanent }));
    assert_eq!(made.get(), 1);
    let said = failed.unwrap_err().to_string();
    assert_eq!(said, "failed after 1 attempts, and it is permanent: no");
}

#[test]
fn why_there_was_no_other_attempt_is_said_and_the_error_is_its_source() {
    let whys = [
        (Why::Permanent, "it is permanent"),
        (Why::Attempts, "no attempt is left"),
        (Why::Time, "no time is left"),
        (Why::Budget, "the retry budget is used up"),
    ];
    for (why, words) in whys {
        let gave_up = GaveUp { error: std::io::Error::other("refused"), attempts: 3, why };
        let said = format!("failed after 3 attempts, and {words}: refused");
        assert_eq!(gave_up.to_string(), said);
        let source = std::error::Error::source(&gave_up).expect("it has one");
        assert_eq!(source.to_string(), "refused");
    }
    for failure in [Failure::Transient(7), Failure::Later(7, MS), Failure::Permanent(7)] {
        assert_eq!(failure.into_error(), 7);
    }
}

/// The last attempt may begin at the very end of the time, and not after it.
#[test]
fn no_attempt_begins_after_the_time() {
    let total_max = Some(30 * MS);
    let settings = RetrySettings { jitter: Jitter::None, total_max, ..settings() };
    let policy = RetryPolicy::new(settings).unwrap();
    let begun = Instant::now();
    let after = |ms| Retries::new(&policy, begun).failed(&Failure::Transient(()), begun + ms * MS);
    assert_eq!(after(20), Step::Again(10 * MS));
    assert_eq!(after(21), Step::GiveUp(Why::Time));
}

#[test]
fn a_thread_tries_again_until_it_goes_well() {
    let base = RetrySettings { backoff_base: MS, backoff_max: MS, ..settings() };
    let policy = RetryPolicy::new(base).unwrap();
    let done = retry_blocking(&policy, Some(&budget(0.1, 5)), |attempt| {
        if attempt < 3 { Err(Failure::Transient(())) } else { Ok(attempt) }
    });
    assert_eq!(done, Ok(3));
}

#[test]
fn many_callers_of_a_dead_service_keep_to_the_budget() {
    let quick = RetrySettings { backoff_base: MS / 1000, backoff_max: MS / 1000, ..settings() };
    let policy = RetryPolicy::new(quick).unwrap();
    let budget = budget(0.1, 10);
    let made = std::sync::Arc::new(AtomicU32::new(0));
    let runtime = runtime(2);
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let (policy, budget, made) = (policy.clone(), budget.clone(), made.clone());
            runtime.spawn(async move {
                retry(&policy, Some(&budget), |_| {
                    made.fetch_add(1, Ordering::SeqCst);
                    async { Err::<(), _>(Failure::Transient(())) }
                })
                .await
                .unwrap_err()
                .why
            })
        })
        .collect();
    let whys: Vec<_> = calls.into_iter().map(|call| runtime.block_on(call).unwrap()).collect();
    assert!(whys.contains(&Why::Budget));
    let made = made.load(Ordering::SeqCst);
    assert!((1100..=1110).contains(&made), "{made} attempts for 1,000 calls");
    let figures = budget.metrics();
    assert_eq!((figures.calls, figures.retries), (1000, u64::from(made) - 1000));
}

#[test]
fn a_call_that_is_cancelled_or_panics_takes_no_token_with_it() {
    let runtime = runtime(1);
    let _entered = runtime.handle().enter();
    let budget = budget(0.1, 1);
    let policy = exact(3);
    let mut waiting = Polled::new(retry(&policy, Some(&budget), |_| async {
        Err::<(), _>(Failure::Transient(()))
    }));
    assert!(waiting.poll().is_pending());
    assert_eq!(budget.metrics().tokens, 0, "it waits for its retry");
    drop(waiting);
    assert_eq!((budget.metrics().tokens, budget.metrics().retries), (1, 0));
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        retry_blocking(&policy, Some(&budget), |attempt| -> Result<(), Failure<()>> {
            assert!(attempt < 2, "the second attempt panics");
            Err(Failure::Transient(()))
        })
    }));
    assert!(panicked.is_err());
    assert_eq!((budget.metrics().tokens, budget.metrics().retries), (0, 1));
}
