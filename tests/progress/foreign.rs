//! The caller's code stands still within an operation of ring, channel, oneshot or topic.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};
use std::thread;

use windlass::channel::{self, TryRecvError, TrySendError, topic};
use windlass::ring::Ring;

use crate::gate::{Gate, joined};
use crate::support::bounded;

/// Values for a batch; the second one takes its time.
struct Slow(Arc<Gate>, u32);

impl Iterator for Slow {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.1 += 1;
        if self.1 == 2 {
            self.0.stand();
        }
        (self.1 <= 3).then_some(self.1)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = 3_usize.saturating_sub(self.1 as usize);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Slow {}

/// Laps of a ring by others.
fn laps(ring: &Ring<u32>) {
    for value in 100..200 {
        assert_eq!(ring.push(value), Ok(()));
        assert_eq!(ring.pop(), Some(value));
    }
}

#[test]
fn the_source_of_a_batch_holds_up_nobody() {
    bounded(|| {
        let (ring, gate) = (Arc::new(Ring::new(4)), Gate::new());
        let (own, slow) = (ring.clone(), Slow(gate.clone(), 0));
        let pusher = thread::spawn(move || own.push_many(slow).map_err(|error| error.pushed()));
        gate.reached();
        laps(&ring);
        assert!(ring.is_empty(), "nothing of the batch is claimed");
        gate.open();
        assert_eq!(joined(pusher), Ok(3));
        assert_eq!(ring.drain().collect::<Vec<_>>(), [1, 2, 3]);
    });
}

#[test]
fn the_sink_of_a_batch_holds_up_nobody() {
    bounded(|| {
        let (ring, gate) = (Arc::new(Ring::new(4)), Gate::new());
        (1..=4).for_each(|value| ring.push(value).expect("room"));
        let (own, stands) = (ring.clone(), gate.clone());
        let popper = thread::spawn(move || {
            own.pop_each(4, |value| {
                if value == 2 {
                    stands.stand();
                }
            })
        });
        gate.reached();
        laps(&ring);
        gate.open();
        assert_eq!(joined(popper), 4);
    });
}

/// Calls the gate in its clone, or in its wake.
struct SlowWaker {
    gate: Arc<Gate>,
    in_clone: bool,
}

impl Wake for SlowWaker {
    fn wake(self: Arc<Self>) {
        self.gate.stand();
    }
}

/// A waker whose clones stand still where they are made, or where they wake.
fn slow_waker(gate: &Arc<Gate>, in_clone: bool) -> Waker {
    const TABLE: RawWakerVTable = RawWakerVTable::new(
        |data| {
            // SAFETY: the data came from `Arc::into_raw` below, and its owner lends it.
            let own = unsafe { Arc::from_raw(data.cast::<SlowWaker>()) };
            if own.in_clone {
                own.gate.stand();
            }
            let waker = Waker::from(own.clone());
            std::mem::forget(own);
            let raw = RawWaker::new(waker.data(), waker.vtable());
            std::mem::forget(waker);
            raw
        },
        // SAFETY: as above, and the waker's own reference goes.
        |data| unsafe { Arc::from_raw(data.cast::<SlowWaker>()) }.wake(),
        |_| {},
        // SAFETY: as above, and the waker's own reference goes.
        |data| drop(unsafe { Arc::from_raw(data.cast::<SlowWaker>()) }),
    );
    let own = Arc::new(SlowWaker { gate: gate.clone(), in_clone });
    // SAFETY: each function of the table treats the data as an `Arc`'s, with one reference a waker;
    // `Waker::from` makes wakers of the same data with a table of its own.
    unsafe { Waker::from_raw(RawWaker::new(Arc::into_raw(own).cast(), &TABLE)) }
}

#[test]
fn a_waker_that_stands_still_in_its_clone_holds_up_no_channel() {
    bounded(|| {
        let (sender, receiver) = channel::bounded(1);
        let gate = Gate::new();
        let (own, stands) = (receiver.clone(), gate.clone());
        let waiting = thread::spawn(move || {
            let waker = slow_waker(&stands, true);
            let mut receiving = pin!(own.recv());
            receiving.as_mut().poll(&mut Context::from_waker(&waker))
        });
        gate.reached();
        for value in 0..100 {
            assert_eq!(sender.try_send(value), Ok(()));
            assert_eq!(receiver.recv_blocking(), Ok(value));
        }
        assert_eq!(sender.try_send(7), Ok(()));
        gate.open();
        // It had not been in line, so it looks again, and finds what has come.
        assert_eq!(joined(waiting), Poll::Ready(Ok(7)));
    });
}

#[test]
fn a_waker_that_stands_still_in_its_wake_holds_up_no_channel() {
    bounded(|| {
        let (sender, receiver) = channel::bounded(1);
        let gate = Gate::new();
        let waker = slow_waker(&gate, false);
        let mut receiving = Box::pin(receiver.recv());
        assert!(receiving.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let own = sender.clone();
        let sending = thread::spawn(move || own.try_send(1));
        gate.reached();
        assert_eq!(receiver.try_recv(), Ok(1), "it was sent before anybody was woken");
        for value in 0..100 {
            assert_eq!(sender.try_send(value), Ok(()));
            assert_eq!(receiver.try_recv(), Ok(value));
        }
        gate.open();
        assert_eq!(joined(sending), Ok(()));
    });
}

/// A value that stands still when it is cloned, or dropped.
struct Slows {
    gate: Arc<Gate>,
    in_clone: bool,
    number: u32,
}

impl Clone for Slows {
    fn clone(&self) -> Self {
        if self.in_clone {
            self.gate.stand();
        }
        Self { gate: self.gate.clone(), ..*self }
    }
}

impl Drop for Slows {
    fn drop(&mut self) {
        if !self.in_clone {
            self.gate.stand();
        }
    }
}

#[test]
fn who_drops_what_nobody_receives_holds_up_no_sender() {
    bounded(|| {
        let (sender, receiver) = channel::bounded(4);
        let gate = Gate::new();
        let value = || Slows { gate: gate.clone(), in_clone: false, number: 0 };
        sender.try_send(value()).expect("room");
        let leaving = thread::spawn(move || drop(receiver));
        gate.reached();
        // `forget`: the value that comes back would stand still here, too.
        match sender.try_send(value()) {
            Err(TrySendError::Closed(back)) => std::mem::forget(back),
            other => panic!("{other:?}"),
        }
        assert!(sender.is_closed());
        gate.open();
        joined(leaving);
    });
}

/// Publishing waits for the publisher before; receiving and leaving wait for nobody.
#[test]
fn a_clone_that_stands_still_holds_up_the_publishers_of_its_topic_alone() {
    bounded(|| {
        let (news, gate) = (topic::topic(4), Gate::new());
        let (mut first, second) = (news.subscribe(), news.subscribe());
        let value = |in_clone, number| Slows { gate: gate.clone(), in_clone, number };
        let early = Gate::new();
        early.open();
        news.publish(Slows { gate: early, in_clone: true, number: 1 });
        let (own, slow) = (news.clone(), value(true, 2));
        let publishing = thread::spawn(move || own.publish(slow));
        gate.reached();
        let waited = Arc::new(AtomicBool::new(false));
        let (own, told, stands) = (news.clone(), waited.clone(), gate.clone());
        let quick = value(true, 3);
        let behind = thread::spawn(move || {
            let reached = own.publish(quick);
            told.store(stands.is_open(), Ordering::Release);
            reached
        });
        assert_eq!(first.try_recv().map(|value| value.number), Ok(1));
        assert!(matches!(first.try_recv(), Err(topic::TryRecvError::Empty)));
        drop(second);
        let other = topic::topic(1);
        let mut elsewhere = other.subscribe();
        assert_eq!((other.publish(5), elsewhere.try_recv()), (1, Ok(5)));
        gate.open();
        joined(publishing);
        assert_eq!(joined(behind), 1, "one subscriber has left");
        assert!(waited.load(Ordering::Acquire), "the second publisher did not wait");
        let numbers = [first.try_recv(), first.try_recv()];
        assert_eq!(numbers.map(|value| value.map(|value| value.number)), [Ok(2), Ok(3)]);
    });
}

#[test]
fn a_receiver_that_registers_slowly_holds_up_no_oneshot() {
    bounded(|| {
        let (sender, mut receiver) = channel::oneshot();
        let gate = Gate::new();
        let stands = gate.clone();
        let waiting = thread::spawn(move || {
            let waker = slow_waker(&stands, true);
            let polled = std::pin::Pin::new(&mut receiver).poll(&mut Context::from_waker(&waker));
            (polled, receiver)
        });
        gate.reached();
        assert_eq!(sender.send(7), Ok(()));
        gate.open();
        let (polled, mut receiver) = joined(waiting);
        assert_eq!(polled, Poll::Ready(Ok(7)), "it looks again after it has registered");
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    });
}
