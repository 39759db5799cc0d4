//! What threads do with a queue, at random, and what they were told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use windlass::workflow::queue::{
    Delivery, EnqueueError, Enqueued, Message, MessageQueue, Priority, QueueOptions, SettleError,
    Store,
};
use windlass::workflow::wall::{ManualWall, WallClock};

use crate::dice::Dice;
use crate::record::{Clock, Died, Extended, Got, History, How, Said, Sent, Settle, Settled, Span};

/// Threads of one round, and what each does in a phase of it.
const THREADS: usize = 3;
const ACTS: usize = 24;

const MS: Duration = Duration::from_millis(1);

/// The wall clock that the queue reads, which gives the core away now and then: so calls are
/// interrupted in their midst, also where all threads share one core.
#[derive(Debug)]
struct Restless(Arc<ManualWall>, AtomicUsize);

impl WallClock for Restless {
    fn now_ms(&self) -> u64 {
        let now_ms = self.0.now_ms();
        if self.1.fetch_add(1, Ordering::Relaxed).is_multiple_of(16) {
            std::thread::yield_now();
        }
        now_ms
    }
}

/// What all who work on one queue have in common.
pub(crate) struct World {
    pub(crate) wall: Arc<ManualWall>,
    pub(crate) clock: Clock,
    bodies: AtomicU32,
}

impl World {
    pub(crate) fn new() -> Self {
        let wall = Arc::new(ManualWall::new(1_000_000));
        Self { wall, clock: Clock::default(), bodies: AtomicU32::new(1) }
    }

    /// Options under which all that may happen does, often.
    pub(crate) fn options(&self) -> QueueOptions {
        QueueOptions {
            messages_max: 8,
            lease: 5 * MS,
            attempts_max: 2,
            keys_keep: 4 * MS,
            wall: Arc::new(Restless(self.wall.clone(), AtomicUsize::new(0))),
            ..QueueOptions::default()
        }
    }

    fn timed<T>(&self, act: impl FnOnce() -> T) -> (T, Span) {
        let (from, called) = (self.wall.now_ms(), self.clock.tick());
        let done = act();
        let (returned, to) = (self.clock.tick(), self.wall.now_ms());
        (done, Span { called, returned, wall: (from, to) })
    }
}

/// One who works on a queue.
struct Hand<'a, S: Store> {
    world: &'a World,
    queue: &'a MessageQueue<S>,
    number: usize,
    dice: Dice,
    held: Vec<(Delivery<S>, u32)>,
    history: History,
}

/// Threads that send, receive, settle and let time pass, together; then they go, and leave what
/// they hold without a word.
pub(crate) fn work<S: Store>(world: &World, queue: &MessageQueue<S>, seed: u64) -> History {
    let mut history = History::default();
    let ready = &AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let hand = |number: usize| {
            let dice = Dice::new(seed * 97 + number as u64);
            let (held, history) = (Vec::new(), History::default());
            Hand { world, queue, number, dice, held, history }
        };
        let threads: Vec<_> =
            (0..THREADS).map(|number| scope.spawn(move || hand(number).acts(ready))).collect();
        for thread in threads {
            history.add(thread.join().expect("no thread panics"));
        }
    });
    history
}

impl<S: Store> Hand<'_, S> {
    fn acts(mut self, ready: &AtomicUsize) -> History {
        // All begin together: who comes late meets nobody.
        ready.fetch_add(1, Ordering::AcqRel);
        while ready.load(Ordering::Acquire) < THREADS {
            std::thread::yield_now();
        }
        for _ in 0..ACTS {
            match self.dice.below(24) {
                0..6 => self.send(),
                6..13 => {
                    self.receive();
                }
                13..19 => self.settle(),
                19 => self.extend(),
                _ => self.world.wall.advance(self.dice.below(4) as u32 * MS),
            }
        }
        self.held.into_iter().for_each(|(delivery, _)| delivery.leave());
        self.history
    }

    fn send(&mut self) {
        let body = self.world.bodies.fetch_add(1, Ordering::Relaxed);
        let priority = Priority::of_level(self.dice.below(4).min(2) as usize);
        let delay_ms = if self.dice.below(3) == 0 { 1 + self.dice.below(8) } else { 0 };
        let key = (self.dice.below(3) == 0).then(|| self.dice.below(3) as u32);
        let message = Message::new(body.to_string()).priority(priority);
        let message = message.delay(Duration::from_millis(delay_ms));
        let message = match key {
            Some(key) => message.dedup(key.to_string()),
            None => message,
        };
        let (done, span) = self.world.timed(|| self.queue.enqueue_blocking(message));
        let said = match done {
            Ok(Enqueued::New(id)) => Said::New(id.0),
            Ok(Enqueued::Duplicate(id)) => Said::Duplicate(id.0),
            Err(EnqueueError::Full(_)) => Said::Full,
            Err(error) => panic!("{error}"),
        };
        let sender = self.number;
        self.history.sent.push(Sent { body, sender, key, priority, delay_ms, said, span });
    }

    /// Whether something came.
    fn receive(&mut self) -> bool {
        let (found, span) = self.world.timed(|| self.queue.receive_timeout(Duration::ZERO));
        let Some(delivery) = found.expect("the store works") else { return false };
        let body = number(delivery.body());
        let (attempt, until_ms) = (delivery.attempt(), delivery.until_ms());
        let delivery_number = delivery.lease().delivery;
        self.history.got.push(Got { body, delivery: delivery_number, attempt, until_ms, span });
        self.held.push((delivery, body));
        true
    }

    fn settle(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let (delivery, body) = self.held.remove(self.dice.below(self.held.len() as u64) as usize);
        let delay_ms = if self.dice.below(2) == 0 { 0 } else { self.dice.below(4) };
        match self.dice.below(12) {
            0..4 => self.settle_so(delivery, body, How::Done),
            4..8 => self.settle_so(delivery, body, How::Again(delay_ms)),
            8 => self.settle_so(delivery, body, How::Dead),
            9 => self.forget(delivery, body),
            _ => delivery.leave(),
        }
    }

    fn settle_so(&mut self, delivery: Delivery<S>, body: u32, how: How) {
        let number = delivery.lease().delivery;
        let (done, span) = self.world.timed(|| match how {
            How::Done => delivery.ack_blocking(),
            How::Again(delay_ms) => delivery.nack_blocking(Duration::from_millis(delay_ms)),
            How::Dead => delivery.dead_blocking("unfit"),
        });
        let settled = match done {
            Ok(()) => Settled::Yes,
            Err(SettleError::Lost(_)) => Settled::Lost,
            Err(SettleError::Store(error)) => panic!("{error}"),
        };
        self.history.settled.push(Settle { body, delivery: number, how, settled, span });
    }

    /// Drops a delivery: it is given back, some time.
    fn forget(&mut self, delivery: Delivery<S>, body: u32) {
        let number = delivery.lease().delivery;
        let ((), mut span) = self.world.timed(|| drop(delivery));
        (span.returned, span.wall.1) = (u64::MAX, u64::MAX);
        let (how, settled) = (How::Again(0), Settled::Perhaps);
        self.history.settled.push(Settle { body, delivery: number, how, settled, span });
    }

    fn extend(&mut self) {
        let by = (1 + self.dice.below(8)) as u32 * MS;
        let Some((delivery, body)) = self.held.last_mut() else { return };
        let (number, body) = (delivery.lease().delivery, *body);
        let (done, span) = self.world.timed(|| delivery.extend_blocking(by));
        if done.is_ok() {
            let until_ms = delivery.until_ms();
            self.history.extended.push(Extended { body, delivery: number, until_ms, span });
        }
    }
}

/// Receives and acknowledges for as long as anything comes, and looks what is left.
pub(crate) fn drain<S: Store>(world: &World, queue: &MessageQueue<S>, history: &mut History) {
    /// More than any queue has to give here: one that hands the same out for ever is broken.
    const MOST: usize = 2_000;
    let (dice, held, own) = (Dice::new(0), Vec::new(), History::default());
    let mut hand = Hand { world, queue, number: THREADS, dice, held, history: own };
    let mut in_vain = 0;
    while in_vain < 4 && hand.history.got.len() < MOST {
        world.wall.advance(5 * MS);
        in_vain += 1;
        while hand.history.got.len() < MOST && hand.receive() {
            in_vain = 0;
            if let Some((delivery, body)) = hand.held.pop() {
                hand.settle_so(delivery, body, How::Done);
            }
        }
    }
    history.add(hand.history);
    let dead = crate::wait(queue.dead_letters(None, 10_000)).expect("the store works");
    history.died = dead
        .iter()
        .map(|letter| Died { body: number(letter.message.body()), attempts: letter.attempts })
        .collect();
    history.left = queue.depth();
}

fn number(body: &[u8]) -> u32 {
    let text = std::str::from_utf8(body).ok();
    text.and_then(|text| text.parse().ok()).expect("a body that was sent")
}
