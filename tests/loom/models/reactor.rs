//! The reactor's shared side: who waits for a socket or a timer hears of it, or of the end; places
//! change hands one at a time.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::{Note, Patience, counting};
use crate::explore::{Model, Role, together};
use crate::reactor::clock::Clock;
use crate::reactor::readiness::Direction;
use crate::reactor::sockets::Reactor;

pub(crate) const MODELS: &[Model] = &[
    Model::new("reactor: a reader against the end", &[40, 46], reader_end).preemptions(Some(3)),
    Model::new("reactor: a timer against the end", &[10, 10], timer_end).preemptions(Some(3)),
    Model::new("reactor: a timer against the driver", &[13, 6], timer_driver).preemptions(Some(3)),
    Model::new("reactor: two register and go", &[74, 74], two_register).preemptions(Some(3)),
    Model::new("reactor: a place changes hands under an event", &[21, 24], stale_event)
        .preemptions(Some(3)),
];

fn ending(reactor: &Arc<Reactor>) -> Role {
    let reactor = reactor.clone();
    Box::new(move || reactor.end())
}

/// Who waits for a socket when the reactor ends is woken, or has been told.
fn reader_end(turn: usize) {
    let (reactor, waiting) = (Reactor::new(), Note::new(None));
    let socket = Arc::new(reactor.register(false));
    let (own, note) = (socket.clone(), waiting.clone());
    let (wakes, waker) = counting();
    let counted = wakes.clone();
    let read: Role = Box::new(move || {
        let (mut taken, mut patience) = (0, Patience::new());
        while own.waits(&waker) {
            let woken = counted.wakes();
            if woken == taken {
                *note.get() = Some(taken);
                return;
            }
            taken = woken;
            patience.turn();
        }
    });
    together(turn, [read, ending(&reactor)]);
    let waiting = waiting.get().take();
    assert!(
        waiting.is_none_or(|taken| wakes.wakes() > taken),
        "waits for a reactor that has ended"
    );
}

fn timer_end(turn: usize) {
    let (reactor, waiting) = (Reactor::new(), Note::new(false));
    let (own, note) = (reactor.clone(), waiting.clone());
    let (wakes, waker) = counting();
    let sleep: Role = Box::new(move || {
        own.insert(own.clock.now() + Duration::from_secs(1), waker);
        let waits = !own.has_ended();
        *note.get() = waits;
    });
    together(turn, [sleep, ending(&reactor)]);
    let waiting = *waiting.get();
    assert!(!waiting || wakes.wakes() == 1, "sleeps on a reactor that has ended");
}

/// The time of the timer has come: the driver takes it, or is woken to do so. Who finds that the
/// timer stands in the wheel still is woken by it.
fn timer_driver(turn: usize) {
    let (reactor, asleep) = (Reactor::new(), Note::new(false));
    let (wakes, waker) = counting();
    let notified = Arc::new(AtomicUsize::new(0));
    let deadline = reactor.clock.now() + Duration::from_millis(1);
    let (own, notifying) = (reactor.clone(), notified.clone());
    let sleep: Role = Box::new(move || {
        if own.insert(deadline, waker) {
            notifying.store(1, Ordering::Relaxed);
        }
        _ = own.is_ahead(deadline);
    });
    let (own, note, told) = (reactor.clone(), asleep.clone(), notified.clone());
    let drive: Role = Box::new(move || {
        own.clock.goes_on(Duration::from_millis(2));
        own.take_due().into_iter().for_each(|waker| waker.wake());
        if own.until_next().is_none() && told.load(Ordering::Relaxed) == 0 {
            *note.get() = true;
            return;
        }
        own.take_due().into_iter().for_each(|waker| waker.wake());
    });
    together(turn, [sleep, drive]);
    let (woken, asleep) = (wakes.wakes() == 1, *asleep.get());
    if asleep && !woken {
        assert_eq!(notified.load(Ordering::Relaxed), 1, "the driver sleeps beyond a timer");
    }
    if woken {
        assert!(!reactor.is_ahead(deadline), "a timer that has rung stands in the wheel");
    } else {
        assert!(asleep, "the driver has passed a timer by");
    }
}

fn two_register(turn: usize) {
    let (reactor, taken) = (Reactor::new(), Note::new(Vec::new()));
    drop(reactor.register(false));
    let role = |second: bool| -> Role {
        let (own, note) = (reactor.clone(), taken.clone());
        Box::new(move || {
            let socket = own.register(second);
            assert!(own.has_sockets());
            let place = std::ptr::from_ref(socket.readiness()).addr();
            assert!(!note.get().contains(&place), "a place is given twice");
            note.get().push(place);
            _ = socket.readiness().generation();
            note.get().retain(|other| *other != place);
            drop(socket);
        })
    };
    together(turn, [role(false), role(true)]);
    assert!(!reactor.has_sockets(), "a place is not given back");
}

/// An event of the socket before is under way while its place goes to another.
fn stale_event(turn: usize) {
    let reactor = Reactor::new();
    let before = reactor.register(false);
    let generation = before.readiness().generation();
    let (driving, closing, next) = (reactor.clone(), reactor.clone(), Note::new(None));
    let note = next.clone();
    let event: Role = Box::new(move || driving.event(0, generation));
    let change: Role = Box::new(move || {
        drop(before);
        let after = closing.register(true);
        *note.get() = Some(after);
    });
    together(turn, [event, change]);
    let Some(after) = next.get().take() else { panic!("no successor") };
    assert_ne!(after.readiness().generation(), generation);
    let (wakes, waker) = counting();
    match after.readiness().poll(Direction::Read, &mut Context::from_waker(&waker)) {
        Poll::Ready(seen) => assert!(!seen.is_closed(), "heard of its predecessor's end"),
        Poll::Pending => panic!("a new socket counts as ready"),
    }
    drop(after);
    assert_eq!(wakes.wakes(), 0);
}
