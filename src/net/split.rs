//! The two directions of a connection, owned apart.

use std::{net::Shutdown, sync::Arc};

use super::tcp_stream::TcpStream;

/// The reading half of a [`TcpStream`].
#[derive(Debug)]
pub struct OwnedReadHalf(Arc<TcpStream>);

/// The writing half of a [`TcpStream`]. Dropping it closes that direction: the peer reads to the
/// end.
#[derive(Debug)]
pub struct OwnedWriteHalf(Arc<TcpStream>);

impl TcpStream {
    /// Two halves that may go to different tasks. (`&TcpStream` reads and writes too, where a
    /// borrow will do.)
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        let stream = Arc::new(self);
        (OwnedReadHalf(stream.clone()), OwnedWriteHalf(stream))
    }
}

impl OwnedReadHalf {
    /// The stream behind the half.
    pub fn stream(&self) -> &TcpStream {
        &self.0
    }
}

impl OwnedWriteHalf {
    /// The stream behind the half.
    pub fn stream(&self) -> &TcpStream {
        &self.0
    }
}

impl Drop for OwnedWriteHalf {
    fn drop(&mut self) {
        // Fails when the peer has gone already.
        let _closed = self.0.shutdown(Shutdown::Write);
    }
}
