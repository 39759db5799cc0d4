//! Bulkheads: never too many, first come, first served, nothing lost with who goes.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use windlass::workflow::Refusal;
use windlass::workflow::bulkhead::{Bulkhead, BulkheadSettings, Enter, Seat};
use windlass::yield_now;

use crate::polled::{Polled, cases, now};
use crate::support::{bounded, runtime};

fn bulkhead(concurrent_max: usize, waiting_max: usize) -> Bulkhead {
    Bulkhead::new(BulkheadSettings { concurrent_max, waiting_max }).unwrap()
}

#[test]
fn nobody_at_once_is_refused() {
    let settings = BulkheadSettings { concurrent_max: 0, waiting_max: 1 };
    let said = Bulkhead::new(settings).unwrap_err().to_string();
    assert_eq!(said, "`concurrent_max` is 0; it must be at least 1");
}

#[test]
fn who_finds_no_place_waits_or_is_refused() {
    let bulkhead = bulkhead(1, 1);
    let seat = bulkhead.try_enter().unwrap();
    let mut waits = Polled::new(bulkhead.enter());
    assert!(waits.poll().is_pending());
    assert!(matches!(now(bulkhead.enter()), Some(Err(Refusal::Full { .. }))));
    assert!(matches!(bulkhead.try_enter(), Err(Refusal::Full { .. })));
    let figures = bulkhead.metrics();
    assert_eq!((figures.depth, figures.waiters, figures.rejected), (1, 1, 2));
    drop(seat);
    assert!(waits.is_woken());
    assert!(bulkhead.try_enter().is_err(), "the place is the waiter's");
    let seat = waits.ready().unwrap();
    assert_eq!((bulkhead.metrics().depth, bulkhead.metrics().admitted), (1, 2));
    drop(seat);
    assert_eq!(bulkhead.metrics().depth, 0);
}

#[test]
fn a_place_given_to_somebody_who_is_gone_is_the_next_ones() {
    let bulkhead = bulkhead(1, 3);
    let seat = bulkhead.try_enter().unwrap();
    let mut waiting: Vec<_> = (0..3).map(|_| Polled::new(bulkhead.enter())).collect();
    assert!(waiting.iter_mut().all(|waits| waits.poll().is_pending()));
    drop(seat);
    assert!(waiting[0].is_woken() && !waiting[1].is_woken());
    drop(waiting.remove(0));
    assert!(waiting[0].is_woken(), "the call is passed on");
    drop(waiting.remove(0));
    let seat = waiting[0].ready().unwrap();
    drop((waiting, seat));
    assert_eq!((bulkhead.metrics().depth, bulkhead.metrics().waiters), (0, 0));
}

#[test]
fn a_panic_inside_leaves_the_place() {
    let bulkhead = bulkhead(1, 0);
    let panics = || bulkhead.call_blocking(|| panic!("inside"));
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    let panics = || now(bulkhead.call(async { panic!("inside") }));
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    assert_eq!(bulkhead.call_blocking(|| 1), Ok(1));
}

#[test]
fn a_thread_waits_no_longer_than_it_will() {
    bounded(|| {
        let bulkhead = bulkhead(1, 1);
        let seat = bulkhead.try_enter().unwrap();
        let late = bulkhead.enter_timeout(Duration::from_millis(5));
        assert!(matches!(late, Err(Refusal::TooLate { .. })));
        assert_eq!((bulkhead.metrics().waiters, bulkhead.metrics().rejected), (0, 1));
        assert!(matches!(bulkhead.too_late(), Refusal::TooLate { .. }));
        assert_eq!(bulkhead.metrics().rejected, 2, "who says so itself counts, too");
        let other = bulkhead.clone();
        let waits = thread::spawn(move || other.enter_blocking().map(drop));
        crate::support::wait_until(|| bulkhead.metrics().waiters == 1);
        drop(seat);
        assert_eq!(waits.join().unwrap(), Ok(()));
    });
}

#[test]
fn tasks_and_threads_share_it_fairly() {
    bounded(|| {
        let bulkhead = bulkhead(3, 1000);
        let inside = std::sync::Arc::new(AtomicUsize::new(0));
        let done = std::sync::Arc::new(AtomicUsize::new(0));
        let runtime = runtime(2);
        let enter = |inside: &AtomicUsize| {
            assert!(inside.fetch_add(1, Ordering::SeqCst) < 3, "too many are inside");
        };
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (bulkhead, inside, done) = (bulkhead.clone(), inside.clone(), done.clone());
                runtime.spawn(async move {
                    for _ in 0..200 {
                        let seat = bulkhead.enter().await.unwrap();
                        enter(&inside);
                        yield_now().await;
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(seat);
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                })
            })
            .collect();
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let work = || {
                            enter(&inside);
                            inside.fetch_sub(1, Ordering::SeqCst);
                        };
                        bulkhead.call_blocking(work).unwrap();
                        done.fetch_add(1, Ordering::SeqCst);
                    }
                });
            }
        });
        tasks.into_iter().for_each(|task| runtime.block_on(task).unwrap());
        assert_eq!(done.load(Ordering::SeqCst), 24 * 200);
        let figures = bulkhead.metrics();
        assert_eq!((figures.depth, figures.waiters, figures.admitted), (0, 0, 24 * 200));
        assert!((1..=3).contains(&figures.depth_max));
    });
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Come,
    Poll(usize),
    Cancel(usize),
    Leave(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => Just(Act::Come),
        3 => any::<usize>().prop_map(Act::Poll),
        1 => any::<usize>().prop_map(Act::Cancel),
        2 => any::<usize>().prop_map(Act::Leave),
    ];
    prop::collection::vec(act, 0..120)
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn places_go_by_the_line(
        acts in acts(),
        concurrent_max in 1..4_usize,
        waiting_max in 0..5_usize,
    ) {
        let bulkhead = bulkhead(concurrent_max, waiting_max);
        let mut inside: Vec<Seat> = Vec::new();
        // Who waits, in order; `true`: it was given a place, and does not know yet.
        let mut line: VecDeque<(Polled<Enter>, bool)> = VecDeque::new();
        for act in acts {
            let given = line.iter().filter(|waits| waits.1).count();
            let waiting = line.len() - given;
            match act {
                Act::Come => {
                    let mut comes = Polled::new(bulkhead.enter());
                    match comes.poll() {
                        Poll::Ready(Ok(seat)) => {
                            prop_assert!(inside.len() + given < concurrent_max && waiting == 0);
                            inside.push(seat);
                        }
                        Poll::Ready(Err(_)) => prop_assert_eq!(waiting, waiting_max),
                        Poll::Pending => {
                            prop_assert_eq!(inside.len() + given, concurrent_max);
                            prop_assert!(waiting < waiting_max);
                            line.push_back((comes, false));
                        }
                    }
                }
                Act::Poll(which) if !line.is_empty() => {
                    let which = which % line.len();
                    match (line[which].0.poll(), line[which].1) {
                        (Poll::Ready(Ok(seat)), true) => {
                            inside.push(seat);
                            drop(line.remove(which));
                        }
                        (polled, given) => prop_assert!(polled.is_pending() && !given),
                    }
                }
                Act::Cancel(which) if !line.is_empty() => {
                    let (waits, given) = line.remove(which % line.len()).unwrap();
                    drop(waits);
                    if given && let Some(next) = line.iter_mut().find(|waits| !waits.1) {
                        prop_assert!(next.0.is_woken());
                        next.1 = true;
                    }
                }
                Act::Leave(which) if !inside.is_empty() => {
                    drop(inside.swap_remove(which % inside.len()));
                    if let Some(next) = line.iter_mut().find(|waits| !waits.1) {
                        prop_assert!(next.0.is_woken());
                        next.1 = true;
                    }
                }
                Act::Poll(_) | Act::Cancel(_) | Act::Leave(_) => {}
            }
            let given = line.iter().filter(|waits| waits.1).count();
            let figures = bulkhead.metrics();
            prop_assert_eq!(figures.depth, inside.len() + given);
            prop_assert_eq!(figures.waiters, line.len() - given);
            prop_assert!(figures.depth_max <= concurrent_max && figures.waiters_max <= waiting_max);
        }
    }
}
