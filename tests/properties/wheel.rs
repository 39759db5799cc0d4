//! The timer wheel against a sorted map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::cases;
use crate::reactor::wheel::{Key, Wheel};

/// Of fewer timers than this the wheel names the first deadline itself.
const LOOKED_AT: usize = 16;

/// If it does not stand on the top level.
const TOP: u64 = 1 << 30;

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A deadline this far from now; negative ones are in the past.
    Insert(i64),
    /// At the end of time.
    InsertLast,
    /// The n-th of all keys ever given.
    Cancel(usize),
    Advance(u64),
    /// To the very tick that the wheel names.
    AdvanceToNext,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let far = 1_i64 << 38;
    let step = prop_oneof![
        4 => (0..200_i64).prop_map(Step::Insert),
        2 => (-100..5_000_000_i64).prop_map(Step::Insert),
        1 => (0..far).prop_map(Step::Insert),
        1 => (0..36_u32).prop_map(|bit| Step::Insert(1 << bit)),
        1 => Just(Step::InsertLast),
        3 => any::<usize>().prop_map(Step::Cancel),
        2 => (0..130_u64).prop_map(Step::Advance),
        1 => (0..10_000_000_u64).prop_map(Step::Advance),
        1 => (0..1_u64 << 39).prop_map(Step::Advance),
        2 => Just(Step::AdvanceToNext),
    ];
    prop::collection::vec(step, 0..80)
}

/// The wheel and what it should hold: timers by the tick at which they are due, and their numbers.
struct Both {
    wheel: Wheel<usize>,
    map: BTreeMap<(u64, usize), Key>,
    keys: Vec<(Key, u64)>,
    now: u64,
}

impl Both {
    fn insert(&mut self, deadline: u64) {
        let number = self.keys.len();
        let key = self.wheel.insert(deadline, number);
        let key = key.expect("there is room for 2^32 timers");
        let due = deadline.max(self.now);
        assert_eq!(self.wheel.get_mut(key), Some(&mut { number }));
        assert!(self.keys.iter().all(|(known, _)| *known != key), "{key:?} is given twice");
        self.map.insert((due, number), key);
        self.keys.push((key, due));
    }

    fn cancel(&mut self, choice: usize) {
        if self.keys.is_empty() {
            return;
        }
        let number = choice % self.keys.len();
        let (key, due) = self.keys[number];
        let expected = self.map.remove(&(due, number)).map(|_| number);
        assert_eq!(self.wheel.cancel(key), expected);
        assert_eq!(self.wheel.cancel(key), None, "cancelled twice");
    }

    fn advance(&mut self, to: u64) {
        let mut fired = Vec::new();
        self.wheel.advance(to, |number| fired.push(number));
        self.now = to;
        let dues: Vec<u64> = fired.iter().map(|number| self.keys[*number].1).collect();
        assert!(dues.is_sorted(), "fired out of order: {dues:?}");
        let later = self.map.split_off(&(to + 1, 0));
        let mut expected: Vec<usize> = self.map.keys().map(|(_, number)| *number).collect();
        self.map = later;
        fired.sort_unstable();
        expected.sort_unstable();
        assert_eq!(fired, expected, "fired at tick {to}");
    }

    fn check(&self) {
        assert_eq!(self.wheel.len(), self.map.len());
        let first = self.map.first_key_value().map(|((due, _), _)| *due);
        let next = self.wheel.next_tick();
        assert_eq!(next.is_some(), first.is_some());
        assert!(next <= first, "sleeps until {next:?}, beyond {first:?}");
        assert!(next.is_none_or(|next| next >= self.now), "{next:?} is past at {}", self.now);
        let exact = self.wheel.first_deadline();
        assert!(next <= exact && exact <= first, "{exact:?} is not from {next:?} to {first:?}");
        let near = first.is_none_or(|first| (first ^ self.now) < TOP);
        let few = near && self.map.len() < LOOKED_AT;
        assert!(!few || exact == first, "{exact:?} of a few is not the first, {first:?}");
    }
}

proptest! {
    #![proptest_config(cases(10_000))]

    #[test]
    fn a_wheel_is_a_sorted_map(steps in steps()) {
        let (map, keys) = (BTreeMap::new(), Vec::new());
        let mut both = Both { wheel: Wheel::new(), map, keys, now: 0 };
        for step in steps {
            match step {
                Step::Insert(ahead) => both.insert(both.now.saturating_add_signed(ahead)),
                Step::InsertLast => both.insert(u64::MAX),
                Step::Cancel(choice) => both.cancel(choice),
                Step::Advance(by) => both.advance(both.now + by),
                Step::AdvanceToNext => {
                    if let Some(next) = both.wheel.next_tick().filter(|&next| next < 1 << 60) {
                        both.advance(next);
                    }
                }
            }
            both.check();
        }
    }
}

/// What a slot of an upper level holds moves down before its time, a few at each advance.
#[test]
fn many_timers_of_one_slot_are_not_all_moved_at_once() {
    let (slot, first) = (3 * 4096, 3 * 4096 + 30);
    let deadlines: Vec<u64> = (0..640).map(|timer| first + timer * 6).collect();
    let mut wheel = Wheel::new();
    deadlines.iter().for_each(|&deadline| assert!(wheel.insert(deadline, deadline).is_some()));
    assert_eq!(wheel.first_deadline(), Some(slot), "of many in one slot none is named");
    for now in (2 * 4096..slot).step_by(100) {
        wheel.advance(now, |early| panic!("{early} is early at {now}"));
    }
    assert_eq!(wheel.first_deadline(), Some(first), "they stand in slots of their own");
    let mut fired = Vec::new();
    wheel.advance(u64::from(u32::MAX), |timer| fired.push(timer));
    assert_eq!(fired, deadlines);
}

/// As when a runtime ends, and somebody still sets a timer.
#[test]
fn after_the_end_of_time_a_timer_is_due_at_once() {
    let mut wheel = Wheel::new();
    wheel.advance(u64::MAX, |timer: u32| panic!("{timer} was never set"));
    assert!(wheel.insert(5, 1).is_some() && wheel.insert(u64::MAX, 2).is_some());
    let mut fired = Vec::new();
    wheel.advance(u64::MAX, |timer| fired.push(timer));
    fired.sort_unstable();
    assert_eq!((fired, wheel.len()), (vec![1, 2], 0));
}

/// Found by the property above, when a level had 64 slots: a timer a whole turn of the top level
/// ahead stood in the slot of the present, and hid the nearer slots.
#[test]
fn a_timer_a_turn_ahead_does_not_hide_a_nearer_one() {
    let mut wheel = Wheel::new();
    wheel.advance(1, |_: &str| ());
    assert!(wheel.insert(1 << 36, "far").is_some());
    assert!(wheel.insert((1 << 30) + 5, "near").is_some());
    let mut fired = Vec::new();
    wheel.advance(1 << 31, |timer| fired.push(timer));
    assert_eq!(fired, ["near"]);
}
