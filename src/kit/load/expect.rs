//! Checks replies against the expected one, byte by byte, as they come in.

use super::config::Expect;

/// Longest head of a reply, in bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Checks replies against what every one must be.
#[derive(Debug)]
pub(super) struct Expected {
    expect: Expect,
    /// The bytes of the last reply that was found right: one that equals it is right too.
    known: Vec<u8>,
    known_closes: bool,
}

/// How far one reply has come.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    head: Vec<u8>,
    /// Once the head is whole.
    body: Option<Body>,
}

/// How far the body of a reply has come, and what its head said.
#[derive(Clone, Copy, Debug)]
struct Body {
    checked: usize,
    length: usize,
    closes: bool,
    refused: bool,
}

/// What a reply turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// Not whole yet.
    More,
    /// Whole and right; the connection ends with it, or lives on.
    Right {
        /// The server closes the connection.
        closes: bool,
        /// The request was refused.
        refused: bool,
    },
    /// Not what was expected.
    Wrong(String),
}

impl Expected {
    pub(super) fn new(expect: Expect) -> Expected {
        Expected { expect, known: Vec::new(), known_closes: false }
    }

    /// Takes the next bytes of a reply.
    pub(super) fn check(&mut self, incoming: &mut Incoming, bytes: &[u8]) -> Checked {
        if incoming.is_fresh() && !self.known.is_empty() && bytes == self.known {
            return Checked::Right { closes: self.known_closes, refused: false };
        }
        let Some(body) = &mut incoming.body else {
            return self.check_head(incoming, bytes);
        };
        let until = body.checked + bytes.len();
        if until > body.length {
            return Checked::Wrong("bytes follow the reply".into());
        }
        if let Expect::Body(expected) = &self.expect
            && expected[body.checked..until] != *bytes
        {
            return Checked::Wrong(format!("the body differs after its byte {}", body.checked));
        }
        body.checked = until;
        match body.checked == body.length {
            true => Checked::Right { closes: body.closes, refused: body.refused },
            false => Checked::More,
        }
    }

    fn check_head(&mut self, incoming: &mut Incoming, bytes: &[u8]) -> Checked {
        incoming.head.extend_from_slice(bytes);
        let (head_bytes, body) = match read_head(&incoming.head, &self.expect) {
            Ok(Some(read)) => read,
            Ok(None) if incoming.head.len() < HEAD_BYTES_MAX => return Checked::More,
            Ok(None) => return Checked::Wrong("the head of the reply does not end".into()),
            Err(wrong) => return Checked::Wrong(wrong),
        };
        incoming.body = Some(body);
        let reply = std::mem::take(&mut incoming.head);
        let checked = self.check(incoming, &reply[head_bytes..]);
        if let (Checked::Right { closes, .. }, Expect::Body(_)) = (&checked, &self.expect) {
            (self.known, self.known_closes) = (reply, *closes);
        }
        checked
    }
}

impl Incoming {
    /// Whether no byte has come.
    pub(super) fn is_fresh(&self) -> bool {
        self.head.is_empty() && self.body.is_none()
    }
}

/// Reads the head of a reply: its length and what it says of the body, or `None` when it is not
/// whole.
fn read_head(bytes: &[u8], expect: &Expect) -> Result<Option<(usize, Body)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut reply = httparse::Response::new(&mut headers);
    let head_bytes = match reply.parse(bytes) {
        Ok(httparse::Status::Complete(head_bytes)) => head_bytes,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("the reply is not HTTP: {error}")),
    };
    let (taken, may_refuse, expected) = match expect {
        Expect::Body(body) => (200, None, Some(body.len())),
        Expect::Status { taken, refused } => (*taken, *refused, None),
    };
    let refused = may_refuse.is_some() && reply.code == may_refuse;
    if reply.code != Some(taken) && !refused {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
        return Err(format!("the status is not {taken}: {shown:?}"));
    }
    let (mut length, mut closes): (Option<usize>, bool) = (None, reply.version == Some(0));
    for header in reply.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            length = std::str::from_utf8(header.value).ok().and_then(|text| text.parse().ok());
        } else if header.name.eq_ignore_ascii_case("connection") {
            closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    let Some(length) = length else { return Err("the reply has no content-length".into()) };
    match expected {
        Some(expected) if expected != length => {
            Err(format!("the body has {length} bytes, expected {expected}"))
        }
        _ => Ok(Some((head_bytes, Body { checked: 0, length, closes, refused }))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn right_replies_are_right_however_they_are_split() {
        let mut expected = Expected::new(Expect::Body(b"hello".to_vec()));
        for split in (0..GOOD.len()).chain([0]) {
            let mut incoming = Incoming::default();
            if split > 0 {
                assert_eq!(expected.check(&mut incoming, &GOOD[..split]), Checked::More);
            }
            let last = expected.check(&mut incoming, &GOOD[split..]);
            assert_eq!(last, Checked::Right { closes: false, refused: false }, "split at {split}");
        }
    }

    #[test]
    fn wrong_replies_are_wrong() {
        for wrong in [
            &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhellO"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!",
            b"HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nhello",
            b"HTTP/1.1 200 OK\r\n\r\nhello",
            b"hello there\r\n\r\n",
        ] {
            let mut expected = Expected::new(Expect::Body(b"hello".to_vec()));
            assert_eq!(
                expected.check(&mut Incoming::default(), GOOD),
                Checked::Right { closes: false, refused: false }
            );
            let checked = expected.check(&mut Incoming::default(), wrong);
            assert!(matches!(checked, Checked::Wrong(_)), "{wrong:?}: {checked:?}");
        }
    }

    #[test]
    fn an_empty_body_is_right() {
        let mut expected = Expected::new(Expect::Body(Vec::new()));
        let reply = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let checked = expected.check(&mut Incoming::default(), reply);
        assert_eq!(checked, Checked::Right { closes: true, refused: false });
    }

    #[test]
    fn a_status_alone_is_right_and_a_refusal_is_told_apart() {
        let (taken, refused) = (202, Some(503));
        let mut expected = Expected::new(Expect::Status { taken, refused });
        let reply = |code| format!("HTTP/1.1 {code} x\r\ncontent-length: 3\r\n\r\nabc");
        for (code, refused) in [(202, false), (503, true), (202, false)] {
            let (reply, mut incoming) = (reply(code), Incoming::default());
            let (first, rest) = reply.as_bytes().split_at(reply.len() - 1);
            assert_eq!(expected.check(&mut incoming, first), Checked::More);
            let right = Checked::Right { closes: false, refused };
            assert_eq!(expected.check(&mut incoming, rest), right);
        }
        for wrong in [reply(200), reply(202) + "d"] {
            let checked = expected.check(&mut Incoming::default(), wrong.as_bytes());
            assert!(matches!(checked, Checked::Wrong(_)), "{wrong}: {checked:?}");
        }
        let mut never = Expected::new(Expect::Status { taken, refused: None });
        let checked = never.check(&mut Incoming::default(), reply(503).as_bytes());
        assert!(matches!(checked, Checked::Wrong(_)), "{checked:?}");
    }
}
