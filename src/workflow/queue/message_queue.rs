//! The queue: a store, and those who wait for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::delivery::Delivery;
use super::error::{EnqueueError, ReceiveError, RedriveError, Refused, StoreError};
use super::memory::MemoryStore;
use super::message::{Enqueued, Message, MessageId};
use super::options::QueueOptions;
use super::shared::{Beside, Shared, Totals};
use super::store::{Counts, DeadLetter, Store, Taken};
use crate::budget::consume_budget;
use crate::sync::lock;
use crate::workflow::blocking::block_on;
use crate::workflow::wall::after_ms;

/// A queue of messages, each for one of many receivers: clone it, share it.
///
/// ```
/// use std::time::Duration;
/// use windlass::workflow::queue::{Message, MessageQueue, QueueOptions};
///
/// windlass::Runtime::new()?.block_on(async {
///     let queue = MessageQueue::in_memory(QueueOptions::default());
///     queue.enqueue(Message::new("weigh anchor")).await?;
///
///     let delivery = queue.receive().await?;
///     assert_eq!(delivery.body(), b"weigh anchor");
///     delivery.nack(Duration::ZERO).await?;
///
///     let delivery = queue.receive().await?;
///     assert_eq!(delivery.attempt(), 2);
///     delivery.ack().await?;
///     assert_eq!(queue.depth(), 0);
///     Ok::<_, Box<dyn std::error::Error>>(())
/// })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MessageQueue<S: Store = MemoryStore> {
    shared: Arc<Shared<S>>,
}

/// How a queue stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How many messages there are.
    pub counts: Counts,
    /// Receivers that wait for a message.
    pub waiters: usize,
    /// Senders that wait for room.
    pub waiting_for_room: usize,
    /// What has happened since the queue was made.
    pub totals: Totals,
}

impl MessageQueue<MemoryStore> {
    /// A queue in memory.
    pub fn in_memory(options: QueueOptions) -> Self {
        Self::new(MemoryStore::new(options))
    }
}

impl<S: Store> MessageQueue<S> {
    /// A queue over a store. One store, one queue: others would not hear of its messages.
    pub fn new(store: S) -> Self {
        let beside = Arc::new(Beside::new(store.options().wall.clone()));
        let told = beside.clone();
        store.on_unheard(Arc::new(move || {
            told.items.ring();
            // What was not heard may have freed more than one place.
            told.room.ring_all();
        }));
        Self { shared: Arc::new(Shared { store, beside }) }
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.shared.store
    }

    /// Takes a message in. When this says [`Enqueued::New`], the message is kept as the store keeps
    /// it, and will be delivered.
    ///
    /// **Cancel safety.** Dropped before it is ready, the message may or may not be in the queue.
    ///
    /// # Errors
    /// With the message: [`EnqueueError::Full`] when there is no room (which
    /// [`MessageQueue::enqueue_when_room`] waits for), and the others of [`EnqueueError`].
    pub async fn enqueue(&self, message: Message) -> Result<Enqueued, EnqueueError> {
        let enqueued = self.offer(message).await;
        if let Err(EnqueueError::Full(_)) = enqueued {
            self.shared.beside.count(|totals| totals.rejected += 1);
        }
        enqueued
    }

    async fn offer(&self, message: Message) -> Result<Enqueued, EnqueueError> {
        if self.shared.beside.is_closed() {
            return Err(EnqueueError::Closed(message));
        }
        let max = self.shared.store.options().message_bytes_max;
        if message.bytes() > max {
            return Err(EnqueueError::TooLarge(message, max));
        }
        let message = Arc::new(message);
        let enqueued = self.shared.store.enqueue(message.clone()).await;
        if let Ok(enqueued) = enqueued {
            self.enqueued(enqueued, message.held_back());
        }
        enqueued.map_err(|refused| {
            let message = Arc::unwrap_or_clone(message);
            match refused {
                Refused::Full => EnqueueError::Full(message),
                Refused::TooLarge(max) => EnqueueError::TooLarge(message, max),
                Refused::Store(error) => EnqueueError::Store(message, error),
            }
        })
    }

    /// As [`MessageQueue::enqueue`], waiting while the queue is full.
    ///
    /// # Errors
    /// With the message: [`EnqueueError`], but never `Full`.
    pub async fn enqueue_when_room(&self, mut message: Message) -> Result<Enqueued, EnqueueError> {
        let beside = &self.shared.beside;
        let mut listener = beside.room.listen();
        loop {
            match self.offer(message).await {
                Err(EnqueueError::Full(back)) => message = back,
                other => {
                    // A call for room that is not taken passes to the next in line.
                    if matches!(other, Ok(Enqueued::New(_))) {
                        listener.found();
                    }
                    return other;
                }
            }
            listener.wait(beside.wall()).await;
        }
    }

    /// As [`MessageQueue::enqueue`], blocking the thread for as long as the store takes.
    ///
    /// # Errors
    /// As [`MessageQueue::enqueue`].
    pub fn enqueue_blocking(&self, message: Message) -> Result<Enqueued, EnqueueError> {
        block_on(self.enqueue(message))
    }

    /// Receives the next message, waiting while none is ready.
    ///
    /// **Cancel safety.** Dropped before it is ready, it has received nothing: a message that was
    /// being fetched for it goes to another receiver.
    ///
    /// # Errors
    /// [`ReceiveError::Closed`] when the queue is closed and nothing is ready in it,
    /// [`ReceiveError::Store`].
    ///
    /// # Panics
    /// As `time::sleep`: when it must wait for a time outside a runtime. Threads have
    /// [`MessageQueue::receive_blocking`].
    pub async fn receive(&self) -> Result<Delivery<S>, ReceiveError> {
        let mut received = self.receive_many(1).await?;
        received.pop().ok_or(ReceiveError::Closed)
    }

    /// As [`MessageQueue::receive`], at least one and up to `max` (at least 1): all that are ready,
    /// for the price of one look at the store.
    ///
    /// # Errors
    /// As [`MessageQueue::receive`].
    pub async fn receive_many(&self, max: usize) -> Result<Vec<Delivery<S>>, ReceiveError> {
        let beside = &self.shared.beside;
        consume_budget().await;
        let mut listener = beside.items.listen();
        loop {
            let is_closed = beside.is_closed();
            let found = self.taken(self.shared.store.take(max.max(1)).await?);
            if !found.is_empty() {
                listener.found();
                return Ok(found);
            }
            if is_closed {
                return Err(ReceiveError::Closed);
            }
            listener.wait(beside.wall()).await;
        }
    }

    /// A message if one is ready.
    ///
    /// # Errors
    /// [`ReceiveError`], though an open queue in which nothing is ready gives `None`.
    pub async fn try_receive(&self) -> Result<Option<Delivery<S>>, ReceiveError> {
        let is_closed = self.shared.beside.is_closed();
        let mut found = self.taken(self.shared.store.take(1).await?);
        match found.pop() {
            None if is_closed => Err(ReceiveError::Closed),
            found => Ok(found),
        }
    }

    /// As [`MessageQueue::receive`], blocking the thread.
    ///
    /// # Errors
    /// As [`MessageQueue::receive`].
    pub fn receive_blocking(&self) -> Result<Delivery<S>, ReceiveError> {
        let found = self.receive_until(None)?;
        found.ok_or(ReceiveError::Closed)
    }

    /// As [`MessageQueue::receive_blocking`], at most for `timeout`; `None` when that was over.
    ///
    /// # Errors
    /// As [`MessageQueue::receive`].
    pub fn receive_timeout(&self, timeout: Duration) -> Result<Option<Delivery<S>>, ReceiveError> {
        self.receive_until(Some(timeout))
    }

    fn receive_until(&self, most: Option<Duration>) -> Result<Option<Delivery<S>>, ReceiveError> {
        let beside = &self.shared.beside;
        let begun = Instant::now();
        let mut listener = beside.items.listen();
        let mut in_time = true;
        loop {
            let found = block_on(self.try_receive())?;
            if found.is_some() || !in_time {
                listener.found();
                return Ok(found);
            }
            let left = most.map(|most| most.saturating_sub(begun.elapsed()));
            in_time = listener.wait_blocking(left, beside.wall());
        }
    }

    /// Dead letters in order, from the first whose number is greater than `after`, `max` at most.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn dead_letters(
        &self,
        after: Option<MessageId>,
        max: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        self.shared.store.dead_letters(after, max).await
    }

    /// Makes a dead letter a message again, ready at once, its attempts counted anew.
    ///
    /// # Errors
    /// [`RedriveError`].
    pub async fn redrive(&self, id: MessageId) -> Result<(), RedriveError> {
        self.shared.store.redrive(id).await?;
        self.notify();
        Ok(())
    }

    /// Throws a dead letter away.
    ///
    /// # Errors
    /// [`RedriveError`].
    pub async fn discard(&self, id: MessageId) -> Result<(), RedriveError> {
        self.shared.store.discard(id).await
    }

    /// How it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn stats(&self) -> Result<Stats, StoreError> {
        let counts = self.shared.store.counts().await?;
        let beside = &self.shared.beside;
        Ok(Stats {
            counts,
            waiters: beside.items.waiting(),
            waiting_for_room: beside.room.waiting(),
            totals: self.totals(),
        })
    }

    /// What has happened since the queue was made; asks no store.
    pub fn totals(&self) -> Totals {
        *lock(&self.shared.beside.totals)
    }

    /// How many messages count against `messages_max`, without asking the store: for who wants to
    /// refuse work early.
    pub fn depth(&self) -> usize {
        self.shared.store.depth()
    }

    /// Calls a receiver: for who has put a message into the store by other means.
    pub fn notify(&self) {
        self.shared.beside.items.ring();
    }

    /// Says that a message was put into the store in a transaction that is committed by now.
    pub fn enqueued(&self, enqueued: Enqueued, delay: Duration) {
        let beside = &self.shared.beside;
        match enqueued {
            Enqueued::Duplicate(_) => beside.count(|totals| totals.duplicates += 1),
            Enqueued::New(_) => {
                beside.count(|totals| totals.enqueued += 1);
                if delay.is_zero() {
                    beside.items.ring();
                } else {
                    beside.due(after_ms(beside.wall().now_ms(), delay));
                }
            }
        }
    }

    /// Takes in no more messages. Receivers get what is ready, and then
    /// [`ReceiveError::Closed`]; what is held back, leased or sent this moment stays in the store.
    pub fn close(&self) {
        let beside = &self.shared.beside;
        beside.count(|totals| totals.closed = true);
        beside.items.ring_all();
        beside.room.ring_all();
    }

    /// Makes deliveries of what was taken, and tells the others.
    pub(super) fn taken(&self, taken: Taken) -> Vec<Delivery<S>> {
        let beside = &self.shared.beside;
        let redelivered = taken.leased.iter().filter(|leased| leased.lease.delivery > 1).count();
        let count = taken.leased.len();
        beside.count(|totals| {
            totals.delivered += count as u64;
            totals.redelivered += redelivered as u64;
        });
        if taken.more {
            beside.items.ring();
        }
        if let Some(due_ms) = taken.next_due_ms {
            beside.due(due_ms);
        }
        (0..taken.freed).for_each(|_| beside.room.ring());
        let delivery = |leased| Delivery::new(self.shared.clone(), leased);
        taken.leased.into_iter().map(delivery).collect()
    }
}

impl<S: Store> Clone for MessageQueue<S> {
    fn clone(&self) -> Self {
        Self { shared: self.shared.clone() }
    }
}

shows!([S: Store] MessageQueue<S>: |own| MessageQueue { depth: own.depth() });
