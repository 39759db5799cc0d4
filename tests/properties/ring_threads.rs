//! The ring between real threads: nothing lost, nothing twice, each producer's order kept, by every
//! kind of end.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use windlass::ring::{Consumer, Handle, Producer, Ring, Side, mpsc, spmc, spsc};

const EACH: usize = 30_000;

/// Pushes some of the values from the front of the vector, and takes those out of it.
type Push<'a> = Box<dyn FnMut(&mut Vec<usize>) + Send + 'a>;

/// Appends some values.
type Pop<'a> = Box<dyn FnMut(&mut Vec<usize>) + Send + 'a>;

/// Producer `at`'s values, a few at a time.
fn produce(at: usize, mut push: Push<'_>) {
    let mut values = Vec::new();
    let mut next = at * EACH..(at + 1) * EACH;
    loop {
        let wanted = 1 + next.len() % 5;
        values.extend(next.by_ref().take(wanted.saturating_sub(values.len())));
        if values.is_empty() {
            return;
        }
        let before = values.len();
        push(&mut values);
        if values.len() == before {
            thread::yield_now();
        }
    }
}

/// What came, in the order in which it came.
fn consume(left: &AtomicUsize, mut pop: Pop<'_>) -> Vec<usize> {
    let mut came = Vec::new();
    while left.load(Ordering::Relaxed) > 0 {
        let before = came.len();
        pop(&mut came);
        match came.len() - before {
            0 => thread::yield_now(),
            more => {
                left.fetch_sub(more, Ordering::Relaxed);
            }
        }
    }
    came
}

fn all_arrive(pushes: Vec<Push<'_>>, pops: Vec<Pop<'_>>) {
    let producers = pushes.len();
    let left = AtomicUsize::new(producers * EACH);
    let start = Barrier::new(producers + pops.len());
    let came: Vec<Vec<usize>> = thread::scope(|scope| {
        for (at, push) in pushes.into_iter().enumerate() {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                produce(at, push);
            });
        }
        let consumers = pops.into_iter().map(|pop| {
            let (start, left) = (&start, &left);
            scope.spawn(move || {
                start.wait();
                consume(left, pop)
            })
        });
        let consumers: Vec<_> = consumers.collect();
        consumers.into_iter().map(|thread| thread.join().expect("a consumer panicked")).collect()
    });
    for at in 0..producers {
        let own = at * EACH..(at + 1) * EACH;
        for values in &came {
            let values = values.iter().filter(|value| own.contains(value));
            assert!(values.is_sorted(), "producer {at}'s values overtook each other");
        }
    }
    let mut all = came.concat();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..producers * EACH), "not all came once");
}

fn single_push<'a>(mut push: impl FnMut(usize) -> bool + Send + 'a) -> Push<'a> {
    Box::new(move |values| {
        while values.first().is_some_and(|value| push(*value)) {
            values.remove(0);
        }
    })
}

fn single_pop<'a>(mut pop: impl FnMut() -> Option<usize> + Send + 'a) -> Pop<'a> {
    Box::new(move |into| into.extend(pop()))
}

/// Two producers and two consumers by reference.
fn by_reference(ring: &Ring<usize>) {
    let push = || single_push(|value| ring.push(value).is_ok());
    let pop = || single_pop(|| ring.pop());
    all_arrive(vec![push(), push()], vec![pop(), pop()]);
    assert!(ring.is_empty());
}

#[test]
fn through_one_place() {
    by_reference(&Ring::new(1));
}

#[test]
fn through_three_places_of_four() {
    by_reference(&Ring::new(3));
}

#[test]
fn through_many_places_past_the_end_of_the_index() {
    by_reference(&Ring::starting_at(64, usize::MAX - 1_000));
}

/// A handle that pushes alone against one that pushes batches; pops likewise.
fn by_handles(ring: &Ring<usize>) {
    let mut handles: Vec<Handle<&Ring<usize>>> = vec![ring.handle(); 4];
    let mut handle = || handles.pop().expect("four handles");
    let (mut one, mut many, mut pop_one, mut pop_many) = (handle(), handle(), handle(), handle());
    let pushes = vec![
        single_push(move |value| one.push(value).is_ok()),
        Box::new(move |values: &mut Vec<usize>| {
            many.push_vec(values);
        }) as Push<'_>,
    ];
    let pops = vec![
        single_pop(move || pop_one.pop()),
        Box::new(move |into: &mut Vec<usize>| {
            pop_many.pop_many(7, into);
        }) as Pop<'_>,
    ];
    all_arrive(pushes, pops);
    assert!(ring.is_empty());
}

#[test]
fn by_handles_one_by_one_and_in_batches() {
    by_handles(&Ring::new(1));
    by_handles(&Ring::new(5));
    by_handles(&Ring::starting_at(64, usize::MAX - 1_000));
}

#[test]
fn by_weak_polls() {
    let ring = Ring::starting_at(3, usize::MAX - 1_000);
    let push = || single_push(|value| ring.try_push(value).is_ok());
    let pop = || single_pop(|| ring.try_pop());
    all_arrive(vec![push(), push()], vec![pop(), pop()]);
    assert!(ring.is_empty());
}

fn batch_push<P: Side + 'static, C: Side + 'static>(
    mut producer: Producer<usize, P, C>,
) -> Push<'static> {
    Box::new(move |values| {
        if values.len() == 1 {
            if producer.push(values[0]).is_ok() {
                values.clear();
            }
        } else {
            producer.push_vec(values);
        }
    })
}

fn batch_pop<C: Side + 'static, P: Side + 'static>(
    mut consumer: Consumer<usize, C, P>,
) -> Pop<'static> {
    Box::new(move |into| {
        if into.len() % 3 == 0 {
            into.extend(consumer.pop());
        } else {
            consumer.pop_each(4, |value| into.push(value));
        }
    })
}

#[test]
fn by_sole_ends() {
    for capacity in [1, 3, 64] {
        let (producer, consumer) = spsc(capacity);
        all_arrive(vec![batch_push(producer)], vec![batch_pop(consumer)]);
        let (producer, consumer) = spmc(capacity);
        let consumers = vec![batch_pop(consumer.clone()), batch_pop(consumer)];
        all_arrive(vec![batch_push(producer)], consumers);
        let (producer, consumer) = mpsc(capacity);
        let producers = vec![batch_push(producer.clone()), batch_push(producer)];
        all_arrive(producers, vec![batch_pop(consumer)]);
    }
}
