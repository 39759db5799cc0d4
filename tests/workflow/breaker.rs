//! The circuit breaker: its states against a model, and its edges.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use windlass::workflow::breaker::{
    Breaker, BreakerSettings, CallError, Circuit, Open, Outcome, Pass, State,
};

use crate::polled::{Polled, cases, now, stopped};

const S: Duration = Duration::from_secs(1);

fn settings() -> BreakerSettings {
    BreakerSettings { failure_share: 0.5, calls_min: 4, window: 10 * S, open_for: 5 * S, probes: 2 }
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    let refused = [
        (BreakerSettings { failure_share: 0.0, ..settings() }, "failure_share"),
        (BreakerSettings { failure_share: f64::NAN, ..settings() }, "failure_share"),
        (BreakerSettings { failure_share: 1.5, ..settings() }, "failure_share"),
        (BreakerSettings { calls_min: 0, ..settings() }, "calls_min"),
        (BreakerSettings { window: Duration::ZERO, ..settings() }, "window"),
        (BreakerSettings { open_for: Duration::ZERO, ..settings() }, "open_for"),
        (BreakerSettings { probes: 0, ..settings() }, "probes"),
    ];
    for (settings, name) in refused {
        assert_eq!(Breaker::new(settings).unwrap_err().setting(), name);
    }
}

/// A circuit and the time that it is told.
struct Told {
    circuit: Circuit,
    now: Instant,
}

impl Told {
    fn new(settings: BreakerSettings) -> Self {
        let now = Instant::now();
        Self { circuit: Circuit::new(settings, now).unwrap(), now }
    }

    fn admit(&mut self) -> Result<Pass, Open> {
        self.circuit.admit(self.now)
    }

    fn settle(&mut self, pass: Pass, outcome: Outcome) {
        self.circuit.settle(pass, outcome, self.now);
    }

    fn call(&mut self, outcome: Outcome) {
        let pass = self.admit().unwrap();
        self.settle(pass, outcome);
    }

    fn state(&self) -> State {
        self.circuit.state(self.now)
    }

    fn opened() -> Self {
        let mut told = Self::new(settings());
        (0..4).for_each(|_| told.call(Outcome::Failure));
        assert_eq!(told.state(), State::Open);
        told
    }
}

#[test]
fn it_opens_at_the_share_of_enough_calls() {
    let mut told = Told::new(BreakerSettings { failure_share: 0.3, calls_min: 10, ..settings() });
    (0..2).for_each(|_| told.call(Outcome::Failure));
    (0..8).for_each(|_| told.call(Outcome::Success));
    assert_eq!(told.state(), State::Closed, "2 of 10");
    told.call(Outcome::Failure);
    assert_eq!(told.state(), State::Closed, "3 of 11");
    told.call(Outcome::Failure);
    assert_eq!(told.state(), State::Open, "4 of 12");
    let mut told = Told::new(settings());
    (0..3).for_each(|_| told.call(Outcome::Failure));
    assert_eq!(told.state(), State::Closed, "too few calls");
    told.call(Outcome::Success);
    assert_eq!(told.state(), State::Open, "3 of 4: the last call need not be the one that fails");
}

#[test]
fn what_is_long_ago_does_not_count() {
    let mut told = Told::new(settings());
    (0..3).for_each(|_| told.call(Outcome::Failure));
    told.now += 9 * S;
    assert_eq!(told.circuit.metrics(told.now).window_failures, 3);
    told.now += S;
    told.call(Outcome::Failure);
    assert_eq!(told.state(), State::Closed);
    let figures = told.circuit.metrics(told.now);
    assert_eq!((figures.window_calls, figures.window_failures), (1, 1));
}

#[test]
fn a_cancelled_call_does_not_open_it_for_what_slid_out_of_the_window() {
    let mut told = Told::new(BreakerSettings { calls_min: 1, ..settings() });
    (0..2).for_each(|_| told.call(Outcome::Success));
    told.now += 3 * S;
    told.call(Outcome::Failure);
    told.now += 8 * S;
    let figures = told.circuit.metrics(told.now);
    assert_eq!((figures.window_calls, figures.window_failures), (1, 1));
    told.call(Outcome::Unknown);
    assert_eq!(told.state(), State::Closed);
}

#[test]
fn open_it_refuses_until_its_time_is_over() {
    let mut told = Told::opened();
    assert_eq!(told.admit().unwrap_err().retry_after, 5 * S);
    told.now += 3 * S;
    assert_eq!(told.admit().unwrap_err().retry_after, 2 * S);
    told.now += 2 * S - Duration::from_nanos(1);
    assert_eq!(told.admit().unwrap_err().retry_after, Duration::from_nanos(1));
    told.now += Duration::from_nanos(1);
    assert_eq!(told.state(), State::HalfOpen);
    let (one, two) = (told.admit().unwrap(), told.admit().unwrap());
    assert_eq!(told.admit().unwrap_err().retry_after, 5 * S, "two probes are under way");
    told.settle(one, Outcome::Success);
    assert_eq!(told.state(), State::HalfOpen, "one of two");
    assert!(told.admit().is_err(), "two are enough to close it");
    told.settle(two, Outcome::Success);
    assert_eq!(told.state(), State::Closed);
    assert_eq!(told.circuit.metrics(told.now).window_calls, 0, "the window begins anew");
}

#[test]
fn a_probe_that_fails_opens_it_anew() {
    let mut told = Told::opened();
    told.now += 5 * S;
    let (one, two) = (told.admit().unwrap(), told.admit().unwrap());
    told.now += S;
    told.settle(one, Outcome::Failure);
    assert_eq!(told.admit().unwrap_err().retry_after, 5 * S);
    told.settle(two, Outcome::Success);
    assert_eq!(told.state(), State::Open, "the other probe is of an earlier term");
    assert_eq!(told.circuit.metrics(told.now).opened, 2);
}

#[test]
fn a_slow_call_from_before_changes_nothing() {
    let mut told = Told::new(settings());
    let slow: Vec<_> = (0..8).map(|_| told.admit().unwrap()).collect();
    (0..4).for_each(|_| told.call(Outcome::Failure));
    let mut slow = slow.into_iter();
    let mut end = |told: &mut Told, outcome| told.settle(slow.next().unwrap(), outcome);
    end(&mut told, Outcome::Success);
    assert_eq!(told.state(), State::Open);
    told.now += 5 * S;
    let probe = told.admit().unwrap();
    (0..3).for_each(|_| end(&mut told, Outcome::Failure));
    assert_eq!(told.state(), State::HalfOpen);
    told.settle(probe, Outcome::Success);
    told.call(Outcome::Success);
    assert_eq!(told.state(), State::Closed);
    (0..4).for_each(|_| end(&mut told, Outcome::Failure));
    assert_eq!(told.state(), State::Closed);
    assert_eq!(told.circuit.metrics(told.now).window_calls, 0);
}

#[test]
fn a_probe_that_is_cancelled_gives_its_place_to_the_next() {
    let mut told = Told::opened();
    told.now += 5 * S;
    let (one, _two) = (told.admit().unwrap(), told.admit().unwrap());
    assert!(told.admit().is_err());
    told.settle(one, Outcome::Unknown);
    assert!(told.admit().is_ok());
    assert_eq!(told.state(), State::HalfOpen);
}

#[test]
fn probes_that_hang_are_given_up_after_a_while() {
    let mut told = Told::opened();
    told.now += 5 * S;
    let hang: Vec<_> = (0..2).map(|_| told.admit().unwrap()).collect();
    told.now += 4 * S;
    assert_eq!(told.admit().unwrap_err().retry_after, S);
    told.now += S;
    let probe = told.admit().unwrap();
    hang.into_iter().for_each(|pass| told.settle(pass, Outcome::Failure));
    assert_eq!(told.state(), State::HalfOpen, "they are of an earlier term");
    told.settle(probe, Outcome::Success);
    told.call(Outcome::Success);
    assert_eq!(told.state(), State::Closed);
}

#[test]
fn endless_times_and_a_clock_that_goes_back_do_no_harm() {
    let endless = BreakerSettings { window: Duration::MAX, open_for: Duration::MAX, ..settings() };
    let mut told = Told::new(endless);
    told.now += 1_000_000 * S;
    (0..4).for_each(|_| told.call(Outcome::Failure));
    told.now -= 2_000_000 * S;
    assert_eq!(told.admit().unwrap_err().retry_after, Duration::MAX);
    told.now += 1_000_000_000 * S;
    assert_eq!(told.state(), State::Open);
    let brief = Duration::from_nanos(1);
    let mut told = Told::new(BreakerSettings { window: brief, open_for: brief, ..settings() });
    (0..4).for_each(|_| told.call(Outcome::Failure));
    told.now -= S;
    assert_eq!(told.admit().unwrap_err().retry_after, brief, "time stands still");
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Admit,
    Settle(usize, Outcome),
    Wait(u64),
    Back(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let outcome = prop_oneof![
        3 => Just(Outcome::Failure),
        3 => Just(Outcome::Success),
        1 => Just(Outcome::Unknown),
    ];
    let act = prop_oneof![
        4 => Just(Act::Admit),
        4 => (any::<usize>(), outcome).prop_map(|(which, outcome)| Act::Settle(which, outcome)),
        2 => (0..3000_u64).prop_map(Act::Wait),
        1 => (0..12_000_u64).prop_map(Act::Wait),
        1 => (0..2000_u64).prop_map(Act::Back),
    ];
    prop::collection::vec(act, 0..200)
}

/// What a breaker is to do, told in another way: events in a list, times in milliseconds.
#[derive(Debug)]
struct Model {
    settings: BreakerSettings,
    now_ms: u64,
    term: usize,
    state: State,
    /// Since when it is open; or when the last probe began.
    since_ms: u64,
    /// When this closed term began, and what ended in it.
    begun_ms: u64,
    ended: Vec<(u64, bool)>,
    under_way: u32,
    succeeded: u32,
}

impl Model {
    fn turn(&mut self, state: State) {
        self.state = state;
        self.term += 1;
        (self.since_ms, self.begun_ms) = (self.now_ms, self.now_ms);
        (self.under_way, self.succeeded) = (0, 0);
        self.ended.clear();
    }

    fn admit(&mut self) -> Result<usize, u64> {
        let left_ms =
            (self.since_ms + self.settings.open_for.as_millis() as u64).saturating_sub(self.now_ms);
        let is_full = self.under_way + self.succeeded >= self.settings.probes;
        match self.state {
            State::Open if left_ms > 0 => return Err(left_ms),
            State::HalfOpen if is_full && left_ms > 0 => return Err(left_ms),
            State::HalfOpen if is_full => self.turn(State::HalfOpen),
            State::Open => self.turn(State::HalfOpen),
            State::Closed | State::HalfOpen => {}
        }
        if self.state == State::HalfOpen {
            self.under_way += 1;
            self.since_ms = self.now_ms;
        }
        Ok(self.term)
    }

    fn settle(&mut self, term: usize, outcome: Outcome) {
        if term != self.term {
            return;
        }
        if self.state == State::HalfOpen {
            self.under_way -= 1;
            match outcome {
                Outcome::Failure => self.turn(State::Open),
                Outcome::Success => {
                    self.succeeded += 1;
                    if self.succeeded == self.settings.probes {
                        self.turn(State::Closed);
                    }
                }
                Outcome::Unknown => {}
            }
        } else if outcome != Outcome::Unknown {
            self.ended.push((self.now_ms, outcome == Outcome::Failure));
            let slice = |ms: u64| (ms - self.begun_ms) / 1000;
            let counts = |ended: &&(u64, bool)| slice(ended.0) + 10 > slice(self.now_ms);
            let calls = self.ended.iter().filter(counts).count() as u64;
            let failures = self.ended.iter().filter(counts).filter(|ended| ended.1).count() as u64;
            if calls >= self.settings.calls_min && failures * 2 >= calls {
                self.turn(State::Open);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn it_does_as_the_model_does(acts in acts(), probes in 1..4_u32, calls_min in 1..8_u64) {
        let settings = BreakerSettings { probes, calls_min, ..settings() };
        let mut told = Told::new(settings.clone());
        let begun = told.now;
        let mut model = Model {
            settings, now_ms: 0, term: 0, state: State::Closed, since_ms: 0, begun_ms: 0,
            ended: Vec::new(), under_way: 0, succeeded: 0,
        };
        let mut passes = Vec::new();
        for act in acts {
            match act {
                Act::Admit => match (told.admit(), model.admit()) {
                    (Ok(pass), Ok(term)) => passes.push((pass, term)),
                    (Err(open), Err(left_ms)) => {
                        prop_assert_eq!(open.retry_after.as_millis() as u64, left_ms);
                    }
                    (found, expected) => panic!("{found:?}, and not {expected:?}"),
                },
                Act::Settle(which, outcome) if !passes.is_empty() => {
                    let (pass, term) = passes.swap_remove(which % passes.len());
                    told.settle(pass, outcome);
                    model.settle(term, outcome);
                }
                Act::Settle(..) => {}
                Act::Wait(ms) => told.now += Duration::from_millis(ms),
                Act::Back(ms) => {
                    // Told a time before one that it knows, it stays with the later one.
                    let later = told.now;
                    told.now = begun.max(later.checked_sub(Duration::from_millis(ms)).unwrap());
                    let _ = told.circuit.metrics(told.now);
                    told.now = later;
                }
            }
            model.now_ms = (told.now - begun).as_millis() as u64;
            let due = model.state == State::Open
                && model.now_ms >= model.since_ms + 5000;
            let expected = if due { State::HalfOpen } else { model.state };
            prop_assert_eq!(told.state(), expected);
        }
    }
}

#[test]
fn calls_are_judged_and_panics_are_failures() {
    let breaker = Breaker::new(settings()).unwrap();
    let mistake = |reply: &Result<(), u16>| reply.is_err_and(|status| status >= 500);
    let call = breaker.call_judged(async { Err(404) }, mistake);
    assert_eq!(now(call), Some(Err(CallError::Failed(404))));
    assert_eq!(breaker.call_judged_blocking(|| Err(503), mistake), Err(CallError::Failed(503)));
    assert_eq!((breaker.metrics().succeeded, breaker.metrics().failed), (1, 1));
    let panics = || now(breaker.call::<(), ()>(async { panic!("in a task") }));
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    let panics = || breaker.call_blocking::<(), ()>(|| panic!("on a thread"));
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    let figures = breaker.metrics();
    assert_eq!((figures.failed, figures.unknown, figures.state), (3, 0, State::Open));
    let refused = breaker.call_blocking::<(), ()>(|| panic!("it is open"));
    assert!(matches!(refused, Err(CallError::Open(_))));
}

#[test]
fn a_call_that_is_cancelled_says_nothing() {
    let breaker = Breaker::new(settings()).unwrap();
    for _ in 0..10 {
        let mut call = Polled::new(breaker.call(std::future::pending::<Result<(), ()>>()));
        assert!(call.poll().is_pending());
    }
    drop(breaker.call(std::future::pending::<Result<(), ()>>()));
    let figures = breaker.metrics();
    assert_eq!((figures.passed, figures.unknown, figures.state), (10, 10, State::Closed));
    assert_eq!(figures.window_calls, 0);
}

#[test]
fn time_is_the_runtimes() {
    let (clock, runtime) = stopped();
    let _entered = runtime.handle().enter();
    let breaker = Breaker::new(settings()).unwrap();
    for _ in 0..4 {
        breaker.try_pass().unwrap().failed();
    }
    assert_eq!(breaker.state(), State::Open);
    clock.advance(5 * S);
    assert_eq!(breaker.state(), State::HalfOpen);
    breaker.try_pass().unwrap().succeeded();
    breaker.try_pass().unwrap().succeeded();
    assert_eq!(breaker.state(), State::Closed);
}
