//! Letters wait for a receiver that comes later, in order, over its restarts.

use std::time::Duration;

use windlass::time::timeout;
use windlass::workflow::mailbox::{InboxTaken, Mailbox, MailboxOptions, PostError};
use windlass::workflow::queue::{Enqueued, Message, ReceiveError, Settle, Store};

use super::scratch::{Scratch, found, insert, open};
use super::support::{bounded, runtime};

const SOON: Duration = Duration::ZERO;

fn body<S: Store>(mailbox: &Mailbox<S>, is_done: bool) -> Option<String> {
    let mut inbox = mailbox.inbox().expect("nobody else has it");
    let letter = inbox.next_timeout(SOON).expect("the store works")?;
    let body = String::from_utf8_lossy(letter.body()).into_owned();
    if is_done {
        letter.done_blocking().expect("the store works");
    }
    Some(body)
}

fn keeps_order<S: Store>(mailbox: &Mailbox<S>) {
    for text in ["a", "b", "c"] {
        mailbox.post_blocking(text).expect("there is room");
    }
    assert_eq!(mailbox.len(), 3);
    let taken = mailbox.inbox().expect("nobody has it");
    assert_eq!(mailbox.inbox().map(drop), Err(InboxTaken));
    drop(taken);
    // Whoever goes without a word leaves the letter the first.
    for text in ["a", "a", "a"] {
        assert_eq!(body(mailbox, false).as_deref(), Some(text));
    }
    for text in ["a", "b", "c"] {
        assert_eq!(body(mailbox, true).as_deref(), Some(text));
    }
    assert_eq!(body(mailbox, true), None);
    assert!(mailbox.is_empty());
}

#[test]
fn letters_are_received_in_order_and_stay_until_they_are_done() {
    bounded(|| {
        keeps_order(&Mailbox::in_memory(MailboxOptions::default()));
        let scratch = Scratch::new("letters");
        let database = open(&scratch.file("a.db"));
        keeps_order(&Mailbox::open(&database, "m", MailboxOptions::default()).expect("new"));
    });
}

#[test]
fn letters_wait_over_a_restart_and_begin_with_the_one_not_done() {
    bounded(|| {
        let scratch = Scratch::new("restart");
        let path = scratch.file("a.db");
        let start = || {
            let database = open(&path);
            let mailbox = Mailbox::open(&database, "m", MailboxOptions::default());
            (database, mailbox.expect("it opens"))
        };
        let (database, mailbox) = start();
        for number in 0..6 {
            mailbox.post_blocking(number.to_string()).expect("there is room");
        }
        let other = Mailbox::open(&database, "other", MailboxOptions::default());
        assert!(other.expect("it opens").is_empty(), "mailboxes are apart");
        drop(mailbox);
        database.close_blocking();
        for number in 0..6 {
            // It is received and not done when the process ends.
            let (database, mailbox) = start();
            assert_eq!(mailbox.len(), 6 - number);
            assert_eq!(body(&mailbox, false), Some(number.to_string()));
            drop(mailbox);
            database.close_blocking();
            let (database, mailbox) = start();
            let mut inbox = mailbox.inbox().expect("it is new");
            let letter = inbox.next_timeout(SOON).expect("the store works").expect("it waits");
            assert_eq!(letter.body(), number.to_string().as_bytes());
            assert!(letter.may_be_known());
            letter.done_blocking().expect("the store works");
            drop(inbox);
            drop(mailbox);
            database.close_blocking();
        }
    });
}

#[test]
fn the_receiver_waits_for_the_sender_and_the_sender_for_room() {
    bounded(|| {
        let options = MailboxOptions { letters_max: 1, ..MailboxOptions::default() };
        let mailbox = Mailbox::in_memory(options);
        let runtime = runtime(2);
        let sender = mailbox.clone();
        let sender = runtime.spawn(async move {
            for number in 0..100 {
                sender.post_when_room(number.to_string()).await.expect("it is open");
            }
            sender.close();
        });
        let receiver = runtime.spawn(async move {
            let mut inbox = mailbox.inbox().expect("nobody has it");
            for number in 0.. {
                let letter = match inbox.next().await {
                    Ok(letter) => letter,
                    Err(error) => {
                        assert_eq!(error, ReceiveError::Closed);
                        return number;
                    }
                };
                assert_eq!(letter.body(), number.to_string().as_bytes());
                letter.done().await.expect("the store works");
            }
            0
        });
        runtime.block_on(sender).expect("it ends");
        assert_eq!(runtime.block_on(receiver).expect("it ends"), 100);
    });
}

#[test]
fn letters_are_refused_and_known_by_their_keys() {
    bounded(|| {
        let options =
            MailboxOptions { letters_max: 1, letter_bytes_max: 3, ..MailboxOptions::default() };
        let mailbox = Mailbox::in_memory(options);
        let runtime = runtime(1);
        let large = mailbox.post_blocking("four");
        assert_eq!(large, Err(PostError::TooLarge(b"four".to_vec(), 3)));
        let first = runtime.block_on(mailbox.post_once("k", "a")).expect("there is room");
        let again = runtime.block_on(mailbox.post_once("k", "a")).expect("it is known");
        assert_eq!(again, Enqueued::Duplicate(first.id()));
        assert_eq!(mailbox.post_blocking("b"), Err(PostError::Full(b"b".to_vec())));
        mailbox.close();
        assert_eq!(mailbox.post_blocking("b"), Err(PostError::Closed(b"b".to_vec())));
    });
}

/// The effect and the end of the letter in one transaction, and likewise the cause and its letter.
#[test]
fn effects_and_letters_are_kept_together() {
    bounded(|| {
        let scratch = Scratch::new("together");
        let database = open(&scratch.file("a.db"));
        let options = MailboxOptions::default();
        let mailbox = Mailbox::open(&database, "m", options).expect("it is new");
        let store = mailbox.store().clone();
        let failed = database.write_blocking(move |tx| {
            store.enqueue_in(tx, &Message::new("a")).expect("there is room");
            Err::<(), _>("and then it failed")
        });
        assert!(failed.is_err());
        assert_eq!(body(&mailbox, true), None);

        let store = mailbox.store().clone();
        let sent = database.write_blocking(move |tx| store.enqueue_in(tx, &Message::new("b")));
        sent.expect("there is room");
        mailbox.notify();
        let mut inbox = mailbox.inbox().expect("nobody has it");
        let letter = inbox.next_timeout(SOON).expect("the store works").expect("it was sent");
        let (store, lease) = (mailbox.store().clone(), letter.lease());
        let settled = database.write_blocking(move |tx| {
            insert(tx, 1).expect("it is new");
            store.settle_in(tx, lease, &Settle::Done)
        });
        letter.settled(settled.expect("the lease holds"));
        assert!(inbox.next_timeout(SOON).expect("the store works").is_none());
        assert_eq!((mailbox.len(), found(&database)), (0, vec![1]));
    });
}

/// A receiver that gives up again and again, at any moment of the store's work.
fn impatient<S: Store>(mailbox: &Mailbox<S>) {
    let runtime = runtime(2);
    for number in 0..40 {
        mailbox.post_blocking(format!("{number:02}")).expect("there is room");
    }
    let mut inbox = mailbox.inbox().expect("nobody has it");
    for number in 0..40_u64 {
        for micros in 0..6 {
            let time = Duration::from_micros(micros * 50 + number % 7 * 10);
            let gave_up = runtime.block_on(async { timeout(time, inbox.next()).await.is_err() });
            if gave_up && micros == 3 {
                drop(inbox);
                inbox = mailbox.inbox().expect("nobody has it");
            }
        }
        let letter = runtime.block_on(inbox.next()).expect("the store works");
        assert_eq!(String::from_utf8_lossy(letter.body()), format!("{number:02}"));
        runtime.block_on(letter.done()).expect("the store works");
    }
}

#[test]
fn a_receiver_that_gives_up_breaks_no_order() {
    bounded(|| {
        impatient(&Mailbox::in_memory(MailboxOptions::default()));
        let scratch = Scratch::new("impatient");
        let database = open(&scratch.file("a.db"));
        impatient(&Mailbox::open(&database, "m", MailboxOptions::default()).expect("new"));
    });
}
