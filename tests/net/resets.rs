//! Peers that reset, and places in the table that change hands.

use std::io;
use std::net;
use std::time::Duration;

use windlass::net::{TcpListener, TcpStream};
use windlass::spawn;
use windlass::time::timeout;

use crate::loopback::{bounded, pair, runtime};

/// Closes so that the peer is reset.
fn reset(stream: TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream.as_std()).set_linger(Some(Duration::ZERO))
}

#[test]
fn a_peers_reset_reaches_the_reader_that_waits() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (client, server) = pair().await?;
        let reader = spawn(async move { server.read(&mut [0; 8]).await });
        reset(client)?;
        let error = reader.await.expect("no panic").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        Ok(())
    });
}

#[test]
fn a_peers_reset_reaches_the_writer_that_waits() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (client, server) = pair().await?;
        let writer = spawn(async move {
            loop {
                if let Err(error) = server.write(&[0; 65536]).await {
                    return error;
                }
            }
        });
        // The writer has filled the buffers by then, or will.
        client.readable().await?;
        reset(client)?;
        let error = writer.await.expect("no panic");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        Ok(())
    });
}

#[test]
fn a_connection_that_was_reset_before_it_was_accepted_says_so_when_it_is_read() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        reset(TcpStream::connect(listener.local_addr()?).await?)?;
        let next = TcpStream::connect(listener.local_addr()?).await?;
        let (server, _) = listener.accept().await?;
        if server.peer_addr().ok() != Some(next.local_addr()?) {
            let error = server.read(&mut [0; 8]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
            let (server, _) = listener.accept().await?;
            assert_eq!(server.peer_addr()?, next.local_addr()?);
        }
        Ok(())
    });
}

#[test]
fn after_a_reset_everything_is_an_error_and_nothing_hangs() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let (client, server) = pair().await?;
        server.write_all(b"reply").await?;
        reset(client)?;
        server.readable().await?;
        let error = server.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        let error = server.write(b"more").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        assert_eq!(server.read(&mut [0; 8]).await?, 0);
        server.shutdown(net::Shutdown::Write).unwrap_err();
        let (reader, writer) = server.into_split();
        drop(writer);
        drop(reader);
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
