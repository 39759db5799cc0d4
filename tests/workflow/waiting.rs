//! Who waits for messages or room is woken: by senders, by time, by those who go.

use std::sync::Arc;
use std::time::Duration;

use windlass::sim::TestClock;
use windlass::workflow::queue::{
    Delivery, EnqueueError, MemoryStore, Message, MessageQueue, QueueOptions, ReceiveError, Store,
};
use windlass::workflow::wall::ClockWall;
use windlass::{CorePlan, Runtime};

use super::polled::Polled;
use super::support::{bounded, runtime, wait_until};

const SECOND: Duration = Duration::from_secs(1);

/// A runtime on a clock that stands still, and options whose wall clock goes with it.
pub(crate) fn on_clock() -> (Runtime, Arc<TestClock>, QueueOptions) {
    let clock = Arc::new(TestClock::new());
    let builder = Runtime::builder().workers(2).cores(CorePlan::None).clock(clock.clone());
    let wall = Arc::new(ClockWall::new(clock.clone(), 1_000_000));
    let options = QueueOptions { wall, ..QueueOptions::default() };
    (builder.build().expect("a runtime"), clock, options)
}

fn until_waiting<S: Store>(runtime: &Runtime, queue: &MessageQueue<S>, count: usize) {
    wait_until(|| runtime.block_on(queue.stats()).is_ok_and(|stats| stats.waiters == count));
}

fn receivers<S: Store>(
    runtime: &Runtime,
    queue: &MessageQueue<S>,
    count: usize,
) -> Vec<windlass::JoinHandle<String>> {
    let receiver = |_| {
        let queue = queue.clone();
        runtime.spawn(async move {
            let delivery = queue.receive().await.expect("it is open");
            let body = String::from_utf8_lossy(delivery.body()).into_owned();
            delivery.ack().await.expect("the lease holds");
            body
        })
    };
    (0..count).map(receiver).collect()
}

fn all(runtime: &Runtime, tasks: Vec<windlass::JoinHandle<String>>) -> String {
    let mut bodies: Vec<_> =
        tasks.into_iter().map(|task| runtime.block_on(task).expect("it ends")).collect();
    bodies.sort();
    bodies.concat()
}

pub(crate) fn each_wakes_one<S: Store>(queue: &MessageQueue<S>) {
    let runtime = runtime(2);
    let tasks = receivers(&runtime, queue, 3);
    until_waiting(&runtime, queue, 3);
    for body in ["a", "b", "c"] {
        runtime.block_on(queue.enqueue(Message::new(body))).expect("there is room");
    }
    assert_eq!(all(&runtime, tasks), "abc");
}

#[test]
fn each_message_wakes_a_receiver() {
    bounded(|| {
        each_wakes_one(&MessageQueue::in_memory(QueueOptions::default()));
    });
}

/// Many messages due at one moment, after a while in which nothing else happens: each receiver gets
/// one, though only one of them has the timer.
pub(crate) fn due_together<S: Store>(
    (runtime, clock): (&Runtime, &TestClock),
    queue: &MessageQueue<S>,
    waits_first: bool,
) {
    let tasks = receivers(runtime, queue, 4);
    if waits_first {
        until_waiting(runtime, queue, 4);
    }
    for (body, delay) in [("a", 5), ("b", 5), ("c", 5), ("d", 9)] {
        let message = Message::new(body).delay(delay * SECOND);
        runtime.block_on(queue.enqueue(message)).expect("there is room");
    }
    until_waiting(runtime, queue, 4);
    clock.advance(5 * SECOND);
    until_waiting(runtime, queue, 1);
    clock.advance(4 * SECOND);
    assert_eq!(all(runtime, tasks), "abcd");
}

#[test]
fn what_is_due_wakes_as_many_as_there_are_messages() {
    bounded(|| {
        for waits_first in [false, true] {
            let (runtime, clock, options) = on_clock();
            let queue = MessageQueue::new(MemoryStore::new(options));
            due_together((&runtime, &clock), &queue, waits_first);
        }
    });
}

#[test]
fn a_lease_that_runs_out_wakes_a_receiver() {
    bounded(|| {
        let (runtime, clock, options) = on_clock();
        let queue = MessageQueue::new(MemoryStore::new(options));
        runtime.block_on(queue.enqueue(Message::new("a"))).expect("there is room");
        runtime.block_on(queue.receive()).expect("it is there").leave();
        let tasks = receivers(&runtime, &queue, 1);
        until_waiting(&runtime, &queue, 1);
        clock.advance(30 * SECOND);
        assert_eq!(all(&runtime, tasks), "a");
    });
}

/// Whoever has the timer goes: another takes it over.
#[test]
fn the_watch_passes_on() {
    bounded(|| {
        let (runtime, clock, options) = on_clock();
        let queue = MessageQueue::new(MemoryStore::new(options));
        let first = receivers(&runtime, &queue, 1).remove(0);
        until_waiting(&runtime, &queue, 1);
        let tasks = receivers(&runtime, &queue, 1);
        until_waiting(&runtime, &queue, 2);
        let message = Message::new("a").delay(SECOND);
        runtime.block_on(queue.enqueue(message)).expect("there is room");
        first.abort();
        assert!(runtime.block_on(first).is_err());
        clock.advance(SECOND);
        assert_eq!(all(&runtime, tasks), "a");
    });
}

/// A receiver that was called and goes without having come: another is called.
#[test]
fn a_call_passes_on() {
    bounded(|| {
        for round in 0..300 {
            let runtime = runtime(2);
            let queue = MessageQueue::in_memory(QueueOptions::default());
            let first = receivers(&runtime, &queue, 1).remove(0);
            until_waiting(&runtime, &queue, 1);
            let tasks = receivers(&runtime, &queue, 1);
            until_waiting(&runtime, &queue, 2);
            let sending = queue.clone();
            let sender = std::thread::spawn(move || {
                sending.enqueue_blocking(Message::new("a")).expect("there is room");
            });
            first.abort();
            let was_first = runtime.block_on(first).is_ok();
            sender.join().expect("it sent");
            if was_first {
                queue.enqueue_blocking(Message::new("a")).expect("there is room");
            }
            assert_eq!(all(&runtime, tasks), "a", "round {round}");
        }
    });
}

#[test]
fn senders_wait_for_room() {
    bounded(|| {
        let options = QueueOptions { messages_max: 1, ..QueueOptions::default() };
        let queue = MessageQueue::in_memory(options);
        let runtime = runtime(2);
        runtime.block_on(queue.enqueue(Message::new("a"))).expect("there is room");
        let senders: Vec<_> = ["b", "c"]
            .into_iter()
            .map(|body| {
                let queue = queue.clone();
                runtime.spawn(async move { queue.enqueue_when_room(Message::new(body)).await })
            })
            .collect();
        let waiting = || {
            let stats = runtime.block_on(queue.stats());
            stats.expect("it works").waiting_for_room
        };
        wait_until(|| waiting() == 2);
        assert_eq!(queue.totals().rejected, 0);
        for _ in 0..2 {
            let delivery = runtime.block_on(queue.receive()).expect("it is there");
            runtime.block_on(delivery.ack()).expect("the lease holds");
        }
        // Who was called has room, and has taken it.
        wait_until(|| waiting() == 0 && queue.depth() == 1);
        let late = queue.clone();
        let late = runtime.spawn(async move { late.enqueue_when_room(Message::new("d")).await });
        wait_until(|| waiting() == 1);
        queue.close();
        let late = runtime.block_on(late).expect("it ends");
        assert_eq!(late, Err(EnqueueError::Closed(Message::new("d"))));
        for sender in senders {
            runtime.block_on(sender).expect("it ends").expect("there was room");
        }
    });
}

#[test]
fn closing_wakes_all_and_threads_wait_as_tasks_do() {
    bounded(|| {
        let queue = MessageQueue::in_memory(QueueOptions::default());
        let runtime = runtime(1);
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let queue = queue.clone();
                std::thread::spawn(move || {
                    queue.receive_blocking().map(|d| d.ack_blocking().expect("the lease holds"))
                })
            })
            .collect();
        until_waiting(&runtime, &queue, 3);
        assert!(queue.receive_timeout(Duration::from_millis(5)).expect("it is open").is_none());
        // By a thread, in real time.
        let message = Message::new("a").delay(Duration::from_millis(20));
        queue.enqueue_blocking(message).expect("there is room");
        until_waiting(&runtime, &queue, 2);
        queue.close();
        let mut ends: Vec<_> =
            waiting.into_iter().map(|thread| thread.join().expect("it ends")).collect();
        ends.sort_by_key(Result::is_err);
        assert_eq!(ends[1..], [Err(ReceiveError::Closed), Err(ReceiveError::Closed)]);
        assert!(ends[0].is_ok());
    });
}

/// A sender that is called for room and does not use it: its message is there already.
#[test]
fn a_call_for_room_that_is_not_used_passes_on() {
    bounded(|| {
        let runtime = runtime(2);
        let options = QueueOptions { messages_max: 1, ..QueueOptions::default() };
        let queue = MessageQueue::in_memory(options);
        runtime.block_on(queue.enqueue(Message::new("first"))).expect("there is room");
        let mut senders = Vec::new();
        for (at, message) in [Message::new("a").dedup("k"), Message::new("a").dedup("k")]
            .into_iter()
            .chain([Message::new("last")])
            .enumerate()
        {
            let own = queue.clone();
            senders.push(runtime.spawn(async move { own.enqueue_when_room(message).await }));
            until_waiting_senders(&runtime, &queue, at + 1);
        }
        for _ in 0..3 {
            runtime.block_on(async {
                let delivery = queue.receive().await.expect("it is open");
                delivery.ack().await.expect("the lease holds");
            });
        }
        for sender in senders {
            assert!(runtime.block_on(sender).expect("it ends").is_ok());
        }
    });
}

fn until_waiting_senders<S: Store>(runtime: &Runtime, queue: &MessageQueue<S>, count: usize) {
    wait_until(|| {
        runtime.block_on(queue.stats()).is_ok_and(|stats| stats.waiting_for_room == count)
    });
}

/// Who is to take over the watch over the time is called for a message before it comes to that.
#[test]
fn the_watch_over_the_time_is_handed_on_past_those_who_are_called() {
    bounded(|| {
        let (runtime, clock, options) = on_clock();
        let handle = runtime.handle();
        let _inside = handle.enter();
        let queue = MessageQueue::new(MemoryStore::new(options));
        let mut waiting: Vec<_> = (0..3).map(|_| Polled::new(queue.receive())).collect();
        for one in &mut waiting {
            assert!(one.poll().is_pending());
        }
        let send = |message| {
            assert!(queue.enqueue_blocking(message).is_ok(), "there is room");
        };
        send(Message::new("late").delay(5 * SECOND));
        assert!(waiting[0].poll().is_pending(), "it has the watch now");
        send(Message::new("a"));
        let first = waiting[0].ready().expect("it is open");
        send(Message::new("b"));
        let second = waiting[1].ready().expect("it is open");
        assert!(waiting[2].is_woken(), "it is alone now, and must watch");
        assert!(waiting[2].poll().is_pending());
        clock.advance(6 * SECOND);
        wait_until(|| waiting[2].is_woken());
        let third = waiting[2].ready().expect("it is open");
        let bodies = [&first, &second, &third].map(|delivery| delivery.body().to_vec());
        assert_eq!(bodies, [b"a".to_vec(), b"b".to_vec(), b"late".to_vec()]);
        [first, second, third].into_iter().for_each(Delivery::leave);
    });
}
