//! A connection to whatever a name stands for, within a time.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use super::error::DialError;
use super::lookup::lookup;
use super::race::Race;
use crate::net::{TcpStream, UnixStream};
use crate::time::{Sleep, sleep, timeout};

/// Pauses between tries at a listener whose backlog is full.
const PAUSE_FIRST: Duration = Duration::from_millis(5);
const PAUSE_MAX: Duration = Duration::from_millis(500);

/// How long [`connect()`] may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DialOptions {
    /// All together: the look-up, and every attempt. Default: 10 s.
    pub timeout: Duration,
    /// How long an attempt runs before the next address is tried beside it. RFC 8305 recommends
    /// the default, 250 ms, and at least 100.
    pub head_start: Duration,
}

impl Default for DialOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), head_start: Duration::from_millis(250) }
    }
}

/// Connects to `host`, a name or an address in digits. Cancel safe: dropping it drops all attempts.
///
/// # Errors
/// [`DialError`], which names every address and what became of it.
///
/// # Panics
/// When it is polled outside a runtime.
pub async fn connect(host: &str, port: u16, options: DialOptions) -> Result<TcpStream, DialError> {
    let mut over = sleep(options.timeout);
    let failed = |source| DialError::Lookup { host: host.to_owned(), source };
    let addresses = match before(&mut over, lookup(host, port)).await {
        Some(found) => found.map_err(failed)?,
        None => return Err(failed(io::Error::new(io::ErrorKind::TimedOut, "no answer in time"))),
    };
    race(&addresses, options.head_start, over).await
}

/// As [`connect()`], to the first of several addresses that answers.
///
/// # Errors
/// [`DialError::Connect`].
///
/// # Panics
/// As [`connect()`].
pub async fn connect_any(
    addresses: &[SocketAddr],
    options: DialOptions,
) -> Result<TcpStream, DialError> {
    race(addresses, options.head_start, sleep(options.timeout)).await
}

/// Connects to the Unix socket at `path` within `limit`; while the listener's backlog is full it
/// tries again, after pauses that grow from 5 to 500 ms.
///
/// # Errors
/// The kernel's (not found, refused); `TimedOut`.
///
/// # Panics
/// As [`connect()`].
pub async fn unix(path: impl AsRef<Path>, limit: Duration) -> io::Result<UnixStream> {
    let path = path.as_ref();
    let connecting = async {
        let mut pause = PAUSE_FIRST;
        loop {
            match UnixStream::connect(path).await {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => sleep(pause).await,
                ended => return ended,
            }
            pause = (pause * 2).min(PAUSE_MAX);
        }
    };
    timeout(limit, connecting).await.unwrap_or_else(|_elapsed| {
        let said = format!("the backlog of {} was full for {limit:?}", path.display());
        Err(io::Error::new(io::ErrorKind::TimedOut, said))
    })
}

async fn race(
    addresses: &[SocketAddr],
    head_start: Duration,
    mut over: Sleep,
) -> Result<TcpStream, DialError> {
    let mut race = Race::new(addresses, head_start);
    let won = before(&mut over, poll_fn(|cx| race.poll(cx))).await.flatten();
    won.ok_or_else(|| DialError::Connect { tried: race.into_failed() })
}

/// What `future` says, unless the time is over first.
async fn before<F: Future>(over: &mut Sleep, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Pin::new(&mut *over).poll(cx).map(|()| None),
    })
    .await
}
