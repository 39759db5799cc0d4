//! Arbitrary bytes to the parser of the client's replies, whole and in pieces: the same reply, or
//! the same end. The first eight bytes are where to cut.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass::kit::http::{Received, ReplyParser, WrongReply};

#[path = "../../support/session.rs"]
#[allow(dead_code, reason = "the other target uses the rest")]
mod session;

/// The reply, once it is whole; else what the end of the connection makes of it.
fn received<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Received, WrongReply> {
    let mut parser = ReplyParser::new(session::RULES.limits);
    for piece in pieces {
        if let Some(reply) = parser.feed(piece)? {
            return Ok(reply);
        }
    }
    parser.end()
}

fuzz_target!(|input: &[u8]| {
    let Some((seed, bytes)) = input.split_first_chunk() else { return };
    let mut whole = received([bytes]);
    let pieces = received(session::cut(bytes, u64::from_le_bytes(*seed), 48));
    if let (Ok(whole), Ok(pieces)) = (&mut whole, &pieces) {
        assert!(whole.body.len() <= session::RULES.limits.body_bytes_max, "{whole:?}");
        // What stands behind the reply ends the connection, when it is here with its last byte.
        assert!(pieces.keep || !whole.keep, "in pieces: {pieces:?}; whole: {whole:?}");
        whole.keep = pieces.keep;
    }
    assert!(pieces == whole, "in pieces: {pieces:?}; whole: {whole:?}");
});
