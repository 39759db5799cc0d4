//! What an event leaves in the readiness word, and what clearing takes away.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use crate::reactor::readiness::{Direction, Readiness, Ready, Seen};

const ERROR: Ready =
    Ready { readable: false, writable: true, read_closed: true, write_closed: true };

/// How often it was woken.
#[derive(Default)]
struct Wakes(AtomicU32);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn look(readiness: &Readiness) -> Option<Seen> {
    let mut cx = Context::from_waker(Waker::noop());
    match readiness.poll(Direction::Read, &mut cx) {
        Poll::Ready(seen) => Some(seen),
        Poll::Pending => None,
    }
}

/// Else a socket that lives on after an error event would be tried for ever within one poll.
#[test]
fn an_error_event_keeps_no_socket_ready_that_would_block() {
    let readiness = Readiness::new();
    readiness.open();
    readiness.set(readiness.generation(), ERROR);
    let seen = look(&readiness).expect("ready after an event");
    assert!(seen.is_closed());
    readiness.clear(Direction::Read, seen);
    assert!(look(&readiness).is_none());
}

/// The place has changed hands: an event that was on its way to the socket before is nobody's.
#[test]
fn a_stale_event_neither_wakes_nor_closes_the_successor() {
    let readiness = Readiness::new();
    readiness.open();
    let before = readiness.generation();
    readiness.close();
    readiness.open();
    // The successor waits, since the kernel said otherwise.
    let seen = look(&readiness).expect("a new socket counts as ready");
    readiness.clear(Direction::Read, seen);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let waits = || readiness.poll(Direction::Read, &mut Context::from_waker(&waker)).is_pending();
    assert!(waits());
    readiness.set(before, Ready { readable: true, ..ERROR });
    assert_eq!(wakes.0.load(Ordering::Relaxed), 0, "woken for its predecessor");
    assert!(waits(), "ready for its predecessor");
    readiness.set(readiness.generation(), Ready { readable: true, ..Ready::default() });
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1, "its own event");
    assert!(!look(&readiness).expect("ready").is_closed(), "heard of its predecessor's end");
}

#[test]
fn an_event_after_the_look_is_not_cleared() {
    let readiness = Readiness::new();
    readiness.open();
    let seen = look(&readiness).expect("a new socket counts as ready");
    readiness.set(readiness.generation(), ERROR);
    readiness.clear(Direction::Read, seen);
    assert!(look(&readiness).is_some());
}
