//! The database of orders, and the sums that are made over it.

use std::path::Path;
use std::time::Instant;

use rusqlite::{Connection, Transaction};

use crate::kit::measure::cores;
use crate::kit::stage::folder::Folder;
use crate::workflow::sqlite::{Database, Options, Synchronous};

const TABLE: &str = "
    CREATE TABLE orders (
        number INTEGER PRIMARY KEY,
        status INTEGER NOT NULL,
        total_cents INTEGER NOT NULL
    ) STRICT;
";

const SUMS: &str = "SELECT status, count(*), sum(total_cents) FROM orders GROUP BY status";

pub(super) const INSERT: &str = "INSERT INTO orders (status, total_cents) VALUES (?1, ?2)";

const FILL: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) \
                    INSERT INTO orders SELECT i, i % 3, i * 7 % 10000 FROM n";

/// Sums by status, and when they were made.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub(super) orders: [u64; 3],
    cents: [u64; 3],
    pub(super) made: Instant,
}

impl Sums {
    pub(super) fn read(db: &Connection) -> rusqlite::Result<Sums> {
        let mut sums = Sums { orders: [0; 3], cents: [0; 3], made: Instant::now() };
        let mut statement = db.prepare_cached(SUMS)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let at = row.get::<_, i64>(0)?.clamp(0, 2) as usize;
            sums.orders[at] = row.get::<_, i64>(1)? as u64;
            sums.cents[at] = row.get::<_, i64>(2)? as u64;
        }
        Ok(sums)
    }

    /// Whether they are of all orders that were there at the beginning.
    pub(super) fn is_right(&self, rows: u64) -> bool {
        self.orders.iter().sum::<u64>() >= rows && self.cents.iter().all(|cents| *cents > 0)
    }
}

/// The database. It goes before its folder.
pub(super) struct Shop {
    pub(super) database: Database,
    rows: u64,
    _folder: Folder,
}

impl Shop {
    pub(super) fn open(rows: u64) -> Result<Shop, String> {
        let folder = Folder::fresh("background")?;
        let file: &Path = &folder.path().join("orders.db");
        let options = Options {
            migrations: &[TABLE],
            readers: cores::count(),
            synchronous: Synchronous::Normal,
            ..Options::default()
        };
        let database = Database::open(file, options).map_err(|error| error.to_string())?;
        let shop = Shop { database, rows, _folder: folder };
        shop.write(move |tx| tx.execute(FILL, [rows as i64]))?;
        Ok(shop)
    }

    pub(super) fn write(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<usize> + Send + 'static,
    ) -> Result<(), String> {
        self.database.write_blocking(job).map(drop).map_err(|error| error.to_string())
    }

    /// Takes out the orders that came in.
    pub(super) fn as_before(&self) -> Result<(), String> {
        let rows = self.rows as i64;
        self.write(move |tx| tx.execute("DELETE FROM orders WHERE number > ?1", [rows]))
    }
}
