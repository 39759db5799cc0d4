//! The tables of queues in SQLite, and all that is said to them.

/// From each version of the tables to the next.
pub(super) const STEPS: &[&str] = &["
    CREATE TABLE windlass_queues (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        depth INTEGER NOT NULL DEFAULT 0,
        dead INTEGER NOT NULL DEFAULT 0,
        keys_left INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE windlass_messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        queue INTEGER NOT NULL REFERENCES windlass_queues,
        priority INTEGER NOT NULL,
        due_ms INTEGER NOT NULL,
        dead INTEGER NOT NULL DEFAULT 0,
        leased INTEGER NOT NULL DEFAULT 0,
        attempts INTEGER NOT NULL DEFAULT 0,
        deliveries INTEGER NOT NULL DEFAULT 0,
        enqueued_ms INTEGER NOT NULL,
        died_ms INTEGER,
        reason TEXT,
        key TEXT,
        body BLOB NOT NULL
    ) STRICT;
    CREATE INDEX windlass_messages_due
        ON windlass_messages (queue, priority, due_ms, id) WHERE dead = 0;
    CREATE INDEX windlass_messages_dead ON windlass_messages (queue, id) WHERE dead = 1;
    CREATE TABLE windlass_keys (
        queue INTEGER NOT NULL,
        key TEXT NOT NULL,
        id INTEGER NOT NULL,
        until_ms INTEGER,
        PRIMARY KEY (queue, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX windlass_keys_until
        ON windlass_keys (queue, until_ms) WHERE until_ms IS NOT NULL;
"];

pub(super) const INSERT: &str = "INSERT INTO windlass_messages
    (queue, priority, due_ms, enqueued_ms, key, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
pub(super) const READY: &str =
    "SELECT id, leased, attempts, deliveries, enqueued_ms, priority, key, body
    FROM windlass_messages WHERE queue = ?1 AND priority = ?2 AND dead = 0 AND due_ms <= ?3
    ORDER BY due_ms, id LIMIT ?4";
pub(super) const NEXT_DUE: &str = "SELECT min(due_ms) FROM windlass_messages
    WHERE queue = ?1 AND priority = ?2 AND dead = 0";
pub(super) const LEASE: &str = "UPDATE windlass_messages SET leased = 1, due_ms = ?2,
    attempts = attempts + 1, deliveries = deliveries + 1 WHERE id = ?1";
pub(super) const LEASED: &str = "SELECT attempts, key FROM windlass_messages
    WHERE id = ?1 AND queue = ?2 AND deliveries = ?3 AND leased = 1 AND dead = 0";
pub(super) const EXTEND: &str = "UPDATE windlass_messages SET due_ms = ?4
    WHERE id = ?1 AND queue = ?2 AND deliveries = ?3 AND leased = 1 AND dead = 0";
pub(super) const AGAIN: &str = "UPDATE windlass_messages SET leased = 0, due_ms = ?2 WHERE id = ?1";
pub(super) const UNSEEN: &str = "UPDATE windlass_messages
    SET leased = 0, due_ms = enqueued_ms, attempts = attempts - 1 WHERE id = ?1";
pub(super) const DELETE: &str = "DELETE FROM windlass_messages WHERE id = ?1";
pub(super) const BURY: &str = "UPDATE windlass_messages
    SET dead = 1, leased = 0, reason = ?2, died_ms = ?3 WHERE id = ?1";
pub(super) const REDRIVE: &str = "UPDATE windlass_messages
    SET dead = 0, attempts = 0, due_ms = ?2, reason = NULL, died_ms = NULL WHERE id = ?1";
pub(super) const IS_DEAD: &str =
    "SELECT key FROM windlass_messages WHERE queue = ?1 AND id = ?2 AND dead = 1";
pub(super) const DEAD: &str =
    "SELECT id, attempts, reason, enqueued_ms, died_ms, priority, key, body
    FROM windlass_messages WHERE queue = ?1 AND dead = 1 AND id > ?2 ORDER BY id LIMIT ?3";
pub(super) const COUNTS: &str =
    "SELECT total(due_ms <= ?2), total(leased AND due_ms > ?2), count(*)
    FROM windlass_messages WHERE queue = ?1 AND dead = 0";

pub(super) const DEPTH: &str = "SELECT depth FROM windlass_queues WHERE id = ?1";
pub(super) const DEAD_COUNT: &str = "SELECT dead FROM windlass_queues WHERE id = ?1";
pub(super) const ENTER: &str = "UPDATE windlass_queues SET depth = depth + 1
    WHERE id = ?1 AND depth < ?2 RETURNING depth";
pub(super) const LEAVE: &str =
    "UPDATE windlass_queues SET depth = depth - 1 WHERE id = ?1 RETURNING depth";
pub(super) const TO_DEAD: &str = "UPDATE windlass_queues SET dead = dead + 1, depth = depth - 1
    WHERE id = ?1 AND dead < ?2 RETURNING depth";
pub(super) const FROM_DEAD: &str = "UPDATE windlass_queues SET dead = dead - 1, depth = depth + 1
    WHERE id = ?1 AND depth < ?2 RETURNING depth";
pub(super) const DISCARD: &str =
    "UPDATE windlass_queues SET dead = dead - 1 WHERE id = ?1 RETURNING depth";

pub(super) const FIND_KEY: &str = "SELECT id FROM windlass_keys WHERE queue = ?1 AND key = ?2";
pub(super) const FORGET_KEY: &str =
    "DELETE FROM windlass_keys WHERE queue = ?1 AND key = ?2 AND until_ms <= ?3";
pub(super) const ADD_KEY: &str = "INSERT INTO windlass_keys (queue, key, id) VALUES (?1, ?2, ?3)";
pub(super) const END_KEY: &str =
    "UPDATE windlass_keys SET until_ms = ?3 WHERE queue = ?1 AND key = ?2";
pub(super) const COUNT_KEY: &str = "UPDATE windlass_queues SET keys_left = keys_left + ?2
    WHERE id = ?1 RETURNING keys_left";
/// Of those whose message has left the oldest, as long as they are over or beyond the number.
pub(super) const FORGET: &str = "DELETE FROM windlass_keys WHERE queue = ?1 AND key IN (
    SELECT key FROM windlass_keys WHERE queue = ?1 AND until_ms <= ?2
    ORDER BY until_ms LIMIT ?3)";
