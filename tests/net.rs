//! Sockets and timers over a real reactor on real loopback sockets.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown};
use std::pin::pin;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use windlass::net::{TcpListener, TcpStream};
use windlass::time::{interval, sleep, timeout};
use windlass::{CorePlan, Runtime, spawn};

const BOUND: Duration = Duration::from_secs(20);

fn runtime(workers: usize) -> Runtime {
    Runtime::builder().workers(workers).cores(CorePlan::None).build().expect("a runtime")
}

async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let client = TcpStream::connect(listener.local_addr()?).await?;
    let (server, peer) = listener.accept().await?;
    assert_eq!(peer, client.local_addr()?);
    Ok((client, server))
}

fn bounded<T>(runtime: &Runtime, work: impl Future<Output = io::Result<T>>) -> T {
    runtime.block_on(timeout(BOUND, work)).expect("within the bound").expect("no I/O error")
}

#[test]
fn bytes_go_both_ways_and_half_close_works() {
    for workers in [1, 2] {
        let runtime = runtime(workers);
        bounded(&runtime, async {
            let (client, server) = pair().await?;
            client.write_all(b"question").await?;
            client.shutdown(Shutdown::Write)?;
            let mut asked = Vec::new();
            (&server).read_to_end(&mut asked).await?;
            assert_eq!(asked, b"question");
            server.write_all(b"answer").await?;
            drop(server);
            let mut answered = Vec::new();
            (&client).read_to_end(&mut answered).await?;
            assert_eq!(answered, b"answer");
            Ok(())
        });
    }
}

#[test]
fn megabytes_pass_through_small_socket_buffers_unchanged() {
    let runtime = runtime(2);
    let sent: Vec<u8> = (0..1_000_000_u32).map(|n| ((n * 31) >> 3) as u8).collect();
    let expected = sent.clone();
    bounded(&runtime, async move {
        let (client, server) = pair().await?;
        socket2::SockRef::from(client.as_std()).set_send_buffer_size(16384)?;
        socket2::SockRef::from(server.as_std()).set_recv_buffer_size(16384)?;
        let writer = spawn(async move {
            client.write_all(&sent).await?;
            client.shutdown(Shutdown::Write)
        });
        let mut received = Vec::new();
        (&server).read_to_end(&mut received).await?;
        writer.await.expect("no panic")?;
        assert!(received == expected, "{} bytes arrived changed", received.len());
        Ok(())
    });
}

#[test]
fn owned_halves_work_in_two_tasks_and_dropping_the_writer_ends_the_stream() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (client, server) = pair().await?;
        let (mut reader, mut writer) = client.into_split();
        let echo = spawn(async move {
            let (mut reader, mut writer) = server.into_split();
            futures_util::io::copy(&mut reader, &mut writer).await
        });
        let sender = spawn(async move {
            for n in 0..1000_u32 {
                writer.write_all(&n.to_be_bytes()).await?;
            }
            io::Result::Ok(())
        });
        let mut echoed = Vec::new();
        reader.read_to_end(&mut echoed).await?;
        sender.await.expect("no panic")?;
        assert_eq!(echo.await.expect("no panic")?, 4000);
        let expected: Vec<u8> = (0..1000_u32).flat_map(u32::to_be_bytes).collect();
        assert!(echoed == expected);
        Ok(())
    });
}

#[test]
fn vectored_reads_and_writes_fill_buffers_in_turn() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let (client, server) = pair().await?;
        let written = client.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"cde")]).await?;
        assert_eq!(written, 5);
        let (mut first, mut second) = ([0; 3], [0; 3]);
        let mut buffers = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(server.read_vectored(&mut buffers).await?, 5);
        assert_eq!((&first, &second[..2]), (b"abc", &b"de"[..]));
        Ok(())
    });
}

#[test]
fn the_listener_is_a_stream_of_connections() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let clients = spawn(async move {
            for n in 0..20_u8 {
                TcpStream::connect(address).await?.write_all(&[n]).await?;
            }
            io::Result::Ok(())
        });
        let mut sum = 0;
        let mut incoming = listener.incoming().take(20);
        while let Some(stream) = incoming.next().await {
            let mut byte = [0];
            stream?.read_exact(&mut byte).await?;
            sum += u32::from(byte[0]);
        }
        clients.await.expect("no panic")?;
        assert_eq!(sum, 190);
        Ok(())
    });
}

#[test]
fn hundreds_of_connections_are_served_at_once_from_outside() {
    let runtime = runtime(2);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(spawn(async move {
                let mut buffer = [0; 16];
                while let Ok(len @ 1..) = stream.read(&mut buffer).await {
                    if stream.write_all(&buffer[..len]).await.is_err() {
                        break;
                    }
                }
            }));
        }
    }));
    // Both ends are here, beside those of other tests: all stay below a limit of 1024 open files.
    let mut clients: Vec<_> = (0..200).map(|_| net::TcpStream::connect(address).unwrap()).collect();
    for round in 0..3_u32 {
        for (n, client) in clients.iter_mut().enumerate() {
            client.set_read_timeout(Some(BOUND)).unwrap();
            client.write_all(&(round + n as u32).to_be_bytes()).unwrap();
        }
        for (n, client) in clients.iter_mut().enumerate() {
            let mut reply = [0; 4];
            client.read_exact(&mut reply).unwrap();
            assert_eq!(u32::from_be_bytes(reply), round + n as u32);
        }
    }
}

#[test]
fn a_refused_connection_is_an_error() {
    let runtime = runtime(1);
    let address = {
        let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let error = runtime.block_on(TcpStream::connect(address)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_peers_reset_reaches_the_reader_that_waits() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (client, server) = pair().await?;
        let reader = spawn(async move { server.read(&mut [0; 8]).await });
        socket2::SockRef::from(client.as_std()).set_linger(Some(Duration::ZERO))?;
        drop(client);
        let error = reader.await.expect("no panic").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        Ok(())
    });
}

#[test]
fn sockets_that_succeed_a_closed_one_get_no_event_of_it() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        for _ in 0..200 {
            let (client, server) = pair().await?;
            client.write_all(b"x").await?;
            drop(server);
            let (_client, server) = pair().await?;
            let early = timeout(Duration::from_millis(1), server.read(&mut [0; 1])).await;
            assert!(early.is_err(), "read without data: {early:?}");
        }
        Ok(())
    });
}

#[test]
fn a_socket_outside_a_runtime_says_what_is_missing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let bare = futures_util::FutureExt::now_or_never(listener.accept()).unwrap().unwrap_err();
    assert!(bare.to_string().contains("inside a windlass runtime"), "{bare}");
    let runtime = runtime(1);
    let address = listener.local_addr().unwrap();
    let client = std::thread::spawn(move || net::TcpStream::connect(address));
    bounded(&runtime, listener.accept());
    client.join().unwrap().unwrap();
}

#[test]
fn a_busy_port_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let busy = TcpListener::bind(listener.local_addr().unwrap()).unwrap_err();
    assert_eq!(busy.kind(), io::ErrorKind::AddrInUse);
}

#[test]
fn sleeps_end_in_order_and_never_early() {
    let runtime = runtime(2);
    runtime.block_on(async {
        let begun = Instant::now();
        let sleepers: Vec<_> = [40_u64, 10, 30, 0, 20]
            .into_iter()
            .map(|ms| {
                spawn(async move {
                    sleep(Duration::from_millis(ms)).await;
                    (ms, begun.elapsed())
                })
            })
            .collect();
        for sleeper in sleepers {
            let (ms, elapsed) = sleeper.await.unwrap();
            assert!(elapsed >= Duration::from_millis(ms), "{elapsed:?} < {ms} ms");
        }
    });
}

#[test]
fn a_timer_set_from_outside_wakes_a_sleeping_worker() {
    let runtime = runtime(2);
    for _ in 0..20 {
        runtime.block_on(sleep(Duration::from_millis(2)));
    }
    let slow = runtime.block_on(timeout(Duration::from_millis(5), std::future::pending::<()>()));
    assert!(slow.is_err());
    assert_eq!(runtime.block_on(timeout(BOUND, async { 3 })), Ok(3));
}

#[test]
fn who_waits_on_a_runtime_that_ends_waits_no_longer() {
    let runtime = runtime(2);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (begun, begins) = mpsc::channel();
    let (ended, ends) = mpsc::channel();
    // Threads of nobody's: a closure of the runtime's own pool that has not begun is cancelled.
    let (handle, begin, end) = (runtime.handle().clone(), begun.clone(), ended.clone());
    let sleeper = std::thread::spawn(move || {
        handle.block_on(async {
            let mut sleep = pin!(sleep(Duration::from_secs(3600)));
            assert!(futures_util::poll!(sleep.as_mut()).is_pending());
            begin.send(()).unwrap();
            sleep.await;
        });
        end.send("slept".to_owned()).unwrap();
    });
    let handle = runtime.handle().clone();
    let acceptor = std::thread::spawn(move || {
        let refused = handle.block_on(async {
            let mut accept = pin!(listener.accept());
            assert!(futures_util::poll!(accept.as_mut()).is_pending());
            begun.send(()).unwrap();
            accept.await.unwrap_err().to_string()
        });
        ended.send(refused).unwrap();
    });
    for _ in 0..2 {
        begins.recv_timeout(BOUND).unwrap();
    }
    drop(runtime);
    let mut said: Vec<String> = (0..2).map(|_| ends.recv_timeout(BOUND).unwrap()).collect();
    said.sort();
    assert_eq!(said[0], "slept");
    assert!(said[1].contains("has shut down"), "{said:?}");
    sleeper.join().unwrap();
    acceptor.join().unwrap();
}

#[test]
fn many_timers_set_and_cancelled_leave_only_those_that_count() {
    let runtime = runtime(2);
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for n in 0..20_000_u64 {
            tasks.push(spawn(async move {
                let wait = Duration::from_millis(n % 50);
                if n % 2 == 0 {
                    timeout(wait, std::future::pending::<()>()).await.unwrap_err();
                } else {
                    timeout(Duration::from_secs(3600), sleep(wait)).await.unwrap();
                }
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn an_interval_ticks_at_once_then_at_its_period_and_skips_what_it_missed() {
    let runtime = runtime(1);
    runtime.block_on(async {
        let mut ticks = interval(Duration::from_millis(10));
        let first = ticks.tick().await;
        let second = ticks.tick().await;
        // One period, or more if this thread stood still meanwhile.
        assert!(second > first);
        assert_eq!((second - first).as_nanos() % 10_000_000, 0);
        sleep(Duration::from_millis(35)).await;
        let late = ticks.tick().await;
        let next = ticks.tick().await;
        assert_eq!((late - first).as_nanos() % 10_000_000, 0);
        assert!(next > late + Duration::from_millis(10), "missed ticks are skipped");
        assert_eq!((next - first).as_nanos() % 10_000_000, 0);
    });
}
