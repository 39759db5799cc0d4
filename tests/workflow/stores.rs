//! Both stores under the same tests: leases, delays, priorities, dead letters, deduplication.

use std::sync::Arc;
use std::time::Duration;

use windlass::workflow::queue::{
    Delivery, EnqueueError, Enqueued, MemoryStore, Message, MessageId, MessageQueue, Priority,
    QueueOptions, ReceiveError, RedriveError, SettleError, SqliteStore, Store,
};
use windlass::workflow::wall::ManualWall;

use super::blocking::wait;
use super::scratch::{Scratch, open};
use super::support::{bounded, wait_until};

const SECOND: Duration = Duration::from_secs(1);

/// Runs a test for each store, on a wall clock that the test holds.
macro_rules! for_each_store {
    ($($(#[$said:meta])* $name:ident: $test:ident($options:expr);)*) => {
        $(
            $(#[$said])*
            #[test]
            fn $name() {
                bounded(|| {
                    let wall = Arc::new(ManualWall::new(1_000_000));
                    let options = QueueOptions { wall: wall.clone(), ..$options };
                    $test(MessageQueue::new(MemoryStore::new(options.clone())), &wall);

                    let wall = Arc::new(ManualWall::new(1_000_000));
                    let options = QueueOptions { wall: wall.clone(), ..$options };
                    let scratch = Scratch::new(stringify!($name));
                    let database = open(&scratch.file("a.db"));
                    let store = SqliteStore::open(&database, "q", options).expect("it opens");
                    $test(MessageQueue::new(store), &wall);
                });
            }
        )*
    };
}

for_each_store! {
    messages_come_in_order_and_are_gone_once_acknowledged: order(QueueOptions::default());
    what_is_urgent_comes_first: priorities(QueueOptions::default());
    what_is_delayed_comes_later: delays(QueueOptions::default());
    a_lease_that_is_over_is_not_acknowledged: leases(QueueOptions::default());
    what_is_tried_too_often_dies_and_can_be_redriven:
        dead_letters(QueueOptions { attempts_max: 2, ..QueueOptions::default() });
    when_the_dead_letters_are_full_messages_are_tried_on:
        many_dead(QueueOptions { attempts_max: 1, dead_max: 1, ..QueueOptions::default() });
    keys_count_while_their_message_is_there_and_a_while_longer:
        keys(QueueOptions { keys_keep: SECOND, keys_max: 3, ..QueueOptions::default() });
    a_key_that_is_over_counts_no_more_however_many_are_over:
        old_keys(QueueOptions { keys_keep: SECOND, ..QueueOptions::default() });
    dead_letters_without_bound_are_dead_letters:
        boundless(QueueOptions { dead_max: usize::MAX, ..QueueOptions::default() });
    a_full_queue_hands_the_message_back:
        bounds(QueueOptions { messages_max: 2, message_bytes_max: 9, ..QueueOptions::default() });
    a_dropped_delivery_is_given_back: dropped(QueueOptions::default());
    a_closed_queue_gives_what_is_ready: closed(QueueOptions::default());
    deliveries_are_given_back_with_a_delay_and_extended: given_back(QueueOptions::default());
    several_are_received_at_once: several(QueueOptions::default());
}

fn send<S: Store>(queue: &MessageQueue<S>, message: Message) -> MessageId {
    queue.enqueue_blocking(message).expect("there is room").id()
}

fn receive<S: Store>(queue: &MessageQueue<S>) -> Option<Delivery<S>> {
    queue.receive_timeout(Duration::ZERO).expect("the store works")
}

fn body<S: Store>(delivery: &Delivery<S>) -> String {
    String::from_utf8_lossy(delivery.body()).into_owned()
}

fn order<S: Store>(queue: MessageQueue<S>, _: &ManualWall) {
    let ids: Vec<_> = (0..5).map(|n| send(&queue, Message::new(n.to_string()))).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(queue.depth(), 5);
    for (number, id) in ids.into_iter().enumerate() {
        let delivery = receive(&queue).expect("it is there");
        assert_eq!((body(&delivery), delivery.id()), (number.to_string(), id));
        assert_eq!((delivery.attempt(), delivery.enqueued_ms()), (1, 1_000_000));
        delivery.ack_blocking().expect("the lease holds");
    }
    assert!(receive(&queue).is_none());
    let totals = queue.totals();
    assert_eq!((totals.enqueued, totals.delivered, totals.acked), (5, 5, 5));
    assert_eq!((queue.depth(), totals.redelivered), (0, 0));
}

fn priorities<S: Store>(queue: MessageQueue<S>, _: &ManualWall) {
    for (at, priority) in Priority::ALL.into_iter().rev().chain(Priority::ALL).enumerate() {
        send(&queue, Message::new(at.to_string()).priority(priority));
    }
    let found: String = (0..8)
        .filter_map(|_| receive(&queue))
        .map(|d| {
            let body = body(&d);
            d.leave();
            body
        })
        .collect();
    assert_eq!(found, "34251607");
}

fn delays<S: Store>(queue: MessageQueue<S>, wall: &ManualWall) {
    send(&queue, Message::new("late").delay(2 * SECOND));
    send(&queue, Message::new("soon").delay(SECOND));
    send(&queue, Message::new("now"));
    let counts = wait(queue.stats()).expect("the store works").counts;
    assert_eq!((counts.ready, counts.delayed, counts.leased), (1, 2, 0));
    let next = || {
        receive(&queue).map(|delivery| {
            let body = body(&delivery);
            delivery.ack_blocking().expect("the lease holds");
            body
        })
    };
    assert_eq!((next().as_deref(), next()), (Some("now"), None));
    wall.advance(SECOND - Duration::from_millis(1));
    assert_eq!(next(), None);
    wall.advance(Duration::from_millis(1));
    assert_eq!((next().as_deref(), next()), (Some("soon"), None));
    wall.advance(SECOND);
    assert_eq!((next().as_deref(), next()), (Some("late"), None));
}

fn leases<S: Store>(queue: MessageQueue<S>, wall: &ManualWall) {
    let id = send(&queue, Message::new("a"));
    let slow = receive(&queue).expect("it is there");
    assert!(receive(&queue).is_none(), "it is leased");
    wall.advance(30 * SECOND);
    let again = receive(&queue).expect("the lease is over");
    assert_eq!((again.id(), again.attempt()), (id, 2));
    assert_eq!(slow.ack_blocking(), Err(SettleError::Lost(id)));
    again.ack_blocking().expect("this lease holds");
    wall.advance(60 * SECOND);
    assert!(receive(&queue).is_none());
    let totals = queue.totals();
    assert_eq!((totals.lost, totals.redelivered, queue.depth()), (1, 1, 0));
}

fn dead_letters<S: Store>(queue: MessageQueue<S>, wall: &ManualWall) {
    let ids = ["given", "slow", "told", "unfit"].map(|name| send(&queue, Message::new(name)));
    let settle = || {
        while let Some(delivery) = receive(&queue) {
            let done = match body(&delivery).as_str() {
                "given" => delivery.nack_blocking(Duration::ZERO),
                "told" => wait(delivery.nack_because(Duration::ZERO, "no wind")),
                "unfit" => delivery.dead_blocking("no such port"),
                _ => {
                    delivery.leave();
                    Ok(())
                }
            };
            done.expect("the lease holds");
        }
    };
    settle();
    wall.advance(30 * SECOND);
    settle();
    wall.advance(30 * SECOND);
    assert!(receive(&queue).is_none());
    let dead = wait(queue.dead_letters(None, 9)).expect("the store works");
    let reasons: Vec<_> = dead.iter().map(|letter| (letter.id, letter.attempts)).collect();
    assert_eq!(reasons, [(ids[0], 2), (ids[1], 2), (ids[2], 2), (ids[3], 1)]);
    let says = ["given back", "lease of the last attempt was over", "no wind", "no such port"];
    for (letter, says) in dead.iter().zip(says) {
        assert!(letter.reason.contains(says), "{letter:?}");
    }
    let page = wait(queue.dead_letters(Some(ids[0]), 2)).expect("the store works");
    assert_eq!(page.iter().map(|letter| letter.id).collect::<Vec<_>>(), [ids[1], ids[2]]);
    assert_eq!(queue.depth(), 0);

    wait(queue.redrive(ids[1])).expect("it is dead");
    assert_eq!(wait(queue.redrive(ids[1])), Err(RedriveError::Unknown(ids[1])));
    let again = receive(&queue).expect("it is back");
    assert_eq!((again.id(), again.attempt()), (ids[1], 1));
    again.ack_blocking().expect("the lease holds");
    wait(queue.discard(ids[0])).expect("it is dead");
    assert_eq!(wait(queue.discard(ids[0])), Err(RedriveError::Unknown(ids[0])));
    let counts = wait(queue.stats()).expect("the store works").counts;
    assert_eq!((counts.dead, counts.depth()), (2, 0));
}

fn many_dead<S: Store>(queue: MessageQueue<S>, wall: &ManualWall) {
    for name in ["a", "b"] {
        send(&queue, Message::new(name));
        receive(&queue).expect("it is there").dead_blocking("unfit").expect("the lease holds");
    }
    let counts = wait(queue.stats()).expect("the store works").counts;
    assert_eq!((counts.dead, counts.delayed), (1, 1), "there is room for one");
    wall.advance(30 * SECOND);
    let again = receive(&queue).expect("it is tried on");
    assert_eq!((body(&again).as_str(), again.attempt()), ("b", 2));
    let first = wait(queue.dead_letters(None, 1)).expect("the store works")[0].id;
    wait(queue.discard(first)).expect("it is dead");
    again.nack_blocking(Duration::ZERO).expect("the lease holds");
    assert_eq!(wait(queue.stats()).expect("the store works").counts.dead, 1);
    assert_eq!(queue.depth(), 0);
}

fn keys<S: Store>(queue: MessageQueue<S>, wall: &ManualWall) {
    let message = || Message::new("a").dedup("key");
    let first = send(&queue, message());
    assert_eq!(queue.enqueue_blocking(message()), Ok(Enqueued::Duplicate(first)));
    let delivery = receive(&queue).expect("it is there");
    assert_eq!(delivery.message().key(), Some("key"));
    assert_eq!(queue.enqueue_blocking(message()), Ok(Enqueued::Duplicate(first)));
    delivery.ack_blocking().expect("the lease holds");
    wall.advance(SECOND - Duration::from_millis(1));
    assert_eq!(queue.enqueue_blocking(message()), Ok(Enqueued::Duplicate(first)));
    wall.advance(Duration::from_millis(1));
    let second = send(&queue, message());
    assert_ne!(first, second);
    receive(&queue).expect("it is there").dead_blocking("unfit").expect("the lease holds");
    wall.advance(100 * SECOND);
    assert_eq!(queue.enqueue_blocking(message()), Ok(Enqueued::Duplicate(second)), "it is dead");
    assert_eq!(queue.totals().duplicates, 4);

    // More than are kept: the oldest goes.
    for name in ["1", "2", "3", "4"] {
        send(&queue, Message::new(name).dedup(name));
        receive(&queue).expect("it is there").ack_blocking().expect("the lease holds");
    }
    let send = |name: &str| queue.enqueue_blocking(Message::new(name).dedup(name));
    assert!(matches!(send("2"), Ok(Enqueued::Duplicate(_))));
    assert!(matches!(send("1"), Ok(Enqueued::New(_))));
}

fn old_keys<S: Store>(queue: MessageQueue<S>, wall: &ManualWall) {
    let keyed = |number: u32| Message::new("a").dedup(number.to_string());
    for number in 0..40 {
        send(&queue, keyed(number));
        receive(&queue).expect("it is there").ack_blocking().expect("the lease holds");
    }
    wall.advance(SECOND);
    for number in (0..40).rev() {
        assert!(matches!(queue.enqueue_blocking(keyed(number)), Ok(Enqueued::New(_))), "{number}");
    }
    assert_eq!(queue.depth(), 40);
}

fn boundless<S: Store>(queue: MessageQueue<S>, _: &ManualWall) {
    send(&queue, Message::new("a"));
    receive(&queue).expect("it is there").dead_blocking("unfit").expect("the lease holds");
    assert_eq!(queue.depth(), 0);
    assert!(receive(&queue).is_none(), "it is dead");
}

fn bounds<S: Store>(queue: MessageQueue<S>, _: &ManualWall) {
    let large = Message::new("0123456789");
    let error = EnqueueError::TooLarge(large.clone(), 9);
    assert_eq!(queue.enqueue_blocking(large), Err(error));
    send(&queue, Message::new("a").delay(SECOND));
    send(&queue, Message::new("b"));
    let leased = receive(&queue).expect("it is there");
    let third = Message::new("c").priority(Priority::Urgent).dedup("c");
    assert_eq!(queue.enqueue_blocking(third.clone()), Err(EnqueueError::Full(third.clone())));
    assert_eq!((queue.depth(), queue.totals().rejected), (2, 1));
    leased.ack_blocking().expect("the lease holds");
    assert!(matches!(queue.enqueue_blocking(third), Ok(Enqueued::New(_))));
}

fn dropped<S: Store>(queue: MessageQueue<S>, _: &ManualWall) {
    send(&queue, Message::new("a"));
    for attempt in 1..=5 {
        // The store may take a moment, as nobody waits for it.
        let delivery = queue.receive_blocking().expect("it is open");
        assert_eq!(delivery.attempt(), attempt);
        assert_eq!(delivery.is_last(), attempt == 5);
        drop(delivery);
    }
    let dead = || wait(queue.dead_letters(None, 9)).expect("the store works");
    wait_until(|| !dead().is_empty());
    let dead = dead();
    assert!(dead[0].reason.contains("without a word"), "{dead:?}");
}

fn closed<S: Store>(queue: MessageQueue<S>, _: &ManualWall) {
    send(&queue, Message::new("a"));
    queue.close();
    let message = Message::new("b");
    let error = EnqueueError::Closed(message.clone());
    assert_eq!(queue.enqueue_blocking(message), Err(error));
    queue.receive_blocking().expect("it is ready").ack_blocking().expect("the lease holds");
    assert_eq!(queue.receive_blocking().map(drop), Err(ReceiveError::Closed));
    assert_eq!(wait(queue.receive()).map(drop), Err(ReceiveError::Closed));
}

fn given_back<S: Store>(queue: MessageQueue<S>, wall: &ManualWall) {
    send(&queue, Message::new("a"));
    receive(&queue).expect("it is there").nack_blocking(SECOND).expect("the lease holds");
    assert!(receive(&queue).is_none());
    wall.advance(SECOND);
    let mut again = receive(&queue).expect("it is time");
    wall.advance(29 * SECOND);
    again.extend_blocking(10 * SECOND).expect("the lease holds");
    wall.advance(9 * SECOND);
    assert!(receive(&queue).is_none(), "it was extended");
    wall.advance(SECOND);
    let third = receive(&queue).expect("it is over");
    assert_eq!(again.extend_blocking(SECOND), Err(SettleError::Lost(third.id())));
    again.leave();
    third.ack_blocking().expect("the lease holds");
}

fn several<S: Store>(queue: MessageQueue<S>, _: &ManualWall) {
    for number in 0..5 {
        send(&queue, Message::new(number.to_string()));
    }
    let three = wait(queue.receive_many(3)).expect("they are there");
    assert_eq!(three.iter().map(body).collect::<String>(), "012");
    let rest = wait(queue.receive_many(9)).expect("they are there");
    assert_eq!(rest.iter().map(body).collect::<String>(), "34");
    for delivery in three.into_iter().chain(rest) {
        delivery.ack_blocking().expect("the lease holds");
    }
    assert!(wait(queue.try_receive()).expect("the store works").is_none());
}
