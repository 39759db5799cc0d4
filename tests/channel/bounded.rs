//! What a bounded channel promises, one call after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use windlass::channel::{RecvError, SendError, TryRecvError, TrySendError, bounded, try_bounded};
use windlass::spawn;

use crate::support::{Counted, runtime};

const SOON: Duration = Duration::from_millis(5);

#[test]
fn values_come_in_order_and_full_and_empty_are_said() {
    let (sender, receiver) = bounded(3);
    assert_eq!((sender.capacity(), receiver.capacity()), (3, 3));
    assert!(sender.is_empty() && receiver.is_empty());
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    for value in 0..3 {
        assert_eq!(sender.try_send(value), Ok(()));
    }
    assert!(sender.is_full() && receiver.is_full());
    assert_eq!((sender.len(), receiver.len()), (3, 3));
    assert_eq!(sender.try_send(3), Err(TrySendError::Full(3)));
    for value in 0..3 {
        assert_eq!(receiver.try_recv(), Ok(value));
    }
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn capacities_are_exact_and_bad_ones_refused() {
    for capacity in [1, 2, 3, 7, 8, 100] {
        let (sender, _receiver) = bounded(capacity);
        let sent = (0..).take_while(|_| sender.try_send(()).is_ok()).count();
        assert_eq!(sent, capacity);
    }
    assert!(try_bounded::<u8>(0).is_none());
    assert!(try_bounded::<u8>(usize::MAX).is_none());
    assert!(try_bounded::<u8>(1).is_some());
}

#[test]
#[should_panic(expected = "capacity 0")]
fn no_capacity_panics() {
    drop(bounded::<u8>(0));
}

#[test]
fn closed_by_either_end_what_was_sent_comes() {
    for by_sender in [true, false] {
        let (sender, receiver) = bounded(4);
        assert_eq!(sender.try_send('a'), Ok(()));
        assert_eq!(sender.try_send('b'), Ok(()));
        let closed = || {
            if by_sender { sender.close() } else { receiver.close() }
        };
        assert!(closed());
        assert!(!closed(), "it was open no more");
        assert!(sender.is_closed() && receiver.is_closed());
        assert_eq!(sender.try_send('c'), Err(TrySendError::Closed('c')));
        assert_eq!(sender.send_blocking('c'), Err(SendError('c')));
        let late = sender.send_timeout('c', SOON);
        assert_eq!(late, Err(TrySendError::Closed('c')));
        let mut left = vec!['c', 'd'];
        assert_eq!(sender.send_many_blocking(&mut left), Err(SendError(())));
        assert_eq!(left, ['c', 'd']);
        assert_eq!(receiver.recv_blocking(), Ok('a'));
        assert_eq!(receiver.try_recv(), Ok('b'));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(receiver.recv_blocking(), Err(RecvError));
        assert_eq!(receiver.recv_timeout(SOON), Err(TryRecvError::Closed));
        assert_eq!(receiver.recv_many_blocking(&mut Vec::new(), 3), Err(RecvError));
    }
}

#[test]
fn a_full_channel_that_is_closed_gives_the_value_back() {
    let (sender, receiver) = bounded(1);
    assert_eq!(sender.try_send(1), Ok(()));
    assert!(receiver.close());
    assert_eq!(sender.try_send(2), Err(TrySendError::Closed(2)));
    assert_eq!(sender.send_blocking(2), Err(SendError(2)));
}

#[test]
fn the_last_sender_closes_and_the_last_receiver_too() {
    let (sender, receiver) = bounded(2);
    let other = sender.clone();
    assert!(sender.same_channel(&other));
    drop(sender);
    assert!(!receiver.is_closed());
    assert_eq!(other.try_send(1), Ok(()));
    drop(other);
    assert!(receiver.is_closed());
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));

    let (sender, receiver) = bounded(2);
    let other = receiver.clone();
    assert!(receiver.same_channel(&other));
    assert!(!bounded::<i32>(2).1.same_channel(&other));
    drop(other);
    assert_eq!(sender.try_send(1), Ok(()));
    drop(receiver);
    assert!(sender.is_closed());
    assert_eq!(sender.try_send(2), Err(TrySendError::Closed(2)));
}

#[test]
fn the_last_receiver_drops_what_is_left() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = bounded(4);
    for _ in 0..3 {
        assert!(sender.try_send(Counted(drops.clone())).is_ok());
    }
    drop(receiver.clone());
    assert_eq!(drops.load(Ordering::SeqCst), 0);
    drop(receiver.try_recv());
    assert_eq!(drops.load(Ordering::SeqCst), 1);
    drop(receiver);
    assert_eq!(drops.load(Ordering::SeqCst), 3, "the sender is still there");
    let refused = sender.try_send(Counted(drops.clone()));
    assert_eq!(drops.load(Ordering::SeqCst), 3);
    drop(refused);
    assert_eq!(drops.load(Ordering::SeqCst), 4);
}

#[test]
fn batches_take_what_is_there() {
    let (sender, receiver) = bounded(8);
    assert_eq!(sender.send_many_blocking(&mut (0..6).collect()), Ok(()));
    let mut into = vec![-1];
    assert_eq!(receiver.try_recv_many(&mut into, 0), Ok(0));
    assert_eq!(receiver.try_recv_many(&mut into, 4), Ok(4));
    assert_eq!(receiver.recv_many_blocking(&mut into, 4), Ok(2));
    assert_eq!(into, [-1, 0, 1, 2, 3, 4, 5]);
    let nothing = receiver.try_recv_many(&mut into, 4);
    assert_eq!(nothing, Err(TryRecvError::Empty));
    assert_eq!(sender.send_many_blocking(&mut vec![]), Ok(()));
}

#[test]
fn time_runs_out_and_values_come_back() {
    let (sender, receiver) = bounded(1);
    assert_eq!(receiver.recv_timeout(SOON), Err(TryRecvError::Empty));
    assert_eq!(receiver.recv_timeout(Duration::ZERO), Err(TryRecvError::Empty));
    assert_eq!(sender.send_timeout(1, Duration::ZERO), Ok(()));
    assert_eq!(sender.send_timeout(2, SOON), Err(TrySendError::Full(2)));
    assert_eq!(receiver.recv_timeout(Duration::MAX), Ok(1));
    assert_eq!(sender.send_timeout(3, Duration::MAX), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(3));
}

#[test]
fn tasks_hand_over_through_one_place() {
    let runtime = runtime(2);
    let (sender, receiver) = bounded(1);
    let sum: u64 = runtime.block_on(async move {
        drop(spawn(async move {
            for value in 0..10_000_u64 {
                sender.send(value).await.expect("somebody receives");
            }
        }));
        let mut sum = 0;
        while let Ok(value) = receiver.recv().await {
            sum += value;
        }
        sum
    });
    assert_eq!(sum, 49_995_000);
}

#[test]
fn tasks_hand_over_batches() {
    let runtime = runtime(2);
    let (sender, receiver) = bounded(7);
    let all = runtime.block_on(async move {
        drop(spawn(async move {
            for round in 0..100_u32 {
                let mut values: Vec<u32> = (round * 50..(round + 1) * 50).collect();
                sender.send_many(&mut values).await.expect("somebody receives");
                assert!(values.is_empty());
            }
        }));
        let mut all = Vec::new();
        while receiver.recv_many(&mut all, 5).await.is_ok() {}
        all
    });
    assert!(all.iter().copied().eq(0..5000));
}

#[test]
fn errors_say_what_is_wrong_whatever_the_value_is() {
    struct Opaque;
    assert_eq!(SendError(Opaque).to_string(), "the channel is closed");
    assert_eq!(TrySendError::Full(Opaque).to_string(), "the channel is full");
    assert_eq!(format!("{:?}", TrySendError::Closed(Opaque)), "Closed(..)");
    assert_eq!(RecvError.to_string(), "the channel is closed and empty");
    assert_eq!(TryRecvError::Empty.to_string(), "the channel is empty");
    let refused = TrySendError::from(SendError(5));
    assert!(refused.is_closed() && !refused.is_full());
    assert_eq!(refused.into_value(), 5);
    assert_eq!(SendError(6).into_value(), 6);
}

#[test]
fn ends_may_go_anywhere() {
    fn anywhere<T: Send + Sync + 'static>(_: &T) {}
    // A value that is not `Sync` will do.
    let (sender, receiver) = bounded::<std::cell::Cell<u8>>(1);
    anywhere(&sender);
    anywhere(&receiver);
    let (one, other) = windlass::channel::oneshot::<std::cell::Cell<u8>>();
    anywhere(&one);
    anywhere(&other);
    fn may_be_sent<T: Send>(_: T) {}
    may_be_sent(sender.send(std::cell::Cell::new(1)));
    may_be_sent(receiver.recv());
}
