//! Anything with a descriptor: pipes, counters, sources of mio.

use std::fs::File;
use std::io::{self, Read, Write, pipe};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::time::Duration;

use futures_util::io::{AsyncReadExt, AsyncWriteExt};
use futures_util::poll;
use windlass::net::Async;
use windlass::spawn;
use windlass::time::timeout;

use crate::loopback::{bounded, runtime};

#[test]
fn a_pipe_is_read_and_written_and_ends_when_it_is_dropped() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let (reader, writer) = pipe()?;
        let (mut reader, mut writer) = (Async::new(reader)?, Async::new(writer)?);
        let writes = spawn(async move {
            for n in 0..100_000_u32 {
                writer.write_all(&n.to_be_bytes()).await?;
            }
            // Closing is no error, though only the drop is the end.
            AsyncWriteExt::close(&mut writer).await
        });
        let mut read = Vec::new();
        AsyncReadExt::read_to_end(&mut reader, &mut read).await?;
        writes.await.expect("no panic")?;
        let written: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
        assert!(read == written, "{} bytes arrived changed", read.len());
        Ok(())
    });
}

/// A read that ends where a record does has not taken all there is.
#[test]
fn records_come_one_by_one_and_none_is_left_behind() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let kind = socket2::Type::from(libc::SOCK_SEQPACKET);
        let (one, other) = socket2::Socket::pair(socket2::Domain::UNIX, kind, None)?;
        let one = Async::new(UnixStream::from(OwnedFd::from(one)))?;
        for turn in 0..3_u8 {
            for record in 0..3 {
                other.send(&[turn, record])?;
            }
            let mut buffer = [0; 64];
            for record in 0..3 {
                assert_eq!(one.read(&mut buffer).await?, 2);
                assert_eq!(buffer[..2], [turn, record]);
            }
        }
        Ok(())
    });
}

#[test]
fn a_pipe_whose_reader_is_gone_is_an_error() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let (reader, writer) = pipe()?;
        let writer = Async::new(writer)?;
        drop(reader);
        writer.writable().await?;
        let error = writer.write(b"x").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        Ok(())
    });
}

/// A counter of the kernel's: readable while it is not zero.
#[cfg(target_os = "linux")]
fn counter() -> File {
    // SAFETY: the call takes numbers only.
    let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    assert!(fd >= 0, "{}", io::Error::last_os_error());
    // SAFETY: the descriptor is new, and nobody else's.
    File::from(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(target_os = "linux")]
#[test]
fn a_counter_of_the_kernels_wakes_whoever_waits_for_it() {
    let runtime = runtime(2);
    bounded(&runtime, async {
        let counter = Async::new(counter())?;
        let mut writer = counter.as_std().try_clone()?;
        for round in 1..100_u64 {
            let mut waits = pin!(counter.read_with(|mut counter| {
                let mut count = [0; 8];
                counter.read_exact(&mut count)?;
                Ok(u64::from_ne_bytes(count))
            }));
            assert!(poll!(waits.as_mut()).is_pending(), "round {round}");
            assert!(poll!(pin!(counter.readable())).is_pending());
            writer.write_all(&round.to_ne_bytes())?;
            assert_eq!(waits.await?, round);
        }
        Ok(())
    });
}

#[test]
fn a_source_of_mio_is_a_source() {
    let runtime = runtime(1);
    bounded(&runtime, async {
        let (mut sender, receiver) = mio::unix::pipe::new()?;
        let receiver = Async::new(receiver)?;
        assert!(poll!(pin!(receiver.read(&mut [0; 8]))).is_pending());
        sender.write_all(b"abc")?;
        assert_eq!(receiver.read(&mut [0; 8]).await?, 3);
        // It may leave, and be registered anew.
        let fd = receiver.as_fd().as_raw_fd();
        let receiver = Async::new(receiver.into_std())?;
        assert_eq!(receiver.as_fd().as_raw_fd(), fd);
        let early = timeout(Duration::from_millis(1), receiver.readable()).await;
        assert!(early.is_err());
        drop(sender);
        assert_eq!(receiver.read(&mut [0; 8]).await?, 0);
        Ok(())
    });
}

#[test]
fn a_regular_file_cannot_be_waited_for() {
    let runtime = runtime(1);
    let file = Async::new(File::open(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap())
        .unwrap();
    let error = runtime.block_on(file.readable()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
}
