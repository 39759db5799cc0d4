//! The bounded channel: who waits beside what it waits for is called; nothing lost, nothing twice.

use super::hands::{Note, counting};
use super::waits::{Left, Waits};
use crate::channel::{self, Receiver, RecvError, SendError, Sender};
use crate::explore::{Model, Role, together};

pub(crate) const MODELS: &[Model] = &[
    Model::new("channel: receive against a send", &[1, 1], recv_send),
    Model::new(
        "channel: two receive against two sends",
        &[1, 1, 1],
        two_recv,
    ),
    Model::new(
        "channel: a receive is dropped, another waits",
        &[1, 1, 1],
        dropped_recv,
    ),
    Model::new("channel: send against a receive", &[1, 1], send_recv),
    Model::new("channel: a send is dropped, another waits", &[1, 1, 1], dropped_send),
    Model::new("channel: close against a receiver", &[1, 1], close_recv),
    Model::new("channel: close against a sender", &[1, 1], close_send),
    Model::new("channel: the waker changes", &[1, 1], waker_changes),
    Model::new("channel: threads hand over one by one", &[1, 1], blocking),
    Model::new("channel: batches", &[1, 1], batches),
    Model::new("channel: two senders go", &[1, 1, 1], senders_go),
    Model::new("channel: the receiver goes against a send", &[1, 1], receiver_goes),
];

fn receives(receiver: &Receiver<usize>) -> (Role, Left<Result<usize, RecvError>>) {
    let receiver = receiver.clone();
    Left::role(async move { receiver.recv().await })
}

fn sends(sender: &Sender<usize>, value: usize) -> (Role, Left<Result<(), SendError<usize>>>) {
    let sender = sender.clone();
    Left::role(async move { sender.send(value).await })
}

/// Polls once, then drops. What it received goes into the note.
fn receives_and_goes(receiver: &Receiver<usize>) -> (Role, Note<Option<usize>>) {
    let receiver = receiver.clone();
    let note = Note::new(None);
    let got = note.clone();
    let role = Box::new(move || {
        let received = Waits::new(async move { receiver.recv().await }).poll();
        *note.get() = received.and_then(Result::ok);
    });
    (role, got)
}

fn recv_send(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (receive, received) = receives(&receiver);
    let sending = sender.clone();
    let send = Box::new(move || assert!(sending.try_send(1).is_ok()));
    together(turn, [send, receive]);
    assert_eq!(received.output(), Some(Ok(1)), "asleep beside an item");
}

fn two_recv(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (receive, first) = receives(&receiver);
    let (receive_too, second) = receives(&receiver);
    let sending = sender.clone();
    let send = Box::new(move || {
        assert!(sending.try_send(1).is_ok());
        assert!(sending.try_send(2).is_ok());
    });
    together(turn, [send, receive, receive_too]);
    let mut all = [first.output(), second.output()].map(|one| match one {
        Some(Ok(value)) => value,
        _ => panic!("asleep beside an item"),
    });
    all.sort_unstable();
    assert_eq!(all, [1, 2]);
}

fn dropped_recv(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (go, gone) = receives_and_goes(&receiver);
    let (receive, received) = receives(&receiver);
    let sending = sender.clone();
    let send = Box::new(move || assert!(sending.try_send(1).is_ok()));
    together(turn, [send, go, receive]);
    let taken = *gone.get();
    match taken {
        Some(value) => assert_eq!((value, received.output()), (1, None)),
        None => assert_eq!(received.output(), Some(Ok(1)), "asleep beside an item"),
    }
}

fn send_recv(turn: usize) {
    let (sender, receiver) = channel::bounded(1);
    assert!(sender.try_send(1).is_ok());
    let (send, sent) = sends(&sender, 2);
    let receiving = receiver.clone();
    let receive = Box::new(move || assert_eq!(receiving.try_recv(), Ok(1)));
    together(turn, [receive, send]);
    assert_eq!(sent.output(), Some(Ok(())), "asleep beside room");
    assert_eq!(receiver.try_recv(), Ok(2));
}

fn dropped_send(turn: usize) {
    let (sender, receiver) = channel::bounded(1);
    assert!(sender.try_send(1).is_ok());
    let (send, sent) = sends(&sender, 2);
    let going = sender.clone();
    let gone = Note::new(None);
    let note = gone.clone();
    let go = Box::new(move || {
        let sent = Waits::new(async move { going.send(3).await }).poll();
        *note.get() = sent;
    });
    let receiving = receiver.clone();
    let receive = Box::new(move || assert_eq!(receiving.try_recv(), Ok(1)));
    together(turn, [receive, go, send]);
    if gone.get().is_some() {
        assert_eq!(sent.output(), None);
        assert_eq!(receiver.try_recv(), Ok(3));
    }
    assert_eq!(sent.output(), Some(Ok(())), "asleep beside room");
    assert_eq!(receiver.try_recv(), Ok(2));
}

fn close_recv(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (receive, received) = receives(&receiver);
    let closing = sender.clone();
    let close = Box::new(move || {
        assert!(closing.try_send(1).is_ok());
        assert!(closing.close());
    });
    together(turn, [close, receive]);
    assert_eq!(received.output(), Some(Ok(1)), "asleep beside an item");
    let (receive, received) = receives(&receiver);
    receive();
    assert_eq!(received.output(), Some(Err(RecvError)));
}

fn close_send(turn: usize) {
    let (sender, receiver) = channel::bounded(1);
    assert!(sender.try_send(1).is_ok());
    let (send, sent) = sends(&sender, 2);
    let close = Box::new(move || assert!(receiver.close()));
    together(turn, [close, send]);
    assert_eq!(sent.output(), Some(Err(SendError(2))), "asleep beside an end");
}

/// A task that moves polls with another waker: the last one is woken.
fn waker_changes(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let note = Note::new(None);
    let left = Left(note.clone());
    let mut waits = Waits::new(async move { receiver.recv().await });
    let receive = Box::new(move || {
        let (_, first) = counting();
        let second = std::mem::replace(&mut waits.waker, first);
        let polled = waits.poll();
        waits.waker = second;
        let output = polled.or_else(|| waits.run());
        *note.get() = Some((output, waits));
    });
    let sending = sender.clone();
    let send = Box::new(move || assert!(sending.try_send(1).is_ok()));
    together(turn, [send, receive]);
    assert_eq!(left.output(), Some(Ok(1)), "the waker before was woken");
}

/// The sleeps are real ones: a call that is lost is a deadlock.
fn blocking(turn: usize) {
    let (sender, receiver) = channel::bounded(1);
    let send = Box::new(move || {
        for value in 0..2 {
            assert_eq!(sender.send_blocking(value), Ok(()));
        }
    });
    let receive = Box::new(move || {
        for value in 0..2 {
            assert_eq!(receiver.recv_blocking(), Ok(value));
        }
        assert_eq!(receiver.recv_blocking(), Err(RecvError));
    });
    together(turn, [send, receive]);
}

fn batches(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (send, sent) = Left::role(async move { sender.send_many(&mut vec![1, 2, 3]).await });
    let (receive, received) = Left::role(async move {
        let mut all = Vec::new();
        while receiver.recv_many(&mut all, 2).await.is_ok() {}
        all
    });
    together(turn, [send, receive]);
    let mut outputs = (None, None);
    for _ in 0..3 {
        outputs.0 = outputs.0.or_else(|| sent.output());
        outputs.1 = outputs.1.or_else(|| received.output());
    }
    assert_eq!(outputs, (Some(Ok(())), Some(vec![1, 2, 3])));
}

/// Each sends, then goes; the receiver sees both values, then the end.
fn senders_go(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let other = sender.clone();
    let goes = |sender: Sender<usize>, value: usize| -> Role {
        Box::new(move || assert!(sender.clone().try_send(value).is_ok()))
    };
    let (receive, received) = Left::role(async move {
        let mut sum = 0;
        while let Ok(value) = receiver.recv().await {
            sum += value;
        }
        sum
    });
    together(turn, [goes(sender, 1), goes(other, 2), receive]);
    assert_eq!(received.output(), Some(3), "asleep beside the end");
}

/// Values that loom counts: what is left is dropped with the receiver, or comes back.
fn receiver_goes(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let value = loom::sync::Arc::new(());
    let (sending, sent) = (sender.clone(), value.clone());
    let send = Box::new(move || drop(sending.try_send(sent)));
    together(turn, [send, Box::new(move || drop(receiver))]);
    assert!(sender.is_closed());
    assert_eq!(loom::sync::Arc::strong_count(&value), 1, "a value is kept");
}
