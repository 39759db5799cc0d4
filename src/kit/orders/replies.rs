//! What the service says.

use serde_json::json;

use crate::kit::http::{Body, Reply, Status};

use super::order::{OrderError, Wrong};
use super::record::Record;

/// After how many seconds to try again what the database could not do.
const UNSAVED_RETRY_S: u32 = 5;

/// A reply of this JSON.
pub(super) fn json_reply(status: Status, value: &serde_json::Value) -> Reply {
    Reply::new(status, Body::Json(format!("{value}\n").into_bytes()))
}

/// A reply that says what was wrong, and with which field (empty: with the whole).
pub(super) fn error(status: Status, field: &str, why: &str) -> Reply {
    let field = if field.is_empty() { None } else { Some(field) };
    json_reply(status, &json!({ "error": why, "field": field }))
}

/// The reply to an order that is none.
pub(super) fn invalid(wrong: &OrderError) -> Reply {
    let status = match wrong.wrong {
        Wrong::Unreadable => Status::BadRequest,
        Wrong::TooLarge => Status::ContentTooLarge,
        Wrong::Invalid => Status::Unprocessable,
    };
    error(status, &wrong.field, &wrong.why)
}

/// A reply about an order: what is known of it, and where to ask again.
pub(super) fn about(status: Status, record: &Record) -> Reply {
    json_reply(status, &record.to_json()).located(format!("/orders/{}", record.id))
}

/// The reply where a key has stood for another order before.
pub(super) fn other_order() -> Reply {
    let why = "this key was given with another order before; a new order needs a new key";
    error(Status::Unprocessable, "idempotency-key", why)
}

/// The reply where there is no room for another order, or it came too fast.
pub(super) fn no_room(why: &str, retry_after_s: u32) -> Reply {
    error(Status::Unavailable, "", &format!("{why}; try again later")).retry_after(retry_after_s)
}

/// The reply where the database did not do its part: nothing was acknowledged.
pub(super) fn unsaved(why: &dyn std::fmt::Display) -> Reply {
    error(Status::Unavailable, "", &why.to_string()).retry_after(UNSAVED_RETRY_S)
}
