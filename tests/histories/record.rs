//! A history of a message queue: what was asked of it, what it answered, and between which moments.

use std::sync::atomic::{AtomicU64, Ordering};

use windlass::workflow::queue::Priority;

/// One count for all threads: each reading is a moment of its own.
#[derive(Default)]
pub(crate) struct Clock(AtomicU64);

impl Clock {
    pub(crate) fn tick(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Between which moments something happened, by the clock and by the wall clock (milliseconds).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) called: u64,
    pub(crate) returned: u64,
    pub(crate) wall: (u64, u64),
}

impl Span {
    pub(crate) fn before(&self, other: &Self) -> bool {
        self.returned < other.called
    }
}

/// What became of a message that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// It was taken in, under this number.
    New(u64),
    /// So it was said, but the power went meanwhile: it may be there or not.
    Perhaps(u64),
    /// One with the same key, of this number, stands for it.
    Duplicate(u64),
    Full,
}

/// What was wanted of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Done,
    /// After so many milliseconds.
    Again(u64),
    Dead,
}

/// Whether a delivery was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    Yes,
    /// The lease was over.
    Lost,
    /// Nobody knows: it was dropped, or the power went meanwhile.
    Perhaps,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) body: u32,
    pub(crate) sender: usize,
    pub(crate) key: Option<u32>,
    pub(crate) priority: Priority,
    pub(crate) delay_ms: u64,
    pub(crate) said: Said,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Got {
    pub(crate) body: u32,
    pub(crate) delivery: u64,
    pub(crate) attempt: u32,
    pub(crate) until_ms: u64,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Settle {
    pub(crate) body: u32,
    pub(crate) delivery: u64,
    pub(crate) how: How,
    pub(crate) settled: Settled,
    pub(crate) span: Span,
}

/// A lease that was made to end at another time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extended {
    pub(crate) body: u32,
    pub(crate) delivery: u64,
    pub(crate) until_ms: u64,
    pub(crate) span: Span,
}

/// What was found among the dead letters in the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Died {
    pub(crate) body: u32,
    pub(crate) attempts: u32,
}

/// What happened to one queue, which was empty before. In the end somebody has received and
/// acknowledged whatever was left, for as long as anything came.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) sent: Vec<Sent>,
    pub(crate) got: Vec<Got>,
    pub(crate) settled: Vec<Settle>,
    pub(crate) extended: Vec<Extended>,
    pub(crate) died: Vec<Died>,
    /// At which moments the process ended, and another one opened the queue.
    pub(crate) crashes: Vec<u64>,
    /// How many messages the queue said to hold in the end.
    pub(crate) left: usize,
}

impl History {
    pub(crate) fn add(&mut self, other: Self) {
        self.sent.extend(other.sent);
        self.got.extend(other.got);
        self.settled.extend(other.settled);
        self.extended.extend(other.extended);
    }

    /// The power went between these two moments: what began later was never kept, and of what was
    /// under way nobody knows.
    pub(crate) fn cut(&mut self, from: u64, to: u64) {
        self.crashes.push(from);
        self.sent.retain(|sent| sent.span.called < to);
        self.got.retain(|got| got.span.returned < from);
        self.settled.retain(|settle| settle.span.called < to);
        self.extended.retain(|extended| extended.span.returned < from);
        for sent in self.sent.iter_mut().filter(|sent| sent.span.returned > from) {
            if let Said::New(id) = sent.said {
                sent.said = Said::Perhaps(id);
            }
        }
        for settle in self.settled.iter_mut().filter(|settle| settle.span.returned > from) {
            settle.settled = Settled::Perhaps;
        }
        // A settlement of a delivery that was not seen by then is of a process that is no more.
        let got = &self.got;
        self.settled.retain(|settle| {
            got.iter().any(|got| (got.body, got.delivery) == (settle.body, settle.delivery))
        });
    }

    /// Whether a crash lies after the one and before the other moment.
    pub(crate) fn crashed(&self, after: u64, before: u64) -> bool {
        self.crashes.iter().any(|crash| (after..before).contains(crash))
    }
}
