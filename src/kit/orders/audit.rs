//! The audit: what happened last, for people; and all of it in a file, where one is asked for.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::events::{Event, Listener, What};
use super::figures::Counter;

/// So many events are kept to be shown.
const KEPT: usize = 100;

/// What happened last.
#[derive(Debug, Default)]
pub(super) struct Audit {
    kept: Mutex<VecDeque<Event>>,
    /// Events that this subscriber missed.
    missed: Counter,
    /// Lines that the file did not take.
    unwritten: Counter,
}

impl Audit {
    /// The newest events, newest first.
    pub(super) fn to_json(&self) -> Value {
        let events: Vec<Value> = self.lock().iter().rev().map(line).collect();
        let (missed, unwritten) = (self.missed.get(), self.unwritten.get());
        json!({ "events": events, "missed": missed, "unwritten": unwritten })
    }

    pub(super) fn unwritten(&self) -> u64 {
        self.unwritten.get()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Event>> {
        // Nothing panics while it holds the lock.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One event, as JSON.
fn line(event: &Event) -> Value {
    let Event { id, at_ms, attempts, what, .. } = event;
    let mut value = json!({
        "event": what.name(), "order": id.to_string(), "at_ms": at_ms, "attempts": attempts,
    });
    match what {
        What::Received => {}
        What::Completed { took_ms } => value["took_ms"] = json!(took_ms),
        What::Failed { error, is_last } => {
            value["error"] = json!(**error);
            value["is_last"] = json!(is_last);
        }
    }
    value
}

/// Opens the file of the audit; what is in it stays.
pub(super) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Who keeps the audit.
pub(super) struct Auditor {
    pub(super) audit: Arc<Audit>,
    pub(super) file: Option<File>,
}

impl Auditor {
    /// A line each; the service does not wait for it, and what the file does not take is counted.
    fn write(&mut self, value: &Value) {
        let Some(file) = &mut self.file else { return };
        if file.write_all(format!("{value}\n").as_bytes()).is_err() {
            self.audit.unwritten.one();
        }
    }
}

impl Listener for Auditor {
    fn hear(&mut self, event: &Event) {
        let mut kept = self.audit.lock();
        kept.push_back(event.clone());
        let oldest = (kept.len() > KEPT).then(|| kept.pop_front());
        drop(kept);
        drop(oldest);
        if self.file.is_some() {
            self.write(&line(event));
        }
    }

    fn missed(&mut self, count: u64) {
        self.audit.missed.add(count);
        self.write(&json!({ "event": "missed", "count": count }));
    }
}
