//! Queues in SQLite whose process ends: in order, with all that it held; or as the power goes.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use windlass::workflow::queue::{MessageQueue, SqliteStore};
use windlass::workflow::sqlite::{Database, Options, Synchronous};

use crate::dice::Dice;
use crate::disk::{forget, lose_power};
use crate::layer;
use crate::record::History;
use crate::threads::{World, drain, work};

/// What the second process finds changed, as a store might have it that does not keep its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// What is acknowledged is not synced.
    Unsynced,
    /// A message that waits is gone.
    Lost,
    /// The attempts so far do not count.
    AttemptsForgotten,
    /// What waits for its time does not any more.
    DelaysForgotten,
    /// What was leased stays so for ever.
    LeasesKept,
}

/// Every fault.
pub(crate) const FAULTS: [Fault; 5] = [
    Fault::Unsynced,
    Fault::Lost,
    Fault::AttemptsForgotten,
    Fault::DelaysForgotten,
    Fault::LeasesKept,
];

impl Fault {
    /// What is done to the tables between the two processes.
    fn change(self) -> Option<&'static str> {
        match self {
            Self::None | Self::Unsynced => None,
            Self::Lost => Some(
                "DELETE FROM windlass_messages WHERE id =
                    (SELECT max(id) FROM windlass_messages WHERE dead = 0)",
            ),
            Self::AttemptsForgotten => Some("UPDATE windlass_messages SET attempts = 0"),
            Self::DelaysForgotten => Some("UPDATE windlass_messages SET due_ms = 0"),
            Self::LeasesKept => Some(
                "UPDATE windlass_messages SET leased = 0, due_ms = due_ms + 1000000
                    WHERE leased = 1",
            ),
        }
    }
}

fn options(fault: Fault) -> Options {
    let synchronous =
        if fault == Fault::Unsynced { Synchronous::Normal } else { Synchronous::Full };
    Options { vfs: Some(layer::name()), synchronous, checkpoint_pages: 16, ..Options::default() }
}

fn open(world: &World, path: &Path, fault: Fault) -> (Database, MessageQueue<SqliteStore>) {
    let database = Database::open(path, options(fault)).expect("it opens");
    let store = SqliteStore::open(&database, "q", world.options()).expect("it opens");
    (database, MessageQueue::new(store))
}

/// The second process: it works on, and then whatever is left is received.
fn go_on(world: &World, path: &Path, fault: Fault, seed: u64, history: &mut History) {
    if let Some(change) = fault.change() {
        let database = Database::open(path, options(fault)).expect("it opens");
        let changed = database.write_blocking(move |tx| tx.execute(change, []));
        changed.expect("the tables are those of a queue");
        database.close_blocking();
    }
    let (database, queue) = open(world, path, fault);
    history.add(work(world, &queue, seed + 1));
    drain(world, &queue, history);
    drop(queue);
    database.close_blocking();
}

fn file(name: &str, seed: u64) -> PathBuf {
    let own = std::process::id();
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("histories-{name}-{own}-{seed}.db"))
}

/// The first process closes its file with messages leased, delayed and ready; the next opens it.
pub(crate) fn reopened(world: &World, seed: u64, fault: Fault) -> History {
    let path = file("reopened", seed);
    let (database, queue) = open(world, &path, fault);
    let mut history = work(world, &queue, seed);
    drop(queue);
    database.close_blocking();
    history.crashes.push(world.clock.tick());
    go_on(world, &path, fault, seed, &mut history);
    forget(path.to_str().expect("the path is plain"));
    history
}

/// The power goes while the first process is at work, between any two writes of it; the next one
/// opens what is left of the file.
pub(crate) fn powerless(world: &World, seed: u64, fault: Fault) -> History {
    let (path, after) = (file("power", seed), file("powerless", seed));
    let text = |path: &Path| path.to_str().expect("the path is plain").to_owned();
    let (database, queue) = open(world, &path, fault);
    let mut dice = Dice::new(seed);
    let moment = world.clock.tick() + dice.below(120);
    let over = AtomicBool::new(false);
    let mut history = std::thread::scope(|scope| {
        let working = scope.spawn(|| {
            let history = work(world, &queue, seed);
            over.store(true, Ordering::Release);
            history
        });
        while world.clock.now() < moment && !over.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        let from = world.clock.tick();
        lose_power(&text(&path), &text(&after), &mut dice);
        let to = world.clock.tick();
        let mut history = working.join().expect("no thread panics");
        history.cut(from, to);
        history
    });
    drop(queue);
    database.close_blocking();
    go_on(world, &after, fault, seed, &mut history);
    forget(&text(&path));
    forget(&text(&after));
    history
}
