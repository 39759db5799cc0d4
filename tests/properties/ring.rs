//! The ring against `VecDeque`: every capacity, every place of the index, every kind of value.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use windlass::ring::{PushError, Ring};

use crate::cases;

#[derive(Clone, Copy, Debug)]
enum Call {
    Push(u16),
    Pop,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = prop_oneof![any::<u16>().prop_map(Call::Push), Just(Call::Pop)];
    prop::collection::vec(call, 0..120)
}

fn capacities() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![1_usize, 2, 3, 4, 5, 7, 8, 9, 16, 33])
}

/// Indices at the start, near the end of the index space, and anywhere.
fn indices() -> impl Strategy<Value = usize> {
    prop_oneof![
        Just(0),
        (0..64_usize).prop_map(|back| usize::MAX - back),
        any::<usize>()
    ]
}

/// Makes the calls on both and compares each answer.
fn same<T: Clone + PartialEq + std::fmt::Debug>(
    ring: &Ring<T>,
    calls: &[Call],
    value: impl Fn(u16) -> T,
) {
    let capacity = ring.capacity();
    let mut queue = VecDeque::new();
    for call in calls {
        match call {
            Call::Push(number) => {
                let value = value(*number);
                let expected = if queue.len() < capacity {
                    queue.push_back(value.clone());
                    Ok(())
                } else {
                    Err(PushError::Full(value.clone()))
                };
                assert_eq!(ring.push(value), expected);
            }
            Call::Pop => assert_eq!(ring.pop(), queue.pop_front()),
        }
        assert_eq!(ring.len(), queue.len());
        assert_eq!(ring.is_empty(), queue.is_empty());
        assert_eq!(ring.is_full(), queue.len() == capacity);
    }
}

#[derive(Clone, Debug, PartialEq)]
#[repr(align(128))]
struct Wide(u16);

impl Wide {
    fn is_aligned(&self) -> bool {
        std::ptr::from_ref(self).addr().is_multiple_of(128)
    }
}

/// Counts its drops, and panics at its drop if it is told to.
struct Counted {
    drops: Arc<AtomicUsize>,
    panics: bool,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
        if self.panics {
            std::panic::resume_unwind(Box::new("a drop panicked"));
        }
    }
}

proptest! {
    #![proptest_config(cases(2_000))]

    #[test]
    fn a_ring_is_a_queue(capacity in capacities(), index in indices(), calls in calls()) {
        same(&Ring::starting_at(capacity, index), &calls, |number| number);
        same(&Ring::new(capacity), &calls, |number| number.to_string());
    }

    #[test]
    fn of_nothing_and_of_much(capacity in capacities(), index in indices(), calls in calls()) {
        same(&Ring::starting_at(capacity, index), &calls, |_| ());
        let wide = Ring::starting_at(capacity, index);
        same(&wide, &calls, Wide);
        prop_assert!(wide.pop().is_none_or(|value| value.is_aligned()));
    }

    /// Whatever was pushed is dropped once, also when some drops panic.
    #[test]
    fn each_value_is_dropped_once(
        capacity in capacities(),
        index in indices(),
        pops in 0..8_usize,
        panicking in prop::collection::vec(prop::bool::weighted(0.1), 0..40),
    ) {
        let drops = Arc::new(AtomicUsize::new(0));
        let ring = Ring::starting_at(capacity, index);
        let mut kept = 0;
        for &panics in &panicking {
            if kept == capacity {
                break;
            }
            let pushed = ring.push(Counted { drops: drops.clone(), panics });
            prop_assert!(pushed.is_ok());
            kept += 1;
        }
        for _ in 0..pops.min(kept) {
            let value = ring.pop();
            let _panicked = catch_unwind(AssertUnwindSafe(|| drop(value)));
        }
        let panics_left = panicking.iter().take(kept).skip(pops).filter(|panics| **panics).count();
        // A second panic while the first one unwinds aborts the process, as with any collection.
        if panics_left <= 1 {
            let panicked = catch_unwind(AssertUnwindSafe(|| drop(ring))).is_err();
            prop_assert_eq!(panicked, panics_left == 1);
            prop_assert_eq!(drops.load(Ordering::Relaxed), kept);
        } else {
            while let Some(value) = ring.pop() {
                let _panicked = catch_unwind(AssertUnwindSafe(|| drop(value)));
            }
            prop_assert_eq!(drops.load(Ordering::Relaxed), kept);
        }
    }
}

#[test]
fn capacities_out_of_range_are_refused() {
    assert!(Ring::<u8>::try_new(0).is_none());
    assert!(Ring::<u8>::try_new(usize::MAX).is_none());
    let refused = catch_unwind(|| Ring::<u8>::new(0));
    let said = refused
        .err()
        .and_then(|said| said.downcast::<String>().ok());
    let said = said.map_or_else(String::new, |said| *said);
    assert!(
        said.starts_with("ring capacity 0 is not between 1 and"),
        "{said}"
    );
}
