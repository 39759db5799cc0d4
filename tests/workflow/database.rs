//! Group commit: answers, failures of single jobs, readers, closing.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use windlass::workflow::sqlite::{Database, Options, Synchronous, TryWriteError, WriteError};

use super::scratch::{Scratch, found, insert, numbers, open};
use super::support::{bounded, runtime};

#[test]
fn writers_share_commits_and_all_is_there_after_reopening() {
    bounded(|| {
        let scratch = Scratch::new("shared");
        let database = open(&scratch.file("a.db"));
        assert_eq!(database.synchronous(), Synchronous::Full);
        let runtime = runtime(2);
        let tasks: Vec<_> = (0..500)
            .map(|number| {
                let database = database.clone();
                runtime.spawn(async move { database.write(move |tx| insert(tx, number)).await })
            })
            .collect();
        for task in tasks {
            assert_eq!(runtime.block_on(task).expect("it ends"), Ok(1));
        }
        let stats = database.stats();
        assert_eq!((stats.jobs, stats.jobs_failed, stats.groups_failed), (500, 0, 0), "{stats:?}");
        assert!(stats.groups < 500 && stats.largest_group > 1, "nothing was shared: {stats:?}");
        runtime.block_on(database.close());
        let database = open(&scratch.file("a.db"));
        assert_eq!(found(&database), (0..500).collect::<Vec<_>>());
        database.close_blocking();
        let left: Vec<_> = std::fs::read_dir(scratch.folder()).expect("it is there").collect();
        assert_eq!(left.len(), 2, "the file and its claim are left: {left:?}");
    });
}

/// Holds the writer up, so that what is sent meanwhile becomes one group.
fn hold(database: &Database) -> mpsc::Sender<()> {
    let (go, gone) = mpsc::channel();
    let (began, begun) = mpsc::channel();
    let job = move |_: &rusqlite::Transaction<'_>| {
        began.send(()).expect("the test waits");
        Err::<(), _>(gone.recv().expect_err("nothing is sent"))
    };
    drop(database.try_write(job).expect("there is room"));
    begun.recv().expect("the writer has it");
    go
}

#[test]
fn a_job_that_fails_or_panics_is_alone() {
    bounded(|| {
        let scratch = Scratch::new("alone");
        let database = open(&scratch.file("a.db"));
        let held = hold(&database);
        let jobs: Vec<_> = (0..9)
            .map(|number| {
                let job = move |tx: &rusqlite::Transaction<'_>| {
                    insert(tx, number)?;
                    assert!(number != 4, "four is not liked");
                    // The second one is there already.
                    if number == 6 { insert(tx, 6) } else { Ok(1) }
                };
                database.try_write(job).expect("there is room")
            })
            .collect();
        drop(held);
        for (number, job) in jobs.into_iter().enumerate() {
            match (number, job.answer_blocking()) {
                (4, Err(WriteError::Panicked(said))) => assert!(said.contains("not liked")),
                (6, Err(WriteError::Job(error))) => {
                    assert!(error.to_string().contains("UNIQUE"), "{error}");
                }
                (_, answer) => assert_eq!(answer, Ok(1), "job {number}"),
            }
        }
        assert_eq!(found(&database), [0, 1, 2, 3, 5, 7, 8]);
        let stats = database.stats();
        assert_eq!((stats.largest_group, stats.jobs, stats.jobs_failed), (9, 7, 3), "{stats:?}");
    });
}

#[test]
fn a_job_that_ends_the_transaction_fails_its_group() {
    bounded(|| {
        let scratch = Scratch::new("ended");
        let database = open(&scratch.file("a.db"));
        let held = hold(&database);
        let first = database.try_write(|tx| insert(tx, 1)).expect("there is room");
        let ends = |tx: &rusqlite::Transaction<'_>| tx.execute_batch("ROLLBACK");
        let second = database.try_write(ends).expect("there is room");
        let third = database.try_write(|tx| insert(tx, 3)).expect("there is room");
        drop(held);
        for answer in [
            first.answer_blocking().map(drop),
            second.answer_blocking(),
            third.answer_blocking().map(drop),
        ] {
            let error = answer.expect_err("the transaction is gone");
            assert!(error.to_string().contains("transaction was ended"), "{error}");
        }
        assert_eq!(database.write_blocking(|tx| insert(tx, 4)), Ok(1));
        assert_eq!(found(&database), [4]);
    });
}

#[test]
fn full_and_closed_hand_the_job_back() {
    bounded(|| {
        let scratch = Scratch::new("full");
        let options = Options { queue_max: 1, ..numbers() };
        let database = Database::open(scratch.file("a.db"), options).expect("it opens");
        let held = hold(&database);
        let accepted = database.try_write(|tx| insert(tx, 1)).expect("there is room");
        let refused = match database.try_write(|tx| insert(tx, 2)) {
            Err(TryWriteError::Full(job)) => job,
            other => panic!("{:?}", other.map(drop)),
        };
        let closing = database.clone();
        let closer = thread::spawn(move || closing.close_blocking());
        while !matches!(database.try_write(|tx| insert(tx, 3)), Err(TryWriteError::Closed(_))) {
            thread::yield_now();
        }
        drop(held);
        // What was accepted is done.
        assert_eq!(accepted.answer_blocking(), Ok(1));
        closer.join().expect("it closed");
        assert_eq!(database.write_blocking(refused), Err(WriteError::Closed));
        assert_eq!(found(&open(&scratch.file("a.db"))), [1]);
    });
}

#[test]
fn the_last_clone_dropped_closes_the_file() {
    bounded(|| {
        let scratch = Scratch::new("dropped");
        let database = open(&scratch.file("a.db"));
        let job = database.try_write(|tx| insert(tx, 1)).expect("there is room");
        drop(database);
        assert_eq!(job.answer_blocking(), Ok(1));
        let again = loop {
            match Database::open(scratch.file("a.db"), numbers()) {
                Ok(database) => break database,
                Err(error) => assert!(error.to_string().contains("in use"), "{error}"),
            }
            thread::yield_now();
        };
        assert_eq!(found(&again), [1]);
    });
}

#[test]
fn readers_see_one_state_and_do_not_write() {
    bounded(|| {
        let scratch = Scratch::new("readers");
        let database = open(&scratch.file("a.db"));
        database.write_blocking(|tx| insert(tx, 1)).expect("it is new");
        let writer = database.clone();
        let count = "SELECT count(*) FROM numbers";
        let counts = database.read_blocking(move |conn| {
            let before: i64 = conn.query_row(count, [], |row| row.get(0))?;
            writer.write_blocking(|tx| insert(tx, 2)).expect("readers do not stop the writer");
            Ok::<_, rusqlite::Error>((before, conn.query_row(count, [], |row| row.get(0))?))
        });
        assert_eq!(counts, Ok((1, 1_i64)));
        assert_eq!(found(&database), [1, 2]);
        let wrote = database.read_blocking(|conn| conn.execute("DELETE FROM numbers", []));
        assert!(wrote.expect_err("it cannot").to_string().contains("readonly"));
        let panicked = database.read_blocking(|_| -> Result<(), ()> { panic!("oh") });
        assert_eq!(panicked, Err(WriteError::Panicked("oh".to_owned())));
        assert_eq!(found(&database), [1, 2]);
    });
}

#[test]
fn the_log_stays_bounded_beside_readers_that_overlap() {
    bounded(|| {
        let scratch = Scratch::new("log");
        let options = Options { checkpoint_pages: 20, ..numbers() };
        let database = Database::open(scratch.file("a.db"), options).expect("it opens");
        let (stop, stopped) = mpsc::channel::<()>();
        let stopped = std::sync::Arc::new(std::sync::Mutex::new(stopped));
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let (database, stopped) = (database.clone(), stopped.clone());
                thread::spawn(move || {
                    let is_over = || {
                        let state = stopped.lock().expect("nobody panics").try_recv();
                        state == Err(mpsc::TryRecvError::Disconnected)
                    };
                    while !is_over() {
                        found(&database);
                    }
                })
            })
            .collect();
        let text = "x".repeat(2000);
        for number in 0..400 {
            let text = text.clone();
            let insert = "INSERT INTO numbers VALUES (?1, ?2)";
            let written = database
                .write_blocking(move |tx| tx.prepare_cached(insert)?.execute((number, text)));
            assert_eq!(written, Ok(1));
            let stats = database.stats();
            assert!(stats.wal_pages <= 100, "{stats:?}");
        }
        drop(stop);
        readers.into_iter().for_each(|reader| reader.join().expect("it read"));
        assert!(database.stats().checkpoints > 3, "{:?}", database.stats());
        assert_eq!(found(&database).len(), 400);
    });
}

#[test]
fn a_group_waits_for_company_if_told_to() {
    bounded(|| {
        let scratch = Scratch::new("company");
        let options = Options { group_wait: Duration::from_secs(20), group_max: 3, ..numbers() };
        let database = Database::open(scratch.file("a.db"), options).expect("it opens");
        let jobs: Vec<_> = (0..3)
            .map(|n| database.try_write(move |tx| insert(tx, n)).expect("there is room"))
            .collect();
        jobs.into_iter().for_each(|job| assert_eq!(job.answer_blocking(), Ok(1)));
        assert_eq!(database.stats().groups, 1);
    });
}
