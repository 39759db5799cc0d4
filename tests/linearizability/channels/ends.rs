//! The channels under test, each as a number of ends that take calls.

use std::sync::Arc;
use std::time::Duration;

use windlass::Runtime;
use windlass::channel::{self, OneReceiver, OneSender, Receiver, Sender, Subscriber, Topic};
use windlass::channel::{RecvError, SendError, TryRecvError, TrySendError, topic};

use crate::channels::waits;
use crate::history::{Answer, Call, Items, Steps};
use crate::subjects::{End, Kind, Subject, written};

use Kind::*;

const ASKED: &[Kind] = &[
    Push, Push, Push, TryPush, TryPush, PushMany, Pop, Pop, Pop, TryPop, TryPop, PopMany, PopMany,
    Close, IsEmpty, IsFull,
];
const CLOSER: &[Kind] = &[Push, Push, Close, Close];
const RECEIVES: &[Kind] = &[Pop, Pop, Pop, Pop, TryPop, PopMany];
const SENDER: &[Kind] = &[IsClosed, IsClosed, IsClosed, Push, Push, Leave];
const RECEIVER: &[Kind] = &[Pop, Pop, Pop, Pop, TryPop, TryPop, Close];
const PUBLISHER: &[Kind] = &[Push, Push, Push, Push, Push, Push, Close];
const SUBSCRIBER_0: &[Kind] = &[Next(0), Next(0), Wait(0)];
const SUBSCRIBER_1: &[Kind] = &[Next(1), Next(1), Wait(1)];
const SUBSCRIBER_BOTH: &[Kind] = &[Next(0), Next(0), Wait(0), Next(1), Next(1), Wait(1)];

/// Who makes the calls that wait.
#[derive(Clone)]
enum By {
    Hand,
    Thread,
    Task(Arc<Runtime>),
}

struct Both {
    sender: Sender<u64>,
    receiver: Receiver<u64>,
    by: By,
}

fn bounded(name: &'static str, by: By) -> Subject {
    Subject {
        name,
        capacities: &[1, 2, 3, 4],
        ends: &[ASKED; 3],
        steps: Steps::Pushes,
        drains: &[(2, Call::Pop)],
        is_queue: true,
        make: Box::new(move |capacity, _| {
            let (sender, receiver) = channel::bounded(capacity);
            let end =
                || Both { sender: sender.clone(), receiver: receiver.clone(), by: by.clone() };
            (0..3).map(|_| Box::new(end()) as _).collect()
        }),
    }
}

pub(super) fn by_hand() -> Subject {
    bounded("bounded channel, polled by hand", By::Hand)
}

pub(super) fn by_thread() -> Subject {
    bounded("bounded channel, threads that sleep", By::Thread)
}

pub(super) fn by_task() -> Subject {
    let runtime = Runtime::builder().workers(2).build().expect("a runtime");
    bounded("bounded channel, tasks", By::Task(Arc::new(runtime)))
}

/// One sends and closes soon after, the others find what was sent before the end.
pub(super) fn closing() -> Subject {
    Subject { ends: &[CLOSER, RECEIVES, RECEIVES], ..bounded("bounded channel, the end", By::Hand) }
}

fn sent(sent: Result<(), TrySendError<u64>>, value: u8) -> Answer {
    let Err(error) = sent else { return Answer::Done };
    let answer = if error.is_full() { Answer::Full } else { Answer::Closed };
    assert_eq!(error.into_value(), u64::from(value), "another value came back");
    answer
}

fn came(received: Result<u64, TryRecvError>) -> Answer {
    match received {
        Ok(value) => Answer::Value(written(value)),
        Err(TryRecvError::Empty) => Answer::Empty,
        Err(TryRecvError::Closed) => Answer::Closed,
    }
}

/// The answer to who waited: given up, it is as if nothing had been asked.
fn waited<T>(done: Option<T>, answer: impl FnOnce(T) -> Answer) -> Answer {
    done.map_or(Answer::Missed, answer)
}

impl Both {
    fn send(&self, value: u8) -> Answer {
        let answer = |done: Result<(), SendError<u64>>| sent(done.map_err(Into::into), value);
        match &self.by {
            By::Hand => waited(waits::by_hand(self.sender.send(value.into())), answer),
            By::Thread => match self.sender.send_timeout(value.into(), patience(value)) {
                Err(TrySendError::Full(_)) => Answer::Missed,
                other => sent(other, value),
            },
            By::Task(runtime) => {
                let sender = self.sender.clone();
                let task = async move { waits::in_task(sender.send(value.into())).await };
                waited(joined(runtime, task), answer)
            }
        }
    }

    fn send_many(&self, items: Items) -> Answer {
        let mut values: Vec<u64> = items.iter().map(u64::from).collect();
        let all = values.clone();
        let done = match &self.by {
            By::Hand | By::Thread => waits::by_hand(self.sender.send_many(&mut values)),
            By::Task(runtime) => {
                let (sender, mut taken) = (self.sender.clone(), std::mem::take(&mut values));
                let task = async move {
                    let done = waits::in_task(sender.send_many(&mut taken)).await;
                    (done, taken)
                };
                let (done, left) = joined(runtime, task);
                values = left;
                done
            }
        };
        let pushed = all.len() - values.len();
        assert!(values == all[pushed..], "a batch's rest");
        match done {
            Some(Ok(())) => assert!(values.is_empty(), "all was sent"),
            Some(Err(_)) if pushed == 0 => return Answer::Closed,
            None if pushed == 0 => return Answer::Missed,
            _ => {}
        }
        Answer::Pushed(pushed)
    }

    fn receive(&self, turn: u8) -> Answer {
        let answer = |done: Result<u64, RecvError>| came(done.map_err(Into::into));
        match &self.by {
            By::Hand => waited(waits::by_hand(self.receiver.recv()), answer),
            By::Thread => match self.receiver.recv_timeout(patience(turn)) {
                Err(TryRecvError::Empty) => Answer::Missed,
                other => came(other),
            },
            By::Task(runtime) => {
                let receiver = self.receiver.clone();
                let task = async move { waits::in_task(receiver.recv()).await };
                waited(joined(runtime, task), answer)
            }
        }
    }

    /// At once, or with patience, in turns.
    fn receive_many(&self, max: usize) -> Answer {
        let mut values = Vec::new();
        let done = if max.is_multiple_of(2) {
            Some(self.receiver.try_recv_many(&mut values, max))
        } else {
            let received = waits::by_hand(self.receiver.recv_many(&mut values, max));
            received.map(|done| done.map_err(Into::into))
        };
        let took: Items = values.iter().map(|value| written(*value)).collect();
        match done {
            None => Answer::Missed,
            Some(Ok(count)) => {
                assert_eq!(count, took.len());
                Answer::Took(took)
            }
            Some(Err(TryRecvError::Empty)) => Answer::Empty,
            Some(Err(TryRecvError::Closed)) => Answer::Closed,
        }
    }
}

/// How long a thread waits: not at all, or long enough to fall asleep.
fn patience(turn: u8) -> Duration {
    if turn.is_multiple_of(4) { Duration::from_micros(100) } else { Duration::ZERO }
}

/// A task of its own, on a worker, and its output.
fn joined<T: Send + 'static>(
    runtime: &Runtime,
    task: impl Future<Output = T> + Send + 'static,
) -> T {
    runtime.block_on(runtime.spawn(task)).expect("the task does not panic")
}

impl End for Both {
    fn call(&mut self, call: Call) -> Answer {
        match call {
            Call::Push(value) => sent(self.sender.try_send(value.into()), value),
            Call::TryPush(value) => self.send(value),
            Call::PushMany(items) => self.send_many(items),
            Call::Pop => came(self.receiver.try_recv()),
            Call::TryPop => self.receive(self.receiver.len() as u8),
            Call::PopMany(max) => self.receive_many(max),
            Call::Close => Answer::Is(self.sender.close()),
            Call::IsClosed => Answer::Is(self.receiver.is_closed()),
            Call::IsEmpty => Answer::Is(self.receiver.is_empty()),
            Call::IsFull => Answer::Is(self.sender.is_full()),
            other => panic!("{other:?} is not asked of a bounded channel"),
        }
    }
}

pub(super) fn oneshots() -> Subject {
    Subject {
        name: "oneshot",
        capacities: &[0],
        ends: &[SENDER, RECEIVER],
        steps: Steps::Whole,
        drains: &[(1, Call::Pop)],
        is_queue: false,
        make: Box::new(|_, _| {
            let (sender, receiver) = channel::oneshot();
            vec![Box::new(Some(sender)), Box::new(receiver)]
        }),
    }
}

/// `None` when it has sent, or left.
impl End for Option<OneSender<u64>> {
    fn call(&mut self, call: Call) -> Answer {
        match call {
            Call::IsClosed => match self {
                Some(sender) => Answer::Is(sender.is_closed()),
                None => Answer::Missed,
            },
            Call::Push(value) => match self.take() {
                Some(sender) => sent(sender.send(value.into()).map_err(Into::into), value),
                None => Answer::Missed,
            },
            Call::Leave => match self.take() {
                Some(sender) => {
                    drop(sender);
                    Answer::Done
                }
                None => Answer::Missed,
            },
            other => panic!("{other:?} is not asked of a sender"),
        }
    }
}

impl End for OneReceiver<u64> {
    fn call(&mut self, call: Call) -> Answer {
        match call {
            Call::Pop => came(self.try_recv()),
            Call::TryPop => {
                let received = waits::by_hand(&mut *self);
                waited(received, |done| came(done.map_err(Into::into)))
            }
            Call::Close => {
                self.close();
                Answer::Done
            }
            // It cannot be asked.
            Call::IsClosed => Answer::Missed,
            other => panic!("{other:?} is not asked of a receiver"),
        }
    }
}

/// The two subscribers of a topic, or one of them.
struct Subscribers([Option<Subscriber<u64>>; 2]);

pub(super) fn one_publisher() -> Subject {
    Subject {
        name: "topic, one publisher",
        capacities: &[1, 2, 3],
        ends: &[PUBLISHER, SUBSCRIBER_0, SUBSCRIBER_1],
        steps: Steps::Subscribers,
        drains: &[(1, Call::Next(0)), (2, Call::Next(1))],
        is_queue: false,
        make: Box::new(|capacity, _| {
            let topic = topic::topic(capacity);
            let (first, second) = (topic.subscribe(), topic.subscribe());
            let first = Subscribers([Some(first), None]);
            let second = Subscribers([None, Some(second)]);
            vec![Box::new(topic), Box::new(first), Box::new(second)]
        }),
    }
}

pub(super) fn two_publishers() -> Subject {
    Subject {
        name: "topic, two publishers",
        ends: &[PUBLISHER, PUBLISHER, SUBSCRIBER_BOTH],
        drains: &[(2, Call::Next(0)), (2, Call::Next(1))],
        make: Box::new(|capacity, _| {
            let topic = topic::topic(capacity);
            let both = Subscribers([Some(topic.subscribe()), Some(topic.subscribe())]);
            vec![Box::new(topic.clone()), Box::new(topic), Box::new(both)]
        }),
        ..one_publisher()
    }
}

impl End for Topic<u64> {
    fn call(&mut self, call: Call) -> Answer {
        match call {
            Call::Push(value) => match self.publish(value.into()) {
                0 => Answer::Closed,
                reached => Answer::Pushed(reached),
            },
            Call::Close => Answer::Is(self.close()),
            Call::IsClosed => Answer::Is(self.is_closed()),
            other => panic!("{other:?} is not asked of a publisher"),
        }
    }
}

impl End for Subscribers {
    fn call(&mut self, call: Call) -> Answer {
        let (Call::Next(of) | Call::Wait(of)) = call else {
            panic!("{call:?} is not asked of a subscriber");
        };
        let own = self.0[of].as_mut().expect("its own subscriber");
        let found = match call {
            Call::Next(_) => own.try_recv(),
            _ => match waits::by_hand(own.recv()) {
                Some(found) => found.map_err(Into::into),
                None => return Answer::Missed,
            },
        };
        match found {
            Ok(value) => Answer::Value(written(value)),
            Err(topic::TryRecvError::Empty) => Answer::Empty,
            Err(topic::TryRecvError::Closed) => Answer::Closed,
            Err(topic::TryRecvError::Lagged(missed)) => {
                Answer::Lagged(u8::try_from(missed).unwrap_or(u8::MAX))
            }
        }
    }
}
