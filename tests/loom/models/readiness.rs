//! The readiness word: an edge is never lost, a socket's successor hears nothing of it.

use std::task::{Context, Poll, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::{Counting, Note, Patience, counting};
use crate::explore::{Model, Role, together};
use crate::reactor::readiness::{Direction, Readiness, Ready};

pub(crate) const MODELS: &[Model] = &[
    Model::new("readiness: read against an edge", &[230, 140], one_edge)
        .preemptions(Some(3))
        .stale(&[1500, 470]),
    Model::new("readiness: read against two edges", &[2200, 1900], two_edges).preemptions(Some(3)),
    Model::new("readiness: read against a write edge", &[810, 1300], other_edge)
        .preemptions(Some(3))
        .stale(&[8600, 5900]),
    Model::new("readiness: close against a stale event", &[84, 130], stale_event)
        .preemptions(None)
        .stale(&[150, 130]),
];

const READ: Ready =
    Ready { readable: true, writable: false, read_closed: false, write_closed: false };
const WRITE: Ready =
    Ready { readable: false, writable: true, read_closed: false, write_closed: false };

/// A socket whose kernel side orders nothing.
struct Socket {
    readiness: Readiness,
    arrived: AtomicUsize,
}

fn socket() -> Arc<Socket> {
    let socket = Socket { readiness: Readiness::new(), arrived: AtomicUsize::new(0) };
    socket.readiness.open();
    Arc::new(socket)
}

/// Reads until the kernel would block, as often as it is woken. When it sleeps: the wakes it had.
fn read(socket: &Socket, wanted: usize, wakes: &Counting, waker: &Waker) -> Option<usize> {
    let mut patience = Patience::new();
    let (mut got, mut taken) = (0, 0);
    while got < wanted {
        match socket.readiness.poll(Direction::Read, &mut Context::from_waker(waker)) {
            Poll::Ready(seen) => match socket.arrived.load(Ordering::Relaxed) - got {
                0 => socket.readiness.clear(Direction::Read, seen),
                bytes => got += bytes,
            },
            Poll::Pending => {
                let woken = wakes.wakes();
                if woken == taken {
                    return Some(taken);
                }
                taken = woken;
                patience.turn();
            }
        }
    }
    None
}

fn edges(turn: usize, edges: &'static [Ready]) {
    let socket = socket();
    let asleep = Note::new(None);
    let (wakes, waker) = counting();
    let wanted = edges.iter().filter(|ready| ready.readable).count();
    let (own, note, counted) = (socket.clone(), asleep.clone(), wakes.clone());
    let read: Role = Box::new(move || {
        let asleep = read(&own, wanted.max(1), &counted, &waker);
        *note.get() = asleep;
    });
    let driving = socket.clone();
    let drive: Role = Box::new(move || {
        for &ready in edges {
            driving.arrived.fetch_add(usize::from(ready.readable), Ordering::Relaxed);
            driving.readiness.set(0, ready);
        }
    });
    together(turn, [drive, read]);
    let asleep = *asleep.get();
    if let Some(taken) = asleep {
        assert!(wakes.wakes() > taken, "asleep beside {wanted} bytes");
    }
}

fn one_edge(turn: usize) {
    edges(turn, &[READ]);
}

fn two_edges(turn: usize) {
    edges(turn, &[READ, READ]);
}

/// An edge of the other direction moves the word under the reader's hands.
fn other_edge(turn: usize) {
    edges(turn, &[WRITE, READ]);
}

/// The place changes hands while an event of the socket before is under way.
fn stale_event(turn: usize) {
    let socket = socket();
    let (driving, closing) = (socket.clone(), socket.clone());
    let (wakes, waker) = counting();
    let set: Role = Box::new(move || {
        driving.readiness.set(0, Ready { read_closed: true, ..READ });
    });
    let close: Role = Box::new(move || {
        closing.readiness.close();
        closing.readiness.open();
    });
    together(turn, [set, close]);
    assert_eq!(socket.readiness.generation(), 1);
    match socket.readiness.poll(Direction::Read, &mut Context::from_waker(&waker)) {
        Poll::Ready(seen) => assert!(!seen.is_closed(), "heard of its predecessor's end"),
        Poll::Pending => panic!("a new socket counts as ready"),
    }
    assert_eq!(wakes.wakes(), 0);
}
