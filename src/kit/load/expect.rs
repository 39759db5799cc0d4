//! Checks replies against the expected one, byte by byte, as they come in.

/// Longest head of a reply, in bytes.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// What every reply must be: status 200 and this body.
#[derive(Debug)]
pub(super) struct Expected {
    body: Vec<u8>,
    /// The bytes of the last reply that was found right: one that equals it is right too.
    known: Vec<u8>,
    known_closes: bool,
}

/// How far one reply has come.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    head: Vec<u8>,
    /// Once the head is whole: bytes of the body checked so far, and whether the connection ends.
    body: Option<(usize, bool)>,
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
    },
    /// Not what was expected.
    Wrong(String),
}

impl Expected {
    pub(super) fn new(body: Vec<u8>) -> Expected {
        Expected { body, known: Vec::new(), known_closes: false }
    }

    /// Takes the next bytes of a reply.
    pub(super) fn check(&mut self, incoming: &mut Incoming, bytes: &[u8]) -> Checked {
        if incoming.is_fresh() && !self.known.is_empty() && bytes == self.known {
            return Checked::Right { closes: self.known_closes };
        }
        let Some((checked, closes)) = incoming.body else {
            return self.check_head(incoming, bytes);
        };
        let Some(expected) = self.body.get(checked..checked + bytes.len()) else {
            return Checked::Wrong("bytes follow the reply".into());
        };
        if expected != bytes {
            return Checked::Wrong(format!("the body differs after its byte {checked}"));
        }
        let checked = checked + bytes.len();
        incoming.body = Some((checked, closes));
        match checked == self.body.len() {
            true => Checked::Right { closes },
            false => Checked::More,
        }
    }

    fn check_head(&mut self, incoming: &mut Incoming, bytes: &[u8]) -> Checked {
        incoming.head.extend_from_slice(bytes);
        let (head_bytes, closes) = match read_head(&incoming.head, self.body.len()) {
            Ok(Some(read)) => read,
            Ok(None) if incoming.head.len() < HEAD_BYTES_MAX => return Checked::More,
            Ok(None) => return Checked::Wrong("the head of the reply does not end".into()),
            Err(wrong) => return Checked::Wrong(wrong),
        };
        incoming.body = Some((0, closes));
        let reply = std::mem::take(&mut incoming.head);
        let checked = match self.body.is_empty() && reply.len() == head_bytes {
            true => Checked::Right { closes },
            false => self.check(incoming, &reply[head_bytes..]),
        };
        if matches!(checked, Checked::Right { .. }) {
            (self.known, self.known_closes) = (reply, closes);
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

/// Reads the head of a reply: its length and whether the connection ends, or `None` when it is not
/// whole.
fn read_head(bytes: &[u8], body_bytes: usize) -> Result<Option<(usize, bool)>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut reply = httparse::Response::new(&mut headers);
    let head_bytes = match reply.parse(bytes) {
        Ok(httparse::Status::Complete(head_bytes)) => head_bytes,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => return Err(format!("the reply is not HTTP: {error}")),
    };
    if reply.code != Some(200) {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
        return Err(format!("the status is not 200: {shown:?}"));
    }
    let (mut length, mut closes): (Option<usize>, bool) = (None, reply.version == Some(0));
    for header in reply.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            length = std::str::from_utf8(header.value).ok().and_then(|text| text.parse().ok());
        } else if header.name.eq_ignore_ascii_case("connection") {
            closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    match length {
        Some(length) if length == body_bytes => Ok(Some((head_bytes, closes))),
        Some(length) => Err(format!("the body has {length} bytes, expected {body_bytes}")),
        None => Err("the reply has no content-length".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

    #[test]
    fn right_replies_are_right_however_they_are_split() {
        let mut expected = Expected::new(b"hello".to_vec());
        for split in (0..GOOD.len()).chain([0]) {
            let mut incoming = Incoming::default();
            if split > 0 {
                assert_eq!(expected.check(&mut incoming, &GOOD[..split]), Checked::More);
            }
            let last = expected.check(&mut incoming, &GOOD[split..]);
            assert_eq!(last, Checked::Right { closes: false }, "split at {split}");
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
            let mut expected = Expected::new(b"hello".to_vec());
            assert_eq!(
                expected.check(&mut Incoming::default(), GOOD),
                Checked::Right { closes: false }
            );
            let checked = expected.check(&mut Incoming::default(), wrong);
            assert!(matches!(checked, Checked::Wrong(_)), "{wrong:?}: {checked:?}");
        }
    }

    #[test]
    fn an_empty_body_is_right() {
        let mut expected = Expected::new(Vec::new());
        let reply = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let checked = expected.check(&mut Incoming::default(), reply);
        assert_eq!(checked, Checked::Right { closes: true });
    }
}
