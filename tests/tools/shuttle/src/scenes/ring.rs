//! The ring between many producers and consumers.

use shuttle::thread::yield_now;

use super::{Note, Role, check, together};
use crate::ring::{Handle, PushError, Ring, mpsc, spmc, spsc};
use crate::run::Scene;
use crate::sync::Arc;

pub(crate) const SCENES: &[Scene] = &[
    Scene::new("ring: three push, three pop", 6, three_and_three),
    Scene::new("ring: one place, two push, two pop", 4, one_place),
    Scene::new("ring: batches beside singles", 6, batches),
    Scene::new("ring: three push by force, two pop", 5, by_force),
    Scene::new("ring: four producers, sole consumer", 5, four_to_one),
    Scene::new("ring: sole producer, four consumers", 5, one_to_four),
    Scene::new("ring: sole ends", 2, sole_ends),
    Scene::new("ring: close against three pushes, two pops", 6, close),
];

const EACH: usize = 3;

/// Indices that wrap.
fn ring(capacity: usize) -> Arc<Ring<usize>> {
    Arc::new(Ring::starting_at(capacity, usize::MAX - 2))
}

/// Pushes its values, each until it is in.
fn pushes(
    producer: usize,
    mut push: impl FnMut(usize) -> Result<(), PushError<usize>> + Send + 'static,
) -> Role {
    Box::new(move || {
        for number in 0..EACH {
            while push(producer * 100 + number).is_err() {
                yield_now();
            }
        }
    })
}

/// Pops until all `values` were taken, by whomever.
fn pops(
    taken: &Note<Vec<Vec<usize>>>,
    values: usize,
    mut pop: impl FnMut(&mut Vec<usize>) + Send + 'static,
) -> Role {
    let taken = taken.clone();
    let own = taken.with(|taken| {
        taken.push(Vec::new());
        taken.len() - 1
    });
    Box::new(move || {
        let mut came = Vec::new();
        while taken.with(|taken| taken.iter().map(Vec::len).sum::<usize>()) < values {
            pop(&mut came);
            if came.is_empty() {
                yield_now();
            }
            taken.with(|taken| taken[own].append(&mut came));
        }
    })
}

fn by_reference(ring: &Arc<Ring<usize>>, producer: usize) -> Role {
    let ring = ring.clone();
    pushes(producer, move |value| ring.push(value))
}

fn by_handle(ring: &Arc<Ring<usize>>, producer: usize) -> Role {
    let mut handle = Handle::new(ring.clone());
    pushes(producer, move |value| handle.push(value))
}

fn three_and_three() {
    let (ring, taken) = (ring(2), Note::new(Vec::new()));
    let (first, mut second, third) = (ring.clone(), Handle::new(ring.clone()), ring.clone());
    together(vec![
        by_reference(&ring, 0),
        by_handle(&ring, 1),
        by_handle(&ring, 2),
        pops(&taken, 3 * EACH, move |into| into.extend(first.pop())),
        pops(&taken, 3 * EACH, move |into| into.extend(second.pop())),
        pops(&taken, 3 * EACH, move |into| into.extend(third.try_pop())),
    ]);
    check(taken.with(std::mem::take), 3, EACH);
    assert!(ring.is_empty());
}

fn one_place() {
    let (ring, taken) = (ring(1), Note::new(Vec::new()));
    let (first, mut second) = (ring.clone(), Handle::new(ring.clone()));
    together(vec![
        by_reference(&ring, 0),
        by_handle(&ring, 1),
        pops(&taken, 2 * EACH, move |into| into.extend(first.pop())),
        pops(&taken, 2 * EACH, move |into| into.extend(second.pop())),
    ]);
    check(taken.with(std::mem::take), 2, EACH);
}

fn in_batches(ring: &Arc<Ring<usize>>, producer: usize) -> Role {
    let mut handle = Handle::new(ring.clone());
    Box::new(move || {
        let values: [usize; EACH] = std::array::from_fn(|number| producer * 100 + number);
        let mut done = 0;
        while done < EACH {
            let pushed = handle.push_slice(&values[done..]);
            if pushed == 0 {
                yield_now();
            }
            done += pushed;
        }
    })
}

fn batches() {
    let (ring, taken) = (ring(3), Note::new(Vec::new()));
    let (mut first, mut second, third) =
        (Handle::new(ring.clone()), Handle::new(ring.clone()), ring.clone());
    together(vec![
        in_batches(&ring, 0),
        in_batches(&ring, 1),
        by_reference(&ring, 2),
        pops(&taken, 3 * EACH, move |into| _ = first.pop_many(2, into)),
        pops(&taken, 3 * EACH, move |into| _ = second.pop_many(3, into)),
        pops(&taken, 3 * EACH, move |into| into.extend(third.pop())),
    ]);
    check(taken.with(std::mem::take), 3, EACH);
}

fn by_force() {
    let (ring, taken) = (ring(2), Note::new(vec![Vec::new(); 3]));
    let forces = |producer: usize| -> Role {
        let (mut handle, taken) = (Handle::new(ring.clone()), taken.clone());
        Box::new(move || {
            for number in 0..EACH {
                let displaced = handle.force_push(producer * 100 + number).expect("open");
                taken.with(|taken| taken[producer].extend(displaced));
            }
        })
    };
    let mut roles = vec![forces(0), forces(1), forces(2)];
    for _ in 0..2 {
        let (ring, taken) = (ring.clone(), taken.clone());
        roles.push(Box::new(move || {
            let came: Vec<_> = (0..EACH).filter_map(|_| ring.pop()).collect();
            taken.with(|taken| taken.push(came));
        }));
    }
    together(roles);
    let left = std::iter::from_fn(|| ring.pop()).collect::<Vec<_>>();
    assert!(left.len() <= 2, "{left:?} in two places");
    taken.with(|taken| taken.push(left));
    check(taken.with(std::mem::take), 3, EACH);
}

fn four_to_one() {
    let (producer, mut consumer) = mpsc(2);
    let taken = Note::new(Vec::new());
    let mut roles: Vec<Role> = Vec::new();
    for number in 0..4 {
        let mut producer = producer.clone();
        roles.push(pushes(number, move |value| producer.push(value)));
    }
    drop(producer);
    roles.push(pops(&taken, 4 * EACH, move |into| into.extend(consumer.pop())));
    together(roles);
    check(taken.with(std::mem::take), 4, EACH);
}

fn one_to_four() {
    let (mut producer, consumer) = spmc(2);
    let taken = Note::new(Vec::new());
    let mut roles: Vec<Role> = Vec::new();
    for _ in 0..4 {
        let mut consumer = consumer.clone();
        roles.push(pops(&taken, EACH, move |into| into.extend(consumer.pop())));
    }
    roles.push(pushes(0, move |value| producer.push(value)));
    together(roles);
    check(taken.with(std::mem::take), 1, EACH);
}

fn sole_ends() {
    let (mut producer, mut consumer) = spsc(2);
    let taken = Note::new(Vec::new());
    together(vec![
        pops(&taken, EACH, move |into| _ = consumer.pop_many(2, into)),
        pushes(0, move |value| producer.push(value)),
    ]);
    check(taken.with(std::mem::take), 1, EACH);
}

/// What went in comes out, to whoever looks once more after the close; nothing else does.
fn close() {
    let (ring, taken, went_in) = (ring(2), Note::new(Vec::new()), Note::new(Vec::new()));
    let mut roles: Vec<Role> = Vec::new();
    for producer in 0..3 {
        let (ring, went_in) = (ring.clone(), went_in.clone());
        roles.push(Box::new(move || {
            for number in 0..2 {
                loop {
                    match ring.push(producer * 100 + number) {
                        Ok(()) => went_in.with(|all| all.push(producer * 100 + number)),
                        Err(PushError::Full(_)) => {
                            yield_now();
                            continue;
                        }
                        Err(PushError::Closed(_)) => assert!(ring.is_closed()),
                    }
                    break;
                }
            }
        }));
    }
    for _ in 0..2 {
        let (ring, taken) = (ring.clone(), taken.clone());
        roles.push(Box::new(move || {
            loop {
                let was_closed = ring.is_closed();
                match ring.pop() {
                    Some(value) => taken.with(|taken| taken.push(value)),
                    None if was_closed => break,
                    None => yield_now(),
                }
            }
        }));
    }
    let closed = ring.clone();
    roles.push(Box::new(move || assert!(closed.close())));
    together(roles);
    let (mut taken, mut went_in) = (taken.with(std::mem::take), went_in.with(std::mem::take));
    taken.sort_unstable();
    went_in.sort_unstable();
    assert_eq!(taken, went_in);
}
