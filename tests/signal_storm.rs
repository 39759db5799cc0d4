//! Signals rain on the workers while they wait, read, write, connect and accept: calls of the
//! kernel end with EINTR, and nothing is lost. A binary of its own: the handler is the process's.

#[path = "support/runtime.rs"]
mod support;

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use support::bounded;
use windlass::net::{TcpListener, TcpStream};
use windlass::time::sleep;
use windlass::{CorePlan, JoinSet, Runtime, spawn};

/// At least so many signals while the load runs.
const SIGNALS_MIN: u64 = 2_000;

static HANDLED: AtomicU64 = AtomicU64::new(0);

extern "C" fn count(_signal: libc::c_int) {
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

/// From now on the signal interrupts what the thread waits for, without a restart by the kernel.
fn handle() {
    // SAFETY: all zeros is a valid `sigaction`: no flags, an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = count as extern "C" fn(libc::c_int) as usize;
    // SAFETY: the handler touches one atomic only, so it may run anywhere; the old action may be
    // left out.
    let set = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    assert_eq!(set, 0, "{}", io::Error::last_os_error());
}

/// One connection: 200 kB through small buffers, echoed, with sleeps in between.
async fn exchange(addr: std::net::SocketAddr, client: usize) -> io::Result<()> {
    let stream = TcpStream::connect(addr).await?;
    socket2::SockRef::from(stream.as_std()).set_send_buffer_size(8192)?;
    let (mut reader, mut writer) = stream.into_split();
    let sent: Vec<u8> = (0..200_000_usize).map(|n| ((n + client) >> 2) as u8).collect();
    let expected = sent.clone();
    let writing = spawn(async move {
        for piece in sent.chunks(20_000) {
            writer.write_all(piece).await?;
            let begun = Instant::now();
            sleep(Duration::from_millis(2)).await;
            assert!(begun.elapsed() >= Duration::from_millis(2), "a sleep ended early");
        }
        writer.close().await
    });
    let mut echoed = Vec::new();
    reader.read_to_end(&mut echoed).await?;
    writing.await.map_err(io::Error::other)??;
    assert!(echoed == expected, "client {client}: {} bytes came back changed", echoed.len());
    Ok(())
}

async fn load() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let addr = listener.local_addr()?;
    spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("no signal fails an accept");
            spawn(async move {
                let (reader, mut writer) = AsyncReadExt::split(stream);
                futures_util::io::copy(reader, &mut writer).await
            })
            .detach();
        }
    })
    .detach();
    let begun = HANDLED.load(Ordering::Relaxed);
    while HANDLED.load(Ordering::Relaxed) - begun < SIGNALS_MIN {
        let mut clients = JoinSet::new();
        for client in 0..20 {
            clients.spawn(exchange(addr, client));
        }
        while let Some(client) = clients.join_next().await {
            client.map_err(io::Error::other)??;
        }
    }
    Ok(())
}

#[test]
fn interrupted_calls_lose_nothing() {
    bounded(storm);
}

fn storm() {
    handle();
    let workers = Arc::new(Mutex::new(Vec::new()));
    let started = workers.clone();
    let runtime = Runtime::builder()
        .workers(2)
        .cores(CorePlan::None)
        .on_thread_start(move |_| {
            // SAFETY: no argument, and it cannot fail.
            let own = unsafe { libc::pthread_self() };
            started.lock().expect("no panic").push(own);
        })
        .build()
        .expect("a runtime");
    let workers = workers.lock().expect("no panic").clone();
    assert_eq!(workers.len(), 2);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for worker in &workers {
                    // SAFETY: the runtime is dropped after this thread has ended, so its worker
                    // lives.
                    assert_eq!(unsafe { libc::pthread_kill(*worker, libc::SIGUSR1) }, 0);
                }
                std::thread::yield_now();
            }
        });
        // Workers carry the load: this thread is not interrupted.
        let loaded = runtime.spawn(load());
        let ended = runtime.block_on(loaded);
        over.store(true, Ordering::Relaxed);
        ended.expect("no panic").expect("no error");
    });
    drop(runtime);
    assert!(HANDLED.load(Ordering::Relaxed) >= SIGNALS_MIN);
}
