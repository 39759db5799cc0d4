//! A TCP server that sends back what it gets: one task a connection, adapters from the futures
//! crates.
//!
//! `cargo run --release --example echo`, then `nc 127.0.0.1 PORT`. Ends after the number of
//! connections given as argument, if one is given.

use std::io;

use futures_util::io::{AsyncReadExt, copy};
use windlass::net::TcpListener;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let connections = match std::env::args().nth(1) {
        Some(count) => count.parse().map_err(|_| format!("a number, please, not {count:?}"))?,
        None => usize::MAX,
    };
    let runtime = windlass::Runtime::new()?;
    runtime.block_on(serve(connections))?;
    Ok(())
}

async fn serve(connections: usize) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    let mut last = None;
    for _ in 0..connections {
        let (stream, peer) = listener.accept().await?;
        last = Some(windlass::spawn(async move {
            let (reader, mut writer) = AsyncReadExt::split(stream);
            match copy(reader, &mut writer).await {
                Ok(bytes) => println!("{peer}: {bytes} bytes"),
                Err(error) => eprintln!("{peer}: {error}"),
            }
        }));
    }
    if let Some(last) = last {
        last.await.map_err(io::Error::other)?;
    }
    Ok(())
}
