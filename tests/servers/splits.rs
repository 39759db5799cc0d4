//! Valid and broken requests, cut anywhere: the same replies, from the session alone and over a
//! real socket.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use windlass::kit::serve::{Model, ServeConfig, start};

use crate::parser::one_request;
use crate::session::{RULES, cut, ending, final_only, same_however_cut};
use crate::wire::config;

/// A few requests behind each other; now and then a byte is another, or the end is missing.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let requests = prop::collection::vec(one_request(), 1..6);
    let spoil = prop::option::weighted(0.3, (any::<usize>(), any::<u8>()));
    let end = prop::option::weighted(0.2, any::<usize>());
    (requests, spoil, end).prop_map(|(requests, spoil, end)| {
        let mut bytes = requests.concat();
        let len = bytes.len().max(1);
        if let Some((at, byte)) = spoil
            && let Some(place) = bytes.get_mut(at % len)
        {
            *place = byte;
        }
        bytes.truncate(end.map_or(len, |end| end % len));
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn any_cut_gives_the_same_replies(seed in any::<u64>(), bytes in stream()) {
        same_however_cut(&[&seed.to_le_bytes()[..], &bytes].concat());
    }

    #[test]
    fn any_bytes_are_answered_alike(input in prop::collection::vec(any::<u8>(), 0..2000)) {
        same_however_cut(&input);
    }
}

#[test]
fn any_cut_gives_the_same_replies_over_a_socket() {
    for model in [Model::Evented, Model::ThreadPerConnection] {
        let server = start(ServeConfig { rules: RULES, ..config(model) }).expect("a server");
        let cases = (any::<u64>(), 1_usize..200, stream());
        let mut runner = TestRunner::new(Config { cases: 150, ..Config::default() });
        let tried = runner.run(&cases, |(seed, longest, bytes)| {
            let received = exchange(server.addr(), &cut(&bytes, seed, longest));
            let expected = ending([&bytes[..]]).sent;
            let shown = String::from_utf8_lossy(&expected);
            prop_assert!(received == expected, "{:?}; expected {}", received, shown);
            Ok(())
        });
        tried.unwrap_or_else(|error| panic!("{model}: {error}"));
    }
}

/// Sends the pieces, each on its way at once, and gives all that comes back but `100 Continue`.
fn exchange(addr: SocketAddr, pieces: &[&[u8]]) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).expect("connect");
    stream.set_nodelay(true).expect("no delay");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    for piece in pieces {
        // The server may have refused what came before, and be gone.
        if stream.write_all(piece).is_err() {
            break;
        }
    }
    let _gone = stream.shutdown(Shutdown::Write);
    let mut received = Vec::new();
    if let Err(error) = stream.read_to_end(&mut received) {
        // Of a server that closed while more was on its way: the reply came before.
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "{error}");
    }
    final_only(&received)
}
