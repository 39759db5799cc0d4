//! Two echoes in one runtime: UDP datagrams, and a Unix stream beside them, until Ctrl-C.
//!
//! `cargo run --release --example sockets`, then `nc -u 127.0.0.1 PORT` or `nc -U PATH`. With the
//! argument `self` it talks to itself, and ends.

use std::path::PathBuf;
use std::{io, process};

use futures_util::io::{AsyncReadExt, AsyncWriteExt, copy};
use windlass::dial;
use windlass::net::{UdpSocket, UnixListener};
use windlass::signal::ctrl_c;

/// Longer datagrams are cut.
const DATAGRAM_BYTES_MAX: usize = 2048;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let talks = std::env::args().nth(1).is_some_and(|argument| argument == "self");
    let path = std::env::temp_dir().join(format!("windlass-echo-{}", process::id()));
    let runtime = windlass::Runtime::new()?;
    let ended = runtime.block_on(run(path.clone(), talks));
    std::fs::remove_file(path)?;
    Ok(ended?)
}

async fn run(path: PathBuf, talks: bool) -> io::Result<()> {
    let datagrams = UdpSocket::bind("127.0.0.1:0")?;
    let streams = UnixListener::bind(&path)?;
    let address = datagrams.local_addr()?;
    println!("datagrams to {address}, streams to {}", path.display());
    drop(windlass::spawn(echo_datagrams(datagrams)));
    drop(windlass::spawn(echo_streams(streams)));
    if !talks {
        return ctrl_c().await;
    }

    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(address)?;
    socket.send(b"a datagram").await?;
    let mut buffer = [0; DATAGRAM_BYTES_MAX];
    let len = socket.recv(&mut buffer).await?;
    println!("came back: {}", String::from_utf8_lossy(&buffer[..len]));

    let mut stream = dial::unix(&path, dial::DialOptions::default().timeout).await?;
    stream.write_all(b"a stream").await?;
    stream.close().await?;
    let mut back = String::new();
    stream.read_to_string(&mut back).await?;
    println!("came back: {back}");
    Ok(())
}

async fn echo_datagrams(socket: UdpSocket) -> io::Result<()> {
    let mut buffer = [0; DATAGRAM_BYTES_MAX];
    loop {
        let (len, from) = socket.recv_from(&mut buffer).await?;
        if let Err(error) = socket.send_to(&buffer[..len], &from).await {
            eprintln!("{from}: {error}");
        }
    }
}

async fn echo_streams(listener: UnixListener) -> io::Result<()> {
    loop {
        let lacking = |error: &io::Error| eprintln!("accept waits: {error}");
        let (stream, _peer) = listener.accept_telling(lacking).await?;
        drop(windlass::spawn(async move {
            let (reader, mut writer) = stream.into_split();
            if let Err(error) = copy(reader, &mut writer).await {
                eprintln!("{error}");
            }
        }));
    }
}
