//! The service on tokio, as a user of tokio would write it, around the very session (parser,
//! handlers, limits) that the kit's servers use.
//!
//! What it does not have, and so does not pay for: deadlines, a bound on connections, and a stop in
//! order.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};
use windlass::kit::http::{Outbox, Rules, Session, Turn, WaitEnd};

/// The same as the kit's listener has.
const BACKLOG: u32 = 4096;

/// Bytes read at a time, into a buffer that each connection owns.
const READ_BYTES: usize = 2 * 1024;

/// How long a client that is still sending may take to notice that the connection ends.
const LINGER_MAX: Duration = Duration::from_secs(1);

/// Starts it on a free port of 127.0.0.1, multi-thread, with as many workers as cores if `workers`
/// does not say otherwise; it runs as long as the runtime returned.
///
/// The accept loop is spawned onto it, since a new task is cheapest to start from a worker.
pub(crate) fn start(rules: Rules, workers: Option<usize>) -> io::Result<(Runtime, SocketAddr)> {
    let runtime = multi_thread(workers)?;
    let listener = runtime.block_on(async { listen() })?;
    let addr = listener.local_addr()?;
    runtime.spawn(accept_all(listener, rules));
    Ok((runtime, addr))
}

/// tokio's recommended runtime.
pub(crate) fn multi_thread(workers: Option<usize>) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if let Some(workers) = workers {
        builder.worker_threads(workers);
    }
    builder.enable_all().build()
}

/// The same on tokio's runtime of one thread, which is the calling one: it never returns but with
/// an error.
pub(crate) fn run_one_thread(rules: Rules, ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = listen()?;
        ready(listener.local_addr()?);
        accept_all(listener, rules).await;
        Ok(())
    })
}

/// Listens as the kit does.
pub(crate) fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    socket.listen(BACKLOG)
}

async fn accept_all(listener: TcpListener, rules: Rules) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // An error here and in `serve` is a client that has gone.
                let _ = stream.set_nodelay(true);
                tokio::spawn(async move { drop(serve(stream, rules).await) });
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
    let mut bytes = 0;
    loop {
        let turn = session.turn(&input[..bytes], &rules, false, &mut out);
        bytes = 0;
        while !out.is_empty() {
            match stream.write(out.unsent()).await? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => out.advance(written),
            }
        }
        match turn {
            Turn::Read => match stream.read(&mut input).await? {
                0 => return Ok(()),
                read => bytes = read,
            },
            Turn::Write => {}
            Turn::Wait { wait_ms } => {
                sleep(Duration::from_millis(wait_ms.into())).await;
                session.waited(WaitEnd::Done, false, &mut out);
            }
            // The hello service hands nothing on.
            Turn::Work | Turn::Close => return Ok(()),
            Turn::Linger => {
                stream.shutdown().await?;
                let swallow = async {
                    while matches!(stream.read(&mut input).await, Ok(bytes) if bytes > 0) {}
                };
                // The client may as well go on sending: that is then its loss.
                let _ = timeout(LINGER_MAX, swallow).await;
                return Ok(());
            }
        }
    }
}
