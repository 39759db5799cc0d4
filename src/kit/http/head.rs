//! Reads the head of a request: request line and headers, by httparse.
//!
//! Lines end with CR LF; a bare LF is taken for the same, as RFC 9112 (2.2) allows and httparse
//! does. A bare CR is refused.

use std::mem::MaybeUninit;

use super::call::{Ask, Call};
use super::limits::{HEADERS_MAX, Paths, Rules};
use super::refusal::{Refusal, Status};

/// How the body of a request is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// Exactly so many bytes.
    Length(u64),
    /// `transfer-encoding: chunked`.
    Chunked,
}

/// Whether the connection lives on after the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persist {
    /// HTTP/1.1, where living on goes without saying.
    Keep,
    /// HTTP/1.0 with `connection: keep-alive`: the reply must say so too.
    KeepSaid,
    /// The connection ends after the reply, which says so.
    Close,
}

/// Longest idempotency key, in bytes.
const KEY_BYTES_MAX: usize = 255;

/// What the head of a request says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) call: Call,
    pub(super) head_only: bool,
    pub(super) persist: Persist,
    pub(super) framing: Framing,
    pub(super) expects_continue: bool,
}

/// Reads one head from the start of `input`: the head and its length in bytes, or `None` when it
/// is not whole yet.
pub(super) fn parse(input: &[u8], rules: &Rules) -> Result<Option<(usize, Head)>, Refusal> {
    let limits = &rules.limits;
    let mut headers = [const { MaybeUninit::uninit() }; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut []);
    // Looking at no more than the limit makes the answer the same however the bytes were split.
    let window = &input[..input.len().min(limits.header_bytes_max)];
    match request.parse_with_uninit_headers(window, &mut headers) {
        Ok(httparse::Status::Complete(length)) => {
            Ok(Some((length, interpret(&request, rules.paths)?)))
        }
        Ok(httparse::Status::Partial) if input.len() < limits.header_bytes_max => Ok(None),
        Ok(httparse::Status::Partial) => Err(Refusal::new(
            Status::HeadersTooLarge,
            "request line and headers are larger than this server takes",
        )),
        Err(error) => Err(refusal_of(error)),
    }
}

fn refusal_of(error: httparse::Error) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => {
            Refusal::new(Status::HeadersTooLarge, "more than 64 headers")
        }
        httparse::Error::Version => Refusal::bad("the version must be HTTP/1.1 or HTTP/1.0"),
        httparse::Error::HeaderName => Refusal::bad("a header name holds a byte it must not"),
        httparse::Error::HeaderValue => Refusal::bad("a header value holds a byte it must not"),
        httparse::Error::NewLine => Refusal::bad("a line must end with CR LF, or LF alone"),
        _ => Refusal::bad("a request starts with: METHOD /path HTTP/1.1"),
    }
}

/// What the headers that matter here have said so far.
#[derive(Default)]
struct Said<'a> {
    hosts: u32,
    length: Option<u64>,
    chunked: bool,
    close: bool,
    keep_alive: bool,
    expects_continue: bool,
    keys: u32,
    key: Option<&'a [u8]>,
}

impl<'a> Said<'a> {
    fn header(&mut self, name: &str, value: &'a [u8]) -> Result<(), Refusal> {
        // By length first: of the headers that clients send few have one of these.
        match name.len() {
            4 if name.eq_ignore_ascii_case("host") => self.hosts += 1,
            6 if name.eq_ignore_ascii_case("expect") => {
                if !value.eq_ignore_ascii_case(b"100-continue") {
                    let why = "the only expectation known is 100-continue";
                    return Err(Refusal::new(Status::ExpectationFailed, why));
                }
                self.expects_continue = true;
            }
            10 if name.eq_ignore_ascii_case("connection") => {
                for token in value.split(|byte| *byte == b',') {
                    let token = token.trim_ascii();
                    self.close |= token.eq_ignore_ascii_case(b"close");
                    self.keep_alive |= token.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            14 if name.eq_ignore_ascii_case("content-length") => {
                if self.length.is_some() {
                    return Err(Refusal::bad("content-length is given twice"));
                }
                self.length = Some(length_of(value)?);
            }
            15 if name.eq_ignore_ascii_case("idempotency-key") => {
                self.keys += 1;
                self.key = Some(value);
            }
            17 if name.eq_ignore_ascii_case("transfer-encoding") => {
                if self.chunked || !value.eq_ignore_ascii_case(b"chunked") {
                    let why = "the only transfer-encoding known is chunked, given once";
                    return Err(Refusal::new(Status::NotImplemented, why));
                }
                self.chunked = true;
            }
            _ => {}
        }
        Ok(())
    }

    fn key(&self) -> Result<Option<String>, Refusal> {
        if self.keys > 1 {
            return Err(Refusal::bad("idempotency-key is given twice"));
        }
        let key = self.key.map(|value| match std::str::from_utf8(value) {
            Ok(key)
                if (1..=KEY_BYTES_MAX).contains(&key.len())
                    && key.bytes().all(|byte| byte.is_ascii_graphic()) =>
            {
                Ok(key.to_owned())
            }
            _ => Err(Refusal::bad("idempotency-key must be 1 to 255 visible ASCII characters")),
        });
        key.transpose()
    }
}

fn length_of(value: &[u8]) -> Result<u64, Refusal> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::bad("content-length must be a number of bytes, digits only"));
    }
    // Saturating: what does not fit into 64 bits is larger than any limit.
    Ok(value.iter().fold(0_u64, |length, digit| {
        length.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
    }))
}

fn interpret(request: &httparse::Request<'_, '_>, paths: Paths) -> Result<Head, Refusal> {
    let mut said = Said::default();
    for header in request.headers.iter() {
        said.header(header.name, header.value)?;
    }
    let modern = request.version == Some(1);
    if said.hosts > 1 || (modern && said.hosts == 0) {
        return Err(Refusal::bad("an HTTP/1.1 request carries one host header"));
    }
    if said.chunked && said.length.is_some() {
        return Err(Refusal::bad("content-length and transfer-encoding exclude each other"));
    }
    if said.chunked && !modern {
        return Err(Refusal::bad("HTTP/1.0 knows no transfer-encoding"));
    }
    let (method, target) = (request.method.unwrap_or(""), request.path.unwrap_or(""));
    Ok(Head {
        call: match paths {
            Paths::Hello => Call::of(method, target),
            Paths::Any => Call::Any(Box::new(Ask::of(method, target, said.key()?))),
        },
        head_only: method == "HEAD",
        persist: match (said.close, modern, said.keep_alive) {
            (true, _, _) | (false, false, false) => Persist::Close,
            (false, true, _) => Persist::Keep,
            (false, false, true) => Persist::KeepSaid,
        },
        framing: match said.chunked {
            true => Framing::Chunked,
            false => Framing::Length(said.length.unwrap_or(0)),
        },
        expects_continue: modern && said.expects_continue,
    })
}
