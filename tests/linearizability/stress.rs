//! Long runs: two producers and two consumers without a break, each call recorded, the history
//! checked by its aspects.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use windlass::ring::{Consumer, Handle, Producer, PushError, Ring, Side};

use crate::aspects::{Act, Timed};
use crate::recorder::Clock;

/// Pushes the first values of a slice: how many went in, none when the queue was full.
pub(crate) type Push = Box<dyn FnMut(&[u32]) -> usize + Send>;

/// Appends values, none when the queue was empty.
pub(crate) type Pop = Box<dyn FnMut(&mut Vec<u32>) + Send>;

/// A history of `each` values from each producer, and all of them taken.
pub(crate) fn run(pushes: Vec<Push>, pops: Vec<Pop>, each: u32) -> Vec<Timed> {
    let (clock, producers) = (Clock::default(), pushes.len());
    let left = AtomicUsize::new(producers * each as usize);
    let start = Barrier::new(producers + pops.len());
    thread::scope(|scope| {
        let (clock, left, start) = (&clock, &left, &start);
        let mut threads = Vec::new();
        for (at, push) in pushes.into_iter().enumerate() {
            threads.push(scope.spawn(move || {
                start.wait();
                produce(clock, push, at as u32 * each..(at as u32 + 1) * each)
            }));
        }
        for pop in pops {
            threads.push(scope.spawn(move || {
                start.wait();
                consume(clock, pop, left)
            }));
        }
        let threads = threads.into_iter();
        threads.flat_map(|thread| thread.join().expect("an end panicked")).collect()
    })
}

fn produce(clock: &Clock, mut push: Push, values: std::ops::Range<u32>) -> Vec<Timed> {
    let mut acts = Vec::with_capacity(2 * values.len());
    let values: Vec<u32> = values.collect();
    let mut done = 0;
    while done < values.len() {
        let end = values.len().min(done + 1 + done % 5);
        let called = clock.before();
        let pushed = push(&values[done..end]);
        let returned = clock.after();
        let timed = |act| Timed { act, called, returned };
        if pushed == 0 {
            acts.push(timed(Act::Full));
            thread::yield_now();
        }
        let pushed = &values[done..done + pushed];
        acts.extend(pushed.iter().map(|value| timed(Act::Pushed(*value))));
        done += pushed.len();
    }
    acts
}

fn consume(clock: &Clock, mut pop: Pop, left: &AtomicUsize) -> Vec<Timed> {
    let (mut acts, mut came) = (Vec::new(), Vec::new());
    while left.load(Ordering::Relaxed) > 0 {
        let called = clock.before();
        pop(&mut came);
        let returned = clock.after();
        let timed = |act| Timed { act, called, returned };
        if came.is_empty() {
            acts.push(timed(Act::Empty));
            thread::yield_now();
        }
        left.fetch_sub(came.len(), Ordering::Relaxed);
        acts.extend(came.drain(..).map(|value| timed(Act::Popped(value))));
    }
    acts
}

fn one(pushed: Result<(), PushError<u32>>) -> usize {
    usize::from(pushed.is_ok())
}

/// Ends of a shared ring: one by one by reference, and in batches by handle.
pub(crate) fn shared(ring: &Arc<Ring<u32>>) -> (Vec<Push>, Vec<Pop>) {
    let (push, pop) = (ring.clone(), ring.clone());
    let mut push_many = Handle::new(ring.clone());
    let mut pop_many = Handle::new(ring.clone());
    (
        vec![
            Box::new(move |values| one(push.push(values[0]))),
            Box::new(move |values| push_many.push_slice(values)),
        ],
        vec![
            Box::new(move |into| into.extend(pop.pop())),
            Box::new(move |into| {
                pop_many.pop_many(3, into);
            }),
        ],
    )
}

/// A typed producer, one by one.
pub(crate) fn producing<P: Side + 'static, C: Side + 'static>(
    mut producer: Producer<u32, P, C>,
) -> Push {
    Box::new(move |values| one(producer.push(values[0])))
}

/// A typed consumer, one by one.
pub(crate) fn consuming<C: Side + 'static, P: Side + 'static>(
    mut consumer: Consumer<u32, C, P>,
) -> Pop {
    Box::new(move |into| into.extend(consumer.pop()))
}
