//! What is known of an order.

use serde::Serialize;

use super::id::OrderId;

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is acknowledged, and not finished.
    Received,
    /// The slow service has done its work.
    Completed,
    /// All attempts have failed; it waits to be tried again by hand.
    Dead,
}

impl Status {
    /// All of them.
    pub const ALL: [Status; 3] = [Status::Received, Status::Completed, Status::Dead];

    /// Its name, as clients see it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Received => "received",
            Status::Completed => "completed",
            Status::Dead => "dead",
        }
    }

    /// Its number in the database.
    pub(super) fn code(self) -> i64 {
        match self {
            Status::Received => 0,
            Status::Completed => 1,
            Status::Dead => 2,
        }
    }

    /// The status of that number, if there is one.
    pub(super) fn of_code(code: i64) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.code() == code)
    }
}

/// What is known of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its name.
    pub id: OrderId,
    /// How far it has come.
    pub status: Status,
    /// The order itself, as JSON.
    pub order: String,
    /// What it costs.
    pub total_cents: u64,
    /// How often the slow service was asked, since it was last taken up.
    pub attempts: u32,
    /// How the last attempt failed, if it did.
    pub error: Option<String>,
    /// When it was acknowledged, in milliseconds since 1970.
    pub received_ms: u64,
    /// When it was completed or given up.
    pub ended_ms: Option<u64>,
}

impl Record {
    /// An order that was just received.
    pub(super) fn new(id: OrderId, order: String, total_cents: u64, received_ms: u64) -> Record {
        let status = Status::Received;
        let (attempts, error, ended_ms) = (0, None, None);
        Record { id, status, order, total_cents, attempts, error, received_ms, ended_ms }
    }

    /// The record as its clients see it.
    pub fn to_json(&self) -> serde_json::Value {
        // What is in the database was written by this program; what is damaged is shown as it is.
        let order = serde_json::from_str(&self.order)
            .unwrap_or_else(|_| serde_json::Value::String(self.order.clone()));
        serde_json::json!({
            "id": self.id.to_string(),
            "status": self.status,
            "attempts": self.attempts,
            "error": self.error,
            "total_cents": self.total_cents,
            "received_ms": self.received_ms,
            "ended_ms": self.ended_ms,
            "order": order,
        })
    }
}
