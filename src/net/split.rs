//! The two directions of a stream, owned apart.

use std::{net, os::fd::AsFd, sync::Arc};

use super::{async_io::Async, stream::end_writing};

/// The reading half of a stream.
#[derive(Debug)]
pub struct OwnedReadHalf<S = net::TcpStream>(Arc<Async<S>>);

/// The writing half of a stream. Dropping it closes that direction: the peer reads to the end.
#[derive(Debug)]
pub struct OwnedWriteHalf<S: AsFd = net::TcpStream> {
    stream: Arc<Async<S>>,
    ends: bool,
}

/// Two halves of different streams, given back.
#[derive(Debug)]
pub struct ReuniteError<S: AsFd = net::TcpStream>(pub OwnedReadHalf<S>, pub OwnedWriteHalf<S>);

says!([S: AsFd + std::fmt::Debug] ReuniteError<S>: |_, f| {
    f.write_str("these halves are not of one stream: reunite those that one into_split returned")
});

impl<S: AsFd> Async<S> {
    /// Two halves that may go to different tasks. (`&TcpStream` reads and writes too, where a
    /// borrow will do.)
    pub fn into_split(self) -> (OwnedReadHalf<S>, OwnedWriteHalf<S>) {
        let stream = Arc::new(self);
        (OwnedReadHalf(stream.clone()), OwnedWriteHalf { stream, ends: true })
    }
}

impl<S: AsFd> OwnedReadHalf<S> {
    /// The stream behind the half.
    pub fn stream(&self) -> &Async<S> {
        &self.0
    }

    /// Makes one stream of its halves again.
    ///
    /// # Errors
    /// [`ReuniteError`], with both, when they are not of one stream.
    pub fn reunite(self, writer: OwnedWriteHalf<S>) -> Result<Async<S>, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.0, &writer.stream) {
            return Err(ReuniteError(self, writer));
        }
        writer.forget();
        Ok(Arc::into_inner(self.0).unwrap_or_else(|| unreachable!("there are two halves")))
    }
}

impl<S: AsFd> OwnedWriteHalf<S> {
    /// The stream behind the half.
    pub fn stream(&self) -> &Async<S> {
        &self.stream
    }

    /// Drops the half, and leaves the direction open until the other half is dropped.
    pub fn forget(mut self) {
        self.ends = false;
    }
}

impl<S: AsFd> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if self.ends {
            // Fails when the peer has gone already.
            let _closed = end_writing(&*self.stream);
        }
    }
}
