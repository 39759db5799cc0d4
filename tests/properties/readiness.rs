//! What an event leaves in the readiness word, and what clearing takes away.

use std::task::{Context, Poll, Waker};

use crate::reactor::readiness::{Direction, Readiness, Ready, Seen};

const ERROR: Ready =
    Ready { readable: false, writable: true, read_closed: true, write_closed: true };

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

#[test]
fn an_event_after_the_look_is_not_cleared() {
    let readiness = Readiness::new();
    readiness.open();
    let seen = look(&readiness).expect("a new socket counts as ready");
    readiness.set(readiness.generation(), ERROR);
    readiness.clear(Direction::Read, seen);
    assert!(look(&readiness).is_some());
}
