//! A stream of the futures crates as hyper reads and writes, and the other way round.

use std::cell::Cell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::hyper::rt;
use futures_io::{AsyncRead, AsyncWrite};

/// The most bytes that one read takes.
const READ_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    /// Where streams read to, before hyper gets the bytes. hyper's buffers are not initialized, and
    /// a stream may look at the buffer that it is given. To copy what came costs less than to fill
    /// all of hyper's buffer before each read, and touches no page that holds nothing.
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// A stream between the two families of traits:
///
/// - around a `futures-io` stream (any of [`net`](crate::net), or one over TLS) it is hyper's
///   `rt::Read` and `rt::Write`;
/// - around hyper's (an `Upgraded` connection) it is `futures-io`'s `AsyncRead` and `AsyncWrite`.
///
/// Reading and writing are as cancel safe as the stream's own.
#[derive(Clone, Debug)]
pub struct Io<S> {
    stream: S,
    vectored: bool,
}

impl<S> Io<S> {
    /// Around a stream that writes several buffers with one call, as those of this crate do: hyper
    /// then hands over heads and bodies without copying them together.
    pub fn new(stream: S) -> Self {
        Self { stream, vectored: true }
    }

    /// Around a stream for which each write costs much and takes one buffer, as those over TLS do:
    /// hyper then gathers what it has into one buffer first.
    pub fn gathered(stream: S) -> Self {
        Self { stream, vectored: false }
    }

    /// The stream inside.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream inside. Who reads from it or writes to it takes bytes from hyper, or puts them
    /// between hyper's.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.stream
    }

    /// The stream alone again.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: Unpin> Io<S> {
    fn pinned(self: Pin<&mut Self>) -> Pin<&mut S> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl<S: AsyncRead + Unpin> rt::Read for Io<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut to: rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // Taken out meanwhile: a stream that reads through another `Io` gets a scratch of its own.
        let mut scratch = SCRATCH.try_with(Cell::take).unwrap_or_default();
        if scratch.is_empty() {
            scratch.resize(READ_BYTES_MAX, 0);
        }
        let room = to.remaining().min(READ_BYTES_MAX);
        let polled = self.pinned().poll_read(cx, &mut scratch[..room]);
        let polled = polled.map_ok(|bytes| to.put_slice(&scratch[..bytes]));
        // A thread that ends has no place for it any more.
        let _kept = SCRATCH.try_with(|place| place.set(scratch));
        polled
    }
}

impl<S: AsyncWrite + Unpin> rt::Write for Io<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write(cx, from)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_close(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.vectored
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write_vectored(cx, from)
    }
}

impl<S: rt::Read + Unpin> AsyncRead for Io<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut to = rt::ReadBuf::new(to);
        ready!(self.pinned().poll_read(cx, to.unfilled()))?;
        Poll::Ready(Ok(to.filled().len()))
    }
}

impl<S: rt::Write + Unpin> AsyncWrite for Io<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write(cx, from)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        from: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.pinned().poll_write_vectored(cx, from)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.pinned().poll_shutdown(cx)
    }
}
