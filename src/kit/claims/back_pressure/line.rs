//! What stands between producer and consumer: windlass's queue, the standard library's channels.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use crate::sync::lock;
use crate::workflow::pressure::{Policy, PressureQueue, PressureSettings};

/// Places in a bounded queue.
pub(super) const PLACES: usize = 64;

/// A piece of work.
pub(super) struct Item {
    pub(super) number: u64,
    /// When it was to be produced.
    pub(super) due: Instant,
    /// When its producer had it ready, and asked for a place.
    pub(super) offered: Instant,
    pub(super) bytes: Box<[u8]>,
}

/// Between producer and consumer.
pub(super) trait Line: Sync {
    /// How many items were turned away for this one: itself, or one that had to go for it.
    fn push(&self, item: Item) -> u64;

    /// The oldest; `None` when it is closed and empty.
    fn pop(&self) -> Option<Item>;

    /// The producer has no more.
    fn close(&self);

    /// The consumer takes no more: a producer that waits for room waits no longer.
    fn abandon(&self);

    /// How many wait now, and the most that ever did.
    fn depth(&self) -> (usize, usize);
}

/// windlass's, under one of its policies.
pub(super) fn queue(policy: Policy) -> Result<PressureQueue<Item>, String> {
    let settings = PressureSettings { capacity: PLACES, policy, ..Default::default() };
    PressureQueue::new(settings).map_err(|error| error.to_string())
}

impl Line for PressureQueue<Item> {
    fn push(&self, item: Item) -> u64 {
        match self.push_blocking(item) {
            Ok(shed) => shed.map_or(0, |_| 1),
            Err(_) => 1,
        }
    }

    fn pop(&self) -> Option<Item> {
        self.pop_blocking()
    }

    fn close(&self) {
        self.close();
    }

    fn abandon(&self) {
        self.close();
    }

    fn depth(&self) -> (usize, usize) {
        let metrics = self.metrics();
        (metrics.depth, metrics.depth_max)
    }
}

enum Sender {
    Unbounded(mpsc::Sender<Item>),
    Waits(mpsc::SyncSender<Item>),
    Refuses(mpsc::SyncSender<Item>),
}

/// One of std's channels. Its depth is counted beside it: at most one too many, while the consumer
/// has an item that it has not counted yet.
pub(super) struct Channel {
    sender: Mutex<Option<Sender>>,
    receiver: Mutex<Option<mpsc::Receiver<Item>>>,
    sent: AtomicUsize,
    received: AtomicUsize,
    most: AtomicUsize,
}

impl Channel {
    fn new(sender: Sender, receiver: mpsc::Receiver<Item>) -> Channel {
        let (sent, received, most) = Default::default();
        let (sender, receiver) = (Mutex::new(Some(sender)), Mutex::new(Some(receiver)));
        Channel { sender, receiver, sent, received, most }
    }

    pub(super) fn unbounded() -> Channel {
        let (sender, receiver) = mpsc::channel();
        Channel::new(Sender::Unbounded(sender), receiver)
    }

    /// With so many places: where there is none its producer waits, or its item is refused.
    pub(super) fn bounded(places: usize, waits: bool) -> Channel {
        let (sender, receiver) = mpsc::sync_channel(places);
        let sender = if waits { Sender::Waits(sender) } else { Sender::Refuses(sender) };
        Channel::new(sender, receiver)
    }
}

impl Line for Channel {
    fn push(&self, item: Item) -> u64 {
        let is_sent = match &*lock(&self.sender) {
            Some(Sender::Unbounded(sender)) => sender.send(item).is_ok(),
            Some(Sender::Waits(sender)) => sender.send(item).is_ok(),
            Some(Sender::Refuses(sender)) => sender.try_send(item).is_ok(),
            None => false,
        };
        if !is_sent {
            return 1;
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.most.fetch_max(self.depth().0, Ordering::Relaxed);
        0
    }

    fn pop(&self) -> Option<Item> {
        let item = lock(&self.receiver).as_ref()?.recv().ok()?;
        self.received.fetch_add(1, Ordering::Relaxed);
        Some(item)
    }

    fn close(&self) {
        lock(&self.sender).take();
    }

    fn abandon(&self) {
        lock(&self.receiver).take();
    }

    fn depth(&self) -> (usize, usize) {
        let (sent, received) =
            (self.sent.load(Ordering::Relaxed), self.received.load(Ordering::Relaxed));
        (sent.saturating_sub(received), self.most.load(Ordering::Relaxed))
    }
}
