//! The socket for a service of a server's own: what the models hand requests to.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use crate::kit::http::{Ask, Reply};

/// A future in a box, so that a connection has no room for it while none is running.
pub type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A service in place of the hello service. It is asked by tasks in the evented model, and by
/// threads, which it may keep standing, in the others.
pub trait Service: Send + Sync + fmt::Debug {
    /// How many tasks it runs beside those of the connections, at most (evented only).
    fn tasks_max(&self) -> usize {
        0
    }

    /// Called once, before the first request; in the evented model within its runtime.
    ///
    /// # Errors
    /// Why it cannot work: then the server does not start.
    fn start(&self) -> Result<(), String> {
        Ok(())
    }

    /// Called once, when the last connection has ended or the drain deadline is over; the runtime,
    /// if there is one, still runs. What the service is at has `within` to end.
    fn stop(&self, within: Duration) {
        let _ = within;
    }

    /// Answers a request as a task. The future is dropped when the server is cut off.
    fn answer(&self, ask: Ask) -> Boxed<'_, Answer>;

    /// Answers a request on a thread, which waits meanwhile.
    fn answer_blocking(&self, ask: Ask, cut: &dyn Cut) -> Answer;
}

/// What a service answers.
pub enum Answer {
    /// A reply.
    Reply(Reply),
    /// Events as they come (server-sent events); the connection ends with them.
    Events(Box<dyn Events>),
    /// Nothing: the connection ends at once, as if the server had gone.
    Gone,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Reply(reply) => f.debug_tuple("Reply").field(reply).finish(),
            Answer::Events(_) => f.write_str("Events"),
            Answer::Gone => f.write_str("Gone"),
        }
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Answer {
        Answer::Reply(reply)
    }
}

/// The events of one reply, each in the form of the stream (`data: ..` and an empty line).
pub trait Events: Send {
    /// The next event, or `None` at the end. The future may be dropped; no event is lost by it.
    fn next(&mut self) -> Boxed<'_, Option<Vec<u8>>>;

    /// The next event, waiting for it on a thread, at most for `within`.
    fn next_blocking(&mut self, within: Duration) -> Heard;
}

/// What came of waiting for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// An event.
    Event(Vec<u8>),
    /// None in time; there may be more.
    Nothing,
    /// There will be no more.
    End,
}

/// What work on a thread asks whether it is still wanted.
pub trait Cut {
    /// Whether the server is cut off: nobody will get the answer.
    fn is_cut(&self) -> bool;

    /// Sleeps; whether for the whole time, and not cut off before its end.
    fn sleep(&self, time: Duration) -> bool;
}
