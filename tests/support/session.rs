//! Drives a `Session` as every server model does, with the bytes cut anywhere: the replies and the
//! end are those of the uncut bytes. For proptest (`tests/servers/splits.rs`) and for the fuzzer
//! (`tests/fuzz`).

use windlass::kit::http::{Limits, Outbox, Paths, Progress, Rules, Session, Turn, WaitEnd};

/// Small, so that short inputs reach them.
pub(crate) const RULES: Rules = Rules {
    limits: Limits { header_bytes_max: 512, body_bytes_max: 300 },
    close_each: false,
    paths: Paths::Hello,
};

const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// What became of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ending {
    /// All that was sent but `100 Continue`, which is spared when the body is here already.
    pub(crate) sent: Vec<u8>,
    /// How far it came, where it still reads.
    pub(crate) open: Option<(Progress, bool)>,
}

/// The ending of a connection on which `pieces` come one after the other.
pub(crate) fn ending<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Ending {
    let (mut session, mut out, mut sent) = (Session::default(), Outbox::default(), Vec::new());
    for piece in pieces {
        let mut turn = session.turn(piece, &RULES, false, &mut out);
        loop {
            while !out.is_empty() {
                let unsent = out.unsent().len();
                sent.extend_from_slice(out.unsent());
                out.advance(unsent);
            }
            match turn {
                Turn::Read => break,
                Turn::Write => {}
                Turn::Wait { .. } => session.waited(WaitEnd::Done, false, &mut out),
                Turn::Work => panic!("the hello service hands nothing on"),
                Turn::Close | Turn::Linger => {
                    return Ending { sent: final_only(&sent), open: None };
                }
            }
            turn = session.turn(&[], &RULES, false, &mut out);
        }
    }
    let open = Some((session.progress(), session.is_unfinished()));
    Ending { sent: final_only(&sent), open }
}

/// The replies without the interim ones.
pub(crate) fn final_only(mut sent: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(sent.len());
    while let Some(at) = sent.windows(CONTINUE.len()).position(|window| window == CONTINUE) {
        kept.extend_from_slice(&sent[..at]);
        sent = &sent[at + CONTINUE.len()..];
    }
    kept.extend_from_slice(sent);
    kept
}

/// Cuts `bytes` into pieces of 1 to `longest`, by a generator that starts with `seed`.
pub(crate) fn cut(mut bytes: &[u8], mut seed: u64, longest: usize) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (piece, rest) = bytes.split_at((1 + (seed >> 33) as usize % longest).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

/// The function that the fuzzer calls: the first eight bytes are where to cut, the rest comes over
/// the connection.
///
/// # Panics
/// When the bytes are answered in another way whole, cut, and byte by byte.
pub(crate) fn same_however_cut(input: &[u8]) {
    let Some((seed, bytes)) = input.split_first_chunk() else { return };
    let seed = u64::from_le_bytes(*seed);
    let whole = ending([bytes]);
    for longest in [1, 7, 90] {
        let pieces = ending(cut(bytes, seed, longest));
        assert!(pieces == whole, "in pieces of up to {longest}: {pieces:?}; whole: {whole:?}");
    }
}
