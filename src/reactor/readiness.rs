//! What one socket is ready for, as the driver and the socket's owner see it.
//!
//! ```text
//! | 32: generation | 24: tick | 4: WRITE_CLOSED, READ_CLOSED, WRITABLE, READABLE |
//! ```
//!
//! The *generation* grows when the place is given to another socket: an event that was under way
//! for the one before is dropped. The *tick* grows with each event: an owner that found the socket
//! not ready clears the bits only if no event came since it looked, so that no edge is lost.
//!
//! **The race.** (a) The owner reads until the kernel says "would block". (b) New data comes, and
//! with it the only edge: the driver sets the bit. (c) The owner clears the bit. It does not: the
//! tick has moved on.

use std::task::{Context, Poll};

use crate::sync::Ordering::{Acquire, Relaxed, Release};
use crate::{sync::AtomicU64, wake_cell::WakeCell};

/// Which way data flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Read,
    Write,
}

const READABLE: u64 = 1;
const WRITABLE: u64 = 1 << 1;
const READ_CLOSED: u64 = 1 << 2;
const WRITE_CLOSED: u64 = 1 << 3;
const FLAGS: u64 = 0xF;
const TICK: u64 = 1 << 4;
const TICK_MASK: u64 = 0xFF_FFFF << 4;
const GENERATION_SHIFT: u32 = 32;

impl Direction {
    fn flags(self) -> u64 {
        match self {
            Self::Read => READABLE | READ_CLOSED,
            Self::Write => WRITABLE | WRITE_CLOSED,
        }
    }
}

/// The flags that an event brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ready {
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) read_closed: bool,
    pub(crate) write_closed: bool,
}

impl Ready {
    fn flags(self) -> u64 {
        u64::from(self.readable) * READABLE
            + u64::from(self.writable) * WRITABLE
            + u64::from(self.read_closed) * READ_CLOSED
            + u64::from(self.write_closed) * WRITE_CLOSED
    }
}

/// The word as it was when the socket was found ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen(u64);

impl Seen {
    /// Whether the peer has closed this direction: then the bits stay, the socket is ready for
    /// ever.
    pub(crate) fn is_closed(self) -> bool {
        self.0 & (READ_CLOSED | WRITE_CLOSED) != 0
    }
}

/// The word, and one waker for each direction.
#[derive(Debug)]
pub(crate) struct Readiness {
    word: AtomicU64,
    /// By direction.
    wakers: [WakeCell; 2],
}

impl Readiness {
    pub(crate) fn new() -> Self {
        Self { word: AtomicU64::new(0), wakers: [WakeCell::new(), WakeCell::new()] }
    }

    /// The generation of the socket that has the place now.
    pub(crate) fn generation(&self) -> u32 {
        (self.word.load(Relaxed) >> GENERATION_SHIFT) as u32
    }

    /// A new socket gets the place. It counts as ready until the kernel says otherwise.
    pub(crate) fn open(&self) {
        self.word.fetch_or(READABLE | WRITABLE, Relaxed);
    }

    /// The socket leaves the place: events for it that are under way will find another generation.
    pub(crate) fn close(&self) {
        let generation = u64::from(self.generation().wrapping_add(1));
        // A swap, since the models order a plain store and the exchanges of `set` neither way.
        self.word.swap(generation << GENERATION_SHIFT, Relaxed);
        self.wakers.iter().for_each(|cell| drop(cell.take()));
    }

    /// The driver brings an event. Dropped when the place has changed hands.
    pub(crate) fn set(&self, generation: u32, ready: Ready) {
        let mut word = self.word.load(Relaxed);
        let fresh = loop {
            if (word >> GENERATION_SHIFT) as u32 != generation {
                return;
            }
            let tick = word.wrapping_add(TICK) & TICK_MASK;
            let next = (word & !TICK_MASK) | tick | ready.flags();
            // [reactor.event] pairs with [reactor.look]: what came before the event is seen.
            match self.word.compare_exchange_weak(word, next, Release, Relaxed) {
                Ok(_) => break next & !word,
                Err(now) => word = now,
            }
        };
        // Nobody waits for a flag that was set already: a waiter looks again after it has
        // registered.
        for direction in [Direction::Read, Direction::Write] {
            if fresh & direction.flags() != 0 {
                self.wakers[direction as usize].wake();
            }
        }
    }

    /// Wakes whoever waits, without an event.
    pub(crate) fn wake_all(&self) {
        self.wakers.iter().for_each(WakeCell::wake);
    }

    /// Ready in that direction, or the task is woken when it becomes so.
    pub(crate) fn poll(&self, direction: Direction, cx: &mut Context<'_>) -> Poll<Seen> {
        let seen = self.look(direction).or_else(|| {
            self.wakers[direction as usize].register(cx.waker());
            self.look(direction)
        });
        seen.map_or(Poll::Pending, Poll::Ready)
    }

    /// The owner found the socket not ready: clears its direction's bits, unless an event came
    /// since it was `seen`. The bits that say "closed" too: an error event sets them on sockets
    /// that live on.
    pub(crate) fn clear(&self, direction: Direction, seen: Seen) {
        let clear = direction.flags();
        let mut word = self.word.load(Relaxed);
        while word & !FLAGS == seen.0 & !FLAGS && word & clear != 0 {
            match self.word.compare_exchange_weak(word, word & !clear, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(now) => word = now,
            }
        }
    }

    fn look(&self, direction: Direction) -> Option<Seen> {
        // [reactor.look] pairs with [reactor.event]: what came before the event is seen.
        let word = self.word.load(Acquire);
        (word & direction.flags() != 0).then_some(Seen(word))
    }
}
