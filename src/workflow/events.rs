//! A topic with names: who listens, how far each is behind, and what each has missed.
//!
//! [`channel::topic`](mod@crate::channel::topic) carries the values, and tells a subscriber what it
//! missed. This adds what the *publisher's* side wants to see of its subscribers, for a page of
//! metrics: their names, and how many events each has received, missed and not yet received. Who
//! does not need that takes the topic itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::settings::InvalidSetting;
use crate::channel::topic::{self, RecvError, Subscriber, Topic, TryRecvError};
use crate::sync::lock;

/// A [`Topic`] whose subscribers have names and are counted. Cheap to clone; clones are one bus.
///
/// An event is any type that is `Clone`: an enum of what may happen, or an `Arc` of it.
///
/// ```
/// use windlass::channel::topic::RecvError;
/// use windlass::workflow::events::EventBus;
///
/// #[derive(Clone, Debug, PartialEq)]
/// enum Event {
///     OrderReceived(u64),
///     OrderCompleted(u64),
/// }
///
/// let bus = EventBus::new(2)?;
/// let mut log = bus.subscribe("log");
/// let _slow = bus.subscribe("slow");
/// for order in 1..=3 {
///     assert_eq!(bus.publish(Event::OrderReceived(order)), 2);
/// }
/// assert_eq!(log.recv_blocking(), Err(RecvError::Lagged(1)));
/// assert_eq!(log.recv_blocking(), Ok(Event::OrderReceived(2)));
///
/// let metrics = bus.metrics();
/// assert_eq!(metrics.published, 3);
/// let seen: Vec<_> = metrics.subscribers.iter().map(|own| (&*own.name, own.behind)).collect();
/// assert_eq!(seen, [("log", 1), ("slow", 3)]);
/// # Ok::<(), windlass::workflow::InvalidSetting>(())
/// ```
#[derive(Debug)]
pub struct EventBus<E> {
    topic: Topic<Numbered<E>>,
    list: Arc<Mutex<List>>,
}

/// An event, and the how-manieth it is. Where several publish at once, the topic may have two in
/// the other order.
#[derive(Clone, Debug)]
struct Numbered<E> {
    number: u64,
    event: E,
}

#[derive(Debug, Default)]
struct List {
    /// How many numbers were given to events, and to subscribers.
    events: u64,
    subscribers: u64,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    name: Arc<str>,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Clone, Copy, Debug)]
struct Counts {
    received: u64,
    missed: u64,
    lags: u64,
    /// Events with lower numbers are behind it.
    reached: u64,
}

/// The figures of an [`EventBus`]. While events are being published and received, they may be a
/// moment old.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventMetrics {
    /// How many events were published, heard or not.
    pub published: u64,
    /// Those who listen, in the order in which they came.
    pub subscribers: Vec<SubscriberMetrics>,
}

/// The figures of one [`Subscription`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriberMetrics {
    /// Its name.
    pub name: Arc<str>,
    /// How many events it has received.
    pub received: u64,
    /// How many it has missed, as it was too far behind.
    pub missed: u64,
    /// How often it was told so.
    pub lags: u64,
    /// How many it has neither received nor been told that it missed them.
    pub behind: u64,
}

/// Receives the events that are published from its beginning on.
#[derive(Debug)]
pub struct Subscription<E> {
    inner: Subscriber<Numbered<E>>,
    number: u64,
    counts: Arc<Mutex<Counts>>,
    list: Arc<Mutex<List>>,
}

impl<E: Clone> EventBus<E> {
    /// A bus whose subscribers may each be `capacity` events behind before they miss any.
    ///
    /// # Errors
    /// When `capacity` is 0, or more than memory holds.
    pub fn new(capacity: usize) -> Result<Self, InvalidSetting> {
        let Some(topic) = topic::try_topic(capacity) else {
            let wanted = "at least 1, and no more than memory holds";
            return Err(InvalidSetting::new("capacity", &capacity, wanted));
        };
        Ok(Self { topic, list: Arc::default() })
    }

    /// Gives the event to all subscribers, and waits for none. The number of those reached.
    pub fn publish(&self, event: E) -> usize {
        let mut list = lock(&self.list);
        let number = list.events;
        list.events += 1;
        drop(list);
        self.topic.publish(Numbered { number, event })
    }

    /// One more subscriber, to all that is published from now on.
    pub fn subscribe(&self, name: &str) -> Subscription<E> {
        let mut list = lock(&self.list);
        let (number, reached) = (list.subscribers, list.events);
        list.subscribers += 1;
        let counts = Counts { received: 0, missed: 0, lags: 0, reached };
        let counts = Arc::new(Mutex::new(counts));
        list.entries.push(Entry { number, name: name.into(), counts: counts.clone() });
        drop(list);
        let inner = self.topic.subscribe();
        Subscription { inner, number, counts, list: self.list.clone() }
    }

    /// Closes the bus: subscribers receive what is left for them. Whether it was open.
    pub fn close(&self) -> bool {
        self.topic.close()
    }

    /// The figures.
    pub fn metrics(&self) -> EventMetrics {
        let list = lock(&self.list);
        let subscribers = list.entries.iter().map(|entry| {
            let Counts { received, missed, lags, reached } = *lock(&entry.counts);
            let behind = list.events.saturating_sub(reached);
            SubscriberMetrics { name: entry.name.clone(), received, missed, lags, behind }
        });
        EventMetrics { published: list.events, subscribers: subscribers.collect() }
    }
}

impl<E> Clone for EventBus<E> {
    fn clone(&self) -> Self {
        Self { topic: self.topic.clone(), list: self.list.clone() }
    }
}

impl<E> Subscription<E> {
    /// Receives the next event, waiting while there is none.
    ///
    /// **Cancel safety.** Dropped before it is ready, the future has received nothing.
    ///
    /// # Errors
    /// [`RecvError::Lagged`] once for each gap, then the next call goes on behind it;
    /// [`RecvError::Closed`] when the bus is closed and everything was received.
    pub async fn recv(&mut self) -> Result<E, RecvError> {
        let received = self.inner.recv().await;
        self.count(received)
    }

    /// As [`Subscription::recv`], blocking the thread.
    ///
    /// # Errors
    /// As [`Subscription::recv`].
    pub fn recv_blocking(&mut self) -> Result<E, RecvError> {
        let received = self.inner.recv_blocking();
        self.count(received)
    }

    /// As [`Subscription::recv_blocking`], at most for `timeout`.
    ///
    /// # Errors
    /// As [`Subscription::recv`], and [`TryRecvError::Empty`] when no event came in time.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<E, TryRecvError> {
        let received = self.inner.recv_timeout(timeout);
        self.count(received)
    }

    /// Receives the next event if there is one.
    ///
    /// # Errors
    /// As [`Subscription::recv`], and [`TryRecvError::Empty`] when there is none.
    pub fn try_recv(&mut self) -> Result<E, TryRecvError> {
        let received = self.inner.try_recv();
        self.count(received)
    }

    fn count<F: Copy>(&self, received: Result<Numbered<E>, F>) -> Result<E, F>
    where
        TryRecvError: From<F>,
    {
        let mut counts = lock(&self.counts);
        match received {
            Ok(Numbered { number, event }) => {
                counts.received += 1;
                counts.reached = counts.reached.max(number + 1);
                Ok(event)
            }
            Err(error) => {
                if let TryRecvError::Lagged(missed) = TryRecvError::from(error) {
                    counts.missed += missed;
                    counts.lags += 1;
                    counts.reached += missed;
                }
                Err(error)
            }
        }
    }
}

impl<E> Drop for Subscription<E> {
    fn drop(&mut self) {
        let mut list = lock(&self.list);
        let gone: Vec<_> = list.entries.extract_if(.., |own| own.number == self.number).collect();
        drop(list);
        drop(gone);
    }
}
