//! Files that cannot be opened or written: each a clear error, none a panic, nothing lost.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use windlass::workflow::sqlite::{Database, FaultKind, OpenError, Options, WriteError};

use super::scratch::{NUMBERS, Scratch, found, insert, numbers, open};
use super::support::bounded;

fn refused(path: &Path, options: Options, says: &str) -> OpenError {
    let error = Database::open(path, options).expect_err("it must not open");
    assert!(error.to_string().contains(says), "`{error}` does not say `{says}`");
    error
}

#[test]
fn paths_that_lead_to_no_file() {
    let scratch = Scratch::new("paths");
    let error = refused(scratch.folder(), numbers(), "is a folder");
    assert!(matches!(error, OpenError::IsFolder(_)));
    let error = refused(&scratch.file("no/such/a.db"), numbers(), "create it first");
    assert!(matches!(error, OpenError::NoFolder(_)));
    // Nobody creates files there, not even root.
    refused(Path::new("/proc/self/a.db"), numbers(), "/proc/self/a.db");
}

#[test]
fn files_in_use_and_locked() {
    bounded(|| {
        let scratch = Scratch::new("locked");
        let path = scratch.file("a.db");
        let database = open(&path);
        assert!(matches!(refused(&path, numbers(), "in use"), OpenError::InUse(_)));
        database.close_blocking();

        let other = Connection::open(&path).expect("it opens");
        other.execute_batch("BEGIN IMMEDIATE").expect("it is free");
        let short = || Options { busy_timeout: Duration::from_millis(30), ..numbers() };
        let error = Database::open(&path, Options { check: false, ..short() })
            .expect_err("migrations are checked under the lock");
        assert!(matches!(error, OpenError::Locked(_)), "{error}");
        other.execute_batch("ROLLBACK").expect("it began");

        let database = Database::open(&path, short()).expect("it opens");
        other.execute_batch("BEGIN IMMEDIATE").expect("it is free");
        let error = database.write_blocking(|tx| insert(tx, 1)).expect_err("it is locked");
        let WriteError::Database(fault) = &error else { panic!("{error}") };
        assert_eq!(fault.kind(), FaultKind::Locked);
        assert!(error.to_string().contains("locked by another process"), "{error}");
        other.execute_batch("ROLLBACK").expect("it began");
        assert_eq!(database.write_blocking(|tx| insert(tx, 2)), Ok(1));
        assert_eq!(found(&database), [2]);
    });
}

#[test]
fn damaged_files() {
    bounded(|| {
        let scratch = Scratch::new("damaged");
        let path = scratch.file("text.db");
        fs::write(&path, "this is no database, however long it may be".repeat(100)).expect("room");
        assert!(matches!(refused(&path, numbers(), "no SQLite database"), OpenError::Corrupt(..)));

        let path = scratch.file("hit.db");
        let database = open(&path);
        for number in 0..40 {
            let text = "x".repeat(3000);
            let insert = "INSERT INTO numbers VALUES (?1, ?2)";
            database.write_blocking(move |tx| tx.execute(insert, (number, text))).expect("room");
        }
        database.close_blocking();
        let mut file = OpenOptions::new().write(true).open(&path).expect("it is there");
        file.seek(SeekFrom::Start(5 * 4096)).expect("it is long enough");
        file.write_all(&[0xA5; 3 * 4096]).expect("room");
        drop(file);
        assert!(matches!(refused(&path, numbers(), "restore a copy"), OpenError::Corrupt(..)));

        // Unchecked, it opens, and what is damaged is an error where it is met.
        let database = Database::open(&path, Options { check: false, ..numbers() });
        let database = database.expect("the first pages are whole");
        let all = "SELECT sum(length(text)) FROM numbers";
        let error =
            database.read_blocking(move |c| c.query_row(all, [], |row| row.get::<_, i64>(0)));
        assert!(error.expect_err("it is damaged").to_string().contains("malformed"));
    });
}

#[test]
fn files_of_others_and_of_later_versions() {
    bounded(|| {
        let scratch = Scratch::new("others");
        let path = scratch.file("a.db");
        let own = || Options { application_id: 7, ..numbers() };
        Database::open(&path, own()).expect("it is new").close_blocking();
        Database::open(&path, own()).expect("it is ours").close_blocking();
        let other = Options { application_id: 8, ..numbers() };
        let error = refused(&path, other, "another application (its id is 7, not 8)");
        assert!(matches!(error, OpenError::Application { found: 7, expected: 8, .. }));

        Connection::open(&path)
            .and_then(|conn| conn.pragma_update(None, "user_version", 9))
            .expect("it is whole");
        let error = refused(&path, own(), "have version 9, this program knows up to 1");
        assert!(matches!(error, OpenError::Version { found: 9, expected: 1, .. }));

        // A file with tables but no mark is not taken over.
        let path = scratch.file("b.db");
        Connection::open(&path)
            .and_then(|conn| conn.execute_batch("CREATE TABLE theirs (a)"))
            .expect("it is new");
        refused(&path, own(), "its id is 0, not 7");
    });
}

#[test]
fn migrations_go_from_any_version_or_change_nothing() {
    bounded(|| {
        let scratch = Scratch::new("migrations");
        let path = scratch.file("a.db");
        let database = open(&path);
        database.write_blocking(|tx| insert(tx, 1)).expect("it is new");
        database.close_blocking();
        const BAD: &[&str] = &[NUMBERS[0], "CREATE TABLE more (a)", "CREATE TABLE more (b)"];
        let error = refused(&path, Options { migrations: BAD, ..numbers() }, "could not leave");
        assert!(matches!(error, OpenError::Migration { from: 2, .. }), "{error:?}");
        const GOOD: &[&str] = &[NUMBERS[0], "CREATE TABLE more (a)"];
        let database = Database::open(&path, Options { migrations: GOOD, ..numbers() });
        let database = database.expect("nothing was changed before");
        assert_eq!(found(&database), [1]);

        database.migrate("part", &["CREATE TABLE part (a)"]).expect("it is new");
        database.migrate("part", &["CREATE TABLE part (a)"]).expect("it is done");
        let error = database.migrate("part", &[]).expect_err("it is of version 1");
        assert!(matches!(error, OpenError::Version { part: "part", found: 1, expected: 0 }));
    });
}

#[test]
fn a_file_that_may_not_grow_keeps_what_it_has() {
    bounded(|| {
        let scratch = Scratch::new("grown");
        let path = scratch.file("a.db");
        let options = || Options { pages_max: Some(20), ..numbers() };
        let database = Database::open(&path, options()).expect("it opens");
        let write = |number: i64| {
            let text = "x".repeat(3000);
            let insert = "INSERT INTO numbers VALUES (?1, ?2)";
            database.write_blocking(move |tx| tx.execute(insert, (number, text)))
        };
        let kept = (0..40).take_while(|number| write(*number).is_ok()).count() as i64;
        assert!((5..20).contains(&kept), "{kept}");
        let error = write(kept).expect_err("it is full");
        assert!(error.to_string().contains("full"), "{error}");
        assert_eq!(found(&database), (0..kept).collect::<Vec<_>>());
        // Room again.
        let delete = "DELETE FROM numbers WHERE number < 3";
        assert_eq!(database.write_blocking(move |tx| tx.execute(delete, [])), Ok(3));
        assert_eq!(write(kept), Ok(1));
        database.close_blocking();
        let database = Database::open(&path, options()).expect("it opens");
        assert_eq!(found(&database), (3..=kept).collect::<Vec<_>>());
    });
}
