//! The publishing end of a topic.

use std::task::Waker;

use super::shared::{Desk, Numbered, Shared, Subscription};
use super::subscriber::Subscriber;
use crate::sync::{Arc, Mutex};
use crate::{channel::ends::Ends, ring::Ring, wake_cell::WakeCell};

/// The publishing end: clone it, share it.
///
/// The topic closes when the last is dropped; subscribers receive what is left for them.
pub struct Topic<T> {
    shared: Arc<Shared<T>>,
}

/// A topic whose subscribers may each be `capacity` values behind before they miss any.
///
/// ```
/// use windlass::channel::topic::{self, RecvError};
///
/// let topic = topic::topic(2);
/// let mut slow = topic.subscribe();
/// for number in 1..=5 {
///     assert_eq!(topic.publish(number), 1);
/// }
/// drop(topic);
/// assert_eq!(slow.recv_blocking(), Err(RecvError::Lagged(3)));
/// assert_eq!(slow.recv_blocking(), Ok(4));
/// assert_eq!(slow.recv_blocking(), Ok(5));
/// assert_eq!(slow.recv_blocking(), Err(RecvError::Closed));
/// ```
///
/// # Panics
/// When `capacity` is 0 or more than the address space holds; use [`try_topic`] where it comes
/// from outside.
pub fn topic<T: Clone>(capacity: usize) -> Topic<T> {
    let refused = || panic!("topic capacity {capacity} is not between 1 and what memory holds");
    try_topic(capacity).unwrap_or_else(refused)
}

/// As [`topic`]; `None` when `capacity` is 0 or more than the address space holds.
pub fn try_topic<T: Clone>(capacity: usize) -> Option<Topic<T>> {
    // Later rings of the same capacity can be made just as well.
    drop(Ring::<Numbered<T>>::try_new(capacity)?);
    let desk = Desk { next: 0, closed: false, subscriptions: Vec::new() };
    let shared = Shared { capacity, topics: Ends::new(), desk: Mutex::new(desk) };
    Some(Topic { shared: Arc::new(shared) })
}

impl<T: Clone> Topic<T> {
    /// Gives the value to all subscribers; where a ring is full, its oldest value makes room. The
    /// number of subscribers reached: 0 also when the topic is closed.
    pub fn publish(&self, value: T) -> usize {
        let mut after = Vec::new();
        let (reached, gone) = self.shared.desk(|desk| {
            let all = &mut desk.subscriptions;
            let gone: Vec<_> = all.extract_if(.., |own| own.ring.is_closed()).collect();
            let Some((last, others)) = all.split_last() else { return (0, gone) };
            let number = desk.next;
            desk.next += 1;
            let mut reached = 0;
            for other in others {
                reached += usize::from(other.give(number, value.clone(), &mut after));
            }
            reached += usize::from(last.give(number, value, &mut after));
            (reached, gone)
        });
        drop(gone);
        after.into_iter().filter_map(|(waker, _gone)| waker).for_each(Waker::wake);
        reached
    }

    /// One more subscriber, to all that is published from now on. Of a closed topic: one that
    /// receives nothing.
    ///
    /// Allocates its ring; memory is taken from the system as places are first used.
    pub fn subscribe(&self) -> Subscriber<T> {
        let ring = Ring::new(self.shared.capacity);
        let own = Arc::new(Subscription { ring, wake: WakeCell::new() });
        let expected = self.shared.desk(|desk| {
            if desk.closed {
                own.ring.close();
            } else {
                desk.subscriptions.push(own.clone());
            }
            desk.next
        });
        Subscriber { shared: self.shared.clone(), own, expected, held: None }
    }
}

impl<T> Topic<T> {
    /// Closes the topic: nothing more is published, subscribers receive what is left for them.
    /// Whether it was open.
    pub fn close(&self) -> bool {
        self.shared.close()
    }

    /// Whether the topic is closed.
    pub fn is_closed(&self) -> bool {
        self.shared.desk(|desk| desk.closed)
    }

    /// How many subscribers there are.
    pub fn subscribers(&self) -> usize {
        let is_there = |own: &&Arc<Subscription<T>>| !own.ring.is_closed();
        self.shared.desk(|desk| desk.subscriptions.iter().filter(is_there).count())
    }

    /// How many values a subscriber may be behind.
    pub fn capacity(&self) -> usize {
        self.shared.capacity
    }

    /// Whether both publish to one topic.
    pub fn same_topic(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }
}

impl<T> Clone for Topic<T> {
    fn clone(&self) -> Self {
        self.shared.topics.add();
        Self { shared: self.shared.clone() }
    }
}

impl<T> Drop for Topic<T> {
    fn drop(&mut self) {
        if self.shared.topics.leave() {
            self.shared.close();
        }
    }
}

shows!([T] Topic<T>: |own| Topic { capacity: own.capacity(), subscribers: own.subscribers() });
