//! The workers: each takes a message, calls the slow service for its order, and says in one
//! transaction what became of both.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Transaction;

use crate::time::{sleep, timeout};
use crate::workflow::breaker::State;
use crate::workflow::queue::{Delivery, ReceiveError, SqliteStore};
use crate::workflow::retry::Failure;

use super::downstream::{Work, judge, said, speaks_against};
use super::events::What;
use super::id::OrderId;
use super::queued::{DATABASE_PAUSE, Queued};
use super::record::{Record, Status};
use super::steps::{self, Ended};

/// How often a worker looks whether the circuit is still open.
const CIRCUIT_LOOK: Duration = Duration::from_millis(250);

impl Queued {
    /// One worker's work, until the service stops.
    pub(super) async fn work(self: Arc<Self>) {
        while !self.is_stopping() {
            // One worker at a time makes the probes of a half-open circuit: with all of them,
            // nearly every message would be leased only to be put back, and new orders would wait.
            let state = self.desk.breaker.state();
            let probes = (state == State::HalfOpen).then(|| self.probing.begin());
            let probing = probes.flatten();
            if state != State::Closed && probing.is_none() {
                sleep(CIRCUIT_LOOK).await;
                continue;
            }
            match self.queue.receive().await {
                Ok(delivery) => self.process(delivery).await,
                Err(ReceiveError::Closed) => return,
                Err(ReceiveError::Store(_)) => sleep(DATABASE_PAUSE).await,
            }
            drop(probing);
        }
    }

    async fn process(&self, delivery: Delivery<SqliteStore>) {
        let Some(number) = steps::number_in(delivery.body()) else {
            // None of this service's messages is like that; what becomes of it is its queue's.
            let _ = delivery.dead("the message names no order").await;
            return self.admission.fit(self.queue.depth());
        };
        let id = OrderId { epoch: self.desk.epoch, number };
        let record = match self.desk.database.read(self.desk.find(id)).await {
            Ok(Some(record)) if record.status == Status::Received => record,
            Ok(_) => {
                // Finished by a delivery before; if this cannot be said now, it is said again.
                let _ = delivery.ack().await;
                return self.admission.fit(self.queue.depth());
            }
            Err(_) => {
                sleep(DATABASE_PAUSE).await;
                return drop(delivery.nack(DATABASE_PAUSE).await);
            }
        };
        let entered = timeout(self.desk.settings.attempt_timeout, self.desk.bulkhead.enter()).await;
        let Ok(Ok(_seat)) = entered else {
            let wait = self.desk.policy.delay(1);
            return drop(delivery.nack_because(wait, "as many calls as may are under way").await);
        };
        let permit = match self.desk.breaker.try_pass() {
            Ok(permit) => permit,
            Err(open) => {
                let wait = open.retry_after + self.desk.policy.delay(1);
                return drop(delivery.nack_because(wait, "the circuit is open").await);
            }
        };
        if let Some(wait) = self.postponed(&record, delivery.attempt()) {
            drop(permit);
            return drop(delivery.nack(wait).await);
        }
        let work = Work::new(id, record.total_cents);
        self.desk.figures.attempts.one();
        let in_flight = self.desk.figures.in_flight.enter();
        let judged = judge(self.calls.call(&work.request()).await);
        drop(in_flight);
        match speaks_against(&judged) {
            true => permit.failed(),
            false => permit.succeeded(),
        }
        self.end(delivery, &record, judged.err()).await;
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

    /// Says in one transaction what became of the order and of its message.
    async fn end(
        &self,
        delivery: Delivery<SqliteStore>,
        record: &Record,
        failure: Option<Failure<String>>,
    ) {
        let (id, number) = (record.id, record.id.number);
        let (queue, lease, now_ms) = (self.queue.clone(), delivery.lease(), self.desk.now_ms());
        let (policy, figures) = (self.desk.policy.clone(), &self.desk.figures);
        let why = failure.as_ref().map(|failure| said(failure).to_owned());
        let job = move |tx: &Transaction<'_>| {
            steps::end(tx, queue.store(), lease, number, now_ms, failure.as_ref(), &policy)
        };
        if why.is_some() {
            figures.failed.one();
        }
        let (ended, settled) = match self.desk.database.write(job).await {
            Ok(done) => done,
            // It is called again when the lease is over, with the same key.
            Err(_) => return delivery.leave(),
        };
        match settled {
            Some(settled) => delivery.settled(settled),
            None => delivery.leave(),
        }
        self.admission.fit(self.queue.depth());
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
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Instant;

    use super::super::desk::Desk;
    use super::super::settings::OrdersSettings;
    use super::*;
    use crate::kit::http::{Ask, Method, Status as HttpStatus};
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

    #[test]
    fn a_worker_that_panics_is_replaced_and_its_order_done() {
        let folder = std::env::temp_dir().join(format!("windlass-panic-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let settings = OrdersSettings {
            workers: 1,
            summary_every: Duration::from_secs(3600),
            attempt_timeout: Duration::from_secs(30),
            ..OrdersSettings::new(folder.join("orders.db"), addr)
        };
        let mut queued = Queued::new(Desk::open(settings).expect("a desk")).expect("a queue");
        let clock = Arc::new(Faulty::default());
        queued.desk.wall = clock.clone();
        let queued = Arc::new(queued);
        let runtime = Runtime::builder().workers(2).build().expect("a runtime");
        let entered = runtime.handle().enter();
        queued.start().expect("it starts");
        drop(entered);
        let body = r#"{"customer":"Ada","items":[{"sku":"a","quantity":1,"price_cents":1}]}"#;
        let (path, query, key) = ("/orders".to_owned(), String::new(), None);
        let ask = Ask { method: Method::Post, path, query, key, body: body.into() };
        let posted = runtime.block_on(queued.post(ask));
        assert_eq!(posted.status, HttpStatus::Accepted);

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
        drop(runtime);
        std::fs::remove_dir_all(&folder).expect("it was there");
    }
}
