//! Each value that a ring was given is dropped once, whoever panics: its drop, the source of a
//! batch, or the sink of one.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;
use windlass::ring::{PushError, Ring};

use crate::cases;
use crate::ring::{capacities, indices};

/// How many values were made and how many dropped.
#[derive(Clone, Default)]
struct Count(Arc<(AtomicUsize, AtomicUsize)>);

impl Count {
    fn value(&self, panics: bool) -> Counted {
        self.0.0.fetch_add(1, Ordering::Relaxed);
        let count = self.clone();
        Counted { count, panics }
    }

    /// Made and not yet dropped.
    fn alive(&self) -> usize {
        self.0.0.load(Ordering::Relaxed) - self.0.1.load(Ordering::Relaxed)
    }
}

/// Counts its drops, and panics at its drop if it is told to.
struct Counted {
    count: Count,
    panics: bool,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.count.0.1.fetch_add(1, Ordering::Relaxed);
        if self.panics {
            resume_unwind(Box::new("a drop panicked"));
        }
    }
}

#[derive(Clone, Debug)]
enum Call {
    Push,
    ForcePush,
    /// A batch by vector.
    PushVec(usize),
    /// A batch by iterator, which panics at a value or not at all.
    PushMany(usize, usize),
    Pop,
    PopMany(usize),
    /// A batch to a sink, which panics at a value or not at all.
    PopEach(usize, usize),
    Close,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = prop_oneof![
        3 => Just(Call::Push),
        2 => Just(Call::ForcePush),
        2 => (0..40_usize).prop_map(Call::PushVec),
        4 => (0..40_usize, 0..60_usize).prop_map(|(count, at)| Call::PushMany(count, at)),
        2 => Just(Call::Pop),
        2 => (0..40_usize).prop_map(Call::PopMany),
        4 => (0..40_usize, 0..60_usize).prop_map(|(max, at)| Call::PopEach(max, at)),
    ];
    let calls = prop::collection::vec(call, 0..40);
    (calls, prop::bool::weighted(0.2)).prop_map(|(mut calls, closes)| {
        if closes {
            calls.insert(calls.len() / 2, Call::Close);
        }
        calls
    })
}

/// How many there are after the call, when there were `len` before. Panics of source and sink end
/// here.
fn make(ring: &Ring<Counted>, count: &Count, call: &Call) {
    let len = ring.len();
    let room = if ring.is_closed() { 0 } else { ring.capacity() - len };
    let expected = match *call {
        Call::Push => {
            let pushed = ring.push(count.value(false));
            assert_eq!(pushed.is_ok(), room > 0);
            assert!(!matches!(pushed, Err(PushError::Closed(_))) || ring.is_closed());
            len + usize::from(room > 0)
        }
        Call::ForcePush => {
            let pushed = ring.force_push(count.value(false));
            assert_eq!(pushed.is_err(), ring.is_closed());
            len + usize::from(room > 0)
        }
        Call::PushVec(size) => {
            let mut values: Vec<Counted> = (0..size).map(|_| count.value(false)).collect();
            let pushed = ring.push_vec(&mut values);
            assert_eq!((pushed, values.len()), (size.min(room), size - size.min(room)));
            len + pushed
        }
        Call::PushMany(size, panics_at) => len + push_many(ring, count, size, panics_at, room),
        Call::Pop => {
            assert_eq!(ring.pop().is_some(), len > 0);
            len.saturating_sub(1)
        }
        Call::PopMany(max) => {
            let mut values = Vec::new();
            assert_eq!(ring.pop_many(max, &mut values), max.min(len));
            assert_eq!(count.alive(), len, "what was popped is alive");
            len - values.len()
        }
        Call::PopEach(max, panics_at) => len - pop_each(ring, max.min(len), panics_at),
        Call::Close => {
            ring.close();
            len
        }
    };
    assert_eq!(ring.len(), expected);
    assert_eq!(count.alive(), expected, "what is not in the ring is dropped");
}

/// A batch that panics in its source had pushed those of its 32 that were whole, and no more.
fn push_many(
    ring: &Ring<Counted>,
    count: &Count,
    size: usize,
    panics_at: usize,
    room: usize,
) -> usize {
    let source = (0..size).map(|at| {
        if at == panics_at {
            resume_unwind(Box::new("the source panicked"));
        }
        count.value(false)
    });
    let pushed = catch_unwind(AssertUnwindSafe(|| match ring.push_many(source) {
        Ok(pushed) => pushed,
        // The rest is dropped unseen, without asking the source for more.
        Err(error) => error.pushed(),
    }));
    match pushed {
        Ok(pushed) => {
            assert_eq!(pushed, size.min(room));
            pushed
        }
        Err(_) => {
            assert!(panics_at < size);
            (panics_at / 32 * 32).min(room)
        }
    }
}

/// A batch that panics in its sink has left the ring.
fn pop_each(ring: &Ring<Counted>, expected: usize, panics_at: usize) -> usize {
    let mut came = 0;
    let popped = catch_unwind(AssertUnwindSafe(|| {
        ring.pop_each(expected, |_value| {
            came += 1;
            if came == panics_at + 1 {
                resume_unwind(Box::new("the sink panicked"));
            }
        })
    }));
    match popped {
        Ok(popped) => {
            assert_eq!((popped, came), (expected, expected));
            popped
        }
        Err(_) => {
            assert!(panics_at < expected);
            (panics_at / 32 * 32 + 32).min(expected)
        }
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    /// Whatever panics in the caller's code, the ring holds what it says and drops it once.
    #[test]
    fn sources_and_sinks_may_panic(
        capacity in prop_oneof![capacities(), Just(64)],
        index in indices(),
        calls in calls(),
    ) {
        let count = Count::default();
        let ring = Ring::starting_at(capacity, index);
        for call in &calls {
            make(&ring, &count, call);
        }
        let mut rest = ring.into_iter();
        drop(rest.next());
        drop(rest);
        prop_assert_eq!(count.alive(), 0);
    }

    /// Whatever was pushed is dropped once, also when some drops panic.
    #[test]
    fn drops_may_panic(
        capacity in capacities(),
        index in indices(),
        pops in 0..8_usize,
        panicking in prop::collection::vec(prop::bool::weighted(0.1), 0..40),
    ) {
        let count = Count::default();
        let ring = Ring::starting_at(capacity, index);
        let kept = panicking.len().min(capacity);
        for &panics in &panicking[..kept] {
            prop_assert!(ring.push(count.value(panics)).is_ok());
        }
        for _ in 0..pops.min(kept) {
            let value = ring.pop();
            let _panicked = catch_unwind(AssertUnwindSafe(|| drop(value)));
        }
        let panics_left = panicking[..kept].iter().skip(pops).filter(|panics| **panics).count();
        // A second panic while the first one unwinds aborts the process, as with any collection.
        if panics_left <= 1 {
            let panicked = catch_unwind(AssertUnwindSafe(|| drop(ring))).is_err();
            prop_assert_eq!(panicked, panics_left == 1);
        } else {
            while let Some(value) = ring.pop() {
                let _panicked = catch_unwind(AssertUnwindSafe(|| drop(value)));
            }
        }
        prop_assert_eq!(count.alive(), 0);
    }
}

/// Batches of large values do not need a large stack.
#[test]
fn large_values_fit_on_a_small_stack() {
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    let batches = thread.spawn(|| {
        let ring = windlass::ring::Ring::<[u8; 32 * 1024]>::new(2);
        assert_eq!(ring.pop_each(4, |_| ()), 0);
        assert_eq!(ring.push_many(Vec::new()).unwrap_or(9), 0);
    });
    assert!(batches.is_ok_and(|thread| thread.join().is_ok()));
}
