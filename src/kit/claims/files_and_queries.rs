//! Waiting on files and on database queries: the runtime gives nothing here.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use crate::kit::measure::contender::{Better, Role, Sample};
use crate::kit::measure::group::Group;
use crate::kit::measure::process::Used;
use crate::kit::stage::folder::Folder;
use crate::runtime::{Runtime, spawn, spawn_blocking};

use super::claim::{Claim, Course};

/// Bytes that are read or written at a time.
const BLOCK: usize = 4096;

/// Blocks of the file that is read.
const BLOCKS: u64 = 4096;

/// Rows of the table, and how many of them a long query sums up.
const ROWS: u64 = 20_000;

/// Operations at a time.
const AT_ONCE: usize = 16;

const SUBJECT: &str = "windlass, spawn_blocking";
const THREADS: &str = "threads";

/// The same as a rate, to read.
const RATE: &str = "operations_per_s";

/// What counts as faster: a tenth.
const FASTER: f64 = 1.1;

/// The claim.
pub const CLAIM: Claim = Claim {
    id: "files-and-queries",
    title: "Files and queries: blocking is as good",
    claimed: "Waiting on files and on queries of an embedded database gains nothing from being \
              async: a thread must stand in the system call, whoever awaits it.",
    measured: "The time of one operation, 16 at a time, by tasks that await spawn_blocking \
               against threads that do it themselves: reads of 4 KiB that are in the page cache, \
               writes of 4 KiB brought to the disk (fdatasync), SQLite queries of one row and of \
               20,000.",
    refuted_by: "A tenth more operations per second than the threads, with any of them.",
    rule: "Holds when windlass does at most 1.1 times what the threads do, with each of them: this \
           is the claim that async does not win. One read at a time is the boundary: there the \
           way to another thread and back is most of the time.",
    not_shown: "A database server that is asked over a socket: that is waiting which a runtime can \
                do without a thread (throughput). io_uring, which windlass does not use. What \
                else the tasks' thread does meanwhile (non-blocking).",
    run: measure,
};

/// One operation, the given number of it; it checks itself.
type Operation = Arc<dyn Fn(u64) -> Result<(), String> + Send + Sync>;

/// As many as are at it at a time, each with what is its own.
type Lanes = Vec<Operation>;

/// What is measured of one kind of operation.
struct Kind {
    id: &'static str,
    what: &'static str,
    method: &'static str,
    not_shown: &'static str,
    at_once: usize,
    sample_ms: u64,
    lanes: fn(&Path, usize) -> Result<Lanes, String>,
}

const READ: Kind = Kind {
    id: "read",
    what: "read 4 KiB",
    method: "Reads of 4 KiB at scattered places of a file of 16 MiB that is in the page cache \
             (pread); the first and the last number of each block are checked.",
    not_shown: "Reads that must wait for a disk: see what is written and synchronised.",
    at_once: AT_ONCE,
    sample_ms: 50,
    lanes: reads,
};

const KINDS: [Kind; 5] = [
    Kind { id: "read_one", at_once: 1, ..READ },
    READ,
    Kind {
        id: "sync",
        what: "write 4 KiB and sync",
        method: "Each writes 4 KiB to the begin of a file of its own and waits until the disk has \
                 them (fdatasync).",
        not_shown: "Other disks: what a virtual disk calls written is its host's business.",
        at_once: AT_ONCE,
        sample_ms: 150,
        lanes: syncs,
    },
    Kind {
        id: "query_row",
        what: "SQLite query, one row",
        method: "A SELECT by key from a table of 20,000 rows, prepared, on a connection of its \
                 own; the row is checked.",
        not_shown: "Queries that wait for another's lock.",
        at_once: AT_ONCE,
        sample_ms: 50,
        lanes: rows,
    },
    Kind {
        id: "query_sum",
        what: "SQLite query, a sum",
        method: "A sum over all 20,000 rows, prepared, on a connection of its own; the sum is \
                 checked.",
        not_shown: "Queries that wait for another's lock.",
        at_once: AT_ONCE,
        sample_ms: 100,
        lanes: sums,
    },
];

fn measure(course: &mut Course<'_>) {
    for kind in &KINDS {
        course.group(kind.id, |group| {
            describe(group, kind);
            let folder = match Folder::fresh("files") {
                Ok(folder) => Arc::new(folder),
                Err(why) => {
                    group.broken(SUBJECT, Role::Subject, &why);
                    return;
                }
            };
            enter(group, SUBJECT, Role::Subject, kind, &folder, awaited);
            enter(group, THREADS, Role::Baseline, kind, &folder, direct);
        });
    }
}

fn describe(group: &mut Group<'_>, kind: &Kind) {
    let Kind { what, method, at_once, .. } = kind;
    group
        .title(&format!("{what}, {at_once} at once"))
        .question("Is an operation that blocks its thread done sooner when a task awaits it?")
        .method(&format!(
            "{method} {at_once} at a time: tasks that await spawn_blocking, one operation behind \
             the other in each, on a runtime as it is built by default; or as many threads, \
             started for the sample, that do the same themselves; for as long as the sample \
             lasts. Beside it: processor time of the whole process."
        ))
        .not_shown(kind.not_shown)
        .unit("us per operation", Better::Lower)
        .crowded()
        .without_control()
        .rounds(8, 8)
        .budget(Duration::ZERO)
        .sample(Duration::from_millis(kind.sample_ms));
    match kind.at_once {
        1 => group.boundary().no_worse("as fast as on the own thread", THREADS, 1.0),
        _ => group.no_better("at most 1.1 times the threads' rate", THREADS, FASTER),
    };
}

/// Works in all lanes until that moment: how many operations were done.
type Way = fn(&Runtime, &Lanes, Instant) -> Result<u64, String>;

fn enter(
    group: &mut Group<'_>,
    name: &str,
    role: Role,
    kind: &Kind,
    folder: &Arc<Folder>,
    way: Way,
) {
    let runtime = Runtime::new().map_err(|error| error.to_string());
    let ready =
        runtime.and_then(|runtime| Ok((runtime, (kind.lanes)(folder.path(), kind.at_once)?)));
    let (runtime, lanes) = match ready {
        Ok(ready) => ready,
        Err(why) => {
            group.broken(name, role, &why);
            return;
        }
    };
    let folder = Arc::clone(folder);
    group.window(name, role, move |window| {
        // There until the last contender has been measured.
        let _ = &folder;
        let used = || Used::by(std::process::id());
        let (began, before) = (Instant::now(), used());
        let done = way(&runtime, &lanes, began + window.duration)? as f64;
        let seconds = began.elapsed().as_secs_f64();
        let sample = Sample::new(seconds * 1e6 / done).with(RATE, done / seconds);
        Ok(match before.zip(used()) {
            Some((before, after)) => {
                sample.with("cpu_us_per_operation", after.since(before).0 / done)
            }
            None => sample,
        })
    });
}

fn awaited(runtime: &Runtime, lanes: &Lanes, until: Instant) -> Result<u64, String> {
    runtime.block_on(async {
        let start = |operation: &Operation| {
            let operation = Arc::clone(operation);
            spawn(async move {
                let mut number = 0;
                while number == 0 || Instant::now() < until {
                    let operation = Arc::clone(&operation);
                    let done = spawn_blocking(move || operation(number)).await;
                    done.map_err(|error| error.to_string())??;
                    number += 1;
                }
                Ok::<_, String>(number)
            })
        };
        let tasks: Vec<_> = lanes.iter().map(start).collect();
        let mut all = 0;
        for task in tasks {
            all += task.await.map_err(|error| error.to_string())??;
        }
        Ok(all)
    })
}

fn direct(_: &Runtime, lanes: &Lanes, until: Instant) -> Result<u64, String> {
    let work = |operation: &Operation| {
        let mut number = 0;
        while number == 0 || Instant::now() < until {
            operation(number)?;
            number += 1;
        }
        Ok::<_, String>(number)
    };
    thread::scope(|scope| {
        let start = |operation| scope.spawn(move || work(operation));
        let threads: Vec<_> = lanes.iter().map(start).collect();
        let ended = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().map_err(|_| "a thread panicked".to_owned())?
        };
        threads.into_iter().map(ended).sum()
    })
}

fn said(error: impl ToString) -> String {
    error.to_string()
}

/// Each block holds its number, over and over.
fn block(number: u64) -> Vec<u8> {
    number.to_le_bytes().repeat(BLOCK / size_of::<u64>())
}

fn reads(folder: &Path, at_once: usize) -> Result<Lanes, String> {
    let path = folder.join("read");
    if !path.exists() {
        let bytes: Vec<u8> = (0..BLOCKS).flat_map(block).collect();
        std::fs::write(&path, bytes).map_err(said)?;
    }
    let lane = |lane: usize| {
        let file = File::open(&path).map_err(said)?;
        Ok(Arc::new(move |number: u64| {
            let place = (number * 2_654_435_761 + lane as u64 * 97) % BLOCKS;
            let mut bytes = [0; BLOCK];
            file.read_exact_at(&mut bytes, place * BLOCK as u64).map_err(said)?;
            let (own, word) = (place.to_le_bytes(), size_of::<u64>());
            match bytes[..word] == own && bytes[BLOCK - word..] == own {
                true => Ok(()),
                false => Err(format!("block {place} holds something else")),
            }
        }) as Operation)
    };
    (0..at_once).map(lane).collect()
}

fn syncs(folder: &Path, at_once: usize) -> Result<Lanes, String> {
    let lane = |lane: usize| {
        let file = File::create(folder.join(format!("sync-{lane}"))).map_err(said)?;
        Ok(Arc::new(move |number: u64| {
            file.write_all_at(&block(number), 0).map_err(said)?;
            file.sync_data().map_err(said)
        }) as Operation)
    };
    (0..at_once).map(lane).collect()
}

/// Row `n` holds 7 times `n`.
fn database(folder: &Path) -> Result<Mutex<Connection>, String> {
    let path = folder.join("rows.db");
    if !path.exists() {
        let mut new = Connection::open(&path).map_err(said)?;
        let filling = new.transaction().map_err(said)?;
        filling
            .execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, sevens INTEGER)", ())
            .map_err(said)?;
        let mut insert = filling.prepare("INSERT INTO rows VALUES (?1, ?1 * 7)").map_err(said)?;
        for id in 0..ROWS {
            insert.execute([id as i64]).map_err(said)?;
        }
        drop(insert);
        filling.commit().map_err(said)?;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(&path, flags).map(Mutex::new).map_err(said)
}

/// Lanes with a connection each, which ask `query` of a row's number.
fn queries(
    folder: &Path,
    at_once: usize,
    query: &'static str,
    expected: fn(u64) -> u64,
) -> Result<Lanes, String> {
    let lane = |lane: usize| {
        let connection = database(folder)?;
        Ok(Arc::new(move |number: u64| {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let mut query = connection.prepare_cached(query).map_err(said)?;
            let id = (number * 2_654_435_761 + lane as u64 * 97) % ROWS;
            let found: i64 = query.query_row([id as i64], |row| row.get(0)).map_err(said)?;
            match found as u64 == expected(id) {
                true => Ok(()),
                false => Err(format!("row {id} says {found}")),
            }
        }) as Operation)
    };
    (0..at_once).map(lane).collect()
}

fn rows(folder: &Path, at_once: usize) -> Result<Lanes, String> {
    queries(folder, at_once, "SELECT sevens FROM rows WHERE id = ?1", |id| 7 * id)
}

fn sums(folder: &Path, at_once: usize) -> Result<Lanes, String> {
    let all = "SELECT sum(sevens) + ?1 FROM rows";
    queries(folder, at_once, all, |id| 7 * ROWS * (ROWS - 1) / 2 + id)
}
