//! The parser, fed in pieces: however the bytes are split, the requests are the same.

use proptest::prelude::*;
use windlass::kit::http::{
    Call, Limits, Outbox, Parser, Paths, Persist, Refusal, Rules, Session, Step, Turn,
};

const RULES: Rules = Rules {
    limits: Limits { header_bytes_max: 512, body_bytes_max: 300 },
    close_each: false,
    paths: Paths::Hello,
};

/// What the parser yields when it is fed `pieces` one after the other.
fn parse<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<String>, Option<Refusal>) {
    let (mut parser, mut found) = (Parser::default(), Vec::new());
    for mut piece in pieces {
        loop {
            match parser.next(&mut piece, &RULES) {
                Ok(Step::More) => break,
                Ok(Step::Continue) => {}
                Ok(Step::Request(request)) => found.push(format!("{request:?}")),
                Err(refusal) => return (found, Some(refusal)),
            }
        }
        assert!(piece.is_empty(), "all given bytes are taken");
    }
    (found, None)
}

fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

/// A request, mostly a good one.
pub(crate) fn one_request() -> impl Strategy<Value = Vec<u8>> {
    let body = prop::collection::vec(any::<u8>(), 0..320);
    let sizes = prop::collection::vec(1_usize..40, 0..8);
    let extras = (0_usize..300, 0_usize..600);
    prop_oneof![
        4 => Just(b"GET /hello HTTP/1.1\r\nhost: a\r\n\r\n".to_vec()),
        1 => Just(b"\r\nGET /wait/7 HTTP/1.0\r\nConnection: keep-alive, x\r\n\r\n".to_vec()),
        1 => Just(b"HEAD /?q HTTP/1.1\nHost:a\nx: \n\n".to_vec()),
        3 => body.clone().prop_map(|body| {
            let length = format!("content-length: {}", body.len());
            let head = format!("POST /echo HTTP/1.1\r\nhost: a\r\n{length}\r\n");
            [head.as_bytes(), b"expect: 100-continue\r\n\r\n", &body].concat()
        }),
        3 => (body, sizes, extras).prop_map(|(body, sizes, extras)| chunked(&body, &sizes, extras)),
        1 => (0_usize..600).prop_map(|len| {
            let value = "v".repeat(len);
            format!("GET / HTTP/1.1\r\nhost: a\r\nlong: {value}\r\n\r\n").into_bytes()
        }),
        1 => (50_usize..80).prop_map(|count| {
            let headers = "a:\r\n".repeat(count);
            format!("GET / HTTP/1.1\r\nhost: a\r\n{headers}\r\n").into_bytes()
        }),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

/// A chunked request; `extras` are the lengths of the chunk extensions and of the trailer.
fn chunked(body: &[u8], sizes: &[usize], extras: (usize, usize)) -> Vec<u8> {
    let (extension, trailer) = ("x".repeat(extras.0), "t".repeat(extras.1));
    let mut bytes =
        b"POST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let mut rest = body;
    for size in sizes.iter().chain(std::iter::repeat(&97)) {
        let (chunk, behind) = rest.split_at((*size).min(rest.len()));
        if chunk.is_empty() {
            break;
        }
        bytes.extend(format!("{:x};{extension}\r\n", chunk.len()).bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
        rest = behind;
    }
    bytes.extend(format!("0\r\na: b\r\n{trailer}\r\n\r\n").bytes());
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_split_gives_the_same_requests(
        requests in prop::collection::vec(one_request(), 1..6),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
        spoil in prop::option::weighted(0.3, (any::<usize>(), any::<u8>())),
    ) {
        let mut bytes = requests.concat();
        if let Some((at, byte)) = spoil && !bytes.is_empty() {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let whole = parse([&bytes[..]]);
        prop_assert_eq!(&parse(pieces(&bytes, &cuts)), &whole);
        prop_assert_eq!(&parse(bytes.chunks(1)), &whole);
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let mut session = Session::default();
        let mut out = Outbox::default();
        for piece in bytes.chunks(33) {
            if matches!(session.turn(piece, &RULES, false, &mut out), Turn::Close | Turn::Linger) {
                break;
            }
        }
    }

    #[test]
    fn bodies_come_through_whole(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for bytes in [super::wire::echo(&body), chunked(&body, &[1, 2, 3], (5, 5))] {
            let mut parser = Parser::default();
            let step = parser.next(&mut &bytes[..], &RULES).expect("a good request");
            let Step::Request(request) = step else { panic!("not whole: {step:?}") };
            prop_assert_eq!(request.call, Call::Echo);
            prop_assert_eq!(request.persist, Persist::Keep);
            prop_assert_eq!(&request.body, &body);
        }
    }
}

#[test]
fn pipelined_requests_are_answered_by_one_write() {
    let bytes = super::wire::get("/hello").repeat(50);
    let (mut session, mut out) = (Session::default(), Outbox::default());
    assert_eq!(session.turn(&bytes, &Rules::default(), false, &mut out), Turn::Read);
    let replies = String::from_utf8(out.unsent().to_vec()).expect("text");
    assert_eq!(replies.matches("HTTP/1.1 200 OK").count(), 50);
    assert_eq!(replies.matches("hello, world").count(), 50);
}

#[test]
fn replies_that_gather_are_bounded() {
    let body = vec![b'x'; 20_000];
    let bytes = super::wire::echo(&body).repeat(20);
    let (mut session, mut out) = (Session::default(), Outbox::default());
    let mut turn = session.turn(&bytes, &Rules::default(), false, &mut out);
    let mut sent = 0;
    while turn == Turn::Write {
        assert!(out.unsent_bytes() < 100_000, "{} bytes gathered", out.unsent_bytes());
        sent += out.unsent_bytes();
        out.clear();
        turn = session.turn(&[], &Rules::default(), false, &mut out);
    }
    sent += out.unsent_bytes();
    assert_eq!(turn, Turn::Read);
    assert!(sent > 20 * 20_000, "{sent} bytes sent");
}
