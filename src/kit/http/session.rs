//! One connection, without its socket: bytes received in, bytes to send out, and what to do next.
//!
//! Every server model runs the same loop around it:
//! ```text
//! turn() -> Read    write the outbox, then read, then turn() again
//!           Write   write the outbox, then turn() again
//!           Wait    write the outbox, wait, then waited(), then turn() again
//!           Work    write the outbox, hand take_work() to the service; then worked(), turn()
//!                   again; or begin_events(), event() and write for each, close
//!           Close   write the outbox, then close
//!           Linger  write the outbox, half-close, swallow what the client still sends, close
//! ```

use super::call::{Ask, Call};
use super::limits::{Paths, Rules};
use super::outbox::Outbox;
use super::parser::{Parser, Persist, Request, Step};
use super::refusal::{Refusal, Status};
use super::reply::{self, Reply};
use super::service::{HELLO, Outcome, WaitEnd, answer};

/// The whole reply to `GET /hello` on a connection that lives on: encoded once, here.
const HELLO_KEEP: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\n\
    content-length: 12\r\n\r\nhello, world";
const _: () = assert!(HELLO.len() == 12);

/// What the model has to do next; in every case it writes the outbox first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Turn {
    /// Read more bytes.
    Read,
    /// Nothing else: the outbox is full, and more requests wait.
    Write,
    /// Wait for the downstream, then call [`Session::waited`].
    Wait {
        /// Milliseconds the downstream takes.
        wait_ms: u32,
    },
    /// Hand [`Session::take_work`] to the service of the server.
    Work,
    /// Close the connection.
    Close,
    /// Close it in a way that lets the client read the reply though it may still be sending.
    Linger,
}

/// Where the connection stands between two reads; says which deadline holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has come yet.
    Fresh,
    /// Between two requests.
    Idle,
    /// A head is not whole yet.
    Head,
    /// A body is not whole yet.
    Body,
}

/// How far the connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Where it stands.
    pub phase: Phase,
    /// Requests it has read whole.
    pub requests: u64,
    /// Bytes of the unfinished body that are here.
    pub body_bytes: usize,
}

/// The state of one connection.
#[derive(Debug, Default)]
pub struct Session {
    parser: Parser,
    requests: u64,
    waiting: Option<Waiting>,
    work: Option<Box<Ask>>,
    end: Option<Turn>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    wait_ms: u32,
    head_only: bool,
    persist: Persist,
}

impl Session {
    /// Answers what can be answered from left-over bytes and `fresh`, which is taken whole. With
    /// `closing` (the server stops, say) the next reply ends the connection.
    pub fn turn(
        &mut self,
        mut fresh: &[u8],
        rules: &Rules,
        closing: bool,
        out: &mut Outbox,
    ) -> Turn {
        let turn = loop {
            if let Some(end) = self.end {
                // What follows the last request is not looked at, but may still be coming.
                let more = !fresh.is_empty() || self.parser.has_pending();
                return if more { Turn::Linger } else { end };
            }
            if out.is_full() {
                break Turn::Write;
            }
            match self.parser.next(&mut fresh, rules) {
                Ok(Step::More) => break Turn::Read,
                Ok(Step::Continue) => out.push(b"HTTP/1.1 100 Continue\r\n\r\n"),
                Ok(Step::Request(request)) => {
                    if let Some(turn) = self.reply_to(request, rules.close_each | closing, out) {
                        break turn;
                    }
                }
                Err(refusal) => self.refuse(refusal, rules.paths, out),
            }
        };
        if !fresh.is_empty() {
            self.parser.keep(&mut fresh);
        }
        turn
    }

    fn reply_to(&mut self, request: Request, close: bool, out: &mut Outbox) -> Option<Turn> {
        self.requests += 1;
        let Request { head_only, mut persist, .. } = request;
        let is_hello = matches!(request.call, Call::Hello);
        if is_hello && persist == Persist::Keep && !head_only && !close {
            out.push(HELLO_KEEP);
            return None;
        }
        if close {
            persist = Persist::Close;
        }
        match answer(request) {
            Outcome::Now(reply) => {
                self.send(reply, head_only, persist, out);
                None
            }
            Outcome::Wait { wait_ms } => {
                self.waiting = Some(Waiting { wait_ms, head_only, persist });
                Some(Turn::Wait { wait_ms })
            }
            Outcome::Work(ask) => {
                self.waiting = Some(Waiting { wait_ms: 0, head_only, persist });
                self.work = Some(ask);
                Some(Turn::Work)
            }
        }
    }

    /// Adds the reply to the request that made [`Session::turn`] say [`Turn::Wait`].
    pub fn waited(&mut self, end: WaitEnd, closing: bool, out: &mut Outbox) {
        if let Some(Waiting { wait_ms, head_only, persist }) = self.waiting.take() {
            let persist = if closing { Persist::Close } else { persist };
            self.send(end.reply(wait_ms), head_only, persist, out);
        }
    }

    /// The request that made [`Session::turn`] say [`Turn::Work`]; once.
    pub fn take_work(&mut self) -> Option<Box<Ask>> {
        self.work.take()
    }

    /// Adds the reply of the service to that request.
    pub fn worked(&mut self, reply: Reply, closing: bool, out: &mut Outbox) {
        if let Some(Waiting { head_only, persist, .. }) = self.waiting.take() {
            let persist = if closing { Persist::Close } else { persist };
            self.send(reply, head_only, persist, out);
        }
    }

    /// Adds the head of a reply whose body is events as they come, in place of
    /// [`Session::worked`]; the connection ends with it. Whether events are wanted at all.
    pub fn begin_events(&mut self, out: &mut Outbox) -> bool {
        self.end = Some(Turn::Close);
        reply::encode_events_head(out);
        !self.waiting.take().is_some_and(|waiting| waiting.head_only)
    }

    /// Adds an event, already in the form of the stream.
    pub fn event(&self, bytes: &[u8], out: &mut Outbox) {
        out.push(bytes);
    }

    /// Ends the connection with the reply that says why.
    fn refuse(&mut self, refusal: Refusal, paths: Paths, out: &mut Outbox) {
        reply::encode_refusal(refusal, paths, out);
        self.end = Some(Turn::Linger);
    }

    /// Ends the connection because a request did not come whole in time.
    pub fn time_out(&mut self, out: &mut Outbox) {
        let why = "the request did not come whole in time";
        self.refuse(Refusal::new(Status::RequestTimeout, why), Paths::Hello, out);
    }

    /// How far the connection has come.
    pub fn progress(&self) -> Progress {
        let body_bytes = self.parser.body_bytes();
        let phase = match body_bytes {
            Some(_) => Phase::Body,
            None if self.parser.has_pending() => Phase::Head,
            None if self.requests == 0 => Phase::Fresh,
            None => Phase::Idle,
        };
        Progress { phase, requests: self.requests, body_bytes: body_bytes.unwrap_or(0) }
    }

    /// Whether a request has begun to come and is not whole yet.
    pub fn is_unfinished(&self) -> bool {
        self.parser.has_pending() || self.parser.body_bytes().is_some()
    }

    fn send(&mut self, reply: Reply, head_only: bool, persist: Persist, out: &mut Outbox) {
        reply.encode(persist, head_only, out);
        if persist == Persist::Close {
            self.end = Some(Turn::Close);
        }
    }
}

/// Appends the reply of a server that has no room for one more connection.
pub fn encode_busy(out: &mut Outbox) {
    let why = "too many connections; try again later";
    reply::encode_refusal(Refusal::new(Status::Unavailable, why), Paths::Hello, out);
}
