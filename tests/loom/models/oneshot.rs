//! The oneshot and the topic: one value arrives or comes back; gaps are told where they are.

use super::hands::Note;
use super::waits::{Left, Waits};
use crate::channel::topic;
use crate::channel::{self, OneReceiver, RecvError, TryRecvError};
use crate::explore::{Model, Role, together};

pub(crate) const MODELS: &[Model] = &[
    Model::new("oneshot: send against receive", &[880, 730], send_recv).preemptions(None),
    Model::new("oneshot: sender goes against receive", &[210, 130], sender_goes).preemptions(None),
    Model::new("oneshot: send against the receiver's end", &[2900, 1900], receiver_goes)
        .preemptions(None),
    Model::new("oneshot: closed against the receiver's end", &[1300, 950], closed)
        .preemptions(None),
    Model::new("oneshot: close against send, then receive", &[11, 11], close_send)
        .preemptions(None),
    Model::new("oneshot: a thread sleeps on it", &[32000, 11000], blocking).preemptions(None),
    Model::new("topic: publish against receive", &[7000, 34000], publish_recv),
    Model::new("topic: two publishers, one order", &[63, 63], two_publish).preemptions(None),
    Model::new("topic: publish against the subscriber's end", &[140, 440], subscriber_goes)
        .preemptions(None),
];

type Value = loom::sync::Arc<()>;

/// A value that loom counts.
fn value() -> (Value, Value) {
    let value = Value::new(());
    (value.clone(), value)
}

fn receives(receiver: OneReceiver<Value>) -> (Role, Left<Result<Value, RecvError>>) {
    Left::role(receiver)
}

fn send_recv(turn: usize) {
    let (sender, receiver) = channel::oneshot();
    let (value, kept) = value();
    let send = Box::new(move || assert!(sender.send(value).is_ok()));
    let (receive, received) = receives(receiver);
    together(turn, [send, receive]);
    assert!(matches!(received.output(), Some(Ok(_))), "asleep beside the value");
    assert_eq!(Value::strong_count(&kept), 1);
}

fn sender_goes(turn: usize) {
    let (sender, receiver) = channel::oneshot();
    let (receive, received) = receives(receiver);
    together(turn, [Box::new(move || drop(sender)), receive]);
    let ended = matches!(received.output(), Some(Err(RecvError)));
    assert!(ended, "asleep beside the end");
}

/// The receiver polls once and goes: the value is dropped with it, or comes back.
fn receiver_goes(turn: usize) {
    let (sender, receiver) = channel::oneshot();
    let (value, kept) = value();
    let send = Box::new(move || drop(sender.send(value)));
    let go = Box::new(move || drop(Waits::new(receiver).poll()));
    together(turn, [send, go]);
    assert_eq!(Value::strong_count(&kept), 1, "the value is kept");
}

fn closed(turn: usize) {
    let (mut sender, receiver) = channel::oneshot::<Value>();
    let (wait, waited) = Left::role(async move { sender.closed().await });
    together(turn, [Box::new(move || drop(receiver)), wait]);
    assert_eq!(waited.output(), Some(()), "asleep beside the end");
}

/// Sent and received, or neither.
fn close_send(turn: usize) {
    let (sender, mut receiver) = channel::oneshot();
    let (value, kept) = value();
    let back = Note::new(None);
    let note = back.clone();
    let send = Box::new(move || {
        let sent = sender.send(value);
        *note.get() = Some(sent);
    });
    let received = Note::new(None);
    let note = received.clone();
    let close = Box::new(move || {
        receiver.close();
        let received = receiver.try_recv();
        *note.get() = Some((received, receiver));
    });
    together(turn, [send, close]);
    let (sent, received) = (back.get().take(), received.get().take());
    let got = received.map(|(received, _)| received.map(drop));
    let expected = match sent {
        Some(Ok(())) => Ok(()),
        _ => Err(TryRecvError::Closed),
    };
    assert_eq!(got, Some(expected));
    drop(sent);
    assert_eq!(Value::strong_count(&kept), 1);
}

/// The sleep is a real one: a wake-up that is lost is a deadlock.
fn blocking(turn: usize) {
    let (sender, receiver) = channel::oneshot();
    let (value, kept) = value();
    let send = Box::new(move || assert!(sender.send(value).is_ok()));
    let receive = Box::new(move || assert!(receiver.recv_blocking().is_ok()));
    together(turn, [send, receive]);
    assert_eq!(Value::strong_count(&kept), 1);
}

/// All that is received, gaps as negative numbers, until the end.
async fn all(mut subscriber: topic::Subscriber<i64>) -> Vec<i64> {
    let mut all = Vec::new();
    loop {
        match subscriber.recv().await {
            Ok(value) => all.push(value),
            Err(topic::RecvError::Lagged(missed)) => all.push(-i64::try_from(missed).unwrap()),
            Err(topic::RecvError::Closed) => return all,
        }
    }
}

fn publish_recv(turn: usize) {
    let topic = channel::topic(1);
    let (receive, received) = Left::role(all(topic.subscribe()));
    let publish = Box::new(move || {
        assert_eq!(topic.publish(1), 1);
        assert_eq!(topic.publish(2), 1);
    });
    together(turn, [publish, receive]);
    let received = received.output();
    let Some(all) = &received else {
        panic!("asleep beside the end");
    };
    assert!(*all == [1, 2] || *all == [-1, 2], "{all:?}");
}

fn two_publish(turn: usize) {
    let topic = channel::topic(2);
    let subscribers = [topic.subscribe(), topic.subscribe()];
    let publish = |topic: &topic::Topic<i64>, value: i64| -> Role {
        let topic = topic.clone();
        Box::new(move || assert_eq!(topic.publish(value), 2))
    };
    together(turn, [publish(&topic, 1), publish(&topic, 2)]);
    drop(topic);
    let seen = subscribers.map(|subscriber| Waits::new(all(subscriber)).poll());
    assert!(seen[0] == Some(vec![1, 2]) || seen[0] == Some(vec![2, 1]));
    assert_eq!(seen[0], seen[1], "two orders");
}

fn subscriber_goes(turn: usize) {
    let topic = channel::topic(1);
    let (value, kept) = value();
    let subscriber = topic.subscribe();
    let publishing = topic.clone();
    let publish = Box::new(move || assert!(publishing.publish(value) <= 1));
    together(turn, [publish, Box::new(move || drop(subscriber))]);
    assert_eq!(topic.subscribers(), 0);
    assert_eq!(Value::strong_count(&kept), 1, "a value is kept");
}
