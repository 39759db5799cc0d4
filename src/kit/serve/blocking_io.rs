//! Writing, waiting and lingering as the blocking models do it: the thread stands still meanwhile.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::kit::http::{Deadlines, DownstreamReply, Outbox, WaitEnd, downstream_request};

use super::registry::Live;
use super::service::Cut;
use super::shared::Shared;

/// How long a client that is still sending may take to notice that the connection ends.
pub(super) const LINGER_MAX: Duration = Duration::from_secs(1);

/// How often a thread that waits for the downstream looks whether the server is cut off.
const CUT_LOOK: Duration = Duration::from_millis(100);

/// Writes all of `out`, as long as the client takes it at the least rate allowed.
pub(super) fn flush(
    mut stream: &TcpStream,
    out: &mut Outbox,
    deadlines: &Deadlines,
) -> io::Result<()> {
    let mut until = None;
    while !out.is_empty() {
        let written = match stream.write(out.unsent()) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(error) if is_pause(&error) => 0,
            Err(error) => return Err(error),
        };
        out.advance(written);
        if !out.is_empty() {
            let now = Instant::now();
            let allowed = deadlines.transfer(out.unsent_bytes());
            if now >= *until.get_or_insert(now + allowed) {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }
    Ok(())
}

/// Whether a call with a socket timeout failed only because the time was over or a signal came.
pub(super) fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// Whether the client has ended its connection; does not wait. What it sent before that is thrown
/// away, since it would hide the end: for connections that serve nothing further.
pub(super) fn is_gone(mut stream: &TcpStream) -> io::Result<bool> {
    stream.set_nonblocking(true)?;
    let read = stream.read(&mut [0; 1024]);
    stream.set_nonblocking(false)?;
    match read {
        Ok(bytes) => Ok(bytes == 0),
        Err(error) => Ok(!is_pause(&error)),
    }
}

/// Ends the sending side and swallows what the client still sends: closing at once would make the
/// system throw away the reply together with the unread input.
pub(super) fn linger(mut stream: &TcpStream, buffer: &mut [u8]) {
    let until = Instant::now() + LINGER_MAX;
    if stream.shutdown(Shutdown::Write).is_err() {
        return;
    }
    loop {
        let time = until.saturating_duration_since(Instant::now());
        if time.is_zero() || stream.set_read_timeout(Some(time)).is_err() {
            return;
        }
        match stream.read(buffer) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if is_pause(&error) => {}
            Err(_) => return,
        }
    }
}

/// Waits for the downstream, or for as long as it would take if a timer stands in for it.
pub(super) fn wait(shared: &Shared<TcpStream>, live: &Live<TcpStream>, wait_ms: u32) -> WaitEnd {
    let wait = Duration::from_millis(u64::from(wait_ms));
    match shared.config.downstream {
        None => {
            Stand { shared, live }.sleep(wait);
            WaitEnd::Done
        }
        Some(downstream) => {
            let until = Instant::now() + wait + shared.config.downstream_slack;
            match call(shared, downstream, wait_ms, until) {
                Ok(true) => WaitEnd::Done,
                Err(error) if is_pause(&error) => WaitEnd::TimedOut,
                Ok(false) | Err(_) => WaitEnd::Failed,
            }
        }
    }
}

/// The thread of a connection, where it stands still.
pub(super) struct Stand<'a> {
    pub(super) shared: &'a Shared<TcpStream>,
    pub(super) live: &'a Live<TcpStream>,
}

impl Cut for Stand<'_> {
    fn is_cut(&self) -> bool {
        self.shared.registry.is_cut()
    }

    /// Parking instead of sleeping costs the same and can be ended.
    fn sleep(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        self.live.set_sleeper(Some(thread::current()));
        let whole = loop {
            let time = until.saturating_duration_since(Instant::now());
            if time.is_zero() || self.is_cut() {
                break time.is_zero();
            }
            thread::park_timeout(time);
        };
        self.live.set_sleeper(None);
        whole
    }
}

/// Calls `/wait/N` of the downstream: whether it replied as it should.
fn call(
    shared: &Shared<TcpStream>,
    downstream: SocketAddr,
    wait_ms: u32,
    until: Instant,
) -> io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&downstream, shared.config.downstream_slack)?;
    stream.set_nodelay(true)?;
    stream.set_write_timeout(Some(shared.config.downstream_slack))?;
    stream.write_all(&downstream_request(downstream, wait_ms))?;
    let mut reply = DownstreamReply::default();
    let mut buffer = [0; 512];
    loop {
        let time = until.saturating_duration_since(Instant::now());
        if time.is_zero() || shared.registry.is_cut() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        stream.set_read_timeout(Some(time.min(CUT_LOOK)))?;
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(reply.is_ok()),
            Ok(bytes) if reply.feed(&buffer[..bytes]) => {}
            Ok(_) => return Ok(false),
            Err(error) if is_pause(&error) => {}
            Err(error) => return Err(error),
        }
    }
}
