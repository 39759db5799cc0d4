//! Listening, accepting, and what a listener is set up with.

use std::io::{self, Read, Write};
use std::net;
use std::pin::pin;
use std::sync::mpsc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::io::AsyncReadExt;
use windlass::net::{ListenOptions, TcpListener, TcpStream, UnixListener, UnixStream};
use windlass::spawn;
use windlass::time::sleep;

use crate::loopback::{BOUND, bounded, runtime};

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
fn connections_inherit_what_the_listener_was_given() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let keepalive = Some(Duration::from_secs(77));
        let options = ListenOptions { nodelay: true, keepalive, ..ListenOptions::default() };
        let listener = options.listen("127.0.0.1:0")?;
        let _client = TcpStream::connect(listener.local_addr()?).await?;
        let (server, _) = listener.accept().await?;
        assert!(server.as_std().nodelay()?);
        let socket = socket2::SockRef::from(&server);
        assert!(socket.keepalive()?);
        assert_eq!(socket.tcp_keepalive_time()?, Duration::from_secs(77));
        Ok(())
    });
}

#[test]
fn listeners_share_a_port_if_all_of_them_agree() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let options = ListenOptions { reuse_port: true, ..ListenOptions::default() };
        let first = options.listen("127.0.0.1:0")?;
        let address = first.local_addr()?;
        let second = options.listen(address)?;
        let busy = TcpListener::bind(address).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::AddrInUse);
        let mut clients = Vec::new();
        for _ in 0..64 {
            clients.push(TcpStream::connect(address).await?);
        }
        // The kernel spreads them by a hash: that one gets all has a chance of 2^-63.
        let mut accepted = [0, 0];
        let mut both = futures_util::stream::select(
            first.incoming().map(|stream| stream.map(|_| 0)),
            second.incoming().map(|stream| stream.map(|_| 1)),
        );
        for _ in 0..clients.len() {
            let at: usize = both.next().await.expect("streams without end")?;
            accepted[at] += 1;
        }
        assert!(accepted.iter().all(|&number| number > 0), "{accepted:?}");
        Ok(())
    });
}

#[test]
fn a_listener_takes_the_first_address_that_will_do() {
    let taken = net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [taken.local_addr().unwrap(), "127.0.0.1:0".parse().unwrap()];
    let listener = TcpListener::bind(&addresses[..]).unwrap();
    assert_ne!(listener.local_addr().unwrap(), addresses[0]);
    let none = TcpListener::bind(&[][..]).unwrap_err();
    assert!(none.to_string().contains("no address"), "{none}");
}

#[test]
fn unix_connections_are_a_stream_too() {
    let runtime = runtime(2);
    let path = std::env::temp_dir().join(format!("windlass-listener-{}", std::process::id()));
    let _from_an_earlier_run = std::fs::remove_file(&path);
    bounded(&runtime, async {
        let listener = UnixListener::bind(&path)?;
        let to = path.clone();
        let clients = spawn(async move {
            for n in 0..20_u8 {
                UnixStream::connect(&to).await?.write_all(&[n]).await?;
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
    std::fs::remove_file(&path).expect("the socket's file");
}
