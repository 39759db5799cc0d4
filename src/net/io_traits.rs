//! The `futures-io` traits, for all that has a stream.

use std::io::{self, IoSlice, IoSliceMut};
use std::task::{Context, Poll};
use std::{net::Shutdown, pin::Pin};

use futures_io::{AsyncRead, AsyncWrite};

use super::split::{OwnedReadHalf, OwnedWriteHalf};
use super::tcp_stream::{Moved, TcpStream};

macro_rules! read_from {
    ($($end:ty),*) => { $(impl AsyncRead for $end {
        fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut [u8]) -> Moved {
            self.stream().poll_read(cx, to)
        }

        fn poll_read_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            to: &mut [IoSliceMut<'_>],
        ) -> Moved {
            self.stream().poll_read_vectored(cx, to)
        }
    })* };
}

macro_rules! write_to {
    ($($end:ty),*) => { $(impl AsyncWrite for $end {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Moved {
            self.stream().poll_write(cx, from)
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            from: &[IoSlice<'_>],
        ) -> Moved {
            self.stream().poll_write_vectored(cx, from)
        }

        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(self.stream().shutdown(Shutdown::Write))
        }
    })* };
}

read_from!(&TcpStream, TcpStream, OwnedReadHalf);
write_to!(&TcpStream, TcpStream, OwnedWriteHalf);
