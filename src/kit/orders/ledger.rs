//! The orders' table, and every statement that touches it.
//!
//! ```text
//!                  complete (2)
//!   insert (1) +------------------> completed
//!  ----------> received
//!              +------------------> dead
//!                  bury (3)          |
//!              ^                     |
//!              +---------------------+
//!                  revive (4)
//! ```
//!
//! Each edge is one `UPDATE` that names the status it starts from: made twice, it changes nothing
//! the second time, and says so.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::id::OrderId;
use super::record::{Record, Status};

/// Marks the file as one of this service ("wlor").
pub(super) const APPLICATION_ID: i32 = 0x776c_6f72;

/// The steps from each version of the schema to the next.
pub(super) const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE orders (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT UNIQUE,
        body TEXT NOT NULL,
        total_cents INTEGER NOT NULL,
        status INTEGER NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        error TEXT,
        message INTEGER,
        received_ms INTEGER NOT NULL,
        ended_ms INTEGER
    ) STRICT;
    CREATE INDEX orders_received ON orders (number) WHERE status = 0;
    CREATE INDEX orders_dead ON orders (number) WHERE status = 2;
    CREATE TABLE epoch (number INTEGER NOT NULL) STRICT;
    INSERT INTO epoch VALUES (random() & 4294967295);
",
    "
    -- Cents as REAL: exact as far as anybody will see, and beyond that rounded, not an error.
    CREATE TABLE sums (
        status INTEGER PRIMARY KEY,
        orders INTEGER NOT NULL,
        cents REAL NOT NULL,
        took_ms INTEGER NOT NULL
    ) STRICT;
    WITH each(status) AS (VALUES (0), (1), (2))
    INSERT INTO sums
        SELECT each.status, count(number), total(total_cents),
            coalesce(sum(coalesce(ended_ms, received_ms) - received_ms), 0)
        FROM each LEFT JOIN orders ON orders.status = each.status GROUP BY each.status;
    CREATE TRIGGER orders_sum_new AFTER INSERT ON orders BEGIN
        UPDATE sums SET orders = orders + 1, cents = cents + NEW.total_cents
            WHERE status = NEW.status;
    END;
    CREATE TRIGGER orders_sum_moved AFTER UPDATE OF status ON orders
        WHEN OLD.status <> NEW.status BEGIN
        UPDATE sums SET orders = orders - 1, cents = cents - OLD.total_cents,
            took_ms = took_ms - (coalesce(OLD.ended_ms, OLD.received_ms) - OLD.received_ms)
            WHERE status = OLD.status;
        UPDATE sums SET orders = orders + 1, cents = cents + NEW.total_cents,
            took_ms = took_ms + (coalesce(NEW.ended_ms, NEW.received_ms) - NEW.received_ms)
            WHERE status = NEW.status;
    END;
",
];

const COLUMNS: &str = "number, status, body, total_cents, attempts, error, received_ms, ended_ms";

/// Sums over all orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    /// How many there are, by status.
    pub(super) orders: [u64; 3],
    /// What they cost, by status.
    pub(super) cents: [u64; 3],
    /// How long the completed ones took together, in milliseconds.
    pub(super) completed_ms: u64,
}

/// The number of this database.
pub(super) fn epoch(db: &Connection) -> Result<u32> {
    db.query_row("SELECT number FROM epoch", [], |row| row.get(0))
}

/// Edge (1): a new order's number.
pub(super) fn insert(
    db: &Connection,
    key: Option<&str>,
    body: &str,
    total_cents: u64,
    now_ms: u64,
) -> Result<u64> {
    let statement = "INSERT INTO orders (key, body, total_cents, status, received_ms) \
                     VALUES (?1, ?2, ?3, 0, ?4)";
    let values = params![key, body, total_cents as i64, now_ms as i64];
    db.prepare_cached(statement)?.insert(values).map(|number| number as u64)
}

/// Remembers which message stands for an order.
pub(super) fn set_message(db: &Connection, number: u64, message: u64) -> Result<()> {
    let statement = "UPDATE orders SET message = ?2 WHERE number = ?1";
    db.prepare_cached(statement)?.execute([number as i64, message as i64]).map(drop)
}

/// No message stands for it any more: whoever works behind the queue gives it one anew.
pub(super) fn forget_message(db: &Connection, number: u64) -> Result<()> {
    let statement = "UPDATE orders SET message = NULL WHERE number = ?1";
    db.prepare_cached(statement)?.execute([number as i64]).map(drop)
}

/// Which message stands for an order.
pub(super) fn message(db: &Connection, number: u64) -> Result<Option<u64>> {
    let statement = "SELECT message FROM orders WHERE number = ?1";
    let found = db
        .prepare_cached(statement)?
        .query_row([number as i64], |row| row.get::<_, Option<i64>>(0))
        .optional()?;
    Ok(found.flatten().map(|message| message as u64))
}

/// An attempt has failed; `calls` is 0 where not even a call was made. How many attempts there have
/// been. `None`: the order is finished already.
pub(super) fn failed(db: &Connection, number: u64, error: &str, calls: u32) -> Result<Option<u32>> {
    let statement = "UPDATE orders SET attempts = attempts + ?3, error = ?2 \
                     WHERE number = ?1 AND status = 0 RETURNING attempts";
    db.prepare_cached(statement)?
        .query_row(params![number as i64, error, calls], |row| row.get(0))
        .optional()
}

/// Edge (2): after how many attempts. `None`: the order is finished already.
pub(super) fn complete(db: &Connection, number: u64, now_ms: u64) -> Result<Option<u32>> {
    let statement = "UPDATE orders SET status = 1, attempts = attempts + 1, error = NULL, \
                     ended_ms = ?2 WHERE number = ?1 AND status = 0 RETURNING attempts";
    db.prepare_cached(statement)?
        .query_row([number as i64, now_ms as i64], |row| row.get(0))
        .optional()
}

/// Edge (3): whether it was the first time.
pub(super) fn bury(db: &Connection, number: u64, now_ms: u64) -> Result<bool> {
    let statement = "UPDATE orders SET status = 2, ended_ms = ?2 WHERE number = ?1 AND status = 0";
    Ok(db.prepare_cached(statement)?.execute([number as i64, now_ms as i64])? > 0)
}

/// Edge (4): whether the order was dead.
pub(super) fn revive(db: &Connection, number: u64) -> Result<bool> {
    let statement = "UPDATE orders SET status = 0, attempts = 0, ended_ms = NULL \
                     WHERE number = ?1 AND status = 2";
    Ok(db.prepare_cached(statement)?.execute([number as i64])? > 0)
}

/// The order of that number.
pub(super) fn find(db: &Connection, epoch: u32, number: u64) -> Result<Option<Record>> {
    let statement = format!("SELECT {COLUMNS} FROM orders WHERE number = ?1");
    db.prepare_cached(&statement)?.query_row([number as i64], |row| record(row, epoch)).optional()
}

/// The order of that idempotency key.
pub(super) fn find_key(db: &Connection, epoch: u32, key: &str) -> Result<Option<Record>> {
    let statement = format!("SELECT {COLUMNS} FROM orders WHERE key = ?1");
    db.prepare_cached(&statement)?.query_row([key], |row| record(row, epoch)).optional()
}

/// Up to `max` dead orders, from the first one behind `after`.
pub(super) fn dead(db: &Connection, epoch: u32, after: u64, max: usize) -> Result<Vec<Record>> {
    let statement = format!(
        "SELECT {COLUMNS} FROM orders WHERE status = 2 AND number > ?1 ORDER BY number LIMIT ?2"
    );
    let mut statement = db.prepare_cached(&statement)?;
    let rows = statement.query_map([after as i64, max as i64], |row| record(row, epoch))?;
    rows.collect()
}

/// Up to `max` numbers of orders that are not finished, from the first one behind `after`.
pub(super) fn unfinished(db: &Connection, after: u64, max: usize) -> Result<Vec<u64>> {
    let statement = "SELECT number FROM orders WHERE status = 0 AND number > ?1 \
                     ORDER BY number LIMIT ?2";
    let mut statement = db.prepare_cached(statement)?;
    let rows = statement.query_map([after as i64, max as i64], |row| row.get::<_, i64>(0))?;
    rows.map(|number| number.map(|number| number as u64)).collect()
}

/// Sums over all orders, as each change of an order has kept them.
pub(super) fn sums(db: &Connection) -> Result<Sums> {
    let statement = "SELECT status, orders, cents, took_ms FROM sums";
    let mut statement = db.prepare_cached(statement)?;
    let mut rows = statement.query([])?;
    let mut sums = Sums::default();
    while let Some(row) = rows.next()? {
        let Some(status) = Status::of_code(row.get(0)?) else { continue };
        let at = status.code() as usize;
        sums.orders[at] = row.get::<_, i64>(1)? as u64;
        sums.cents[at] = row.get::<_, f64>(2)? as u64;
        if status == Status::Completed {
            sums.completed_ms = row.get::<_, i64>(3)?.max(0) as u64;
        }
    }
    Ok(sums)
}

fn record(row: &Row<'_>, epoch: u32) -> Result<Record> {
    let code = row.get(1)?;
    let status = Status::of_code(code).ok_or(rusqlite::Error::IntegralValueOutOfRange(1, code))?;
    Ok(Record {
        id: OrderId { epoch, number: row.get::<_, i64>(0)? as u64 },
        status,
        order: row.get(2)?,
        total_cents: row.get::<_, i64>(3)? as u64,
        attempts: row.get(4)?,
        error: row.get(5)?,
        received_ms: row.get::<_, i64>(6)? as u64,
        ended_ms: row.get::<_, Option<i64>>(7)?.map(|ms| ms as u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums as the orders themselves say.
    fn counted(db: &Connection) -> Result<Sums> {
        let mut sums = Sums::default();
        let all = "SELECT status, total_cents, coalesce(ended_ms, received_ms) - received_ms \
                   FROM orders";
        let mut all = db.prepare(all)?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let at = row.get::<_, u8>(0)? as usize;
            sums.orders[at] += 1;
            sums.cents[at] += row.get::<_, i64>(1)? as u64;
            sums.completed_ms += if at == 1 { row.get::<_, i64>(2)? as u64 } else { 0 };
        }
        Ok(sums)
    }

    #[test]
    fn sums_follow_every_change_and_older_files_are_summed_up_once() -> Result<()> {
        let db = Connection::open_in_memory()?;
        db.execute_batch(MIGRATIONS[0])?;
        for number in 1..=4_u64 {
            assert_eq!(insert(&db, None, "{}", number * 1000, 50)?, number);
        }
        complete(&db, 1, 80)?;
        bury(&db, 2, 90)?;
        db.execute_batch(MIGRATIONS[1])?;
        assert_eq!(sums(&db)?, counted(&db)?);
        assert_eq!((sums(&db)?.orders, sums(&db)?.completed_ms), ([2, 1, 1], 30));
        assert!(revive(&db, 2)? && !revive(&db, 2)?);
        assert_eq!((failed(&db, 2, "no", 1)?, complete(&db, 2, 120)?), (Some(1), Some(2)));
        assert_eq!((complete(&db, 3, 60)?, complete(&db, 3, 70)?), (Some(1), None));
        assert!(bury(&db, 4, 99)? && !bury(&db, 4, 100)?);
        insert(&db, Some("key"), "{}", 7, 60)?;
        assert_eq!(sums(&db)?, counted(&db)?);
        assert_eq!((sums(&db)?.orders, sums(&db)?.completed_ms), ([1, 3, 1], 110));
        let absurd = i64::MAX as u64;
        insert(&db, None, "{}", absurd, 60)?;
        insert(&db, None, "{}", absurd, 60)?;
        assert_eq!(sums(&db)?.orders, [3, 3, 1], "sums never stand in an order's way");
        Ok(())
    }
}
