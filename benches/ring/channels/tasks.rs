//! The workloads: tasks that send and receive.

use std::sync::Arc;
use std::time::Instant;

use windlass::Runtime;
use windlass_benches::Batch;
use windlass_benches::channels::Channel;

use super::Workload;
use crate::checks::{Seen, number, same, same_values};
use crate::threads::{Work, fairness};

/// So many senders and receivers on one channel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    pub(super) senders: usize,
    pub(super) receivers: usize,
    pub(super) capacity: usize,
}

impl Workload for Stream {
    fn receivers(self) -> usize {
        self.receivers
    }

    fn run<C: Channel>(self, runtime: &Runtime, ops: u64) -> Result<Batch, String> {
        let (sender, receiver) = C::bounded(self.capacity);
        let work = Arc::new(Work::new(ops, self.senders));
        let receivers = C::receivers(receiver, self.receivers);
        let began = Instant::now();
        let receiving: Vec<_> = receivers
            .into_iter()
            .map(|receiver| runtime.spawn(receive::<C>(receiver, self.senders)))
            .collect();
        let sending: Vec<_> = (0..self.senders)
            .map(|number| runtime.spawn(send::<C>(sender.clone(), number, work.clone())))
            .collect();
        drop(sender);
        let (sent, received) = runtime.block_on(async {
            let (mut sent, mut received) = (Vec::new(), Vec::new());
            for task in sending {
                sent.push(task.await);
            }
            for task in receiving {
                received.push(task.await);
            }
            (sent, received)
        });
        let elapsed = began.elapsed();
        let sent: Vec<Seen> = ended(sent)?;
        let received: Vec<Seen> = ended(received)?;
        same_values(ops, sent.iter(), received.iter())?;
        let mut batch = Batch::from(elapsed);
        for (name, side) in [("fairness_send", sent), ("fairness_recv", received)] {
            if side.len() > 1 {
                batch = batch.with(name, fairness(side.iter().map(|seen| seen.count)));
            }
        }
        Ok(batch)
    }
}

fn ended<T, E: ToString>(results: Vec<Result<T, E>>) -> Result<Vec<T>, String> {
    let results = results.into_iter();
    results.map(|result| result.map_err(|error| error.to_string())).collect()
}

async fn send<C: Channel>(mut sender: C::Sender, producer: usize, work: Arc<Work>) -> Seen {
    let mut seen = Seen::default();
    loop {
        let piece = work.take();
        if piece == 0 {
            return seen;
        }
        for _ in 0..piece {
            let number = number(producer, seen.count);
            // A value nobody will receive is missed when both sides are compared.
            if C::send(&mut sender, number).await {
                seen.add(number);
            }
        }
    }
}

async fn receive<C: Channel>(mut receiver: C::Receiver, senders: usize) -> Seen {
    let mut seen = Seen::from(senders);
    while let Some(value) = C::recv(&mut receiver).await {
        seen.take(value);
    }
    seen
}

/// Two tasks that answer each other.
#[derive(Debug, Clone, Copy)]
pub(super) struct PingPong;

impl Workload for PingPong {
    fn receivers(self) -> usize {
        1
    }

    fn run<C: Channel>(self, runtime: &Runtime, ops: u64) -> Result<Batch, String> {
        let (mut there, mut asked) = C::bounded(1);
        let (mut back, mut answered) = C::bounded(1);
        let began = Instant::now();
        let answering = runtime.spawn(async move {
            while let Some(value) = C::recv(&mut asked).await {
                C::send(&mut back, value).await;
            }
        });
        let asking = runtime.spawn(async move {
            let mut right = 0;
            for value in 0..ops {
                C::send(&mut there, value).await;
                right += u64::from(C::recv(&mut answered).await == Some(value));
            }
            right
        });
        let (right, answered) = runtime.block_on(async { (asking.await, answering.await) });
        let elapsed = began.elapsed();
        answered.map_err(|error| error.to_string())?;
        let right = right.map_err(|error| error.to_string())?;
        same("answers to their question", right, ops)?;
        Ok(elapsed.into())
    }
}

/// Tasks in a ring that hand values on.
#[derive(Debug, Clone, Copy)]
pub(super) struct RingOfTasks {
    pub(super) tasks: usize,
    /// Values that go round.
    pub(super) tokens: usize,
}

impl Workload for RingOfTasks {
    fn receivers(self) -> usize {
        1
    }

    /// A token is the number of hops it has yet to go; one that has none ends its way, and the
    /// last one's way ends the ring.
    fn run<C: Channel>(self, runtime: &Runtime, ops: u64) -> Result<Batch, String> {
        let channels = (0..self.tasks).map(|_| C::bounded(self.tokens));
        let (senders, receivers): (Vec<_>, Vec<_>) = channels.unzip();
        let (ends, mut ended) = C::bounded(self.tokens);
        let hops: Vec<u64> = (0..self.tokens as u64)
            .map(|token| ops / self.tokens as u64 + u64::from(token < ops % self.tokens as u64))
            .collect();
        let began = Instant::now();
        let tasks: Vec<_> = receivers
            .into_iter()
            .enumerate()
            .map(|(at, receiver)| {
                let next = senders[(at + 1) % self.tasks].clone();
                runtime.spawn(hand_on::<C>(receiver, next, ends.clone()))
            })
            .collect();
        let mut first = senders[0].clone();
        let (tokens, hopped) = runtime.block_on(async {
            let mut tokens = 0_u64;
            for hops in hops {
                C::send(&mut first, hops).await;
            }
            for _ in 0..self.tokens {
                tokens += u64::from(C::recv(&mut ended).await == Some(0));
            }
            for mut sender in senders {
                C::send(&mut sender, END).await;
            }
            let mut hopped = Vec::new();
            for task in tasks {
                hopped.push(task.await);
            }
            (tokens, hopped)
        });
        let elapsed = began.elapsed();
        same("tokens at their end", tokens, self.tokens as u64)?;
        let hopped = self::ended(hopped)?;
        same("hops", hopped.iter().sum(), ops)?;
        Ok(elapsed.into())
    }
}

/// Tells a task of the ring to end.
const END: u64 = u64::MAX;

/// Tells how many values it handed on.
async fn hand_on<C: Channel>(
    mut receiver: C::Receiver,
    mut next: C::Sender,
    mut ends: C::Sender,
) -> u64 {
    let mut hops = 0;
    loop {
        match C::recv(&mut receiver).await {
            None | Some(END) => return hops,
            Some(0) => {
                C::send(&mut ends, 0).await;
            }
            Some(left) => {
                hops += 1;
                C::send(&mut next, left - 1).await;
            }
        }
    }
}
