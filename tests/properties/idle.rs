//! The word of idle workers, call by call, against a model that keeps sets.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::cases;
use crate::executor::idle::{Idle, Risen, WORKERS_MAX};

/// What one worker is, as far as the protocol counts it.
#[derive(Default)]
struct Model {
    sleeping: BTreeSet<usize>,
    searching: BTreeSet<usize>,
    rests: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Claim,
    Rouse(usize),
    TrySearch(usize),
    Found(usize),
    Sleep(usize),
    Rise(usize),
    Rest,
    Stir,
}

fn steps() -> impl Strategy<Value = (usize, Vec<Step>)> {
    let workers = prop_oneof![1..5_usize, 1..=WORKERS_MAX, Just(WORKERS_MAX)];
    workers.prop_flat_map(|workers| {
        let step = prop_oneof![
            3 => Just(Step::Claim),
            1 => (0..workers).prop_map(Step::Rouse),
            3 => (0..workers).prop_map(Step::TrySearch),
            2 => (0..workers).prop_map(Step::Found),
            6 => (0..workers).prop_map(Step::Sleep),
            2 => (0..workers).prop_map(Step::Rise),
            2 => Just(Step::Rest),
            1 => Just(Step::Stir),
        ];
        (Just(workers), prop::collection::vec(step, 0..120))
    })
}

impl Model {
    /// Makes a call on both, if the worker is in a state to make it.
    fn step(&mut self, idle: &Idle, workers: usize, step: Step) {
        match step {
            Step::Claim => {
                let expected = self.sleeping.first().copied();
                let expected = expected.filter(|_| self.searching.is_empty());
                assert_eq!(idle.claim(), expected, "the first sleeper, while nobody searches");
                if let Some(worker) = expected {
                    self.sleeping.remove(&worker);
                    self.searching.insert(worker);
                }
            }
            Step::Rouse(worker) => {
                assert_eq!(idle.rouse(worker), self.sleeping.remove(&worker));
            }
            Step::TrySearch(worker) if self.is_busy(worker) => {
                let granted = 2 * self.searching.len() < workers;
                assert_eq!(idle.try_search(workers), granted);
                if granted {
                    self.searching.insert(worker);
                }
            }
            Step::Found(worker) if self.searching.remove(&worker) => {
                assert_eq!(idle.found(), self.searching.is_empty());
            }
            Step::Sleep(worker) if !self.sleeping.contains(&worker) => {
                let searching = self.searching.remove(&worker);
                assert_eq!(idle.sleep(worker, searching), self.searching.is_empty());
                self.sleeping.insert(worker);
            }
            // Who waited gets up, claimed or not.
            Step::Rise(worker) if !self.is_busy(worker) => {
                let claimed = !self.sleeping.remove(&worker);
                assert_eq!(idle.rise(worker), Risen { claimed, stirs: self.rests });
                self.rests = false;
            }
            Step::Rest if !self.rests => {
                self.rests = self.sleeping.len() == workers;
                assert_eq!(idle.rest(workers), self.rests);
            }
            Step::Stir => {
                idle.stir();
                self.rests = false;
            }
            _ => {}
        }
        assert_eq!(idle.sleeping(), self.sleeping.len());
        assert_eq!(idle.rests(), self.rests);
    }

    fn is_busy(&self, worker: usize) -> bool {
        !self.sleeping.contains(&worker) && !self.searching.contains(&worker)
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn the_word_is_two_sets_and_a_bit((workers, steps) in steps()) {
        let (idle, mut model) = (Idle::default(), Model::default());
        for step in steps {
            model.step(&idle, workers, step);
        }
    }
}

/// A push while the monitor rests: the sleeper is claimed, the monitor stirred by who rises.
#[test]
fn a_resting_monitor_hides_no_sleeper() {
    for workers in [1, 2, WORKERS_MAX] {
        let idle = Idle::default();
        assert!(!idle.rest(workers), "nobody sleeps");
        (0..workers).for_each(|worker| assert!(idle.sleep(worker, false)));
        assert!(idle.rest(workers) && idle.rests());
        assert_eq!((idle.claim(), idle.claim()), (Some(0), None), "then one searches");
        assert_eq!(idle.rise(0), Risen { claimed: true, stirs: true });
        assert!(!idle.rests() && idle.found());
    }
}
