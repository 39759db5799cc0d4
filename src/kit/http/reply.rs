//! A reply, and how it becomes bytes.

use super::head::Persist;
use super::outbox::Outbox;
use super::refusal::{Refusal, Status};

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
}

/// A reply, before it is encoded.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: Status,
    /// Value of the `allow` header, if there is one.
    pub allow: Option<&'static str>,
    /// The body.
    pub body: Body,
}

impl Reply {
    /// A reply of `status` that explains itself by a line of text.
    pub fn text(status: Status, text: &'static str) -> Reply {
        Reply { status, allow: None, body: Body::Text(text) }
    }

    /// Appends the reply to `out`. With `head_only` (the method was `HEAD`) the body stays away;
    /// its length is said nevertheless.
    pub fn encode(self, persist: Persist, head_only: bool, out: &mut Outbox) {
        let (kind, bytes): (&str, &[u8]) = match &self.body {
            Body::Text(text) => ("text/plain; charset=utf-8", text.as_bytes()),
            Body::Page(page) => ("text/html; charset=utf-8", page.as_bytes()),
            Body::Bytes(bytes) => ("application/octet-stream", bytes),
            Body::Note(note) => ("text/plain; charset=utf-8", note.as_bytes()),
        };
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
        if self.status == Status::Unavailable {
            out.push(b"\r\nretry-after: 1");
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
            Body::Bytes(bytes) => out.push_body(bytes),
            Body::Note(note) => out.push(note.as_bytes()),
        }
    }
}

/// Appends the reply that a refused request gets; the connection ends after it.
pub(super) fn encode_refusal(refusal: Refusal, out: &mut Outbox) {
    let note = Body::Note(format!("{}\n", refusal.why));
    let reply = Reply { status: refusal.status, allow: None, body: note };
    reply.encode(Persist::Close, false, out);
}
