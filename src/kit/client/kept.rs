//! What both clients have in common: settings, kept connections, how a reply is put together.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::kit::http::{Limits, Outgoing, Received, ReplyParser};

use super::error::{CallError, Failed};

/// Whom a client calls, and within what bounds.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// The service.
    pub addr: SocketAddr,
    /// How long a call may take, from its connect to the last byte of its reply.
    pub timeout: Duration,
    /// How many connections are kept open without a call.
    pub kept_max: usize,
    /// Bounds on replies.
    pub limits: Limits,
}

impl ClientSettings {
    /// Calls to `addr` within 5 s; 64 connections are kept; replies are at most 1 MiB.
    pub fn new(addr: SocketAddr) -> ClientSettings {
        let limits = Limits { body_bytes_max: 1 << 20, ..Limits::default() };
        ClientSettings { addr, timeout: Duration::from_secs(5), kept_max: 64, limits }
    }
}

/// The settings, and connections without a call.
#[derive(Debug)]
pub(super) struct Kept<S> {
    pub(super) settings: ClientSettings,
    host: String,
    streams: Mutex<Vec<S>>,
}

impl<S> Kept<S> {
    pub(super) fn new(settings: ClientSettings) -> Kept<S> {
        Kept { host: settings.addr.to_string(), settings, streams: Mutex::new(Vec::new()) }
    }

    /// The connection that was used last: the likeliest to live.
    pub(super) fn take(&self) -> Option<S> {
        self.lock().pop()
    }

    /// Keeps a connection whose reply is whole, if there is room.
    pub(super) fn put(&self, stream: S, reply: &Received) {
        let mut streams = self.lock();
        if reply.keep && streams.len() < self.settings.kept_max {
            streams.push(stream);
        }
    }

    pub(super) fn encode(&self, request: &Outgoing<'_>) -> Vec<u8> {
        request.encode(&self.host)
    }

    pub(super) fn parser(&self) -> ReplyParser {
        ReplyParser::new(self.settings.limits)
    }

    pub(super) fn late(&self) -> Failed {
        Failed::For(CallError::Late(self.settings.timeout))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<S>> {
        // Nothing panics while it holds the lock.
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What reading `bytes` of a reply came to (0: the connection has ended); `None` while it is not
/// whole.
pub(super) fn took(parser: &mut ReplyParser, bytes: &[u8]) -> Option<Result<Received, Failed>> {
    if !bytes.is_empty() {
        let fed = parser.feed(bytes).map_err(|wrong| Failed::For(CallError::Wrong(wrong)));
        return fed.transpose();
    }
    if !parser.has_begun() {
        return Some(Err(Failed::Unbegun(io::ErrorKind::UnexpectedEof.into())));
    }
    let ended = parser.end();
    Some(ended.map_err(|wrong| Failed::For(CallError::Broken(io::Error::other(wrong)))))
}

/// What an error of the connection means, when so much of the reply has come.
pub(super) fn broke(parser: &ReplyParser, error: io::Error) -> Failed {
    match parser.has_begun() {
        false => Failed::Unbegun(error),
        true => Failed::For(CallError::Broken(error)),
    }
}
