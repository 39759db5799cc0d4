//! Arbitrary bytes to the request parser alone, whole and in pieces: the same requests, and the
//! same refusal. The first eight bytes are where to cut and which service is spoken to.

#![no_main]

use libfuzzer_sys::fuzz_target;
use windlass::kit::http::{Parser, Paths, Refusal, Request, Rules, Step};

#[path = "../../support/session.rs"]
#[allow(dead_code, reason = "the other target uses the rest")]
mod session;

/// What became of the bytes: the requests, and the refusal or what is left unfinished.
#[derive(Debug, PartialEq, Eq)]
struct Found {
    requests: Vec<Request>,
    end: Result<(bool, Option<usize>), Refusal>,
}

fn found<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, rules: &Rules) -> Found {
    let (mut parser, mut requests) = (Parser::default(), Vec::new());
    for mut piece in pieces {
        loop {
            match parser.next(&mut piece, rules) {
                Ok(Step::More) => break,
                Ok(Step::Continue) => {}
                Ok(Step::Request(request)) => requests.push(request),
                Err(refusal) => return Found { requests, end: Err(refusal) },
            }
        }
        assert!(piece.is_empty(), "all given bytes are taken");
    }
    Found { requests, end: Ok((parser.has_pending(), parser.body_bytes())) }
}

fuzz_target!(|input: &[u8]| {
    let Some((seed, bytes)) = input.split_first_chunk() else { return };
    let seed = u64::from_le_bytes(*seed);
    let paths = if seed & 1 == 0 { Paths::Any } else { Paths::Hello };
    let rules = Rules { paths, ..session::RULES };
    let whole = found([bytes], &rules);
    for request in &whole.requests {
        assert!(request.body.len() <= rules.limits.body_bytes_max, "{request:?}");
    }
    let pieces = found(session::cut(bytes, seed, 48), &rules);
    assert!(pieces == whole, "in pieces: {pieces:?}; whole: {whole:?}");
});
