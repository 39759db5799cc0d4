//! Ends that go: the last producer closes the ring, and so does the last consumer.

use loom::sync::Arc;

use super::hands::Note;
use super::ring_sole::insist;
use crate::explore::{Model, together};
use crate::ring::{Consumer, Producer, PushError, Side, mpsc, spmc, spsc};
use crate::sync::Backoff;

pub(crate) const MODELS: &[Model] = &[
    Model::new("ring: the sole producer goes", &[340, 640], producer_goes),
    Model::new("ring: the last of two producers goes", &[1_000, 2_400, 2_400], last_producer_goes)
        .preemptions(Some(1)),
    Model::new("ring: the sole consumer goes", &[3, 25], consumer_goes),
    Model::new("ring: the last of two consumers goes", &[48, 130, 53], last_consumer_goes),
    Model::new("ring: the consumer of two producers goes", &[20, 680, 690], consumer_of_two_goes)
        .preemptions(Some(1)),
];

/// Pops until no producer is left and nothing inside: what came.
fn drain<C: Side, P: Side>(consumer: &mut Consumer<usize, C, P>) -> Vec<usize> {
    let (mut came, mut backoff) = (Vec::new(), Backoff::new());
    loop {
        let closed = consumer.is_closed();
        match consumer.pop() {
            Some(value) => came.push(value),
            None if closed => break,
            None => backoff.snooze(),
        }
    }
    assert_eq!(consumer.pop(), None, "came after the end");
    came
}

fn producer_goes(turn: usize) {
    let (mut producer, mut consumer) = spsc(2);
    let push = move || {
        insist(&mut producer, 1);
        insist(&mut producer, 2);
    };
    let pop = move || assert_eq!(drain(&mut consumer), [1, 2]);
    together(turn, [Box::new(push), Box::new(pop)]);
}

fn last_producer_goes(turn: usize) {
    let (producer, mut consumer) = mpsc(2);
    let push = |mut producer: Producer<usize, _, _>, value: usize| {
        move || assert_eq!(producer.push(value), Ok(()))
    };
    let (one, other) = (push(producer.clone(), 1), push(producer, 2));
    let pop = move || {
        let mut came = drain(&mut consumer);
        came.sort_unstable();
        assert_eq!(came, [1, 2]);
    };
    together(turn, [Box::new(one), Box::new(other), Box::new(pop)]);
}

/// Pushes until told that nobody is there any more. Each value is dropped once, wherever it is.
fn push_on<P: Side, C: Side>(producer: &mut Producer<Arc<()>, P, C>, value: &Arc<()>) {
    let mut backoff = Backoff::new();
    loop {
        match producer.push(value.clone()) {
            Ok(()) => {}
            Err(PushError::Full(_)) => backoff.snooze(),
            Err(PushError::Closed(_)) => break,
        }
    }
    assert!(producer.is_closed());
}

fn consumer_goes(turn: usize) {
    let value = Arc::new(());
    let (mut producer, mut consumer) = spsc(1);
    let pushed = value.clone();
    let push = move || push_on(&mut producer, &pushed);
    let pop = move || drop(consumer.pop());
    together(turn, [Box::new(push), Box::new(pop)]);
    assert_eq!(Arc::strong_count(&value), 1);
}

fn last_consumer_goes(turn: usize) {
    let value = Arc::new(());
    let (mut producer, consumer) = spmc(1);
    let pushed = value.clone();
    let push = move || push_on(&mut producer, &pushed);
    let go = |consumer: Consumer<Arc<()>, _, _>| move || drop(consumer);
    let (one, other) = (go(consumer.clone()), go(consumer));
    together(turn, [Box::new(push), Box::new(one), Box::new(other)]);
    assert_eq!(Arc::strong_count(&value), 1);
}

fn consumer_of_two_goes(turn: usize) {
    let value = Arc::new(());
    let (producer, consumer) = mpsc(1);
    let gone = Note::new(0);
    let push = |mut producer: Producer<Arc<()>, _, _>| {
        let (value, gone) = (value.clone(), gone.clone());
        move || {
            push_on(&mut producer, &value);
            *gone.get() += 1;
        }
    };
    let (one, other) = (push(producer.clone()), push(producer));
    let go = move || drop(consumer);
    together(turn, [Box::new(one), Box::new(other), Box::new(go)]);
    assert_eq!(*gone.get(), 2);
    drop(gone);
    assert_eq!(Arc::strong_count(&value), 1);
}
