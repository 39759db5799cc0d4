//! Loss of power, a disk without room, a disk that does not sync: what was answered is there.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use windlass::workflow::queue::{Message, MessageQueue, QueueOptions, SqliteStore};
use windlass::workflow::sqlite::{Database, FaultKind, Options, Synchronous, WriteError};

use super::dice::Dice;
use super::disk::{Fails, fail, lose_power, syncs};
use super::layer;
use super::scratch::{Scratch, found, insert, numbers};
use super::support::bounded;

fn on_disk() -> Options {
    Options { vfs: Some(layer::name()), ..numbers() }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("the path is plain")
}

fn log(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-wal", text(path)))
}

/// Each group is synced once, and before its first answer.
#[test]
fn every_answer_comes_after_a_sync() {
    bounded(|| {
        let scratch = Scratch::new("syncs");
        let path = scratch.file("a.db");
        let database = Database::open(&path, on_disk()).expect("it opens");
        let before = (syncs(text(&log(&path))), database.stats().groups);
        for number in 0..20 {
            let known = syncs(text(&log(&path)));
            assert_eq!(database.write_blocking(move |tx| insert(tx, number)), Ok(1));
            assert_eq!(syncs(text(&log(&path))), known + 1, "answer {number}");
        }
        let jobs: Vec<_> = (20..120)
            .map(|n| database.try_write(move |tx| insert(tx, n)).expect("there is room"))
            .collect();
        jobs.into_iter().for_each(|job| assert_eq!(job.answer_blocking(), Ok(1)));
        let groups = database.stats().groups - before.1;
        assert!(groups < 120, "{groups}");
        assert_eq!(syncs(text(&log(&path))) - before.0, groups);
    });
}

/// Writes from several threads, the power is lost at some moment, and the file is looked at: what
/// was answered before that moment is there.
fn lose_once(scratch: &Scratch, round: u64, options: &Options) -> (Vec<i64>, Vec<i64>) {
    let path = scratch.file(&format!("{round}.db"));
    let database = Database::open(&path, options.clone()).expect("it opens");
    let answered = Arc::new(Mutex::new(Vec::new()));
    let mut dice = Dice::new(round);
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (database, answered) = (database.clone(), answered.clone());
            thread::spawn(move || {
                for number in (0..60).map(|number| writer * 1000 + number) {
                    database.write_blocking(move |tx| insert(tx, number)).expect("it is new");
                    answered.lock().expect("nobody panics").push(number);
                }
            })
        })
        .collect();
    let moment = dice.below(200) as usize;
    while answered.lock().expect("nobody panics").len() < moment {
        thread::yield_now();
    }
    let mut before = answered.lock().expect("nobody panics").clone();
    let after = scratch.file(&format!("{round}-after.db"));
    lose_power(text(&path), text(&after), &mut dice);
    writers.into_iter().for_each(|writer| writer.join().expect("it wrote"));
    database.close_blocking();
    let database = Database::open(&after, options.clone()).expect("what is left is whole");
    let left = found(&database);
    database.close_blocking();
    before.sort_unstable();
    (before, left)
}

#[test]
fn what_was_answered_survives_the_loss_of_power() {
    bounded(|| {
        let scratch = Scratch::new("power");
        // Few pages in the log, so that the power is lost in checkpoints, too.
        let options = Options { checkpoint_pages: 8, ..on_disk() };
        for round in 0..12 {
            let (before, left) = lose_once(&scratch, round, &options);
            let lost: Vec<_> = before.iter().filter(|number| !left.contains(number)).collect();
            assert!(lost.is_empty(), "round {round}: {lost:?} of {} are lost", before.len());
        }
    });
}

/// The disk of these tests does lose what was not synced: under `Normal` answers are lost.
#[test]
fn a_weaker_setting_is_seen_to_be_weaker() {
    bounded(|| {
        let scratch = Scratch::new("weaker");
        let options = Options { synchronous: Synchronous::Normal, ..on_disk() };
        let lost = (0..8).map(|round| {
            let (before, left) = lose_once(&scratch, round, &options);
            before.iter().filter(|number| !left.contains(number)).count()
        });
        assert!(lost.sum::<usize>() > 0, "nothing was lost without a sync");
    });
}

#[test]
fn a_full_disk_fails_its_group_and_no_other() {
    bounded(|| {
        let scratch = Scratch::new("room");
        let path = scratch.file("a.db");
        let database = Database::open(&path, on_disk()).expect("it opens");
        database.write_blocking(|tx| insert(tx, 1)).expect("there is room");
        fail(text(&log(&path)), Fails { full: true, ..Fails::default() });
        let jobs: Vec<_> = (2..6)
            .map(|n| database.try_write(move |tx| insert(tx, n)).expect("the queue has room"))
            .collect();
        for job in jobs {
            let error = job.answer_blocking().expect_err("the disk is full");
            let WriteError::Database(fault) = &error else { panic!("{error}") };
            assert_eq!(fault.kind(), FaultKind::Full);
            assert!(error.to_string().contains("free disk space"), "{error}");
        }
        assert_eq!(found(&database), [1]);
        fail(text(&log(&path)), Fails::default());
        assert_eq!(database.write_blocking(|tx| insert(tx, 7)), Ok(1));
        let after = scratch.file("after.db");
        lose_power(text(&path), text(&after), &mut Dice::new(1));
        let database = Database::open(&after, on_disk()).expect("what is left is whole");
        assert_eq!(found(&database), [1, 7]);
    });
}

#[test]
fn a_disk_that_does_not_sync_answers_nobody() {
    bounded(|| {
        let scratch = Scratch::new("unsynced");
        let path = scratch.file("a.db");
        let database = Database::open(&path, on_disk()).expect("it opens");
        database.write_blocking(|tx| insert(tx, 1)).expect("it syncs");
        fail(text(&log(&path)), Fails { sync: true, ..Fails::default() });
        let error = database.write_blocking(|tx| insert(tx, 2)).expect_err("it does not sync");
        let WriteError::Database(fault) = &error else { panic!("{error}") };
        assert_eq!(fault.kind(), FaultKind::Io, "{error}");
        fail(text(&log(&path)), Fails::default());
        assert_eq!(database.write_blocking(|tx| insert(tx, 3)), Ok(1));
        assert_eq!(found(&database), [1, 3]);
    });
}

/// A queue's promise over the same loss: what was enqueued is there, what was acknowledged is not.
#[test]
fn a_queue_keeps_its_word_over_the_loss_of_power() {
    bounded(|| {
        let scratch = Scratch::new("queue-power");
        for round in 0..6_u64 {
            let path = scratch.file(&format!("{round}.db"));
            let database = Database::open(&path, on_disk()).expect("it opens");
            let store = SqliteStore::open(&database, "q", QueueOptions::default()).expect("new");
            let queue = MessageQueue::new(store);
            let mut dice = Dice::new(round);
            let (mut sent, mut acked) = (Vec::new(), Vec::new());
            for step in 0..20 + dice.below(20) {
                if dice.below(3) > 0 {
                    queue.enqueue_blocking(Message::new(step.to_string())).expect("room");
                    sent.push(step.to_string());
                } else if let Ok(Some(delivery)) = queue.receive_timeout(std::time::Duration::ZERO)
                {
                    let body = String::from_utf8_lossy(delivery.body()).into_owned();
                    if dice.below(2) == 0 {
                        delivery.ack_blocking().expect("the lease holds");
                        acked.push(body);
                    } else {
                        delivery.leave();
                    }
                }
            }
            let after = scratch.file(&format!("{round}-after.db"));
            lose_power(text(&path), text(&after), &mut dice);
            let left = Database::open(&after, on_disk()).expect("what is left is whole");
            let store = SqliteStore::open(&left, "q", QueueOptions::default()).expect("whole");
            let queue = MessageQueue::new(store);
            let mut found = Vec::new();
            while let Ok(Some(delivery)) = queue.receive_timeout(std::time::Duration::ZERO) {
                found.push(String::from_utf8_lossy(delivery.body()).into_owned());
                delivery.ack_blocking().expect("the lease holds");
            }
            sent.retain(|body| !acked.contains(body));
            assert_eq!(found, sent, "round {round}");
        }
    });
}
