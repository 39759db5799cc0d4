//! The workers: each takes a message, calls the slow service for its order, and says in one
//! transaction what became of both.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Transaction;

use crate::time::{sleep, timeout};
use crate::workflow::breaker::State;
use crate::workflow::bulkhead::Seat;
use crate::workflow::queue::{Delivery, ReceiveError, SqliteStore};
use crate::workflow::retry::Failure;

use super::downstream::{Work, judge, said, speaks_against};
use super::events::What;
use super::id::OrderId;
use super::panics::AtWork;
use super::queued::{DATABASE_PAUSE, Queued};
use super::record::{Record, Status};
use super::steps::{self, Ended, StepError};

/// How often a worker looks whether the circuit is still open.
const CIRCUIT_LOOK: Duration = Duration::from_millis(250);

/// An order over which so many workers have panicked is given up.
const PANICS_MAX: u32 = 5;

impl Queued {
    /// One worker's work, until the service stops.
    pub(super) async fn work(self: Arc<Self>) {
        // Taken by the commit that ended the one before.
        let mut next = None;
        while !self.is_stopping() {
            // One worker at a time makes the probes of a half-open circuit: with all of them,
            // nearly every message would be leased only to be put back, and new orders would wait.
            let state = self.desk.breaker.state();
            let probes = (state == State::HalfOpen).then(|| self.probing.begin());
            let probing = probes.flatten();
            if state != State::Closed && probing.is_none() {
                // Dropped, it is given back.
                next = None;
                sleep(CIRCUIT_LOOK).await;
                continue;
            }
            let received = match next.take() {
                Some(delivery) => Ok(delivery),
                None => self.queue.receive().await,
            };
            match received {
                Ok(delivery) => next = self.process(delivery).await,
                Err(ReceiveError::Closed) => return,
                Err(ReceiveError::Store(_)) => sleep(DATABASE_PAUSE).await,
            }
            drop(probing);
        }
    }

    /// Works on one order: what is to be worked on next, where that is known.
    async fn process(&self, delivery: Delivery<SqliteStore>) -> Option<Delivery<SqliteStore>> {
        let Some(number) = steps::number_in(delivery.body()) else {
            // None of this service's messages is like that; what becomes of it is its queue's.
            let _ = delivery.dead("the message names no order").await;
            self.admission.fit(|| self.queue.depth());
            return None;
        };
        let at_work = self.panics.watch(number);
        let id = OrderId { epoch: self.desk.epoch, number };
        let record = match self.desk.database.read(self.desk.find(id)).await {
            Ok(Some(record)) if record.status == Status::Received => record,
            Ok(_) => {
                // Finished by a delivery before; if this cannot be said now, it is said again.
                let _turn = self.turn_to_write().await;
                let _ = delivery.ack().await;
                at_work.over();
                self.admission.fit(|| self.queue.depth());
                return None;
            }
            Err(_) => {
                sleep(DATABASE_PAUSE).await;
                let _ = delivery.nack(DATABASE_PAUSE).await;
                return None;
            }
        };
        let panics = at_work.before();
        if panics >= PANICS_MAX {
            let why = Failure::Permanent(format!("{panics} workers have panicked over it"));
            return self.end(delivery, &record, Some(why), at_work).await;
        }
        let bulkhead = &self.desk.bulkhead;
        let entered = timeout(self.desk.settings.attempt_timeout, bulkhead.enter()).await;
        let Ok(seat) = entered.unwrap_or_else(|_| Err(bulkhead.too_late())) else {
            let wait = self.desk.policy.delay(1);
            let _turn = self.turn_to_write().await;
            let _ = delivery.nack_because(wait, "as many calls as may are under way").await;
            return None;
        };
        let permit = match self.desk.breaker.try_pass() {
            Ok(permit) => permit,
            Err(open) => {
                let wait = open.retry_after + self.desk.policy.delay(1);
                let _turn = self.turn_to_write().await;
                let _ = delivery.nack_because(wait, "the circuit is open").await;
                return None;
            }
        };
        if let Some(wait) = self.postponed(&record, delivery.attempt()) {
            drop(permit);
            let _turn = self.turn_to_write().await;
            let _ = delivery.nack(wait).await;
            return None;
        }
        let work = Work::new(id, record.total_cents);
        self.desk.figures.attempts.one();
        let in_flight = self.desk.figures.in_flight.enter();
        let judged = judge(self.calls.call(&work.request()).await);
        drop(in_flight);
        // The next call need not wait for this one's commit.
        drop(seat);
        match speaks_against(&judged) {
            true => permit.failed(),
            false => permit.succeeded(),
        }
        self.end(delivery, &record, judged.err(), at_work).await
    }

    /// A worker's turn to write. When the slow service stalls, all workers give up in the same
    /// moment: an order that comes just then is to wait for some of them, not for all.
    async fn turn_to_write(&self) -> Option<Seat> {
        self.writing.enter().await.ok()
    }

    /// A retry is paid from the budget. Where that is empty, it is put off once, by the longest
    /// wait it could have had; then it is made all the same: what was acknowledged is not given up
    /// for lack of a token.
    fn postponed(&self, record: &Record, deliveries: u32) -> Option<Duration> {
        let budget = &self.desk.budget;
        if record.attempts == 0 {
            budget.deposit();
            return None;
        }
        let put_off = deliveries.saturating_sub(1 + record.attempts);
        match budget.withdraw() {
            Some(token) => token.spend(),
            None if put_off < record.attempts => {
                return Some(self.desk.policy.ceiling(record.attempts));
            }
            None => {}
        }
        None
    }

    /// Says in one transaction what became of the order and of its message, and takes the next one
    /// by it: one commit less for each order, where there is always another.
    async fn end(
        &self,
        delivery: Delivery<SqliteStore>,
        record: &Record,
        failure: Option<Failure<String>>,
        at_work: AtWork<'_>,
    ) -> Option<Delivery<SqliteStore>> {
        let (id, number) = (record.id, record.id.number);
        let (queue, lease, now_ms) = (self.queue.clone(), delivery.lease(), self.desk.now_ms());
        let (policy, figures) = (self.desk.policy.clone(), &self.desk.figures);
        let why = failure.as_ref().map(|failure| said(failure).to_owned());
        let goes_on = !self.is_stopping() && self.desk.breaker.state() == State::Closed;
        let job = move |tx: &Transaction<'_>| {
            let store = queue.store();
            let ended = steps::end(tx, store, lease, number, now_ms, failure.as_ref(), &policy)?;
            // Where it fails this one has ended all the same. What it took before it failed comes
            // again when its lease is over.
            let taken = if goes_on { store.take_in(tx, 1).ok() } else { None };
            Ok::<_, StepError>((ended, taken))
        };
        if why.is_some() {
            figures.failed.one();
        }
        let turn = self.turn_to_write().await;
        let written = self.desk.database.write(job).await;
        drop(turn);
        let Ok(((ended, settled), taken)) = written else {
            // It is called again when the lease is over, with the same key.
            delivery.leave();
            return None;
        };
        let next = taken.and_then(|taken| self.queue.received(taken).pop());
        match settled {
            Some(settled) => delivery.settled(settled),
            None => delivery.leave(),
        }
        if !matches!(ended, Ended::Again(_)) {
            at_work.over();
        }
        self.admission.fit(|| self.queue.depth());
        let error = || why.as_deref().unwrap_or_default().into();
        match ended {
            Ended::Completed(attempts) => {
                figures.completed.one();
                let took_ms = now_ms.saturating_sub(record.received_ms);
                self.desk.tell(id, attempts, What::Completed { took_ms });
            }
            Ended::Again(attempts) => {
                figures.retried.one();
                self.desk.tell(id, attempts, What::Failed { error: error(), is_last: false });
            }
            Ended::Dead(attempts) => {
                figures.dead.one();
                self.desk.tell(id, attempts, What::Failed { error: error(), is_last: true });
            }
            Ended::Before => {}
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Instant;

    use super::super::desk::Desk;
    use super::super::settings::{Calls, OrdersSettings};
    use super::*;
    use crate::kit::client::CallError;
    use crate::kit::http::{Ask, Method, Outgoing, Received, Status as HttpStatus};
    use crate::kit::serve::Boxed;
    use crate::runtime::Runtime;
    use crate::workflow::wall::{SystemWall, WallClock};

    /// The system's clock, which panics once when it is told to.
    #[derive(Debug, Default)]
    struct Faulty(AtomicBool);

    impl WallClock for Faulty {
        fn now_ms(&self) -> u64 {
            assert!(!self.0.swap(false, Ordering::SeqCst), "as the test has it");
            SystemWall.now_ms()
        }
    }

    /// A connection with a call that waits for its reply.
    fn call(listener: &TcpListener) -> TcpStream {
        let (mut stream, _) = listener.accept().expect("a connection");
        let (mut request, mut byte) = (Vec::new(), [0]);
        while !request.ends_with(b"}") {
            stream.read_exact(&mut byte).expect("a request");
            request.push(byte[0]);
        }
        stream
    }

    fn reply(mut stream: TcpStream) {
        let done = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        stream.write_all(done.as_bytes()).expect("it listens");
    }

    fn until(mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain");
            thread::yield_now();
        }
    }

    /// A folder of a test's own, removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            let name = format!("windlass-worker-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).expect("a folder");
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // What is left of it is in the system's folder for such.
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn queued(folder: &Folder, workers: usize, slow: SocketAddr) -> Queued {
        let settings = OrdersSettings {
            workers,
            summary_every: Duration::from_secs(3600),
            attempt_timeout: Duration::from_secs(30),
            ..OrdersSettings::new(folder.0.join("orders.db"), slow)
        };
        Queued::new(Desk::open(settings).expect("a desk")).expect("a queue")
    }

    #[test]
    fn workers_that_cannot_be_started_are_told() {
        let folder = Folder::new("start");
        let queued = Arc::new(queued(&folder, 16, ([127, 0, 0, 1], 9).into()));
        let runtime = Runtime::builder().workers(1).tasks_max(8).build().expect("a runtime");
        let entered = runtime.handle().enter();
        let said = queued.start().expect_err("there is no room for so many");
        assert!(said.contains("worker") && said.contains("tasks_max"), "{said}");
        drop(entered);
        queued.stop(Duration::from_secs(30));
    }

    /// Every call panics.
    #[derive(Debug)]
    struct Panicking;

    impl Calls for Panicking {
        fn call<'a>(&'a self, _: &'a Outgoing<'_>) -> Boxed<'a, Result<Received, CallError>> {
            panic!("as the test has it");
        }
    }

    fn order() -> Ask {
        let body = r#"{"customer":"Ada","items":[{"sku":"a","quantity":1,"price_cents":1}]}"#;
        let (path, query, key) = ("/orders".to_owned(), String::new(), None);
        Ask { method: Method::Post, path, query, key, body: body.into() }
    }

    #[test]
    fn an_order_that_makes_each_worker_panic_is_given_up() {
        let folder = Folder::new("poison");
        let mut queued = queued(&folder, 2 * PANICS_MAX as usize, ([127, 0, 0, 1], 9).into());
        queued.calls = Arc::new(Panicking);
        let queued = Arc::new(queued);
        let runtime = Runtime::builder().workers(2).build().expect("a runtime");
        let entered = runtime.handle().enter();
        queued.start().expect("it starts");
        drop(entered);
        assert_eq!(runtime.block_on(queued.post(order())).status, HttpStatus::Accepted);
        until(|| queued.desk.figures.dead.get() == 1);
        let find = queued.desk.find(OrderId { epoch: queued.desk.epoch, number: 1 });
        let found = queued.desk.database.read_blocking(find).expect("it can be read");
        let record = found.expect("it is there");
        assert_eq!(record.status, Status::Dead);
        let error = record.error.expect("a reason");
        assert!(error.contains(&format!("{PANICS_MAX} workers have panicked")), "{error}");
        assert_eq!(queued.desk.figures.attempts.get(), u64::from(PANICS_MAX));
        assert_eq!(queued.admission.metrics().depth, 0, "its seat is free");
        queued.stop(Duration::from_secs(30));
    }

    #[test]
    fn a_worker_that_panics_is_replaced_and_its_order_done() {
        let folder = Folder::new("panic");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let mut queued = queued(&folder, 1, listener.local_addr().expect("an address"));
        let clock = Arc::new(Faulty::default());
        queued.desk.wall = clock.clone();
        let queued = Arc::new(queued);
        let runtime = Runtime::builder().workers(2).build().expect("a runtime");
        let entered = runtime.handle().enter();
        queued.start().expect("it starts");
        drop(entered);
        assert_eq!(runtime.block_on(queued.post(order())).status, HttpStatus::Accepted);

        let first = call(&listener);
        // The summary was made when the service started.
        until(|| queued.desk.summed_up().status == HttpStatus::Ok);
        clock.0.store(true, Ordering::SeqCst);
        reply(first);
        // The only worker has panicked: it is another one that calls.
        reply(call(&listener));
        let find = queued.desk.find(OrderId { epoch: queued.desk.epoch, number: 1 });
        let is_done = |record: Record| record.status == Status::Completed;
        until(|| queued.desk.figures.completed.get() == 1);
        let found = queued.desk.database.read_blocking(find).expect("it can be read");
        assert!(found.is_some_and(is_done));
        queued.stop(Duration::from_secs(30));
    }
}
