//! Folders and databases for tests.

use std::path::{Path, PathBuf};

use windlass::workflow::sqlite::{Database, Options};

/// An empty folder that is gone afterwards.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("workflow-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// One table, of numbers that are there once each.
pub(crate) const NUMBERS: &[&str] =
    &["CREATE TABLE numbers (number INTEGER PRIMARY KEY, text TEXT) STRICT"];

pub(crate) fn numbers() -> Options {
    Options { migrations: NUMBERS, ..Options::default() }
}

pub(crate) fn open(path: &Path) -> Database {
    Database::open(path, numbers()).expect("it opens")
}

type Sql<T> = Result<T, rusqlite::Error>;

pub(crate) fn insert(tx: &rusqlite::Transaction<'_>, number: i64) -> Sql<usize> {
    tx.prepare_cached("INSERT INTO numbers (number) VALUES (?1)")?.execute([number])
}

/// The numbers in the file, in order.
pub(crate) fn found(database: &Database) -> Vec<i64> {
    let read = database.read_blocking(|conn| -> Sql<Vec<i64>> {
        let mut select = conn.prepare_cached("SELECT number FROM numbers ORDER BY number")?;
        select.query_map([], |row| row.get(0))?.collect()
    });
    read.expect("it can be read")
}
