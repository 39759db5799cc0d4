//! Many threads and tasks at once: everything arrives, once, in the order of its sender.

use std::pin::pin;
use std::task::Poll;
use std::thread;

use futures_util::poll;
use windlass::channel::{OneSender, Receiver, RecvError, Sender, TryRecvError};
use windlass::channel::{bounded, oneshot, topic};
use windlass::{spawn, spawn_blocking, yield_now};

use crate::support::{BOUND, runtime};

const EACH: u32 = 5_000;

/// Who sent it, and which of theirs it is.
type Value = (usize, u32);

/// Each sender's values are all there, each once, and each receiver had them in order.
fn check(senders: usize, received: &[Vec<Value>]) {
    let mut counts = vec![0; senders];
    for values in received {
        let mut next = vec![0; senders];
        for &(sender, value) in values {
            assert!(value >= next[sender], "{value} of {sender} overtook");
            next[sender] = value + 1;
            counts[sender] += 1;
        }
    }
    assert!(counts.iter().all(|count| *count == EACH), "{counts:?}");
    let mut all: Vec<Value> = received.concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), senders * EACH as usize, "something came twice");
}

fn send_blocking(sender: &Sender<Value>, own: usize) {
    for value in 0..EACH {
        match value % 3 {
            0 => sender.send_timeout((own, value), BOUND).expect("in time"),
            _ => sender.send_blocking((own, value)).expect("it is open"),
        }
    }
}

async fn send(sender: Sender<Value>, own: usize) {
    let mut value = 0;
    while value < EACH {
        if value % 50 == 7 {
            let end = (value + 40).min(EACH);
            let mut values = (value..end).map(|value| (own, value)).collect();
            sender.send_many(&mut values).await.expect("it is open");
            value = end;
        } else {
            sender.send((own, value)).await.expect("it is open");
            value += 1;
        }
    }
}

fn recv_blocking(receiver: &Receiver<Value>) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let received = receiver.recv_blocking().map(|value| all.push(value));
        let many = received.and_then(|()| receiver.recv_many_blocking(&mut all, 3));
        if many.is_err() {
            return all;
        }
    }
}

async fn recv(receiver: Receiver<Value>) -> Vec<Value> {
    let mut all = Vec::new();
    while let Ok(value) = receiver.recv().await {
        all.push(value);
        if receiver.recv_many(&mut all, 5).await.is_err() {
            break;
        }
    }
    all
}

#[test]
fn threads_at_both_ends() {
    for capacity in [1, 3, 64] {
        let (sender, receiver) = bounded(capacity);
        let received = thread::scope(|scope| {
            let receive = || {
                let receiver = receiver.clone();
                scope.spawn(move || recv_blocking(&receiver))
            };
            let receivers = [receive(), receive(), receive()];
            for own in 0..3 {
                let sender = sender.clone();
                scope.spawn(move || send_blocking(&sender, own));
            }
            drop((sender, receiver));
            receivers.map(|thread| thread.join().expect("no panic"))
        });
        check(3, &received);
    }
}

#[test]
fn tasks_at_both_ends() {
    for (workers, capacity) in [(1, 1), (2, 1), (2, 16), (3, 5)] {
        let runtime = runtime(workers);
        let (sender, receiver) = bounded(capacity);
        let receivers: Vec<_> = (0..3).map(|_| runtime.spawn(recv(receiver.clone()))).collect();
        for own in 0..3 {
            drop(runtime.spawn(send(sender.clone(), own)));
        }
        drop((sender, receiver));
        let mut received = Vec::new();
        for task in receivers {
            received.push(runtime.block_on(task).expect("no panic"));
        }
        check(3, &received);
    }
}

#[test]
fn tasks_and_threads_mixed() {
    let runtime = runtime(2);
    let (sender, receiver) = bounded(2);
    let (from_task, from_thread) = (sender.clone(), sender);
    let (to_task, to_thread) = (receiver.clone(), receiver);
    let received = thread::scope(|scope| {
        let task = runtime.spawn(recv(to_task));
        drop(runtime.spawn(send(from_task, 0)));
        scope.spawn(move || send_blocking(&from_thread, 1));
        let thread = scope.spawn(move || recv_blocking(&to_thread));
        let of_task = runtime.block_on(task).expect("no panic");
        [of_task, thread.join().expect("no panic")]
    });
    check(2, &received);
}

/// Receives that are given up all the time lose nothing, and neither do sends.
#[test]
fn futures_are_dropped_all_the_time() {
    let runtime = runtime(2);
    let (sender, receiver) = bounded(1);
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let receiver = receiver.clone();
            runtime.spawn(async move {
                let mut all = Vec::new();
                loop {
                    match poll!(pin!(receiver.recv())) {
                        Poll::Ready(Ok(value)) => all.push(value),
                        Poll::Ready(Err(RecvError)) => return all,
                        Poll::Pending => yield_now().await,
                    }
                }
            })
        })
        .collect();
    let kept = runtime.spawn(recv(receiver));
    for own in 0..2 {
        let sender = sender.clone();
        drop(runtime.spawn(async move {
            for value in 0..EACH {
                // A send given up is made again: it must not have sent.
                while poll!(pin!(sender.send((own, value)))).is_pending() {
                    yield_now().await;
                }
            }
        }));
    }
    drop(sender);
    let mut received = vec![runtime.block_on(kept).expect("no panic")];
    for task in receivers {
        received.push(runtime.block_on(task).expect("no panic"));
    }
    check(2, &received);
}

/// A service: requests with the way back in them.
#[test]
fn replies_come_by_oneshot() {
    let runtime = runtime(2);
    let (requests, served) = bounded::<(u64, OneSender<u64>)>(4);
    let sum: u64 = runtime.block_on(async move {
        drop(spawn(async move {
            while let Ok((number, reply)) = served.recv().await {
                drop(spawn_blocking(move || reply.send(number * 2)));
            }
        }));
        let mut answers = Vec::new();
        for number in 0..500_u64 {
            let (reply, answer) = oneshot();
            assert!(requests.send((number, reply)).await.is_ok());
            answers.push(answer);
        }
        let mut sum = 0;
        for answer in answers {
            sum += answer.await.expect("it is answered");
        }
        sum
    });
    assert_eq!(sum, 249_500);
}

/// When a service goes, those who wait for replies learn it, also for requests still in the queue.
#[test]
fn a_service_that_goes_answers_nobody_and_all_learn_it() {
    let (requests, served) = bounded(4);
    let (reply, mut answer) = oneshot::<u8>();
    assert!(requests.try_send(reply).is_ok());
    drop(served);
    assert_eq!(answer.try_recv(), Err(TryRecvError::Closed));
}

/// Every subscriber sees the same order, also when publishers race.
#[test]
fn topics_have_one_order() {
    let topic = topic(4 * EACH as usize);
    let subscribers = [topic.subscribe(), topic.subscribe()];
    let seen = thread::scope(|scope| {
        for own in 0..3 {
            let topic = topic.clone();
            scope.spawn(move || {
                for value in 0..EACH {
                    assert_eq!(topic.publish((own, value)), 2);
                }
            });
        }
        drop(topic);
        subscribers
            .map(|mut subscriber| {
                scope.spawn(move || {
                    let mut all = Vec::new();
                    while let Ok(value) = subscriber.recv_blocking() {
                        all.push(value);
                    }
                    all
                })
            })
            .map(|thread| thread.join().expect("no panic"))
    });
    assert_eq!(seen[0], seen[1]);
    check(3, &seen[..1]);
}
