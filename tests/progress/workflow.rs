//! A wall clock, a job of the database, a receiver of the queue stands still.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use windlass::workflow::pressure::{PressureQueue, PressureSettings};
use windlass::workflow::queue::{Message, MessageQueue, QueueOptions};
use windlass::workflow::sqlite::{Database, Options};
use windlass::workflow::wall::WallClock;

use crate::gate::{Gate, joined};
use crate::support::bounded;

thread_local! {
    /// Whether the clock stands still for this thread.
    static SLOW: Cell<bool> = const { Cell::new(false) };
}

struct SlowWall(Arc<Gate>);

impl std::fmt::Debug for SlowWall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SlowWall")
    }
}

impl WallClock for SlowWall {
    fn now_ms(&self) -> u64 {
        if SLOW.get() {
            self.0.stand();
        }
        1_000
    }
}

/// Each call of the queue reads the clock before it takes a lock.
#[test]
fn a_clock_that_stands_still_holds_up_no_other_sender_or_receiver() {
    bounded(|| {
        let gate = Gate::new();
        let wall = Arc::new(SlowWall(gate.clone()));
        let options = QueueOptions { wall, ..QueueOptions::default() };
        let queue = MessageQueue::in_memory(options);
        queue.enqueue_blocking(Message::new("held")).expect("room");
        let held = queue.receive_blocking().expect("it is there");
        let acking = thread::spawn(move || {
            SLOW.set(true);
            held.ack_blocking()
        });
        gate.reached();
        for number in 0..100 {
            let message = Message::new(number.to_string()).dedup(number.to_string());
            queue.enqueue_blocking(message).expect("room");
            let delivery = queue.receive_blocking().expect("it is there");
            assert_eq!(delivery.body(), number.to_string().as_bytes());
            delivery.ack_blocking().expect("the lease holds");
        }
        assert_eq!(queue.depth(), 1, "what is being acknowledged is there");
        gate.open();
        joined(acking).expect("the lease holds");
        assert_eq!(queue.depth(), 0);
    });
}

/// Who writes waits for the group before; who reads does not.
#[test]
fn a_job_that_stands_still_holds_up_writers_and_no_readers() {
    bounded(|| {
        let name = format!("progress-{}.db", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let migrations = &["CREATE TABLE numbers (number INTEGER) STRICT"];
        let options = Options { migrations, group_max: 1, ..Options::default() };
        let database = Database::open(&path, options).expect("it opens");
        let gate = Gate::new();
        let stands = gate.clone();
        let slow = database.try_write(move |tx| {
            stands.stand();
            tx.execute("INSERT INTO numbers VALUES (1)", [])
        });
        gate.reached();
        let later = gate.clone();
        let behind = database.try_write(move |tx| {
            tx.execute("INSERT INTO numbers VALUES (2)", []).map(|_| later.is_open())
        });
        for _ in 0..20 {
            let count = database.read_blocking(|conn| {
                conn.query_row("SELECT count(*) FROM numbers", [], |row| row.get::<_, i64>(0))
            });
            assert_eq!(count, Ok(0));
        }
        gate.open();
        assert_eq!(slow.expect("room").answer_blocking(), Ok(1));
        assert_eq!(behind.expect("room").answer_blocking(), Ok(true), "it did not wait");
        database.close_blocking();
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
        }
    });
}

/// Values are moved, not dropped or cloned, under the lock: whoever holds one holds up nobody.
#[test]
fn a_receiver_that_stands_still_holds_up_no_pressure_queue() {
    bounded(|| {
        let settings = PressureSettings { capacity: 2, ..PressureSettings::default() };
        let (queue, gate) = (PressureQueue::new(settings).expect("sound"), Gate::new());
        queue.try_push(0).expect("room");
        let (own, stands) = (queue.clone(), gate.clone());
        let slow = thread::spawn(move || {
            let value = own.pop_blocking();
            stands.stand();
            value
        });
        gate.reached();
        for number in 1..100 {
            queue.try_push(number).expect("room");
            assert_eq!(queue.pop_timeout(Duration::ZERO), Some(number));
        }
        gate.open();
        assert_eq!(joined(slow), Some(0));
    });
}
