//! Gates and queues under pressure: each policy, what they tell, what they count.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use windlass::sim::TestClock;
use windlass::workflow::pressure::{
    Gate, Policy, PressureQueue, PressureSettings, PushError, Refusal,
};
use windlass::workflow::rate::Rate;

use crate::polled::{Polled, now, stopped};
use crate::support::{bounded, runtime, wait_until};

const MS: Duration = Duration::from_millis(1);
const S: Duration = Duration::from_secs(1);

pub(crate) fn settings(capacity: usize, policy: Policy) -> PressureSettings {
    PressureSettings { capacity, policy, waiting_max: 2, ..PressureSettings::default() }
}

fn gate(capacity: usize, policy: Policy) -> Gate {
    Gate::new(settings(capacity, policy)).unwrap()
}

pub(crate) fn queue<T>(capacity: usize, policy: Policy) -> PressureQueue<T> {
    PressureQueue::new(settings(capacity, policy)).unwrap()
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let fine = || settings(1, Policy::Reject);
    let rate = Rate { permits: 1, per: Duration::ZERO, burst: 1 };
    let refused = [
        (settings(0, Policy::Block), "capacity"),
        (PressureSettings { retry_after_first: Duration::ZERO, ..fine() }, "retry_after_first"),
        (PressureSettings { retry_after_max: MS, ..fine() }, "retry_after_max"),
        (settings(1, Policy::RateLimit(rate)), "per"),
    ];
    for (settings, name) in refused {
        assert_eq!(Gate::new(settings.clone()).unwrap_err().setting(), name);
        assert_eq!(PressureQueue::<()>::new(settings).unwrap_err().setting(), name);
    }
    let no_line = PressureSettings { waiting_max: 0, ..settings(1, Policy::ShedOldest) };
    assert_eq!(Gate::new(no_line).unwrap_err().setting(), "waiting_max");
}

#[test]
fn seconds_to_retry_after_are_whole_and_never_none() {
    let seconds = |retry_after| Refusal::Full { retry_after }.retry_after_s();
    let times = [Duration::ZERO, MS, S, S + Duration::from_nanos(1), Duration::MAX];
    assert_eq!(times.map(seconds), [1, 1, 1, 2, u64::MAX].map(Some));
    assert_eq!(Refusal::Closed.retry_after_s(), None);
    assert_eq!(
        Refusal::TooFast { retry_after: S }.to_string(),
        "the rate limit is reached; try again in 1s"
    );
}

#[test]
fn a_gate_that_blocks_has_a_line() {
    let gate = gate(1, Policy::Block);
    let seat = now(gate.enter()).unwrap().unwrap();
    let mut waiting: Vec<_> = (0..2).map(|_| Polled::new(gate.enter())).collect();
    assert!(waiting.iter_mut().all(|waits| waits.poll().is_pending()));
    assert!(matches!(now(gate.enter()), Some(Err(Refusal::Full { .. }))), "the line is full");
    drop(seat);
    let seat = waiting[0].ready().unwrap();
    gate.close();
    assert_eq!(waiting[1].ready().unwrap_err(), Refusal::Closed);
    assert_eq!(now(gate.enter()).unwrap().unwrap_err(), Refusal::Closed);
    assert_eq!(gate.try_enter().unwrap_err(), Refusal::Closed);
    drop(seat);
    let figures = gate.metrics();
    assert_eq!((figures.admitted, figures.rejected, figures.depth), (2, 1, 0));
}

#[test]
fn a_gate_that_sheds_turns_away_who_has_waited_longest() {
    let gate = gate(1, Policy::ShedOldest);
    let seat = now(gate.enter()).unwrap().unwrap();
    let mut waiting: Vec<_> = (0..4).map(|_| Polled::new(gate.enter())).collect();
    assert!(waiting[..2].iter_mut().all(|waits| waits.poll().is_pending()));
    assert!(waiting[2].poll().is_pending() && waiting[0].is_woken() && !waiting[1].is_woken());
    assert!(waiting[3].poll().is_pending() && waiting[1].is_woken());
    assert!(matches!(waiting[0].ready(), Err(Refusal::Shed { .. })));
    // Gone without having heard of it: nothing is left behind.
    drop(waiting.drain(..2));
    drop(seat);
    let seat = waiting[0].ready().unwrap();
    let figures = gate.metrics();
    assert_eq!((figures.admitted, figures.shed, figures.waiters), (2, 2, 1));
    drop((waiting, seat));
    assert_eq!((gate.metrics().depth, gate.metrics().waiters), (0, 0));
}

#[test]
fn a_gate_with_a_rate_refuses_who_comes_too_fast() {
    let (clock, runtime) = stopped();
    let _entered = runtime.handle().enter();
    let rate = Rate { permits: 10, per: S, burst: 2 };
    let gate = gate(3, Policy::RateLimit(rate));
    let seats: Vec<_> = (0..2).map(|_| gate.try_enter().unwrap()).collect();
    let refused = now(gate.enter()).unwrap().unwrap_err();
    assert_eq!(refused, Refusal::TooFast { retry_after: 100 * MS });
    let figures = gate.metrics();
    assert_eq!((figures.depth, figures.admitted, figures.rejected), (2, 2, 1));
    clock.advance(100 * MS);
    let third = gate.try_enter().unwrap();
    clock.advance(S);
    for _ in 0..5 {
        assert!(matches!(gate.try_enter(), Err(Refusal::Full { .. })), "and not: too fast");
    }
    drop((seats, third));
    let both = [gate.try_enter(), gate.try_enter()];
    assert!(both.iter().all(Result::is_ok), "who was refused as it was full took no permit");
}

/// Serves one in each of so many milliseconds, `n` times, while the gate is full.
fn serve(clock: &TestClock, gate: &Gate, each_ms: u32, n: usize) {
    for _ in 0..n {
        let seat = gate.try_enter().unwrap();
        clock.advance(each_ms * MS);
        drop(seat);
    }
}

#[test]
fn the_hint_is_the_time_that_the_backlog_takes() {
    let (clock, runtime) = stopped();
    let _entered = runtime.handle().enter();
    let gate = gate(1, Policy::Block);
    let refused = |gate: &Gate| gate.try_enter().unwrap_err().retry_after().unwrap();
    let about = |found: Duration, ms: u32| {
        assert!(found >= ms * MS && found <= (ms + ms / 50 + 1) * MS, "{found:?}, and not {ms} ms");
    };
    let seat = gate.try_enter().unwrap();
    assert_eq!(refused(&gate), S, "nothing was measured");
    drop(seat);
    // The first departure, at once, is forgotten after some more.
    serve(&clock, &gate, 200, 80);
    let seat = gate.try_enter().unwrap();
    about(refused(&gate), 200);
    let mut waiting: Vec<_> = (0..2).map(|_| Polled::new(gate.enter())).collect();
    assert!(waiting.iter_mut().all(|waits| waits.poll().is_pending()));
    about(refused(&gate), 600);
    clock.advance(5 * S);
    about(refused(&gate), 15_000);
    clock.advance(100 * S);
    assert_eq!(refused(&gate), 60 * S, "it stands still: the longest there is");
    drop((waiting, seat));
    // Time without work says nothing of how fast work is done.
    clock.advance(1000 * S);
    serve(&clock, &gate, 200, 80);
    let _seat = gate.try_enter().unwrap();
    about(refused(&gate), 200);
}

#[test]
fn a_queue_that_rejects_says_when_its_backlog_is_done() {
    let (clock, runtime) = stopped();
    let _entered = runtime.handle().enter();
    let queue = queue(10, Policy::Reject);
    (0..10).for_each(|n| assert_eq!(queue.try_push(n), Ok(None)));
    assert_eq!(queue.try_push(10).unwrap_err().refusal.retry_after(), Some(S));
    for n in 0..100 {
        clock.advance(20 * MS);
        assert!(queue.try_pop().is_some());
        assert_eq!(queue.try_push(n), Ok(None));
    }
    let PushError { value, refusal } = queue.try_push(77).unwrap_err();
    assert_eq!(value, 77);
    let after = refusal.retry_after().unwrap();
    assert!(after >= 200 * MS && after < 205 * MS, "{after:?}");
}

#[test]
fn a_queue_that_sheds_gives_back_the_oldest() {
    let queue = queue(3, Policy::ShedOldest);
    (0..3).for_each(|n| assert_eq!(now(queue.push(n)), Some(Ok(None))));
    assert_eq!(now(queue.push(3)), Some(Ok(Some(0))));
    assert_eq!(queue.push_blocking(4), Ok(Some(1)));
    queue.close();
    let left: Vec<_> = std::iter::from_fn(|| queue.pop_blocking()).collect();
    assert_eq!(left, [2, 3, 4]);
    let figures = queue.metrics();
    assert_eq!((figures.admitted, figures.shed, figures.rejected), (5, 2, 0));
    assert_eq!((figures.depth, figures.depth_max), (0, 3));
}

#[test]
fn a_queue_with_a_rate_refuses_who_comes_too_fast_and_takes_no_permit_when_full() {
    let (clock, runtime) = stopped();
    let _entered = runtime.handle().enter();
    let rate = Rate { permits: 1, per: S, burst: 2 };
    let queue = queue(3, Policy::RateLimit(rate));
    assert_eq!((queue.try_push(0), queue.try_push(1)), (Ok(None), Ok(None)));
    let refusal = Refusal::TooFast { retry_after: S };
    assert_eq!(queue.try_push(2), Err(PushError { value: 2, refusal }));
    clock.advance(2 * S);
    assert_eq!(queue.try_push(2), Ok(None));
    assert!(matches!(queue.try_push(3).unwrap_err().refusal, Refusal::Full { .. }));
    assert_eq!(queue.try_pop(), Some(0));
    assert_eq!(queue.try_push(3), Ok(None), "the permit was still there");
}

#[test]
fn what_is_refused_comes_back() {
    bounded(|| {
        let queue = queue(1, Policy::Block);
        assert_eq!(queue.push_blocking(Box::new(1)), Ok(None));
        let late = queue.push_timeout(Box::new(2), 5 * MS).unwrap_err();
        assert_eq!(*late.value, 2);
        assert!(matches!(late.refusal, Refusal::TooLate { .. }));
        let full = queue.try_push(Box::new(3)).unwrap_err();
        assert!(matches!(full.refusal, Refusal::Full { .. }));
        let mut waits = Polled::new(queue.push(Box::new(4)));
        assert!(waits.poll().is_pending());
        queue.close();
        let closed = waits.ready().unwrap_err();
        assert_eq!((*closed.value, closed.refusal), (4, Refusal::Closed));
        assert_eq!(queue.pop_timeout(MS).as_deref(), Some(&1));
        assert_eq!(queue.pop_timeout(S), None);
        assert!(queue.is_closed());
    });
}

#[test]
fn tasks_and_threads_hand_on_all_items_once() {
    for policy in [Policy::Block, Policy::ShedOldest] {
        bounded(move || hand_on(policy));
    }
}

fn hand_on(policy: Policy) {
    let settings = PressureSettings { waiting_max: 100, ..settings(4, policy) };
    let queue = PressureQueue::<u64>::new(settings).unwrap();
    let runtime = runtime(2);
    let poppers: Vec<_> = (0..2)
        .map(|_| {
            let queue = queue.clone();
            runtime.spawn(async move {
                let mut all = Vec::new();
                while let Some(item) = queue.pop().await {
                    all.push(item);
                }
                all
            })
        })
        .collect();
    let other = queue.clone();
    let thread = thread::spawn(move || std::iter::from_fn(|| other.pop_blocking()).collect());
    let pushers: Vec<_> = (0..4)
        .map(|pusher| {
            let queue = queue.clone();
            runtime.spawn(async move {
                let mut shed = Vec::new();
                for n in 0..1000 {
                    shed.extend(queue.push(pusher * 1000 + n).await.unwrap());
                }
                shed
            })
        })
        .collect();
    let mut all: Vec<u64> = (4000..5000).filter_map(|n| queue.push_blocking(n).unwrap()).collect();
    pushers.into_iter().for_each(|task| all.extend(runtime.block_on(task).unwrap()));
    let shed = all.len() as u64;
    wait_until(|| queue.metrics().depth == 0);
    queue.close();
    poppers.into_iter().for_each(|task| all.extend(runtime.block_on(task).unwrap()));
    let popped: Vec<u64> = thread.join().unwrap();
    all.extend(popped);
    all.sort_unstable();
    assert_eq!(all, (0..5000).collect::<Vec<_>>());
    let figures = queue.metrics();
    assert_eq!((figures.admitted, figures.shed, figures.rejected), (5000, shed, 0));
    assert!(figures.depth_max <= 4);
}

#[test]
fn values_in_the_queue_are_dropped_with_it() {
    let value = Arc::new(());
    let queue = queue(2, Policy::Block);
    queue.try_push(value.clone()).unwrap();
    queue.try_push(value.clone()).unwrap();
    let mut waits = Polled::new(queue.push(value.clone()));
    assert!(waits.poll().is_pending());
    drop(waits);
    assert_eq!(Arc::strong_count(&value), 3);
    drop(queue);
    assert_eq!(Arc::strong_count(&value), 1);
}
