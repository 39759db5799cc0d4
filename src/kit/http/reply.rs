//! A reply, and how it becomes bytes.

use super::head::Persist;
use super::limits::Paths;
use super::outbox::Outbox;
use super::refusal::{Refusal, Status};

/// What `retry-after` says where a 503 does not say more.
const RETRY_AFTER_S: u32 = 1;

/// The body of a reply.
#[derive(Debug, PartialEq, Eq)]
pub enum Body {
    /// Plain text known beforehand.
    Text(&'static str),
    /// A page for browsers.
    Page(&'static str),
    /// Bytes made for this reply.
    Bytes(Vec<u8>),
    /// Plain text made for this reply.
    Note(String),
    /// JSON made for this reply.
    Json(Vec<u8>),
    /// Metrics in Prometheus' text form.
    Metrics(String),
}

impl Body {
    fn parts(&self) -> (&'static str, &[u8]) {
        match self {
            Body::Text(text) => ("text/plain; charset=utf-8", text.as_bytes()),
            Body::Page(page) => ("text/html; charset=utf-8", page.as_bytes()),
            Body::Bytes(bytes) => ("application/octet-stream", bytes),
            Body::Note(note) => ("text/plain; charset=utf-8", note.as_bytes()),
            Body::Json(json) => ("application/json", json),
            Body::Metrics(text) => ("text/plain; version=0.0.4; charset=utf-8", text.as_bytes()),
        }
    }
}

/// A reply, before it is encoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: Status,
    /// Value of the `allow` header, if there is one.
    pub allow: Option<&'static str>,
    /// Value of the `location` header, if there is one.
    pub location: Option<String>,
    /// Value of the `retry-after` header, in seconds. A 503 has one in any case.
    pub retry_after_s: Option<u32>,
    /// The body.
    pub body: Body,
}

impl Reply {
    /// A reply of `status` with this body.
    pub fn new(status: Status, body: Body) -> Reply {
        Reply { status, allow: None, location: None, retry_after_s: None, body }
    }

    /// A reply of `status` that explains itself by a line of text.
    pub fn text(status: Status, text: &'static str) -> Reply {
        Reply::new(status, Body::Text(text))
    }

    /// The same, with a `location`.
    pub fn located(self, location: String) -> Reply {
        Reply { location: Some(location), ..self }
    }

    /// The same, saying after how many seconds to ask again.
    pub fn retry_after(self, seconds: u32) -> Reply {
        Reply { retry_after_s: Some(seconds), ..self }
    }

    /// Appends the reply to `out`. With `head_only` (the method was `HEAD`) the body stays away;
    /// its length is said nevertheless.
    pub fn encode(self, persist: Persist, head_only: bool, out: &mut Outbox) {
        let (kind, bytes) = self.body.parts();
        out.push(b"HTTP/1.1 ");
        out.push(self.status.text().as_bytes());
        out.push(b"\r\ncontent-type: ");
        out.push(kind.as_bytes());
        out.push(b"\r\ncontent-length: ");
        out.push_number(bytes.len());
        if let Some(allow) = self.allow {
            out.push(b"\r\nallow: ");
            out.push(allow.as_bytes());
        }
        if let Some(location) = &self.location {
            out.push(b"\r\nlocation: ");
            out.push(location.as_bytes());
        }
        let unavailable = self.status == Status::Unavailable;
        if let Some(seconds) = self.retry_after_s.or(unavailable.then_some(RETRY_AFTER_S)) {
            out.push(b"\r\nretry-after: ");
            out.push_number(seconds as usize);
        }
        match persist {
            Persist::Keep => {}
            Persist::KeepSaid => out.push(b"\r\nconnection: keep-alive"),
            Persist::Close => out.push(b"\r\nconnection: close"),
        }
        out.push(b"\r\n\r\n");
        match self.body {
            _ if head_only => {}
            Body::Text(text) | Body::Page(text) => out.push(text.as_bytes()),
            Body::Bytes(bytes) | Body::Json(bytes) => out.push_body(bytes),
            Body::Note(note) | Body::Metrics(note) => out.push(note.as_bytes()),
        }
    }
}

/// Appends the head of a reply that ends with its connection, and whose body is events as they
/// come (server-sent events).
pub(super) fn encode_events_head(out: &mut Outbox) {
    out.push(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n\
          connection: close\r\n\r\n",
    );
}

/// Appends the reply that a refused request gets; the connection ends after it. Where requests
/// are a service's, it is JSON, as that service's own replies are.
pub(super) fn encode_refusal(refusal: Refusal, paths: Paths, out: &mut Outbox) {
    let body = match paths {
        Paths::Hello => Body::Note(format!("{}\n", refusal.why)),
        Paths::Any => Body::Json(serde_json::json!({ "error": refusal.why }).to_string().into()),
    };
    Reply::new(refusal.status, body).encode(Persist::Close, false, out);
}
