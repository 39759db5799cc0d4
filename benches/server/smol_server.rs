//! The service on async-io and async-executor, which smol is made of, around the very session that
//! the kit's servers use. As with tokio: no deadlines, no bound on connections, no stop in order.

use std::future::pending;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use async_executor::Executor;
use async_io::{Async, Timer};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future};
use socket2::{Domain, Protocol, Socket, Type};
use windlass::kit::http::{Outbox, Rules, Session, Turn, WaitEnd};

/// The same as the kit's listener has.
const BACKLOG: i32 = 4096;

/// Bytes read at a time, into a buffer that each connection owns.
const READ_BYTES: usize = 2 * 1024;

/// How long a client that is still sending may take to notice that the connection ends.
const LINGER_MAX: Duration = Duration::from_secs(1);

/// Starts it on a free port of 127.0.0.1; it runs until the process ends. Each of the `workers` is
/// a thread that runs tasks inside `async_io::block_on`, as smol's own do.
pub(crate) fn start(rules: Rules, workers: usize) -> io::Result<SocketAddr> {
    let executor: &'static Executor<'static> = Box::leak(Box::new(Executor::new()));
    let listener = Async::new(listen()?)?;
    let addr = listener.get_ref().local_addr()?;
    executor.spawn(accept_all(executor, listener, rules)).detach();
    for _ in 0..workers {
        let work = || async_io::block_on(executor.run(pending::<()>()));
        thread::Builder::new().name("smol".into()).spawn(work)?;
    }
    Ok(addr)
}

/// Listens on a free port, as the kit does.
pub(crate) fn listen() -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

async fn accept_all(
    executor: &'static Executor<'static>,
    listener: Async<TcpListener>,
    rules: Rules,
) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // An error here and in `serve` is a client that has gone.
                let _ = stream.get_ref().set_nodelay(true);
                executor.spawn(async move { drop(serve(stream, rules).await) }).detach();
            }
            // Descriptors may be short for a while.
            Err(_) => {
                Timer::after(Duration::from_millis(5)).await;
            }
        }
    }
}

async fn serve(mut stream: Async<TcpStream>, rules: Rules) -> io::Result<()> {
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
                Timer::after(Duration::from_millis(wait_ms.into())).await;
                session.waited(WaitEnd::Done, false, &mut out);
            }
            // The hello service hands nothing on.
            Turn::Work | Turn::Close => return Ok(()),
            Turn::Linger => {
                stream.get_ref().shutdown(Shutdown::Write)?;
                let swallow = async {
                    while matches!(stream.read(&mut input).await, Ok(bytes) if bytes > 0) {}
                };
                // The client may as well go on sending: that is then its loss.
                let late = async {
                    Timer::after(LINGER_MAX).await;
                };
                future::or(swallow, late).await;
                return Ok(());
            }
        }
    }
}
