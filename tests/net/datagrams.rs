//! Datagrams, UDP and Unix: whole, cut, peeked at, connected, as stream and sink.

use std::io;
use std::os::unix;
use std::pin::pin;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt, poll};
use windlass::net::{UdpSocket, UnixDatagram};
use windlass::time::timeout;
use windlass::{spawn, yield_now};

use crate::loopback::{bounded, runtime};

fn pair() -> io::Result<(UdpSocket, UdpSocket)> {
    Ok((UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?))
}

#[test]
fn udp_datagrams_go_both_ways_and_are_cut_to_the_buffer() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (one, other) = pair()?;
        let (from_one, from_other) = (one.local_addr()?, other.local_addr()?);
        assert_eq!(one.send_to(b"0123456789", &from_other).await?, 10);
        assert_eq!(one.send_to(b"next", &from_other).await?, 4);
        let mut buffer = [0; 4];
        assert_eq!(other.peek_from(&mut buffer).await?, (4, from_one));
        assert_eq!(other.recv_from(&mut buffer).await?, (4, from_one));
        assert_eq!(&buffer, b"0123");
        assert_eq!(other.recv_from(&mut buffer).await?, (4, from_one));
        assert_eq!(&buffer, b"next", "the rest of the first is lost, the next is whole");
        assert_eq!(other.send_to(b"", &from_one).await?, 0);
        assert_eq!(one.recv_from(&mut buffer).await?, (0, from_other));
        let too_long = one.send_to(&[0; 70_000], &from_other).await.unwrap_err();
        assert_eq!(too_long.raw_os_error(), Some(libc::EMSGSIZE));
        Ok(())
    });
}

#[test]
fn a_connected_udp_socket_hears_its_peer_only_and_is_told_of_refusals() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let (one, other) = pair()?;
        let stranger = UdpSocket::bind("127.0.0.1:0")?;
        one.connect(other.local_addr()?)?;
        assert_eq!(one.peer_addr()?, other.local_addr()?);
        stranger.send_to(b"spam", &one.local_addr()?).await?;
        one.send(b"question").await?;
        let mut buffer = [0; 16];
        let (len, from) = other.recv_from(&mut buffer).await?;
        assert_eq!(&buffer[..len], b"question");
        other.send_to(b"answer", &from).await?;
        assert_eq!(one.peek(&mut buffer[..3]).await?, 3);
        let len = one.recv(&mut buffer).await?;
        assert_eq!(&buffer[..len], b"answer");
        drop(other);
        one.send(b"anybody?").await?;
        let error = one.recv(&mut buffer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        Ok(())
    });
}

#[test]
fn who_waits_for_a_datagram_is_woken_and_who_gives_up_takes_none() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (one, other) = pair()?;
        let to = other.local_addr()?;
        let mut buffer = [0; 16];
        for n in 0..100_u8 {
            {
                let mut receives = pin!(other.recv_from(&mut buffer));
                assert!(poll!(receives.as_mut()).is_pending());
            }
            one.send_to(&[n], &to).await?;
            let (len, _) = other.recv_from(&mut buffer).await?;
            assert_eq!(buffer[..len], [n]);
        }
        Ok(())
    });
}

#[test]
fn udp_datagrams_are_a_stream_and_a_sink() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (one, other) = pair()?;
        let (to_one, to_other) = (one.local_addr()?, other.local_addr()?);
        let echo = spawn(async move {
            let (sink, stream) = (other.datagrams(0), other.datagrams(8));
            stream.take(50).forward(sink).await
        });
        let (mut sink, mut stream) = (one.datagrams(0), one.datagrams(16));
        for n in 0..50_u64 {
            let sent = [n.to_be_bytes(), n.to_le_bytes()].concat();
            sink.send((sent.clone(), to_other)).await?;
            let (received, from) = stream.next().await.expect("without end")?;
            assert_eq!((&received[..], from), (&sent[..8], to_other), "cut to 8 bytes");
        }
        echo.await.expect("no panic")?;
        sink.feed((vec![0; 70_000], to_one)).await?;
        let error = sink.flush().await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EMSGSIZE));
        sink.close().await?;
        Ok(())
    });
}

#[test]
fn unix_datagrams_wait_for_a_slow_receiver_and_none_is_lost() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (one, other) = UnixDatagram::pair()?;
        let filled = async {
            let mut sent = 0_u32;
            loop {
                if timeout(Duration::from_millis(20), one.send(&sent.to_be_bytes())).await.is_err()
                {
                    return sent;
                }
                sent += 1;
            }
        };
        let before = filled.await;
        assert!(before > 0);
        let sends = spawn(async move {
            for n in before..before + 1000 {
                one.send(&n.to_be_bytes()).await?;
            }
            io::Result::Ok(())
        });
        let mut buffer = [0; 16];
        for n in 0..before + 1000 {
            yield_now().await;
            assert_eq!(other.recv(&mut buffer).await?, 4);
            assert_eq!(buffer[..4], n.to_be_bytes());
        }
        sends.await.expect("no panic")
    });
}

#[test]
fn unix_datagrams_have_paths_or_no_name() {
    let runtime = runtime(1);
    let path = std::env::temp_dir().join(format!("windlass-datagram-{}", std::process::id()));
    let _from_an_earlier_run = std::fs::remove_file(&path);
    bounded(&runtime, async {
        let named = UnixDatagram::bind(&path)?;
        let unnamed = UnixDatagram::from_std(unix::net::UnixDatagram::unbound()?)?;
        let to = unix::net::SocketAddr::from_pathname(&path)?;
        unnamed.send_to(b"who?", &to).await?;
        let mut buffer = [0; 16];
        assert_eq!(named.peek(&mut buffer).await?, 4);
        let (len, from) = named.recv_from(&mut buffer).await?;
        assert_eq!((len, from.is_unnamed()), (4, true), "{from:?}");
        assert_eq!(named.local_addr()?.as_pathname(), Some(&*path));

        unnamed.as_std().connect(&path)?;
        let mut sink = unnamed.datagrams(0);
        sink.send((b"me".to_vec(), to)).await?;
        let mut stream = named.datagrams(16);
        let (received, from) = stream.next().await.expect("without end")?;
        assert_eq!((&received[..], from.is_unnamed()), (&b"me"[..], true));
        Ok(())
    });
    std::fs::remove_file(&path).expect("the socket's file");
}
