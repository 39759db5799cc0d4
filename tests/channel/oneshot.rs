//! One value: sent, received, refused, given up, in every order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use windlass::channel::{RecvError, SendError, TryRecvError, oneshot};

use crate::polling::Polled;
use crate::support::{BOUND, Counted, runtime};

#[test]
fn sent_before_and_after_it_is_waited_for() {
    let (sender, receiver) = oneshot();
    assert_eq!(sender.send(1), Ok(()));
    assert_eq!(Polled::new(receiver).poll(), Some(Ok(1)));

    let (sender, receiver) = oneshot();
    let mut waits = Polled::waiting(receiver);
    assert_eq!(sender.send(2), Ok(()));
    assert_eq!((waits.wakes(), waits.poll()), (1, Some(Ok(2))));
    assert_eq!(waits.poll(), Some(Err(RecvError)), "it was received");
}

#[test]
fn a_sender_that_goes_says_so() {
    let (sender, mut receiver) = oneshot::<u8>();
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    let mut waits = Polled::waiting(&mut receiver);
    drop(sender);
    assert_eq!((waits.wakes(), waits.poll()), (1, Some(Err(RecvError))));
    drop(waits);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(receiver.recv_blocking(), Err(RecvError));
}

#[test]
fn a_receiver_that_goes_gives_the_value_back() {
    let (sender, receiver) = oneshot();
    assert!(!sender.is_closed());
    drop(receiver);
    assert!(sender.is_closed());
    assert_eq!(sender.send(1), Err(SendError(1)));

    let (sender, mut receiver) = oneshot();
    receiver.close();
    assert!(sender.is_closed());
    assert_eq!(sender.send(2), Err(SendError(2)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
    receiver.close();
}

#[test]
fn a_value_sent_before_the_close_can_be_received() {
    let (sender, mut receiver) = oneshot();
    assert_eq!(sender.send(1), Ok(()));
    receiver.close();
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn a_sender_waits_for_the_end_of_its_receiver() {
    let (mut sender, receiver) = oneshot::<u8>();
    let mut waits = Polled::waiting(sender.closed());
    assert_eq!(waits.poll(), None);
    drop(receiver);
    assert_eq!((waits.wakes(), waits.poll()), (1, Some(())));
    drop(waits);
    assert_eq!(Polled::new(sender.closed()).poll(), Some(()));

    let (mut sender, receiver) = oneshot();
    drop(Polled::waiting(sender.closed()));
    assert_eq!(sender.send(1), Ok(()));
    assert_eq!(receiver.recv_blocking(), Ok(1));
}

#[test]
fn values_are_dropped_once_whoever_ends() {
    let drops = Arc::new(AtomicUsize::new(0));
    let count = || drops.load(Ordering::SeqCst);

    let (sender, receiver) = oneshot();
    assert!(sender.send(Counted(drops.clone())).is_ok());
    drop(receiver);
    assert_eq!(count(), 1, "sent, never received");

    let (sender, receiver) = oneshot();
    assert!(sender.send(Counted(drops.clone())).is_ok());
    drop(receiver.recv_blocking());
    assert_eq!(count(), 2, "received");

    let (sender, receiver) = oneshot();
    drop(receiver);
    let back = sender.send(Counted(drops.clone()));
    assert_eq!(count(), 2, "given back");
    drop(back);
    assert_eq!(count(), 3);
}

#[test]
fn no_waker_is_kept_behind() {
    let (_sender, receiver) = oneshot::<u8>();
    let waits = Polled::waiting(receiver);
    let waker = waits.watch();
    drop(waits);
    assert_eq!(waker.strong_count(), 0, "the receiver's");

    let (mut other, _receiver) = oneshot::<u8>();
    let waits = Polled::waiting(other.closed());
    let waker = waits.watch();
    drop(waits);
    drop(other);
    assert_eq!(waker.strong_count(), 0, "the sender's");
}

#[test]
fn threads_wait_for_values_and_ends() {
    let (sender, receiver) = oneshot();
    let thread = thread::spawn(move || receiver.recv_blocking());
    assert_eq!(sender.send("value"), Ok(()));
    assert_eq!(thread.join().expect("no panic"), Ok("value"));

    let (sender, receiver) = oneshot::<u8>();
    let thread = thread::spawn(move || receiver.recv_blocking());
    drop(sender);
    assert_eq!(thread.join().expect("no panic"), Err(RecvError));

    let (sender, mut receiver) = oneshot();
    let soon = Duration::from_millis(5);
    assert_eq!(receiver.recv_timeout(soon), Err(TryRecvError::Empty));
    let thread = thread::spawn(move || sender.send(1));
    assert_eq!(receiver.recv_timeout(BOUND), Ok(1));
    assert_eq!(thread.join().expect("no panic"), Ok(()));
    assert_eq!(receiver.recv_timeout(soon), Err(TryRecvError::Closed));
}

#[test]
fn work_that_nobody_waits_for_is_given_up() {
    let runtime = runtime(1);
    let (mut sender, receiver) = oneshot::<u8>();
    let work = runtime.spawn(async move {
        sender.closed().await;
        sender.send(1)
    });
    drop(receiver);
    assert_eq!(runtime.block_on(work).expect("no panic"), Err(SendError(1)));
}
