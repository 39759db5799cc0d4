//! The `futures-io` traits, for all that has a stream.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::task::{Context, Poll};
use std::{os::fd::AsFd, pin::Pin};

use futures_io::{AsyncRead, AsyncWrite};

use super::split::{OwnedReadHalf, OwnedWriteHalf};
use super::{async_io::Async, stream::end_writing};
use crate::reactor::Direction;

/// How many bytes were read or written.
type Moved = Poll<io::Result<usize>>;

impl<S> Async<S> {
    /// As the halves' method of this name.
    fn stream(&self) -> &Self {
        self
    }
}

macro_rules! read_from {
    ($($end:ty),*) => { $(impl<S: AsFd> AsyncRead for $end
    where
        for<'a> &'a S: Read,
    {
        fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut [u8]) -> Moved {
            let some = 1..to.len();
            let read = |mut io: &S| io.read(to);
            self.stream().poll_io(Direction::Read, cx, read, |read| some.contains(read))
        }

        fn poll_read_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            to: &mut [IoSliceMut<'_>],
        ) -> Moved {
            self.stream().poll_read_with(cx, |mut io| io.read_vectored(to))
        }
    })* };
}

macro_rules! write_to {
    ($($end:ty),*) => { $(impl<S: AsFd> AsyncWrite for $end
    where
        for<'a> &'a S: Write,
    {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, from: &[u8]) -> Moved {
            let some = 1..from.len();
            let write = |mut io: &S| io.write(from);
            self.stream().poll_io(Direction::Write, cx, write, |written| some.contains(written))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            from: &[IoSlice<'_>],
        ) -> Moved {
            self.stream().poll_write_with(cx, |mut io| io.write_vectored(from))
        }

        fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(end_writing(self.stream()))
        }
    })* };
}

read_from!(&Async<S>, Async<S>, OwnedReadHalf<S>);
write_to!(&Async<S>, Async<S>, OwnedWriteHalf<S>);
