//! Who waits for messages in SQLite is woken as those are who wait for messages in memory, and what
//! was taken for a receiver that is gone comes back.

use std::collections::BTreeSet;
use std::time::Duration;

use windlass::time::timeout;
use windlass::workflow::queue::{Message, MessageQueue, QueueOptions, Settle, SqliteStore};

use super::scratch::{Scratch, open};
use super::support::{bounded, runtime, wait_until};
use super::waiting::{due_together, each_wakes_one, on_clock};

#[test]
fn each_message_in_sqlite_wakes_a_receiver() {
    bounded(|| {
        let scratch = Scratch::new("wakes");
        let database = open(&scratch.file("a.db"));
        let store = SqliteStore::open(&database, "q", QueueOptions::default()).expect("it opens");
        each_wakes_one(&MessageQueue::new(store));
    });
}

#[test]
fn what_is_due_in_sqlite_wakes_as_many_as_there_are_messages() {
    bounded(|| {
        let (runtime, clock, options) = on_clock();
        let scratch = Scratch::new("due");
        let database = open(&scratch.file("a.db"));
        let store = SqliteStore::open(&database, "q", options).expect("it opens");
        due_together((&runtime, &clock), &MessageQueue::new(store), true);
    });
}

/// Futures of the SQLite store that are dropped at any moment: what was acknowledged can be had,
/// and nothing is left leased to somebody who never got it.
#[test]
fn dropped_futures_lose_nothing() {
    bounded(|| {
        let scratch = Scratch::new("cancelled");
        let database = open(&scratch.file("a.db"));
        let store = SqliteStore::open(&database, "q", QueueOptions::default()).expect("it opens");
        let queue = MessageQueue::new(store);
        let runtime = runtime(2);
        let (mut sent, mut held, mut unheard) = (BTreeSet::new(), BTreeSet::new(), 0);
        for round in 0..200_u64 {
            let most = Duration::from_micros(round * 7 % 600);
            let message = Message::new(round.to_string());
            match runtime.block_on(timeout(most, queue.enqueue(message))) {
                Ok(enqueued) => drop(enqueued.map(|_| sent.insert(round.to_string()))),
                Err(_) => unheard += 1,
            }
            if let Ok(received) = runtime.block_on(timeout(most, queue.receive())) {
                let delivery = received.expect("it is open");
                held.insert(String::from_utf8_lossy(delivery.body()).into_owned());
                // Its lease outlasts the test: it is not delivered again.
                delivery.leave();
            } else {
                unheard += 1;
            }
        }
        assert!(!sent.is_empty() && !held.is_empty() && unheard > 0, "each has happened");
        // What was taken for a future that is gone comes back, each on its own: until only what was
        // received is leased.
        let counts = || runtime.block_on(queue.stats()).expect("it works").counts;
        wait_until(|| counts().leased == held.len());
        let ready = counts().ready;
        let received = (0..ready).map(|_| {
            let delivery = runtime.block_on(queue.receive()).expect("it is open");
            let body = String::from_utf8_lossy(delivery.body()).into_owned();
            runtime.block_on(delivery.ack()).expect("the lease holds");
            body
        });
        let received: BTreeSet<String> = received.collect();
        assert_eq!(received.len(), ready, "none twice");
        assert!(received.is_disjoint(&held), "none of those that are leased");
        // A dropped `enqueue` may have come through; one that was answered has.
        assert!(sent.iter().all(|it| held.contains(it) || received.contains(it)));
        assert_eq!(counts().leased + counts().ready, held.len());
    });
}

/// What a transaction did that was not kept is not counted, whether it was taken back for itself or
/// with its group.
#[test]
fn the_depth_is_that_of_what_was_kept() {
    bounded(|| {
        let scratch = Scratch::new("depth");
        let database = open(&scratch.file("a.db"));
        let options = QueueOptions { messages_max: 2, ..QueueOptions::default() };
        let store = SqliteStore::open(&database, "q", options).expect("it opens");
        let queue = MessageQueue::new(store.clone());
        for statement in ["SELECT no_such_function()", "ROLLBACK"] {
            let store = store.clone();
            let undone = database.write_blocking(move |tx| -> Result<(), rusqlite::Error> {
                store.enqueue_in(tx, &Message::new("a")).expect("there is room");
                store.enqueue_in(tx, &Message::new("b")).expect("there is room");
                tx.execute_batch(statement)
            });
            assert!(undone.is_err(), "{statement}");
            assert_eq!(queue.depth(), 0, "{statement}");
        }
        assert!(queue.enqueue_blocking(Message::new("c")).is_ok());
        assert_eq!(queue.depth(), 1);
    });
}

/// A message is ended and the next one taken by one commit; what is taken in a transaction that is
/// not kept, or by somebody who is gone, is another's.
#[test]
fn the_next_message_is_taken_by_the_commit_that_ends_the_one_before() {
    bounded(|| {
        let scratch = Scratch::new("take-in");
        let database = open(&scratch.file("a.db"));
        let store = SqliteStore::open(&database, "q", QueueOptions::default()).expect("it opens");
        let queue = MessageQueue::new(store.clone());
        for body in ["a", "b"] {
            queue.enqueue_blocking(Message::new(body)).expect("there is room");
        }
        let first = queue.receive_blocking().expect("it is open");
        let (own, lease) = (store.clone(), first.lease());
        let done = database.write_blocking(move |tx| {
            let settled = own.settle_in(tx, lease, &Settle::Done)?;
            let taken = own.take_in(tx, 1).map_err(|error| error.to_string());
            Ok::<_, windlass::workflow::queue::SettleError>((settled, taken))
        });
        let (settled, taken) = done.expect("it is kept");
        first.settled(settled);
        let second = queue.received(taken.expect("it works")).pop().expect("the second");
        assert_eq!((second.body(), second.attempt(), queue.depth()), (&b"b"[..], 1, 1));
        second.nack_blocking(Duration::ZERO).expect("the lease holds");

        let own = store.clone();
        let undone = database.write_blocking(move |tx| {
            let taken = own.take_in(tx, 1).map_err(|error| error.to_string())?;
            tx.execute_batch("ROLLBACK").map_err(|error| error.to_string())?;
            Ok::<_, String>(taken)
        });
        assert!(undone.is_err());
        let gone = database.write_blocking(move |tx| store.take_in(tx, 1)).expect("it is kept");
        drop(gone);
        let again = queue.receive_blocking().expect("it is open");
        assert_eq!(again.body(), b"b");
        again.ack_blocking().expect("the lease holds");
        assert_eq!(queue.depth(), 0);
    });
}
