//! The client for threads, which stand still while they wait.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::kit::http::{Outgoing, Received};

use super::error::{CallError, Failed};
use super::kept::{ClientSettings, Kept, broke, took};

/// Calls one service from threads. As [`Client`](super::Client) in everything but who waits.
#[derive(Debug)]
pub struct BlockingClient {
    kept: Kept<TcpStream>,
}

impl BlockingClient {
    /// A client by these settings; it connects when it is first called.
    pub fn new(settings: ClientSettings) -> BlockingClient {
        BlockingClient { kept: Kept::new(settings) }
    }

    /// Makes a call; the thread waits.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn call(&self, request: &Outgoing<'_>) -> Result<Received, CallError> {
        let until = Instant::now() + self.kept.settings.timeout;
        self.try_call(request, until).map_err(Failed::into_error)
    }

    fn try_call(&self, request: &Outgoing<'_>, until: Instant) -> Result<Received, Failed> {
        let bytes = self.kept.encode(request);
        while let Some(stream) = self.kept.take() {
            match self.exchange(stream, &bytes, until) {
                Err(Failed::Unbegun(_)) if request.is_idempotent() => {}
                done => return done,
            }
        }
        let connected = TcpStream::connect_timeout(&self.kept.settings.addr, self.left(until)?);
        let stream = connected.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut => self.kept.late(),
            _ => Failed::For(CallError::Connect(error)),
        })?;
        // Fails only if the service has gone already: the call will find that out.
        let _ = stream.set_nodelay(true);
        self.exchange(stream, &bytes, until)
    }

    fn exchange(
        &self,
        mut stream: TcpStream,
        bytes: &[u8],
        until: Instant,
    ) -> Result<Received, Failed> {
        let mut parser = self.kept.parser();
        let left = self.left(until)?;
        let written = stream.set_write_timeout(Some(left)).and_then(|()| stream.write_all(bytes));
        written.map_err(|error| self.failed(broke(&parser, error)))?;
        let mut buffer = [0; 4096];
        loop {
            let left = self.left(until)?;
            let read = stream.set_read_timeout(Some(left)).and_then(|()| stream.read(&mut buffer));
            let read = match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|error| self.failed(broke(&parser, error)))?,
            };
            if let Some(taken) = took(&mut parser, &buffer[..read]) {
                let reply = taken?;
                self.kept.put(stream, &reply);
                return Ok(reply);
            }
        }
    }

    fn left(&self, until: Instant) -> Result<Duration, Failed> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(self.kept.late()) } else { Ok(left) }
    }

    /// A socket's timeout is the call's.
    fn failed(&self, failed: Failed) -> Failed {
        let late = |error: &io::Error| {
            matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
        };
        match &failed {
            Failed::Unbegun(error) | Failed::For(CallError::Broken(error)) if late(error) => {
                self.kept.late()
            }
            _ => failed,
        }
    }
}
