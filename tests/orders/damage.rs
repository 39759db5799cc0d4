//! A database file that is damaged while the service runs, or locked by another process when it
//! starts: a clear word each time, and no panic.

use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::process::Stdio;

use windlass::kit::load::ServerProcess;
use windlass::kit::serve::Model;

use crate::disks::refused;
use crate::world::{Folder, Service, Talk, good_order, orders, orders_command, shown, slow};

/// Bytes of a page.
const PAGE: u64 = 4096;

/// Whatever stood behind the first page is gone.
fn damage(folder: &Folder) {
    let mut file = OpenOptions::new().write(true).open(folder.database()).expect("the file");
    let bytes = file.metadata().expect("its length").len();
    assert!(bytes > 4 * PAGE, "{bytes} bytes");
    file.seek(SeekFrom::Start(PAGE)).expect("it is longer");
    file.write_all(&vec![0xa5; (bytes - PAGE) as usize]).expect("it can be written");
}

#[test]
fn a_file_that_is_damaged_while_it_is_in_use_is_said_to_be() {
    let (folder, slow) = (Folder::new("damaged"), slow(&[]));
    let first = orders(Model::Evented, &folder, &slow, &[]);
    let ids: Vec<String> = (0..40).map(|_| first.talk.order(None, 202)).collect();
    assert_eq!(first.talk.all_ended(), (40, 0));
    // Stopped in order, so that all of it is in the file, and nothing in the log.
    assert!(first.process.stop(crate::world::PATIENCE).is_some_and(|it| it.success()));

    let log = folder.path().join("said");
    let mut command = orders_command(Model::Evented, &folder, &slow);
    command.stderr(std::fs::File::create(&log).expect("a file"));
    let process = ServerProcess::start(command).unwrap_or_else(|error| panic!("{error}"));
    let talk = Talk::to(process.addr());
    let mut second = Service { process, talk };
    damage(&folder);
    let asked = |id| second.talk.ask("GET", &format!("/orders/{id}"), None);
    let replies: Vec<_> = ids.iter().map(asked).collect();
    for reply in &replies {
        assert!(matches!(reply.status, 200 | 503), "{}", shown(reply));
    }
    let failed = replies.iter().find(|reply| reply.status == 503).expect("damage is met");
    let said = shown(failed);
    assert!(said.contains("malformed") || said.contains("damaged"), "{said}");
    assert!(failed.retry_after_s.is_some(), "{said}");
    let reply = second.talk.ask("POST", "/orders", Some(&good_order()));
    assert!(matches!(reply.status, 202 | 503), "{}", shown(&reply));
    assert_eq!(second.talk.ask("GET", "/metrics", None).status, 200);
    assert!(second.process.wait(std::time::Duration::ZERO).is_none(), "it is still there");
    drop(second);
    let said = std::fs::read_to_string(&log).expect("text");
    assert!(!said.contains("panicked"), "{said}");

    let (code, said) = refused(&folder, &slow);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("damaged") && !said.contains("panicked"), "{said}");
}

#[test]
fn a_database_that_is_locked_at_the_start_is_named() {
    let (folder, slow) = (Folder::new("locked-start"), slow(&[]));
    drop(orders(Model::Evented, &folder, &slow, &[]));
    let other = rusqlite::Connection::open(folder.database()).expect("the database");
    other.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").expect("the lock");
    let mut command = orders_command(Model::Evented, &folder, &slow);
    let output = command.stderr(Stdio::piped()).stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("locked") && said.contains("orders.db"), "{said}");
    other.execute_batch("ROLLBACK").expect("the lock's end");
    drop(other);
    let service = orders(Model::Evented, &folder, &slow, &[]);
    let id = service.talk.order(None, 202);
    assert_eq!(service.talk.end_of(&id), "completed");
}
