//! Faults from outside: descriptors that run out, peers that reset.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use windlass::kit::load::{ServerProcess, UNTIL_STDIN_CLOSES};
use windlass::kit::serve::Model;

use crate::wire::{Wire, each_model, get};

/// Descriptors that the starved server may have.
const DESCRIPTORS: usize = 40;

#[test]
fn used_up_descriptors_are_survived() {
    for model in Model::ALL {
        let script = format!(
            "ulimit -n {DESCRIPTORS}; exec \"$0\" serve --port 0 --cores none --workers 2 \
             --pool-threads 100 --model {model} {UNTIL_STDIN_CLOSES}"
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_windlass")]).stderr(Stdio::inherit());
        let process = ServerProcess::start(command).unwrap_or_else(|error| panic!("{error}"));

        // More clients than descriptors: the last ones wait in the backlog.
        let connect = |_| TcpStream::connect(process.addr()).expect("connect");
        let mut clients: Vec<TcpStream> = (0..2 * DESCRIPTORS).map(connect).collect();
        for client in &mut clients {
            client.write_all(b"GET /hello HTTP/1.1\r\nhost").expect("send");
        }
        // Those that wait are served as soon as the others have gone.
        let last = clients.pop().expect("the last client");
        drop(clients);
        finish(model, last);
        assert_eq!(Wire::to(process.addr()).ask(&get("/hello")).status, 200, "{model}");
        assert!(process.stop(Duration::from_secs(20)).is_some_and(|it| it.success()), "{model}");
    }
}

fn finish(model: Model, mut client: TcpStream) {
    client.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    client.write_all(b": a\r\nconnection: close\r\n\r\n").expect("send");
    let mut reply = String::new();
    client.read_to_string(&mut reply).expect("a reply");
    assert!(reply.ends_with("hello, world"), "{model}: {reply:?}");
}

#[test]
fn peers_that_reset_are_survived() {
    each_model(
        |config| config,
        |model, addr, server| {
            for turn in 0..20 {
                reset_after(addr, b"");
                reset_after(addr, b"GET /hello HTTP/1.1\r\nho");
                reset_after(addr, &get("/hello"));
                reset_after(addr, &get("/wait/30"));
                assert_eq!(Wire::to(addr).ask(&get("/hello")).status, 200, "{model}, {turn}");
            }
            let begun = Instant::now();
            assert_eq!(server.stop().cut, 0, "{model}");
            assert!(begun.elapsed() < Duration::from_secs(5), "{model}");
        },
    );
}

/// Sends, then closes so that the peer is reset.
fn reset_after(addr: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(addr).expect("connect");
    stream.write_all(bytes).expect("send");
    let linger = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    linger.expect("linger");
}
