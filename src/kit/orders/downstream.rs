//! The call of the slow service for an order, and what becomes of it.

use std::time::Duration;

use serde_json::json;

use crate::kit::client::CallError;
use crate::kit::http::{Outgoing, Received};
use crate::workflow::retry::Failure;

use super::id::OrderId;

/// Longest text of a failure that is kept with an order.
const ERROR_CHARS_MAX: usize = 200;

/// The call for one order. The order's name is the idempotency key: however often it is asked for,
/// the work is done once.
#[derive(Debug)]
pub(super) struct Work {
    key: String,
    json: Vec<u8>,
}

impl Work {
    pub(super) fn new(id: OrderId, total_cents: u64) -> Work {
        let key = id.to_string();
        let json = json!({ "order": key, "total_cents": total_cents }).to_string().into_bytes();
        Work { key, json }
    }

    pub(super) fn request(&self) -> Outgoing<'_> {
        Outgoing { method: "POST", path: "/work", key: Some(&self.key), json: Some(&self.json) }
    }
}

/// What a call came to: whether to try again is decided here.
pub(super) fn judge(called: Result<Received, CallError>) -> Result<(), Failure<String>> {
    let reply = match called {
        Ok(reply) => reply,
        Err(error) => return Err(Failure::Transient(error.to_string())),
    };
    let said = format!("the slow service replied {}", reply.status);
    match reply.status {
        200..=299 => Ok(()),
        429 | 503 if reply.retry_after_s.is_some() => {
            let seconds = reply.retry_after_s.unwrap_or_default();
            Err(Failure::Later(said, Duration::from_secs(seconds.into())))
        }
        408 | 425 | 429 | 500..=599 => Err(Failure::Transient(said)),
        _ => {
            let body = String::from_utf8_lossy(&reply.body);
            let all = format!("{said}: {}", body.trim());
            Err(Failure::Permanent(all.chars().take(ERROR_CHARS_MAX).collect()))
        }
    }
}

/// Whether a call's outcome speaks against the slow service: a reply that will never be another
/// one does not.
pub(super) fn speaks_against(judged: &Result<(), Failure<String>>) -> bool {
    matches!(judged, Err(Failure::Transient(_) | Failure::Later(..)))
}

/// What a failure says.
pub(super) fn said(failure: &Failure<String>) -> &str {
    match failure {
        Failure::Transient(said) | Failure::Later(said, _) | Failure::Permanent(said) => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_go_better_is_tried_again() {
        let replied = |status, retry_after_s| {
            judge(Ok(Received { status, retry_after_s, ..Received::default() }))
        };
        assert_eq!(replied(200, None), Ok(()));
        assert!(matches!(replied(500, None), Err(Failure::Transient(_))));
        assert!(matches!(replied(503, None), Err(Failure::Transient(_))));
        let later = replied(503, Some(2));
        assert!(matches!(later, Err(Failure::Later(_, after)) if after.as_secs() == 2));
        assert!(matches!(replied(422, None), Err(Failure::Permanent(_))));
        assert!(matches!(replied(302, None), Err(Failure::Permanent(_))));
        let late = judge(Err(CallError::Late(Duration::from_secs(1))));
        assert!(matches!(late, Err(Failure::Transient(_))));
    }
}
