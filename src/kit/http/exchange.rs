//! The client side: a request becomes bytes, and the reply is read from pieces of any size.

use std::fmt;

use super::chunks::Chunks;
use super::limits::Limits;

/// Most headers of a reply.
const HEADERS_MAX: usize = 64;

/// A request to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The method, such as `GET`.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Value of the `idempotency-key` header.
    pub key: Option<&'a str>,
    /// The body, JSON, if there is one.
    pub json: Option<&'a [u8]>,
}

impl Outgoing<'_> {
    /// The bytes to send to `host`, for a connection that is kept.
    pub fn encode(&self, host: &str) -> Vec<u8> {
        let Outgoing { method, path, key, json } = self;
        let mut bytes = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
        if let Some(key) = key {
            bytes.extend_from_slice(format!("idempotency-key: {key}\r\n").as_bytes());
        }
        let json = json.unwrap_or_default();
        if !json.is_empty() || *method != "GET" {
            let head =
                format!("content-type: application/json\r\ncontent-length: {}\r\n\r\n", json.len());
            bytes.extend_from_slice(head.as_bytes());
            bytes.extend_from_slice(json);
        } else {
            bytes.extend_from_slice(b"\r\n");
        }
        bytes
    }

    /// Whether it may be sent again where nobody knows what became of it.
    pub fn is_idempotent(&self) -> bool {
        self.key.is_some() || self.method == "GET"
    }
}

/// A reply that has come whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// The status.
    pub status: u16,
    /// Value of the `location` header.
    pub location: Option<String>,
    /// Value of the `retry-after` header, where that is a number of seconds.
    pub retry_after_s: Option<u32>,
    /// Whether the connection lives on.
    pub keep: bool,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// What has come is no reply that this client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrongReply {
    /// What is wrong with it.
    pub why: &'static str,
}

impl fmt::Display for WrongReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the reply cannot be read: {}", self.why)
    }
}

impl std::error::Error for WrongReply {}

const fn wrong(why: &'static str) -> WrongReply {
    WrongReply { why }
}

/// Reads one reply.
#[derive(Debug)]
pub struct ReplyParser {
    limits: Limits,
    bytes: Vec<u8>,
    used: usize,
    /// Once the head is whole: what it says, and how its body is framed.
    begun: Option<(Received, Frame)>,
}

#[derive(Debug)]
enum Frame {
    Length(usize),
    Chunked(Chunks),
    /// The body ends with the connection.
    UntilEnd,
}

impl ReplyParser {
    /// A parser for a reply within `limits`.
    pub fn new(limits: Limits) -> ReplyParser {
        ReplyParser { limits, bytes: Vec::new(), used: 0, begun: None }
    }

    /// Whether anything has come.
    pub fn has_begun(&self) -> bool {
        !self.bytes.is_empty()
    }

    /// Takes the next bytes: the reply, once it is whole.
    ///
    /// # Errors
    /// What has come is no reply, or larger than the limits.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Option<Received>, WrongReply> {
        self.bytes.extend_from_slice(bytes);
        while self.begun.is_none() {
            if !self.head()? {
                return Ok(None);
            }
        }
        let Some((reply, frame)) = &mut self.begun else { return Ok(None) };
        let rest = &self.bytes[self.used..];
        let whole = match frame {
            Frame::Length(length) => {
                let taken = rest.len().min(*length - reply.body.len());
                reply.body.extend_from_slice(&rest[..taken]);
                self.used += taken;
                reply.body.len() == *length
            }
            Frame::Chunked(chunks) => {
                let decoded = chunks.decode(rest, &mut reply.body, &self.limits);
                let (taken, whole) = decoded.map_err(|refusal| wrong(refusal.why))?;
                self.used += taken;
                whole
            }
            Frame::UntilEnd => {
                reply.body.extend_from_slice(rest);
                self.used = self.bytes.len();
                if reply.body.len() > self.limits.body_bytes_max {
                    return Err(wrong("its body is larger than allowed"));
                }
                false
            }
        };
        Ok(whole.then(|| self.take()).flatten())
    }

    /// The connection has ended: the reply, where that is how it ends.
    ///
    /// # Errors
    /// It was not whole.
    pub fn end(&mut self) -> Result<Received, WrongReply> {
        match self.begun {
            Some((_, Frame::UntilEnd)) => self.take().ok_or(wrong("it has not begun")),
            Some(_) => Err(wrong("its body is cut off")),
            None if self.has_begun() => Err(wrong("its head is cut off")),
            None => Err(wrong("it has not begun")),
        }
    }

    fn take(&mut self) -> Option<Received> {
        // Bytes behind the reply belong to nothing that was asked for.
        let surplus = self.used < self.bytes.len();
        let (reply, _) = self.begun.take()?;
        Some(Received { keep: reply.keep && !surplus, ..reply })
    }

    /// Reads one head, an interim one too: whether it was whole.
    fn head(&mut self) -> Result<bool, WrongReply> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut head = httparse::Response::new(&mut headers);
        let rest = &self.bytes[self.used..];
        // Looking at no more than the limit makes the answer the same however the bytes were cut.
        let window = &rest[..rest.len().min(self.limits.header_bytes_max)];
        let used = match head.parse(window) {
            Ok(httparse::Status::Complete(used)) => used,
            Ok(httparse::Status::Partial) if rest.len() < self.limits.header_bytes_max => {
                return Ok(false);
            }
            Ok(httparse::Status::Partial) => return Err(wrong("its head is larger than allowed")),
            Err(_) => return Err(wrong("it is not HTTP/1.1")),
        };
        if !matches!(head.code, Some(100..=199)) {
            self.begun = Some(interpret(&head, &self.limits)?);
        }
        self.used += used;
        Ok(true)
    }
}

fn interpret(
    head: &httparse::Response<'_, '_>,
    limits: &Limits,
) -> Result<(Received, Frame), WrongReply> {
    let status = head.code.unwrap_or_default();
    let mut reply = Received { status, keep: head.version == Some(1), ..Received::default() };
    let (mut length, mut chunked) = (None, false);
    for header in head.headers.iter() {
        // One that is no text is none of the numbers and words that are looked for.
        let value = std::str::from_utf8(header.value).unwrap_or_default();
        let named = |name| header.name.eq_ignore_ascii_case(name);
        if named("content-length") {
            let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
            let said = value.parse().ok().filter(|_| digits);
            let said = said.ok_or(wrong("content-length is no number"))?;
            // Whatever stands between the two sides may have gone by the other one.
            if length.replace(said).is_some() {
                return Err(wrong("content-length is given twice"));
            }
        } else if named("transfer-encoding") {
            chunked = value.eq_ignore_ascii_case("chunked");
            if !chunked {
                return Err(wrong("its transfer-encoding is not chunked"));
            }
        } else if named("connection") {
            reply.keep &= !value.split(',').any(|it| it.trim().eq_ignore_ascii_case("close"));
        } else if named("location") {
            reply.location = Some(value.to_owned());
        } else if named("retry-after") {
            reply.retry_after_s = value.parse().ok();
        }
    }
    let frame = match (chunked, length) {
        (true, None) => Frame::Chunked(Chunks::Size),
        (true, Some(_)) => return Err(wrong("it has both a length and chunks")),
        (false, _) if matches!(status, 204 | 304) => Frame::Length(0),
        (false, Some(length)) if length > limits.body_bytes_max => {
            return Err(wrong("its body is larger than allowed"));
        }
        (false, Some(length)) => Frame::Length(length),
        (false, None) => Frame::UntilEnd,
    };
    reply.keep &= !matches!(frame, Frame::UntilEnd);
    Ok((reply, frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { header_bytes_max: 200, body_bytes_max: 20 };

    /// Fed in one piece, byte by byte, and cut in two anywhere.
    fn each_way(bytes: &[u8], check: impl Fn(Result<Option<Received>, WrongReply>)) {
        for first in 0..bytes.len() {
            let mut parser = ReplyParser::new(LIMITS);
            match parser.feed(&bytes[..first]) {
                Ok(None) => check(parser.feed(&bytes[first..])),
                other => check(other),
            }
        }
        let mut parser = ReplyParser::new(LIMITS);
        let fed = bytes.iter().map(|byte| parser.feed(&[*byte]));
        check(fed.into_iter().find(|it| *it != Ok(None)).unwrap_or(Ok(None)));
    }

    #[test]
    fn replies_are_read_however_they_are_cut() {
        let plain = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nlocation: /orders/1\r\n\r\nhi";
        each_way(plain, |reply| {
            let reply = reply.expect("a reply").expect("whole");
            assert_eq!((reply.status, &reply.body[..], reply.keep), (202, &b"hi"[..], true));
            assert_eq!(reply.location.as_deref(), Some("/orders/1"));
        });
        let chunks = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nretry-after: 7\r\n\
            connection: close\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n";
        each_way(chunks, |reply| {
            let reply = reply.expect("a reply").expect("whole");
            assert_eq!((reply.status, &reply.body[..], reply.keep), (503, &b"hi"[..], false));
            assert_eq!(reply.retry_after_s, Some(7));
        });
    }

    #[test]
    fn wrong_replies_are_said_to_be_wrong() {
        for bytes in [
            &b"gibberish\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: +5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\ncontent-length:\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\ncontent-length: \xff\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfff\r\n",
        ] {
            each_way(bytes, |reply| assert!(reply.is_err(), "{reply:?}"));
        }
        let long = format!("HTTP/1.1 200 OK\r\na: {}\r\n\r\n", "b".repeat(300));
        each_way(long.as_bytes(), |reply| assert!(reply.is_err(), "{reply:?}"));
    }

    #[test]
    fn the_end_of_the_connection_may_be_the_reply_s() {
        let mut parser = ReplyParser::new(LIMITS);
        assert_eq!(parser.feed(b"HTTP/1.1 200 OK\r\n\r\nhel"), Ok(None));
        assert_eq!(parser.feed(b"lo"), Ok(None));
        let reply = parser.end().expect("a reply");
        assert_eq!((&reply.body[..], reply.keep), (&b"hello"[..], false));
        let mut parser = ReplyParser::new(LIMITS);
        assert_eq!(parser.end().unwrap_err().why, "it has not begun");
        assert_eq!(parser.feed(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi"), Ok(None));
        assert_eq!(parser.end().unwrap_err().why, "its body is cut off");
    }

    #[test]
    fn requests_are_framed() {
        let plain = Outgoing { method: "GET", path: "/a", key: None, json: None };
        assert_eq!(plain.encode("h"), b"GET /a HTTP/1.1\r\nhost: h\r\n\r\n");
        assert!(plain.is_idempotent());
        let posted = Outgoing { method: "POST", path: "/w", key: Some("k"), json: Some(b"{}") };
        let text = String::from_utf8(posted.encode("h")).expect("text");
        assert!(
            text.contains("\r\nidempotency-key: k\r\n") && text.ends_with("length: 2\r\n\r\n{}")
        );
        assert!(posted.is_idempotent() && !Outgoing { key: None, ..posted }.is_idempotent());
    }
}
