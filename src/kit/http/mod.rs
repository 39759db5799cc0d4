//! The HTTP/1.1 service, written once, without input or output of its own.
//!
//! Bytes go in and bytes come out; who reads, writes and waits (and how) is the
//! business of the server model.
//!
//! ```text
//! bytes -> Parser -> Request -> service::answer -> Outcome --now--> Reply -> Outbox -> bytes
//!                                                     |               ^
//!                                                     +--- wait N ms -+
//! ```
//!
//! A server may have a service of its own in place of the hello service ([`Paths::Any`]): then each
//! request is an [`Ask`] that the service replies to, by a [`Reply`] or by events as they come.
//!
//! What it leaves out: `date` headers, compression, ranges, TLS, and streaming of requests (a body
//! is whole before it is answered).
//!
//! [`Outgoing`] and [`ReplyParser`] are the client's side.
//!
//! [`Session`] joins these for one connection. What is refused, and how: [`Refusal`]; what bounds
//! the bytes: [`Limits`]; what bounds the time: [`Deadlines`].

mod limits;
mod refusal;
mod call;
mod head;
mod chunks;
mod parser;
mod outbox;
mod reply;
mod service;
mod session;
mod deadlines;
mod downstream;
mod exchange;

pub use call::{Ask, Call, Method, WAIT_MS_MAX};
pub use deadlines::{Deadlines, Verdict, Watch};
pub use downstream::{DownstreamReply, downstream_request};
pub use exchange::{Outgoing, Received, ReplyParser, WrongReply};
pub use limits::{HEADERS_MAX, Limits, Paths, Rules};
pub use outbox::Outbox;
pub use parser::{Parser, Persist, Request, Step};
pub use refusal::{Refusal, Status};
pub use reply::{Body, Reply};
pub use service::{HELLO, Outcome, WaitEnd, answer};
pub use session::{Phase, Progress, Session, Turn, encode_busy};
