//! The bounded channel: who waits beside what it waits for is called; nothing lost, nothing twice.

use loom::sync::atomic::{AtomicUsize, Ordering};

use super::hands::{Note, counting};
use super::waits::{Left, Waits};
use crate::channel::{self, Receiver, RecvError, SendError, Sender, TryRecvError};
use crate::explore::{Model, Role, together};

pub(crate) const MODELS: &[Model] = &[
    Model::new("channel: receive against a send", &[13000, 2600], recv_send).preemptions(None),
    Model::new("channel: two receive against two sends", &[350, 1400], two_recv)
        .preemptions(Some(3)),
    Model::new("channel: a receive is dropped, another waits", &[140, 170], dropped_recv)
        .preemptions(None),
    Model::new("channel: a receiver passes one that waits", &[5100, 21000], passing_recv)
        .preemptions(None),
    Model::new("channel: send against a receive", &[11000, 2100], send_recv).preemptions(None),
    Model::new("channel: two receive, a sender waits", &[2300, 2300], recv_both).preemptions(None),
    Model::new("channel: a send is dropped, another waits", &[140, 170], dropped_send)
        .preemptions(None),
    Model::new("channel: close against a receiver", &[1400, 1500], close_recv).preemptions(Some(3)),
    Model::new("channel: close against a receiver, empty", &[4200, 1000], close_recv_empty)
        .preemptions(Some(3)),
    Model::new("channel: close against a sender", &[7300, 2500], close_send).preemptions(Some(3)),
    Model::new("channel: the waker changes", &[1100, 240], waker_changes).preemptions(Some(3)),
    Model::new("channel: threads hand over one by one", &[6300, 580], blocking),
    Model::new("channel: batches", &[60, 1400], batches).preemptions(Some(1)),
    Model::new("channel: two senders go", &[620, 620], senders_go).preemptions(Some(3)),
    Model::new("channel: the receiver goes against a send", &[38, 60], receiver_goes)
        .preemptions(None),
    Model::new("channel: what senders did before they went", &[780, 390], seen_at_the_end)
        .preemptions(None),
    Model::new("channel: two come to receive", &[1700, 9300, 1400], two_come).preemptions(Some(1)),
];

fn receives(receiver: &Receiver<usize>) -> (Role, Left<Result<usize, RecvError>>) {
    let receiver = receiver.clone();
    Left::role(async move { receiver.recv().await })
}

fn sends(sender: &Sender<usize>, value: usize) -> (Role, Left<Result<(), SendError<usize>>>) {
    let sender = sender.clone();
    Left::role(async move { sender.send(value).await })
}

/// A receiver that sleeps already.
fn asleep(receiver: &Receiver<usize>) -> Left<Result<usize, RecvError>> {
    let (lie_down, left) = receives(receiver);
    lie_down();
    assert_eq!(left.output(), None);
    left
}

fn recv_send(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (receive, received) = receives(&receiver);
    let sending = sender.clone();
    let send = Box::new(move || assert!(sending.try_send(1).is_ok()));
    together(turn, [send, receive]);
    assert_eq!(received.output(), Some(Ok(1)), "asleep beside an item");
}

/// One of the receivers sleeps already: it is called first.
fn two_recv(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let first = asleep(&receiver);
    let (receive, second) = receives(&receiver);
    let sending = sender.clone();
    let send = Box::new(move || {
        assert!(sending.try_send(1).is_ok());
        assert!(sending.try_send(2).is_ok());
    });
    together(turn, [send, receive]);
    both([first, second]);
}

/// As [`two_recv`], and both come while the values do.
fn two_come(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (receive, first) = receives(&receiver);
    let (receive_too, second) = receives(&receiver);
    let sending = sender.clone();
    let send = Box::new(move || {
        assert!(sending.try_send(1).is_ok());
        assert!(sending.try_send(2).is_ok());
    });
    together(turn, [send, receive, receive_too]);
    both([first, second]);
}

/// Each has one of the values.
fn both(lefts: [Left<Result<usize, RecvError>>; 2]) {
    let mut all = lefts.map(|left| match left.output() {
        Some(Ok(value)) => value,
        _ => panic!("asleep beside an item"),
    });
    all.sort_unstable();
    assert_eq!(all, [1, 2]);
}

/// The first in line goes: what it was called for is the second's.
fn dropped_recv(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (first, second) = (asleep(&receiver), asleep(&receiver));
    let sending = sender.clone();
    let send = Box::new(move || assert!(sending.try_send(1).is_ok()));
    together(turn, [send, Box::new(move || drop(first))]);
    assert_eq!(second.output(), Some(Ok(1)), "asleep beside an item");
}

/// One that comes is quicker than the one that is called, or goes with a call it has not used.
fn passing_recv(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let first = asleep(&receiver);
    let passing = receiver.clone();
    let gone = Note::new(None);
    let note = gone.clone();
    let pass = Box::new(move || {
        let received = Waits::new(async move { passing.recv().await }).poll();
        *note.get() = received.and_then(Result::ok);
    });
    let sending = sender.clone();
    let send = Box::new(move || assert!(sending.try_send(1).is_ok()));
    together(turn, [send, pass]);
    let taken = *gone.get();
    match taken {
        Some(value) => {
            assert_eq!((value, first.output()), (1, None));
            assert!(sender.try_send(2).is_ok());
            assert_eq!(first.output(), Some(Ok(2)), "has lost its place");
        }
        None => assert_eq!(first.output(), Some(Ok(1)), "asleep beside an item"),
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

/// The mark goes while another pops: no item comes back.
fn recv_both(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    assert!(sender.try_send(1).is_ok() && sender.try_send(2).is_ok());
    let (lie_down, sent) = sends(&sender, 3);
    lie_down();
    let receive = || {
        let receiver = receiver.clone();
        Box::new(move || assert!(receiver.try_recv().is_ok()))
    };
    together(turn, [receive(), receive()]);
    assert!(receiver.is_empty(), "an item was taken twice");
    assert_eq!(sent.output(), Some(Ok(())), "asleep beside room");
    assert_eq!(receiver.try_recv(), Ok(3));
}

/// The first in line goes: the room it was called for is the second's.
fn dropped_send(turn: usize) {
    let (sender, receiver) = channel::bounded(1);
    assert!(sender.try_send(1).is_ok());
    let [first, second] = [2, 3].map(|value| {
        let (lie_down, left) = sends(&sender, value);
        lie_down();
        assert_eq!(left.output(), None);
        left
    });
    let receiving = receiver.clone();
    let receive = Box::new(move || assert_eq!(receiving.try_recv(), Ok(1)));
    together(turn, [receive, Box::new(move || drop(first))]);
    assert_eq!(second.output(), Some(Ok(())), "asleep beside room");
    assert_eq!(receiver.try_recv(), Ok(3));
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

fn close_recv_empty(turn: usize) {
    let (sender, receiver) = channel::bounded::<usize>(2);
    let (receive, received) = receives(&receiver);
    let close = Box::new(move || assert!(sender.close()));
    together(turn, [close, receive]);
    assert_eq!(received.output(), Some(Err(RecvError)), "asleep beside an end");
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
    assert!(sender.try_send(0).is_ok());
    let sending = sender.clone();
    let send = Box::new(move || assert_eq!(sending.send_blocking(1), Ok(())));
    let receive = Box::new(move || {
        assert_eq!(receiver.recv_blocking(), Ok(0));
        assert_eq!(receiver.recv_blocking(), Ok(1));
    });
    together(turn, [send, receive]);
}

fn batches(turn: usize) {
    let (sender, receiver) = channel::bounded(1);
    let (sending, receiving) = (sender.clone(), receiver.clone());
    let (send, sent) = Left::role(async move { sending.send_many(&mut vec![1, 2]).await });
    let (receive, received) = Left::role(async move {
        let mut all = Vec::new();
        receiving.recv_many(&mut all, 2).await?;
        receiving.recv_many(&mut all, 2).await.map(|_| all)
    });
    together(turn, [send, receive]);
    let mut outputs = (None, None);
    for _ in 0..3 {
        outputs.0 = outputs.0.or_else(|| sent.output());
        outputs.1 = outputs.1.or_else(|| received.output());
    }
    assert_eq!(outputs, (Some(Ok(())), Some(Ok(vec![1, 2]))));
}

/// Each sends, then goes; the receiver sees both values, then the end.
fn senders_go(turn: usize) {
    let (sender, receiver) = channel::bounded(2);
    let (receive, received) = Left::role(async move {
        let mut sum = 0;
        while let Ok(value) = receiver.recv().await {
            sum += value;
        }
        sum
    });
    receive();
    assert_eq!(received.output(), None);
    let goes = |sender: Sender<usize>, value: usize| -> Role {
        Box::new(move || assert!(sender.clone().try_send(value).is_ok()))
    };
    together(turn, [goes(sender.clone(), 1), goes(sender, 2)]);
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

/// Who finds the channel closed sees what all senders did before they went.
fn seen_at_the_end(turn: usize) {
    let (sender, receiver) = channel::bounded::<usize>(1);
    let done = loom::sync::Arc::new(AtomicUsize::new(0));
    let (other, doing) = (sender.clone(), done.clone());
    let work = Box::new(move || {
        doing.store(1, Ordering::Relaxed);
        drop(other);
    });
    let look = Box::new(move || {
        drop(sender);
        if receiver.try_recv() == Err(TryRecvError::Closed) {
            assert_eq!(done.load(Ordering::Relaxed), 1);
        }
    });
    together(turn, [work, look]);
}
