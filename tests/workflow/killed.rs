//! A process that is killed: what it had said to be kept is there for the next one.
//!
//! The test starts itself anew as the process that dies. (The page cache survives a kill: loss of
//! power is another file's subject.)

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use windlass::workflow::mailbox::{Mailbox, MailboxOptions};
use windlass::workflow::queue::{Message, MessageQueue, QueueOptions, SqliteStore};
use windlass::workflow::sqlite::{Database, OpenError};

use super::dice::Dice;
use super::scratch::{Scratch, numbers, open};
use super::support::bounded;

const PATH: &str = "WINDLASS_WORKFLOW_FILE";

fn start(path: &Path) -> Child {
    let own = std::env::current_exe().expect("it is running");
    Command::new(own)
        .args(["--exact", "killed::the_process_that_is_killed", "--ignored", "--nocapture"])
        .env(PATH, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

/// Sends messages and letters, acknowledges every third message, and tells each step once it is
/// confirmed.
#[test]
#[ignore = "the process that other tests start, and kill"]
fn the_process_that_is_killed() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let database = open(Path::new(&path));
    let store = SqliteStore::open(&database, "q", QueueOptions::default()).expect("it opens");
    let queue = MessageQueue::new(store);
    let mailbox = Mailbox::open(&database, "m", MailboxOptions::default()).expect("it opens");
    for number in 0..1_000_000 {
        queue.enqueue_blocking(Message::new(number.to_string())).expect("there is room");
        println!("\nsent {number}");
        mailbox.post_blocking(number.to_string()).expect("there is room");
        println!("\nposted {number}");
        if number % 3 == 0 {
            let delivery = queue.receive_blocking().expect("it is open");
            let body = String::from_utf8_lossy(delivery.body()).into_owned();
            // Said before, as it may be done although nobody hears of it.
            println!("\nacking {body}");
            delivery.ack_blocking().expect("the lease holds");
            println!("\nacked {body}");
        }
    }
}

#[derive(Default)]
struct Heard {
    sent: Vec<u64>,
    posted: Vec<u64>,
    acking: Vec<u64>,
    acked: Vec<u64>,
}

/// What it said before it was killed, after so many lines.
fn hear(mut child: Child, lines: u64) -> Heard {
    let mut heard = Heard::default();
    let out = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut said = 0;
    for line in out.lines() {
        let Ok(line) = line else { break };
        let Some((what, number)) = line.split_once(' ') else { continue };
        let list = match what {
            "sent" => &mut heard.sent,
            "posted" => &mut heard.posted,
            "acking" => &mut heard.acking,
            "acked" => &mut heard.acked,
            _ => continue,
        };
        list.extend(number.parse::<u64>());
        said += 1;
        if said == lines {
            child.kill().expect("it runs");
        }
    }
    child.wait().expect("it was killed");
    heard
}

#[test]
fn a_killed_process_loses_nothing_it_had_confirmed() {
    bounded(|| {
        let scratch = Scratch::new("killed");
        let mut dice = Dice::new(6);
        for round in 0..3 {
            let path = scratch.file(&format!("{round}.db"));
            let heard = hear(start(&path), 20 + dice.below(100));
            let database = open(&path);
            let store = SqliteStore::open(&database, "q", QueueOptions::default()).expect("whole");
            let queue = MessageQueue::new(store);
            let mut left = Vec::new();
            while let Ok(Some(delivery)) = queue.receive_timeout(std::time::Duration::ZERO) {
                left.push(String::from_utf8_lossy(delivery.body()).parse::<u64>().expect("one"));
                delivery.ack_blocking().expect("the lease holds");
            }
            for number in &heard.sent {
                let is_left = left.contains(number);
                assert!(is_left || heard.acking.contains(number), "{number} is lost");
                assert!(!is_left || !heard.acked.contains(number), "{number} came back");
            }
            let mailbox = Mailbox::open(&database, "m", MailboxOptions::default()).expect("whole");
            let mut inbox = mailbox.inbox().expect("nobody else has it");
            for number in &heard.posted {
                let letter = inbox.next_timeout(std::time::Duration::ZERO).expect("it is open");
                let letter = letter.expect("it was posted");
                assert_eq!(letter.body(), number.to_string().as_bytes());
                letter.done_blocking().expect("the disk has room");
            }
        }
    });
}

#[test]
fn a_file_that_another_process_has_is_refused_until_that_ends() {
    bounded(|| {
        let scratch = Scratch::new("other-process");
        let path = scratch.file("a.db");
        let mut child = start(&path);
        let out = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(out).lines();
        assert!(
            lines.any(|line| line.is_ok_and(|line| line.starts_with("sent"))),
            "it never began"
        );
        let error = Database::open(&path, numbers()).expect_err("it is in use");
        assert!(matches!(error, OpenError::InUse(_)), "{error}");
        child.kill().expect("it runs");
        child.wait().expect("it was killed");
        open(&path).close_blocking();
    });
}
