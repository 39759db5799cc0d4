//! The service on monoio, on epoll or io_uring, around the very session that the kit's servers use.
//! One thread: monoio's way to more is a runtime for each. As with tokio: no deadlines, no bound on
//! connections, no stop in order.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use monoio::io::{AsyncReadRent, AsyncWriteRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::time::{sleep, timeout};
use monoio::{IoUringDriver, LegacyDriver, RuntimeBuilder};
use windlass::kit::http::{Outbox, Rules, Session, Turn, WaitEnd};

use crate::smol_server::listen;

/// Bytes read at a time, into a buffer that each connection owns.
const READ_BYTES: usize = 2 * 1024;

/// Places in the rings: the default is 1024.
const ENTRIES: u32 = 4096;

/// How long a client that is still sending may take to notice that the connection ends.
const LINGER_MAX: Duration = Duration::from_secs(1);

/// Serves from the calling thread, on epoll or on io_uring; returns only with an error.
pub(crate) fn run(rules: Rules, uring: bool, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let listener = listen()?;
    // epoll says when to accept; io_uring accepts by itself, and would be told to try again.
    listener.set_nonblocking(!uring)?;
    ready(listener.local_addr()?);
    match uring {
        true => RuntimeBuilder::<IoUringDriver>::new()
            .with_entries(ENTRIES)
            .enable_timer()
            .build()?
            .block_on(accept_all(listener, rules)),
        false => RuntimeBuilder::<LegacyDriver>::new()
            .enable_timer()
            .build()?
            .block_on(accept_all(listener, rules)),
    }
}

async fn accept_all(listener: std::net::TcpListener, rules: Rules) -> io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // An error here and in `serve` is a client that has gone.
                let _ = stream.set_nodelay(true);
                drop(monoio::spawn(serve(stream, rules)));
            }
            // Descriptors may be short for a while.
            Err(_) => sleep(Duration::from_millis(5)).await,
        }
    }
}

async fn serve(mut stream: TcpStream, rules: Rules) -> io::Result<()> {
    let mut session = Session::default();
    let mut out = Outbox::default();
    let mut input = vec![0; READ_BYTES];
    let mut reply = Vec::new();
    let mut bytes = 0;
    loop {
        let turn = session.turn(&input[..bytes], &rules, false, &mut out);
        bytes = 0;
        while !out.is_empty() {
            // The kernel keeps the bytes while it writes them, so that they must be owned.
            reply.clear();
            reply.extend_from_slice(out.unsent());
            let (written, back) = stream.write_all(reply).await;
            reply = back;
            out.advance(written?);
        }
        match turn {
            Turn::Read => {
                let (read, back) = stream.read(input).await;
                input = back;
                match read? {
                    0 => return Ok(()),
                    read => bytes = read,
                }
                // monoio leaves the buffer as long as what was read.
                input.resize(READ_BYTES.max(bytes), 0);
            }
            Turn::Write => {}
            Turn::Wait { wait_ms } => {
                sleep(Duration::from_millis(wait_ms.into())).await;
                session.waited(WaitEnd::Done, false, &mut out);
            }
            // The hello service hands nothing on.
            Turn::Work | Turn::Close => return Ok(()),
            Turn::Linger => {
                stream.shutdown().await?;
                // The client may as well go on sending: that is then its loss.
                let _ = timeout(LINGER_MAX, swallow(&mut stream)).await;
                return Ok(());
            }
        }
    }
}

async fn swallow(stream: &mut TcpStream) {
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let (read, back) = stream.read(buffer).await;
        buffer = back;
        if !matches!(read, Ok(bytes) if bytes > 0) {
            return;
        }
    }
}
