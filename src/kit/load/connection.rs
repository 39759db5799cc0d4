//! One connection of the load generator: at most one request is on its way.
//!
//! ```text
//! Idle --begin--> Sending --all sent--> Receiving --right, lives on--> Idle
//!                   ^                       |-------right, closes----> Closing --end--> Idle
//!                   +---- retry (fresh) ----+
//! ```

use std::io::{self, Read, Write};
use std::time::Instant;

use mio::net::TcpStream;

use super::expect::{Checked, Expected, Incoming};

/// Where the one request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// There is none.
    Idle,
    /// It is being sent; or the connection is being opened.
    Sending,
    /// Its reply is awaited.
    Receiving,
    /// Its reply was right; the end of the connection is awaited.
    Closing,
}

/// What driving a connection led to.
#[derive(Debug)]
pub(super) enum Driven {
    /// It waits for the next event.
    Waits,
    /// The reply is whole and right, the request was taken or refused, and the connection ends with
    /// it, or lives on.
    Right { closes: bool, refused: bool },
    /// The connection has ended after its last reply.
    Closed,
    /// The reply is wrong.
    Wrong(String),
    /// The connection ended or failed before the reply was whole.
    Broken(io::Error),
}

#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Option<TcpStream>,
    /// Counts the sockets that this connection has had, so that old events are told from new ones.
    pub(super) generation: u32,
    pub(super) stage: Stage,
    pub(super) begun: Instant,
    pub(super) retries: u32,
    /// It was opened for the request that is on its way.
    pub(super) dialling: bool,
    sent: usize,
    incoming: Incoming,
}

impl Connection {
    pub(super) fn new(now: Instant) -> Connection {
        Connection {
            stream: None,
            generation: 0,
            stage: Stage::Idle,
            begun: now,
            retries: 0,
            dialling: false,
            sent: 0,
            incoming: Incoming::default(),
        }
    }

    /// Begins a request.
    pub(super) fn begin(&mut self, now: Instant) {
        self.begun = now;
        self.retries = 0;
        self.again();
    }

    /// Begins the request again, on a new socket.
    pub(super) fn again(&mut self) {
        self.stage = Stage::Sending;
        self.sent = 0;
        self.incoming = Incoming::default();
    }

    /// Whether the request may be sent again though it was sent already: nothing of a reply came.
    pub(super) fn is_fresh(&self) -> bool {
        self.incoming.is_fresh()
    }

    /// Sends and receives what can be.
    pub(super) fn drive(
        &mut self,
        request: &[u8],
        expected: &mut Expected,
        buffer: &mut [u8],
    ) -> Driven {
        if self.stage == Stage::Sending {
            match self.send(request) {
                Ok(true) => self.stage = Stage::Receiving,
                Ok(false) => return Driven::Waits,
                Err(error) => return Driven::Broken(error),
            }
            // The reply cannot be here yet: the event that it makes will say so.
            return Driven::Waits;
        }
        self.receive(expected, buffer)
    }

    fn send(&mut self, request: &[u8]) -> io::Result<bool> {
        let Some(stream) = &mut self.stream else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        while self.sent < request.len() {
            match stream.write(&request[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(bytes) => self.sent += bytes,
                // Also says so while the connection is being opened.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::NotConnected => return Ok(false),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn receive(&mut self, expected: &mut Expected, buffer: &mut [u8]) -> Driven {
        let Some(stream) = &mut self.stream else {
            return Driven::Waits;
        };
        loop {
            match (stream.read(buffer), self.stage) {
                (Ok(0), Stage::Idle | Stage::Closing) => return Driven::Closed,
                (Ok(0), _) => return Driven::Broken(io::ErrorKind::UnexpectedEof.into()),
                (Ok(_), Stage::Closing | Stage::Idle) => {
                    return Driven::Wrong("bytes follow the reply".into());
                }
                (Ok(bytes), _) => match expected.check(&mut self.incoming, &buffer[..bytes]) {
                    Checked::More => {}
                    Checked::Right { closes, refused } => return Driven::Right { closes, refused },
                    Checked::Wrong(wrong) => return Driven::Wrong(wrong),
                },
                (Err(error), _) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Driven::Waits;
                }
                (Err(error), _) if error.kind() == io::ErrorKind::Interrupted => {}
                (Err(_), Stage::Idle | Stage::Closing) => return Driven::Closed,
                (Err(error), _) => return Driven::Broken(error),
            }
        }
    }
}
