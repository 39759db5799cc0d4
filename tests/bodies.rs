//! Bodies of all sizes, there and back, through hyper's client, to the kit's server and to
//! hyper's: compared byte by byte.
//!
//! `WINDLASS_BODIES=all` (as `.ci/run` does) adds sizes up to 64 MiB; by default 16 MiB is the
//! most.

#[path = "hyper/peers.rs"]
mod peers;
#[path = "support/runtime.rs"]
mod support;

use std::io::Read;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http_body_util::{BodyExt, Full};
use hyper::StatusCode;
use hyper::body::{Body, Frame, SizeHint};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use peers::{Failure, connect, post, serve};
use support::runtime;
use windlass::CorePlan;
use windlass::kit::serve::{Model, ServeConfig, start};
use windlass::time::timeout;

const MIB: usize = 1 << 20;

/// Where buffers end: those of the kernel, of hyper, of the kit.
const EDGES: [usize; 10] =
    [100, 2 * 1024, 4096, 8192, 16 * 1024, 32 * 1024, 64 * 1024, 100 * 4096 + 8192, MIB, 3 * MIB];

/// Every length: none, one, each edge and both its neighbours, and some large ones.
fn lengths() -> Vec<usize> {
    let mut lengths = vec![0, 1, 2, 15, 16, 255, 256];
    lengths.extend(EDGES.iter().flat_map(|edge| [edge - 1, *edge, edge + 1]));
    match std::env::var_os("WINDLASS_BODIES") {
        Some(_) => lengths.extend([16 * MIB, 40 * MIB + 7, 64 * MIB]),
        None => lengths.push(16 * MIB),
    }
    lengths
}

/// Bytes that differ from place to place and from length to length.
fn pattern(len: usize) -> Bytes {
    let mut state = len as u64 + 1;
    let byte = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    (0..len).map(byte).collect()
}

/// A body in pieces, whose length is not told: it goes chunked.
struct Pieces {
    rest: Bytes,
    longest: usize,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Failure;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Failure>>> {
        let len = self.rest.len().min(self.longest);
        let piece = self.rest.split_to(len);
        Poll::Ready((!piece.is_empty()).then(|| Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

type Sent = http_body_util::Either<Full<Bytes>, Pieces>;

/// Sends the body, chunked in pieces of at most `longest` if that is given, and compares what comes
/// back.
async fn echo(
    sender: &mut SendRequest<Sent>,
    body: &Bytes,
    longest: Option<usize>,
) -> Result<(), Failure> {
    let sent = match longest {
        None => Sent::Left(Full::new(body.clone())),
        Some(longest) => Sent::Right(Pieces { rest: body.clone(), longest }),
    };
    sender.ready().await?;
    let reply = sender.send_request(post("/echo", sent)).await?;
    assert_eq!(reply.status(), StatusCode::OK);
    let headers = reply.headers();
    assert!(headers.contains_key(CONTENT_LENGTH) != headers.contains_key(TRANSFER_ENCODING));
    let mut reply = reply.into_body();
    let mut at = 0;
    while let Some(frame) = reply.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        let expected = body.get(at..at + piece.len());
        let len = body.len();
        assert!(expected == Some(&piece[..]), "of {len} bytes, chunked {longest:?}: wrong at {at}");
        at += piece.len();
    }
    assert_eq!(at, body.len(), "chunked {longest:?}");
    Ok(())
}

async fn all_bodies(addr: SocketAddr) -> Result<(), Failure> {
    let mut sender = connect(addr).await?;
    for len in lengths() {
        let body = pattern(len);
        for longest in [None, Some(64 * 1024), Some(len.div_ceil(3).max(1))] {
            echo(&mut sender, &body, longest).await?;
        }
        for (longest, up_to) in [(1, 5000), (1000, 2 * MIB)] {
            if len <= up_to {
                echo(&mut sender, &body, Some(longest)).await?;
            }
        }
    }
    Ok(())
}

/// All over one connection, which lives on throughout.
fn check(addr: SocketAddr) {
    let client = runtime(1);
    let all = timeout(10 * support::BOUND, all_bodies(addr));
    client.block_on(all.map(|ended| ended.expect("within the bound"))).expect("no error");
}

#[test]
fn hyper_on_windlass_gives_bodies_back() {
    let runtime = runtime(2);
    check(serve(&runtime).addr);
}

#[test]
fn the_kits_evented_server_gives_bodies_back() {
    let config =
        ServeConfig { workers: Some(2), cores: CorePlan::None, ..ServeConfig::new(Model::Evented) };
    let server = start(config).expect("a server");
    check(server.addr());
}

/// curl reads a file and writes one; `sha256sum` compares them.
#[test]
fn curl_gets_bodies_back() {
    let runtime = runtime(2);
    let hyper = serve(&runtime);
    let kit = start(ServeConfig::new(Model::Evented)).expect("a server");
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/curl_echo");
    for addr in [hyper.addr, kit.addr()] {
        let mib = if std::env::var_os("WINDLASS_BODIES").is_some() { "64" } else { "4" };
        let mut child = std::process::Command::new("bash")
            .arg(&script)
            .args([&format!("http://{addr}/echo"), mib])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut said = String::new();
        child.stdout.take().expect("piped").read_to_string(&mut said).expect("text");
        eprint!("{said}");
        assert!(child.wait().expect("it ends").success(), "{addr}: {said}");
    }
}
