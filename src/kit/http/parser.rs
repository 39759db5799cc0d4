//! Bytes in, requests out: a parser that is fed pieces of any size.
//!
//! ```text
//!        (1) head whole, body to come          (2) body whole
//! Head ----------------------------> Length | Chunked ----------> Head, yields the request
//!   |  (3) head whole, no body: yields the request; stays
//! ```
//! All edges are in `State::step`. While nothing is left over from earlier pieces, requests are
//! read where the bytes were received; only an unfinished rest is copied.

use super::call::Call;
use super::chunks::{Chunks, too_large};
use super::head::{self, Framing, Head};
use super::limits::{Limits, Rules};
use super::refusal::Refusal;

pub use super::head::Persist;

/// Room kept for left-over bytes between requests; more is given back.
const PENDING_BYTES_KEPT: usize = 2 * 1024;

/// Room taken for a body before its bytes come, however long it says it is.
const BODY_BYTES_AHEAD: usize = 64 * 1024;

/// A whole request.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// What it asks for.
    pub call: Call,
    /// The method was `HEAD`: the reply goes without its body.
    pub head_only: bool,
    /// Whether the connection lives on after the reply.
    pub persist: Persist,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// What [`Parser::next`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// A whole request.
    Request(Request),
    /// The client waits for `100 Continue` before it sends the body.
    Continue,
    /// More bytes are needed; all given ones are taken.
    More,
}

/// Reads the requests of one connection.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
    pending: Vec<u8>,
    used: usize,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    Length {
        head: Head,
        lacking: u64,
        body: Vec<u8>,
    },
    Chunked {
        head: Head,
        chunks: Chunks,
        body: Vec<u8>,
    },
}

impl Parser {
    /// The next step, reading first what is left over and then `fresh`, which is moved past the
    /// bytes that were taken. Call again until it says [`Step::More`].
    ///
    /// # Errors
    /// The refusal of what is no request, or of a request beyond the limits. Nothing more can be
    /// read from the connection after that.
    pub fn next(&mut self, fresh: &mut &[u8], rules: &Rules) -> Result<Step, Refusal> {
        if self.used == self.pending.len() {
            self.forget_pending();
            let (used, step) = self.state.step(fresh, rules)?;
            *fresh = &fresh[used..];
            if step == Step::More {
                self.keep(fresh);
            }
            return Ok(step);
        }
        self.keep(fresh);
        let (used, step) = self.state.step(&self.pending[self.used..], rules)?;
        self.used += used;
        if step == Step::More {
            self.pending.drain(..self.used);
            self.used = 0;
        }
        Ok(step)
    }

    /// Keeps bytes for later that [`Parser::next`] has not been asked to read.
    pub fn keep(&mut self, fresh: &mut &[u8]) {
        self.pending.extend_from_slice(fresh);
        *fresh = &[];
    }

    /// Whether bytes wait that [`Parser::next`] has not looked at, or of an unfinished head.
    pub fn has_pending(&self) -> bool {
        self.used < self.pending.len()
    }

    /// Whether a head is read and its body is not whole yet; and how many bytes of it are here.
    pub fn body_bytes(&self) -> Option<usize> {
        match &self.state {
            State::Head => None,
            State::Length { body, .. } | State::Chunked { body, .. } => Some(body.len()),
        }
    }

    fn forget_pending(&mut self) {
        self.used = 0;
        self.pending.clear();
        if self.pending.capacity() > PENDING_BYTES_KEPT {
            self.pending = Vec::new();
        }
    }
}

impl State {
    /// One step on `input`: how many bytes it used, and what was found.
    fn step(&mut self, input: &[u8], rules: &Rules) -> Result<(usize, Step), Refusal> {
        let limits = &rules.limits;
        match self {
            State::Head if input.is_empty() => Ok((0, Step::More)),
            State::Head => match head::parse(input, rules)? {
                None => Ok((0, Step::More)),
                Some((used, head)) => match self.begin(head, input.len() > used, limits)? {
                    Some(step) => Ok((used, step)),
                    None => {
                        self.step(&input[used..], rules).map(|(more, step)| (used + more, step))
                    }
                },
            },
            State::Length { lacking, body, .. } => {
                let used = (input.len() as u64).min(*lacking) as usize;
                body.extend_from_slice(&input[..used]);
                *lacking -= used as u64;
                match *lacking {
                    0 => Ok((used, self.end())),
                    _ => Ok((used, Step::More)),
                }
            }
            State::Chunked { chunks, body, .. } => match chunks.decode(input, body, limits)? {
                (used, true) => Ok((used, self.end())),
                (used, false) => Ok((used, Step::More)),
            },
        }
    }

    /// Edges (1) and (3): what was found, or `None` when the body is read next.
    fn begin(
        &mut self,
        head: Head,
        body_here: bool,
        limits: &Limits,
    ) -> Result<Option<Step>, Refusal> {
        if head.framing == Framing::Length(0) {
            return Ok(Some(Step::Request(request(head, Vec::new()))));
        }
        if head.expects_continue && !head.call.takes_body() {
            // The client asks first: say no at once and spare both the body.
            let head = Head { persist: Persist::Close, ..head };
            return Ok(Some(Step::Request(request(head, Vec::new()))));
        }
        let asks_first = head.expects_continue && !body_here;
        *self = match head.framing {
            Framing::Length(length) if length > limits.body_bytes_max as u64 => {
                return Err(too_large());
            }
            Framing::Length(lacking) => {
                let ahead = lacking.min(BODY_BYTES_AHEAD as u64) as usize;
                State::Length { head, lacking, body: Vec::with_capacity(ahead) }
            }
            Framing::Chunked => State::Chunked { head, chunks: Chunks::Size, body: Vec::new() },
        };
        Ok(asks_first.then_some(Step::Continue))
    }

    /// Edge (2).
    fn end(&mut self) -> Step {
        match std::mem::take(self) {
            State::Length { head, body, .. } | State::Chunked { head, body, .. } => {
                Step::Request(request(head, body))
            }
            State::Head => Step::More,
        }
    }
}

fn request(head: Head, body: Vec<u8>) -> Request {
    Request { call: head.call, head_only: head.head_only, persist: head.persist, body }
}
