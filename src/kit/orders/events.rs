//! What happens to orders, told to several at once: those who watch an order, the running figures,
//! the audit.
//!
//! ```text
//!   saved ----> OrderReceived --\                  /--> news: who watches that order
//!   done -----> OrderCompleted --> [ the topic ] --+--> running: the last minute's figures
//!   not done -> OrderFailed ----/                  \--> audit: the last events, and a file
//! ```
//!
//! Who publishes waits for nobody: a subscriber that is too far behind misses events, is told how
//! many, and is seen to in the metrics. What is published is committed by then.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use std::{io, thread};

use crate::channel::topic::RecvError;
use crate::workflow::InvalidSetting;
use crate::workflow::events::{EventBus, EventMetrics, Subscription};

use super::figures::Counter;
use super::id::OrderId;

/// How many events a subscriber may be behind before it misses any.
const BEHIND_MAX: usize = 1024;

/// Something that happened to an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// The how-manieth it is; of two that were published at once, either may come first.
    pub(super) number: u64,
    pub(super) id: OrderId,
    /// When, in milliseconds since 1970.
    pub(super) at_ms: u64,
    /// So many attempts there have been.
    pub(super) attempts: u32,
    pub(super) what: What,
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// It was saved, or a dead one was taken up again.
    Received,
    /// The slow service has done its work.
    Completed {
        /// So long after it was received.
        took_ms: u64,
    },
    /// An attempt has failed.
    Failed {
        /// How.
        error: Arc<str>,
        /// Whether it was given up: it is a dead letter now.
        is_last: bool,
    },
}

impl What {
    pub(super) fn name(&self) -> &'static str {
        match self {
            What::Received => "OrderReceived",
            What::Completed { .. } => "OrderCompleted",
            What::Failed { .. } => "OrderFailed",
        }
    }
}

/// Where events are published.
#[derive(Debug)]
pub(super) struct Bulletin {
    bus: EventBus<Event>,
    published: Counter,
}

impl Bulletin {
    pub(super) fn new() -> Result<Bulletin, InvalidSetting> {
        Ok(Bulletin { bus: EventBus::new(BEHIND_MAX)?, published: Counter::default() })
    }

    pub(super) fn publish(&self, id: OrderId, at_ms: u64, attempts: u32, what: What) {
        let number = self.published.next();
        self.bus.publish(Event { number, id, at_ms, attempts, what });
    }

    /// Events with lower numbers were published before.
    pub(super) fn published(&self) -> u64 {
        self.published.get()
    }

    pub(super) fn subscribe(&self, name: &str) -> Subscription<Event> {
        self.bus.subscribe(name)
    }

    pub(super) fn metrics(&self) -> EventMetrics {
        self.bus.metrics()
    }

    /// Subscribers receive what is left for them, and end.
    pub(super) fn close(&self) {
        self.bus.close();
    }
}

/// Who hears of events.
pub(super) trait Listener: Send + 'static {
    fn hear(&mut self, event: &Event);

    /// So many events came that it will not hear.
    fn missed(&mut self, count: u64);
}

/// A listener and its subscription.
pub(super) struct Heard {
    pub(super) name: &'static str,
    pub(super) events: Subscription<Event>,
    pub(super) listener: Box<dyn Listener>,
    /// It may wait for a disk, and so is no task's.
    pub(super) blocks: bool,
}

impl Heard {
    /// Listens, as a task, until the bulletin is closed.
    pub(super) async fn listen(mut self) {
        loop {
            match self.events.recv().await {
                Ok(event) => self.listener.hear(&event),
                Err(RecvError::Lagged(count)) => self.listener.missed(count),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn listen_blocking(mut self) {
        loop {
            match self.events.recv_blocking() {
                Ok(event) => self.listener.hear(&event),
                Err(RecvError::Lagged(count)) => self.listener.missed(count),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

/// Listeners on threads of their own.
#[derive(Debug)]
pub(super) struct Threads {
    running: mpsc::Sender<()>,
    ended: mpsc::Receiver<()>,
}

impl Threads {
    pub(super) fn new() -> Threads {
        let (running, ended) = mpsc::channel();
        Threads { running, ended }
    }

    /// One more.
    pub(super) fn spawn(&self, heard: Heard) -> io::Result<()> {
        let running = self.running.clone();
        thread::Builder::new().name(format!("windlass-{}", heard.name)).spawn(move || {
            heard.listen_blocking();
            drop(running);
        })?;
        Ok(())
    }

    /// Waits until they have heard all, when the bulletin is closed; but no longer than that: one
    /// whose disk stands still ends with the process.
    pub(super) fn end(self, within: Duration) {
        drop(self.running);
        // Nothing is ever sent: it ends with the last of them.
        let _ = self.ended.recv_timeout(within);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    struct Log(Arc<Mutex<(Vec<u64>, u64)>>);

    impl Listener for Log {
        fn hear(&mut self, event: &Event) {
            self.0.lock().expect("no panic").0.push(event.number);
        }

        fn missed(&mut self, count: u64) {
            self.0.lock().expect("no panic").1 += count;
        }
    }

    #[test]
    fn who_is_too_far_behind_misses_the_oldest_and_is_seen_to() {
        let bulletin = Bulletin::new().expect("a bulletin");
        let seen = Arc::default();
        let heard = Heard {
            name: "log",
            events: bulletin.subscribe("log"),
            listener: Box::new(Log(Arc::clone(&seen))),
            blocks: true,
        };
        let id = OrderId { epoch: 1, number: 1 };
        for _ in 0..BEHIND_MAX + 7 {
            bulletin.publish(id, 0, 0, What::Received);
        }
        let behind = bulletin.metrics().subscribers[0].behind;
        assert_eq!(behind, BEHIND_MAX as u64 + 7, "nobody has listened yet");
        bulletin.close();
        let threads = Threads::new();
        threads.spawn(heard).expect("a thread");
        threads.end(Duration::from_secs(60));
        let (numbers, missed) = &*seen.lock().expect("no panic");
        assert_eq!((numbers.len(), numbers[0], *missed), (BEHIND_MAX, 7, 7));
    }
}
