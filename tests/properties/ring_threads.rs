//! The ring between real threads: nothing lost, nothing twice, each producer's order kept.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use windlass::ring::Ring;

const PRODUCERS: usize = 2;
const CONSUMERS: usize = 2;
const EACH: usize = 40_000;

fn produce(ring: &Ring<usize>, producer: usize) {
    for number in 0..EACH {
        while ring.push(producer * EACH + number).is_err() {
            thread::yield_now();
        }
    }
}

/// The numbers of each producer, in the order in which they came.
fn consume(ring: &Ring<usize>, left: &AtomicUsize) -> Vec<Vec<usize>> {
    let mut seen = vec![Vec::new(); PRODUCERS];
    while left.load(Ordering::Relaxed) > 0 {
        match ring.pop() {
            Some(value) => {
                left.fetch_sub(1, Ordering::Relaxed);
                seen[value / EACH].push(value % EACH);
            }
            None => thread::yield_now(),
        }
    }
    seen
}

fn all_arrive(ring: &Ring<usize>) {
    let left = AtomicUsize::new(PRODUCERS * EACH);
    let start = Barrier::new(PRODUCERS + CONSUMERS);
    let seen: Vec<Vec<Vec<usize>>> = thread::scope(|scope| {
        for producer in 0..PRODUCERS {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                produce(ring, producer);
            });
        }
        let consumer = || {
            start.wait();
            consume(ring, &left)
        };
        let consumers: Vec<_> = (0..CONSUMERS).map(|_| scope.spawn(consumer)).collect();
        consumers
            .into_iter()
            .map(|thread| thread.join().expect("a consumer panicked"))
            .collect()
    });
    for producer in 0..PRODUCERS {
        for consumer in &seen {
            let ordered = consumer[producer].windows(2).all(|pair| pair[0] < pair[1]);
            assert!(ordered, "producer {producer}'s values overtook each other");
        }
        let mut all: Vec<usize> = seen
            .iter()
            .flat_map(|consumer| consumer[producer].clone())
            .collect();
        all.sort_unstable();
        assert!(
            all.into_iter().eq(0..EACH),
            "producer {producer}'s values are not all there once"
        );
    }
    assert!(ring.is_empty());
}

#[test]
fn through_one_place() {
    all_arrive(&Ring::new(1));
}

#[test]
fn through_three_places_of_four() {
    all_arrive(&Ring::new(3));
}

#[test]
fn through_many_places_past_the_end_of_the_index() {
    all_arrive(&Ring::starting_at(64, usize::MAX - 1_000));
}
