//! Durable writes of 64 clients at once: a commit shared, against a commit each.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use windlass::Runtime;
use windlass::kit::measure::contender::Role;
use windlass::workflow::sqlite::{Database, Options};
use windlass_benches::{Batch, Harness};

const CLIENTS: u64 = 64;

/// What the issue asks for.
const BAR: f64 = 5.0;

const SCHEMA: &[&str] = &["CREATE TABLE orders (id INTEGER PRIMARY KEY, text TEXT) STRICT"];

const INSERT: &str = "INSERT INTO orders (text) VALUES (?1)";

const COUNT: &str = "SELECT count(*) FROM orders";

pub(crate) fn measure(bench: &mut Harness) {
    bench.group("group_commit", |group| {
        group
            .title("64 clients, durable writes")
            .question("How many durable writes a second, with a sync for each or a shared one?")
            .method(
                "64 clients write a row of 100 bytes and wait for the answer, again and again; \
                 WAL, synchronous = FULL; a file each in the target folder",
            )
            .not_shown("readers beside; larger rows; other disks")
            .rate("writes per second")
            .sample(Duration::from_millis(300))
            .smoke_ops(128)
            .without_criterion()
            .claim("group commit is 5 times a commit a request", "a commit a job", BAR);
        let folder = folder();
        group.checked("windlass, group commit", Role::Subject, shared(&folder, 256));
        group.checked("a commit a job", Role::Baseline, shared(&folder, 1));
        group.checked("a connection a thread", Role::Baseline, threads(&folder));
    });
    let _ = std::fs::remove_dir_all(folder());
}

/// On the disk that the build is on: temporary folders may be in memory.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-workflow");
    std::fs::create_dir_all(&folder).expect("a folder in the target folder");
    folder
}

/// An empty file.
fn fresh(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    for end in ["", "-wal", "-shm", "-claim"] {
        let _ = std::fs::remove_file(format!("{}{end}", path.display()));
    }
    path
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Tasks that share the writer's thread; so many jobs in one transaction.
fn shared(folder: &Path, group_max: usize) -> impl FnMut(u64) -> Result<Batch, String> + use<> {
    let path = fresh(folder, &format!("group-{group_max}.db"));
    let options = Options { migrations: SCHEMA, group_max, check: false, ..Options::default() };
    let mut runtime = None;
    move |ops| {
        let runtime = runtime.get_or_insert_with(|| Runtime::new().expect("a runtime"));
        let database = Database::open(&path, options.clone()).map_err(text)?;
        let count =
            |conn: &rusqlite::Connection| conn.query_row(COUNT, [], |row| row.get::<_, u32>(0));
        let before = u64::from(database.read_blocking(count).map_err(text)?);
        let begun = Instant::now();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let database = database.clone();
                runtime.spawn(async move {
                    for _ in (client..ops).step_by(CLIENTS as usize) {
                        let job = |tx: &rusqlite::Transaction<'_>| {
                            tx.prepare_cached(INSERT)?.execute([&"x".repeat(100)])
                        };
                        database.write(job).await.map_err(text)?;
                    }
                    Ok::<_, String>(())
                })
            })
            .collect();
        for client in clients {
            runtime.block_on(client).map_err(text)??;
        }
        let elapsed = begun.elapsed();
        let after = u64::from(database.read_blocking(count).map_err(text)?);
        let stats = database.stats();
        database.close_blocking();
        if after - before != ops {
            return Err(format!("{} rows of {ops}", after - before));
        }
        let largest = stats.largest_group as f64;
        let per_group_us = elapsed.as_secs_f64() * 1e6 / stats.groups.max(1) as f64;
        Ok(Batch::from(elapsed).with("largest_group", largest).with("group_us", per_group_us))
    }
}

/// What services do without a writer's thread: each thread has a connection, and waits its turn.
fn threads(folder: &Path) -> impl FnMut(u64) -> Result<Batch, String> + use<> {
    let path = fresh(folder, "threads.db");
    move |ops| {
        let count = connect(&path)?;
        let before = rows(&count)?;
        let barrier = Arc::new(Barrier::new(CLIENTS as usize + 1));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (barrier, connection) = (barrier.clone(), connect(&path)?);
                Ok(thread::spawn(move || {
                    barrier.wait();
                    for _ in (client..ops).step_by(CLIENTS as usize) {
                        let mut insert = connection.prepare_cached(INSERT).map_err(text)?;
                        insert.execute([&"x".repeat(100)]).map_err(text)?;
                    }
                    Ok::<_, String>(())
                }))
            })
            .collect::<Result<_, String>>()?;
        barrier.wait();
        let begun = Instant::now();
        for client in clients {
            client.join().map_err(|_| "a client panicked".to_owned())??;
        }
        let elapsed = begun.elapsed();
        let found = rows(&count)? - before;
        if found == ops { Ok(elapsed.into()) } else { Err(format!("{found} rows of {ops}")) }
    }
}

fn connect(path: &Path) -> Result<rusqlite::Connection, String> {
    let connection = rusqlite::Connection::open(path).map_err(text)?;
    connection.busy_timeout(Duration::from_secs(60)).map_err(text)?;
    let mode = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, text TEXT) STRICT";
    connection.execute_batch(mode).map_err(text)?;
    Ok(connection)
}

fn rows(connection: &rusqlite::Connection) -> Result<u64, String> {
    connection.query_row(COUNT, [], |row| row.get::<_, u32>(0)).map(u64::from).map_err(text)
}
