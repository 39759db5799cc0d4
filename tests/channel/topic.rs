//! Topics: each subscriber sees each value or the exact number of those it missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use windlass::channel::topic::{self as topics, RecvError, TryRecvError};
use windlass::channel::{topic, try_topic};

use crate::polling::Polled;
use crate::support::{BOUND, Counted, runtime};

#[test]
fn each_subscriber_sees_each_value() {
    let topic = topic(4);
    assert_eq!(topic.publish(0), 0, "nobody listens");
    let mut early = topic.subscribe();
    assert_eq!(topic.publish(1), 1);
    let mut late = topic.subscribe();
    assert_eq!((topic.subscribers(), topic.publish(2)), (2, 2));
    assert_eq!((early.len(), late.len()), (2, 1));
    assert_eq!((early.try_recv(), early.try_recv()), (Ok(1), Ok(2)));
    assert_eq!(early.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(late.try_recv(), Ok(2));
    assert!(early.is_empty() && late.is_empty());
}

#[test]
fn a_gap_is_told_exactly_and_where_it_is() {
    let topic = topic(2);
    let mut slow = topic.subscribe();
    (0..2).for_each(|value| assert_eq!(topic.publish(value), 1));
    assert_eq!(slow.try_recv(), Ok(0));
    (2..7).for_each(|value| assert_eq!(topic.publish(value), 1));
    assert_eq!(slow.try_recv(), Err(TryRecvError::Lagged(4)));
    // What is behind the gap is kept, also when more is displaced meanwhile.
    assert_eq!(slow.len(), 2);
    (7..10).for_each(|value| assert_eq!(topic.publish(value), 1));
    assert_eq!(slow.recv_blocking(), Ok(5));
    assert_eq!(slow.recv_blocking(), Err(RecvError::Lagged(2)));
    assert_eq!(slow.recv_blocking(), Ok(8));
    assert_eq!(slow.recv_timeout(BOUND), Ok(9));
    assert_eq!(slow.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn a_subscriber_waits_and_is_woken() {
    let topic = topic(2);
    let mut subscriber = topic.subscribe();
    let mut waits = Polled::waiting(subscriber.recv());
    assert_eq!(topic.publish(1), 1);
    assert_eq!((waits.wakes(), waits.poll()), (1, Some(Ok(1))));
    drop(waits);
    drop(Polled::waiting(subscriber.recv()));
    assert_eq!(topic.publish(2), 1);
    assert_eq!(Polled::new(subscriber.recv()).poll(), Some(Ok(2)));
    let mut waits = Polled::waiting(subscriber.recv());
    drop(topic);
    assert_eq!((waits.wakes(), waits.poll()), (1, Some(Err(RecvError::Closed))));
}

#[test]
fn closed_by_hand_or_by_the_last_publisher() {
    let first = topic(2);
    let second = first.clone();
    assert!(first.same_topic(&second) && first.capacity() == 2);
    let mut subscriber = first.subscribe();
    drop(first);
    assert_eq!(second.publish(1), 1);
    assert!(!second.is_closed());
    assert!(second.close());
    assert!(!second.close() && second.is_closed());
    assert_eq!(second.publish(2), 0);
    assert_eq!(subscriber.try_recv(), Ok(1));
    assert_eq!(subscriber.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(second.subscribe().try_recv(), Err(TryRecvError::Closed));

    let last = topic(2);
    let mut subscriber = last.subscribe();
    assert_eq!(last.publish(3), 1);
    drop(last);
    assert_eq!(subscriber.recv_blocking(), Ok(3));
    assert_eq!(subscriber.recv_blocking(), Err(RecvError::Closed));
    let soon = Duration::from_millis(5);
    assert_eq!(subscriber.recv_timeout(soon), Err(TryRecvError::Closed));
}

#[test]
fn a_subscriber_that_goes_is_removed_with_its_values() {
    #[derive(Clone)]
    struct Shared(#[allow(dead_code, reason = "counted by its drop")] Arc<Counted>);
    let drops = Arc::new(AtomicUsize::new(0));
    let topic = topic(2);
    let (stays, goes) = (topic.subscribe(), topic.subscribe());
    assert_eq!(topic.publish(Shared(Arc::new(Counted(drops.clone())))), 2);
    drop(stays);
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(goes);
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    assert_eq!(topic.subscribers(), 0);
    assert_eq!(topic.publish(Shared(Arc::new(Counted(drops.clone())))), 0);
    assert_eq!(drops.load(Ordering::SeqCst), 2);
}

/// A waker that owns a subscriber of the topic that wakes it does not meet the topic's lock.
#[test]
fn a_subscriber_dropped_by_its_own_waking_is_removed_by_the_next_publisher() {
    use std::sync::Mutex;
    use std::task::{Context, Wake, Waker};
    use windlass::channel::Subscriber;

    struct Drops(Mutex<Option<Subscriber<u8>>>);

    impl Wake for Drops {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().expect("no panic").take());
        }
    }

    let topic = topic(2);
    let mut subscriber = topic.subscribe();
    let other = topic.subscribe();
    let waker = Waker::from(Arc::new(Drops(Mutex::new(Some(other)))));
    let mut recv = subscriber.recv();
    let polled = std::pin::Pin::new(&mut recv).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    drop(waker);
    assert!(topic.publish(1) >= 1);
    assert_eq!(topic.subscribers(), 1);
    assert_eq!(topic.publish(2), 1);
}

#[test]
fn a_clone_that_panics_leaves_a_gap_and_a_topic_that_works() {
    #[derive(Debug, PartialEq)]
    struct Fragile(u8);
    impl Clone for Fragile {
        fn clone(&self) -> Self {
            assert_ne!(self.0, 13, "cannot be cloned");
            Self(self.0)
        }
    }
    let topic = topic(4);
    let (mut first, mut last) = (topic.subscribe(), topic.subscribe());
    let published =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| topic.publish(Fragile(13))));
    assert!(published.is_err());
    assert_eq!(topic.publish(Fragile(1)), 2);
    for subscriber in [&mut first, &mut last] {
        assert_eq!(subscriber.recv_blocking(), Err(RecvError::Lagged(1)));
        assert_eq!(subscriber.recv_blocking(), Ok(Fragile(1)));
    }
}

#[test]
fn capacities_are_exact_and_bad_ones_refused() {
    for capacity in [1, 2, 3, 5] {
        let topic = topic(capacity);
        let mut subscriber = topic.subscribe();
        (0..10).for_each(|value| assert_eq!(topic.publish(value), 1));
        let missed = 10 - capacity as u64;
        assert_eq!(subscriber.try_recv(), Err(TryRecvError::Lagged(missed)));
        let left = (0..100).take_while(|_| subscriber.try_recv().is_ok()).count();
        assert_eq!(left, capacity);
    }
    assert!(try_topic::<u8>(0).is_none() && try_topic::<u8>(usize::MAX).is_none());
}

/// What a slow subscriber received and what it was told to have missed make up what was published.
#[test]
fn received_and_missed_make_up_all() {
    const ALL: u64 = 20_000;
    let runtime = runtime(2);
    let topic = topic(8);
    let mut slow = topic.subscribe();
    let mut blocked = topic.subscribe();
    let task = runtime.spawn(async move {
        let mut next = 0;
        loop {
            match slow.recv().await {
                Ok(value) => {
                    assert_eq!(value, next);
                    next += 1;
                }
                Err(RecvError::Lagged(missed)) => next += missed,
                Err(RecvError::Closed) => return next,
            }
        }
    });
    let thread = thread::spawn(move || {
        let mut next = 0;
        loop {
            match blocked.recv_blocking() {
                Ok(value) => {
                    assert_eq!(value, next);
                    next += 1;
                }
                Err(RecvError::Lagged(missed)) => next += missed,
                Err(RecvError::Closed) => return next,
            }
        }
    });
    (0..ALL).for_each(|value| assert_eq!(topic.publish(value), 2));
    drop(topic);
    assert_eq!(runtime.block_on(task).expect("no panic"), ALL);
    assert_eq!(thread.join().expect("no panic"), ALL);
}

/// A waker that asks the topic: it hangs where wakers run under the topic's lock.
struct Asking(topics::Topic<u8>, AtomicUsize);

impl std::task::Wake for Asking {
    fn wake(self: Arc<Self>) {
        self.1.fetch_add(self.0.subscribers(), Ordering::Relaxed);
    }
}

#[test]
fn a_waker_may_use_the_topic() {
    let topic = topic(2);
    let mut subscriber = topic.subscribe();
    let asking = Arc::new(Asking(topic.clone(), AtomicUsize::new(0)));
    let waker = std::task::Waker::from(asking.clone());
    let mut context = std::task::Context::from_waker(&waker);
    let mut recv = Box::pin(subscriber.recv());
    assert!(recv.as_mut().poll(&mut context).is_pending());
    assert_eq!(topic.publish(1), 1);
    assert_eq!(asking.1.load(Ordering::Relaxed), 1);
}
