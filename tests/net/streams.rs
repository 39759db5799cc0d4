//! Streams, TCP and Unix alike: both directions, halves, vectored, slow readers.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::net::{self, Shutdown};
use std::os::unix;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use futures_util::poll;
use windlass::net::{Async, Socket, TcpStream, UnixListener, UnixStream};
use windlass::time::timeout;
use windlass::{spawn, yield_now};

use crate::loopback::{bounded, pair, runtime};

/// A kind of stream that tests can make pairs of.
trait Kind: Socket + Send + Sync + std::fmt::Debug + 'static {
    fn pair() -> impl Future<Output = io::Result<(Async<Self>, Async<Self>)>>;
}

impl Kind for net::TcpStream {
    async fn pair() -> io::Result<(TcpStream, TcpStream)> {
        pair().await
    }
}

impl Kind for unix::net::UnixStream {
    async fn pair() -> io::Result<(UnixStream, UnixStream)> {
        UnixStream::pair()
    }
}

#[test]
fn bytes_go_both_ways_and_half_close_works() {
    async fn test<S: Kind>() -> io::Result<()>
    where
        for<'a> &'a S: Read + Write,
    {
        let (client, server) = S::pair().await?;
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
    }
    for workers in [1, 2] {
        let runtime = runtime(workers);
        bounded(&runtime, test::<net::TcpStream>());
        bounded(&runtime, test::<unix::net::UnixStream>());
    }
}

#[test]
fn megabytes_pass_through_small_socket_buffers_to_a_slow_reader_unchanged() {
    async fn test<S: Kind>() -> io::Result<()>
    where
        for<'a> &'a S: Read + Write,
    {
        let sent: Vec<u8> = (0..1_000_000_u32).map(|n| ((n * 31) >> 3) as u8).collect();
        let expected = sent.clone();
        let (client, server) = S::pair().await?;
        socket2::SockRef::from(client.as_std()).set_send_buffer_size(16384)?;
        socket2::SockRef::from(server.as_std()).set_recv_buffer_size(16384)?;
        let writes = async move {
            let (mut at, mut pieces) = (0, 0);
            while at < sent.len() {
                at += client.write(&sent[at..]).await?;
                pieces += 1;
            }
            client.shutdown(Shutdown::Write)?;
            io::Result::Ok(pieces)
        };
        let reads = async move {
            let mut received = Vec::new();
            let mut buffer = [0; 5000];
            loop {
                yield_now().await;
                match server.read(&mut buffer).await? {
                    0 => return io::Result::Ok(received),
                    len => received.extend_from_slice(&buffer[..len]),
                }
            }
        };
        let (pieces, received) = futures_util::join!(writes, reads);
        assert!(pieces? > 10, "the kernel took it at once: nothing was written in part");
        let received = received?;
        assert!(received == expected, "{} bytes arrived changed", received.len());
        Ok(())
    }
    let runtime = runtime(2);
    bounded(&runtime, test::<net::TcpStream>());
    bounded(&runtime, test::<unix::net::UnixStream>());
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
fn halves_become_one_stream_again_which_is_still_open_both_ways() {
    async fn test<S: Kind>() -> io::Result<()>
    where
        for<'a> &'a S: Read + Write,
    {
        let (client, server) = S::pair().await?;
        let (reader, writer) = client.into_split();
        let (other_reader, other_writer) = server.into_split();
        let error = reader.reunite(other_writer).expect_err("of two streams");
        assert!(error.to_string().contains("not of one stream"), "{error}");
        let (reader, other_writer) = (error.0, error.1);
        let client = reader.reunite(writer).expect("of one stream");
        let server = other_reader.reunite(other_writer).expect("of one stream");
        client.write_all(b"there").await?;
        server.write_all(b"back").await?;
        let mut buffer = [0; 8];
        assert_eq!(server.read(&mut buffer).await?, 5);
        assert_eq!(client.read(&mut buffer).await?, 4);

        // A forgotten writer leaves its direction open, as long as the reader lives.
        let (reader, writer) = client.into_split();
        writer.forget();
        let early = timeout(Duration::from_millis(5), server.read(&mut buffer)).await;
        assert!(early.is_err(), "{early:?}");
        drop(reader);
        assert_eq!(server.read(&mut buffer).await?, 0);
        Ok(())
    }
    let runtime = runtime(2);
    bounded(&runtime, test::<net::TcpStream>());
    bounded(&runtime, test::<unix::net::UnixStream>());
}

#[test]
fn vectored_reads_and_writes_fill_buffers_in_turn() {
    async fn test<S: Kind>() -> io::Result<()>
    where
        for<'a> &'a S: Read + Write,
    {
        let (client, server) = S::pair().await?;
        let written = client.write_vectored(&[IoSlice::new(b"ab"), IoSlice::new(b"cde")]).await?;
        assert_eq!(written, 5);
        let (mut first, mut second) = ([0; 3], [0; 3]);
        let mut buffers = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(server.read_vectored(&mut buffers).await?, 5);
        assert_eq!((&first, &second[..2]), (b"abc", &b"de"[..]));
        // The same by the traits.
        let pieces = [IoSlice::new(b"fg"), IoSlice::new(b"h")];
        assert_eq!(AsyncWriteExt::write_vectored(&mut &server, &pieces).await?, 3);
        let mut buffers = [IoSliceMut::new(&mut first[..2]), IoSliceMut::new(&mut second)];
        assert_eq!(AsyncReadExt::read_vectored(&mut &client, &mut buffers).await?, 3);
        assert_eq!((&first[..2], &second[..1]), (&b"fg"[..], &b"h"[..]));
        Ok(())
    }
    let runtime = runtime(1);
    bounded(&runtime, test::<net::TcpStream>());
    bounded(&runtime, test::<unix::net::UnixStream>());
}

#[test]
fn peeking_takes_nothing_and_readiness_is_the_kernels() {
    async fn test<S: Kind>() -> io::Result<()>
    where
        for<'a> &'a S: Read + Write,
    {
        let (client, server) = S::pair().await?;
        let mut buffer = [0; 8];
        {
            let mut readable = pin!(server.readable());
            assert!(poll!(readable.as_mut()).is_pending(), "nothing was written");
            client.write_all(b"abc").await?;
            readable.await?;
        }
        assert_eq!(server.peek(&mut buffer[..2]).await?, 2);
        server.readable().await?;
        assert_eq!(server.read(&mut buffer).await?, 3);
        assert_eq!(&buffer[..3], b"abc");
        assert!(poll!(pin!(server.readable())).is_pending(), "all was read");

        client.writable().await?;
        let mut fills = client.as_std();
        while fills.write(&[0; 4096]).is_ok() {}
        let mut writable = pin!(client.writable());
        assert!(poll!(writable.as_mut()).is_pending(), "the buffers are full");
        let drains = async {
            let mut sink = vec![0; 1 << 20];
            while server.read(&mut sink).await.is_ok() {}
        };
        match select(writable, pin!(drains)).await {
            Either::Left((ready, _)) => ready,
            Either::Right(_) => panic!("an error where none was caused"),
        }
    }
    let runtime = runtime(1);
    bounded(&runtime, test::<net::TcpStream>());
    bounded(&runtime, test::<unix::net::UnixStream>());
}

#[test]
fn a_stream_goes_to_the_standard_library_and_comes_back() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let (client, server) = pair().await?;
        client.set_nodelay(true)?;
        client.set_keepalive(Duration::from_secs(30))?;
        // It is registered, and was waited for.
        let early = timeout(Duration::from_millis(1), client.read(&mut [0; 1])).await;
        assert!(early.is_err());
        let socket = client.into_std();
        assert!(socket.nodelay()? && socket2::SockRef::from(&socket).keepalive()?);
        (&socket).write_all(b"x")?;
        let client = TcpStream::from_std(socket)?;
        server.write_all(b"yz").await?;
        let mut buffer = [0; 2];
        assert_eq!(server.read(&mut buffer).await?, 1);
        (&client).read_exact(&mut buffer).await?;
        assert_eq!(&buffer, b"yz");
        assert_eq!(client.peer_addr()?, server.local_addr()?);
        Ok(())
    });
}

#[test]
fn unix_streams_have_paths_or_no_name() {
    let runtime = runtime(2);
    let folder = std::env::temp_dir().join(format!("windlass-net-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("stream");
    let _from_an_earlier_run = std::fs::remove_file(&path);
    bounded(&runtime, async {
        let listener = UnixListener::bind(&path)?;
        let client = UnixStream::connect(&path).await?;
        let (server, peer) = listener.accept().await?;
        assert!(peer.is_unnamed(), "{peer:?}");
        assert_eq!(listener.local_addr()?.as_pathname(), Some(&*path));
        assert_eq!(client.peer_addr()?.as_pathname(), Some(&*path));
        assert!(client.local_addr()?.is_unnamed());
        client.write_all(b"x").await?;
        assert_eq!(server.read(&mut [0; 8]).await?, 1);

        drop(listener);
        let refused = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        let missing = UnixStream::connect(folder.join("none")).await.unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        let busy = UnixListener::bind(&path).unwrap_err();
        assert_eq!(busy.kind(), io::ErrorKind::AddrInUse);
        Ok(())
    });
    std::fs::remove_dir_all(&folder).expect("the folder goes");
}

#[cfg(target_os = "linux")]
#[test]
fn unix_streams_have_abstract_names() {
    use std::os::linux::net::SocketAddrExt;

    let runtime = runtime(1);
    bounded(&runtime, async {
        let name = format!("windlass-{}", std::process::id());
        let address = unix::net::SocketAddr::from_abstract_name(&name)?;
        let listener = UnixListener::from_std(unix::net::UnixListener::bind_addr(&address)?)?;
        let client = UnixStream::connect(format!("\0{name}")).await?;
        let (_server, _peer) = listener.accept().await?;
        assert_eq!(client.peer_addr()?.as_abstract_name(), Some(name.as_bytes()));
        Ok(())
    });
}
