//! Databases that cannot be used, and disks that give out: a clear word, and the service keeps its
//! word for what it acknowledged.

use std::fs;
use std::process::{Command, Output, Stdio};

use windlass::kit::load::ServerProcess;
use windlass::kit::serve::Model;

use crate::world::{
    Folder, Service, Talk, good_order, orders, orders_command, shown, slow, started, until,
};

/// Starts a service that must not start: its exit code and what it says.
pub(crate) fn refused(folder: &Folder, slow: &Service) -> (Option<i32>, String) {
    let mut command = orders_command(Model::Evented, folder, slow);
    command.stderr(Stdio::piped()).stdin(Stdio::null());
    let Output { status, stderr, .. } = command.output().expect("the binary runs");
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[test]
fn databases_that_cannot_be_used_are_named() {
    let slow = slow(&[]);
    for (name, make, why) in [
        ("corrupt", corrupt as fn(&Folder), "damaged"),
        ("later", later, "version"),
        ("foreign", foreign, "belongs to another application"),
        ("no-folder", no_folder, "no such folder"),
    ] {
        let folder = Folder::new(name);
        make(&folder);
        let (code, said) = refused(&folder, &slow);
        assert_eq!(code, Some(1), "{name}: {said}");
        assert!(said.contains(why) && !said.contains("panic"), "{name}: {said}");
    }
}

fn corrupt(folder: &Folder) {
    fs::write(folder.database(), "this is no database, however long it may be".repeat(100))
        .expect("a file");
}

fn sqlite(folder: &Folder, statements: &str) {
    let connection = rusqlite::Connection::open(folder.database()).expect("a database");
    connection.execute_batch(statements).expect("the statements");
}

fn later(folder: &Folder) {
    sqlite(folder, "PRAGMA application_id = 2003595122; PRAGMA user_version = 99");
}

fn foreign(folder: &Folder) {
    sqlite(folder, "PRAGMA application_id = 7; CREATE TABLE theirs (a)");
}

fn no_folder(folder: &Folder) {
    fs::remove_dir_all(folder.path()).expect("it was there");
}

#[test]
fn a_database_that_is_in_use_is_not_shared() {
    let (folder, slow) = (Folder::new("in-use"), slow(&[]));
    let first = orders(Model::Evented, &folder, &slow, &[]);
    let (code, said) = refused(&folder, &slow);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("in use"), "{said}");
    let id = first.talk.order(None, 202);
    assert_eq!(first.talk.end_of(&id), "completed");
}

#[test]
fn a_database_that_another_process_locks_is_waited_for_and_then_told() {
    let (folder, slow) = (Folder::new("locked"), slow(&[]));
    let service = orders(Model::Evented, &folder, &slow, &[]);
    let kept = service.talk.order(None, 202);
    assert_eq!(service.talk.end_of(&kept), "completed");
    let other = rusqlite::Connection::open(folder.database()).expect("the database");
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM epoch WHERE number < 0").expect("the lock");
    let reply = service.talk.ask("POST", "/orders", Some(&good_order()));
    assert_eq!(reply.status, 503, "{}", shown(&reply));
    assert!(shown(&reply).contains("locked") && reply.retry_after_s.is_some(), "{}", shown(&reply));
    assert_eq!(service.talk.status(&kept), "completed", "reading goes on");
    other.execute_batch("ROLLBACK").expect("the lock's end");
    let id = service.talk.order(None, 202);
    assert_eq!(service.talk.end_of(&id), "completed");
}

/// A service whose files may not grow beyond so many KiB, for as long as the test does not lift
/// that: a disk that is full.
fn on_a_small_disk(folder: &Folder, slow: &Service, kib: u32) -> Service {
    let inner = orders_command(Model::Evented, folder, slow);
    let mut command = Command::new("sh");
    let script = format!("trap '' XFSZ; ulimit -S -f {}; exec \"$0\" \"$@\"", kib * 2);
    command.args(["-c", &script]).arg(inner.get_program()).args(inner.get_args());
    command.stderr(Stdio::inherit());
    let process = ServerProcess::start(command).unwrap_or_else(|error| panic!("{error}"));
    let talk = Talk::to(process.addr());
    Service { process, talk }
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        return eprintln!("skipped: no prlimit found");
    }
    let (folder, slow) = (Folder::new("full-disk"), slow(&[]));
    // The schema first, so that what does not fit is orders.
    drop(started(orders_command(Model::Evented, &folder, &slow)));
    let service = on_a_small_disk(&folder, &slow, 400);
    let mut kept = Vec::new();
    let reply = loop {
        let reply = service.talk.ask("POST", "/orders", Some(&good_order()));
        if reply.status != 202 {
            break reply;
        }
        kept.push(crate::world::parsed(&reply)["id"].as_str().expect("an id").to_owned());
        assert!(kept.len() < 20_000, "the disk never filled");
    };
    assert_eq!(reply.status, 503, "{}", shown(&reply));
    assert!(reply.retry_after_s.is_some(), "{}", shown(&reply));
    assert!(!kept.is_empty());
    assert_eq!(service.talk.ask("GET", &format!("/orders/{}", kept[0]), None).status, 200);

    // There is room again: it goes on by itself, and does all it had promised.
    let pid = service.process.id().to_string();
    let lifted = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
    assert!(lifted.expect("prlimit runs").success());
    until("orders to be taken again", || {
        service.talk.ask("POST", "/orders", Some(&good_order())).status == 202
    });
    let (completed, dead) = service.talk.all_ended();
    assert_eq!(dead, 0);
    assert!(completed > kept.len() as u64, "{completed} of {}", kept.len());
    for id in &kept {
        assert_eq!(service.talk.status(id), "completed", "{id}");
    }
}
