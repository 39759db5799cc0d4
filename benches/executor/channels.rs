//! Tasks that hand values on: windlass's channel on every runtime, and a runtime's own beside it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_channel::mpsc;
use futures_util::{SinkExt, StreamExt};
use windlass_benches::channels::{AsyncChannel, Channel, Tokio as TokioChannel, Windlass};
use windlass_benches::{Batch, Better, Group, Harness, Role};

use crate::latch::Latch;
use crate::peers::{
    ASYNC_EXECUTOR, AsyncExecutor, Executor, FUTURES, FuturesPool, MONOIO, Spawner, Static, TOKIO,
    Tokio, TokioOneThread, WORKERS, Workload, futures, named,
};

const TOKIO_OWN: &str = "tokio multi-thread, its mpsc";

/// Where tasks of the ring end; values go up to it.
const END: u64 = u64::MAX;

/// Measures the groups of this file.
pub(crate) fn measure(bench: &mut Harness) {
    one(bench, "full", Shape::stream(4, 16), 2.0);
    one(bench, "contended", Shape::stream(8, 1024), 1.7);
    one(bench, "ring", Shape::Ring, 1.4);
}

fn one(bench: &mut Harness, name: &str, shape: Shape, bar: f64) {
    let method = match shape {
        Shape::Stream { senders, capacity } => format!(
            "{senders} sending tasks, one receiving task, capacity {capacity}; values by wall time."
        ),
        Shape::Ring => {
            "64 tasks in a ring, 64 channels of capacity 8, 8 values that go round.".to_owned()
        }
    };
    bench.group(&format!("channel_{name}"), |group| {
        group
            .title(&format!("bounded channel, {name}"))
            .question("What does handing a value to another task cost on each runtime?")
            .method(&format!(
                "{method} Started by a thread outside where there are workers. windlass::channel \
                 on all runtimes; beside it, in rows that say so, tokio's mpsc (with tokio's \
                 budget at work), async-channel and futures-channel (which has one more place for \
                 each sender)."
            ))
            .not_shown(
                "Channels between threads (see ring); glommio's own, which is not Send and could \
                 not run the same code. may is left out: one run in ten or more never ended, with \
                 any of three channels, since a coroutine's wake was lost.",
            )
            .unit(shape.unit(), Better::Lower)
            .claim(&format!("{name}: {bar}x tokio with its mpsc"), TOKIO_OWN, bar)
            .beats(&format!("{name}: ahead of tokio"), TOKIO)
            .beats(&format!("{name}: ahead of async-executor"), ASYNC_EXECUTOR)
            .beats(&format!("{name}: ahead of futures ThreadPool"), FUTURES)
            .claim(&format!("{name}: within 1.2x of monoio"), MONOIO, 1.0 / 1.2)
            .crowded();
        contenders(group, shape, Latch::leaked(shape.tasks()));
    });
}

fn contenders(group: &mut Group<'_>, shape: Shape, latch: &'static Latch) {
    futures(group, On(Windlass, shape, latch));
    let own = On(TokioChannel, shape, latch);
    named::<Tokio>(group, TOKIO_OWN, WORKERS, own);
    named::<TokioOneThread>(group, "tokio, one thread, its mpsc", 1, own);
    let own = On(AsyncChannel, shape, latch);
    named::<AsyncExecutor<Static>>(group, "async-executor static, async-channel", WORKERS, own);
    let own = On(FuturesChannel, shape, latch);
    named::<FuturesPool>(group, "futures ThreadPool, its mpsc", WORKERS, own);
}

/// Who sends to whom.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Many send, one receives.
    Stream { senders: usize, capacity: usize },
    /// Each sends to the next.
    Ring,
}

const RING_TASKS: usize = 64;
const RING_VALUES: usize = 8;

impl Shape {
    fn stream(senders: usize, capacity: usize) -> Self {
        Self::Stream { senders, capacity }
    }

    fn tasks(self) -> usize {
        match self {
            Self::Stream { senders, .. } => senders + 1,
            Self::Ring => RING_TASKS,
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Stream { .. } => "ns per value",
            Self::Ring => "ns per hop",
        }
    }
}

/// A shape on one kind of channel.
#[derive(Clone, Copy)]
struct On<C>(C, Shape, &'static Latch);

impl<C: Channel + Copy> Workload for On<C> {
    fn run<E: Executor>(self, executor: &E, ops: u64) -> Result<Batch, String> {
        let Self(_, shape, latch) = self;
        let right = Arc::new(AtomicU64::new(0));
        latch.reset(shape.tasks());
        let start = |starter: &E::Starter| match shape {
            Shape::Stream { senders, capacity } => {
                let (sender, receiver) = C::bounded(capacity);
                starter.detach(receive::<C>(receiver, senders, latch, right.clone()));
                for number in 0..senders {
                    let count = share(ops, number, senders);
                    starter.detach(send::<C>(sender.clone(), number, count, latch));
                }
            }
            Shape::Ring => ring::<C, _>(starter, latch, ops, &right),
        };
        let elapsed = executor.started(start, latch)?;
        match right.load(Ordering::Acquire) {
            right if right == ops => Ok(elapsed.into()),
            right => Err(format!("{right} values of {ops} came, once and in order")),
        }
    }
}

fn share(ops: u64, number: usize, of: usize) -> u64 {
    ops / of as u64 + u64::from((number as u64) < ops % of as u64)
}

/// A value's sender is in its upper half; its place in the sender's order in its lower.
async fn send<C: Channel>(mut sender: C::Sender, number: usize, count: u64, latch: &'static Latch) {
    let first = (number as u64) << 32;
    for value in first..first + count {
        // A value nobody receives is missed in the count.
        C::send(&mut sender, value).await;
    }
    drop(sender);
    latch.arrive(number);
}

async fn receive<C: Channel>(
    mut receiver: C::Receiver,
    senders: usize,
    latch: &'static Latch,
    right: Arc<AtomicU64>,
) {
    let mut next: Vec<u64> = (0..senders as u64).map(|number| number << 32).collect();
    let mut in_order = 0;
    while let Some(value) = C::recv(&mut receiver).await {
        let expected = &mut next[(value >> 32) as usize];
        in_order += u64::from(value == *expected);
        *expected += 1;
    }
    right.store(in_order, Ordering::Release);
    latch.arrive(senders);
}

/// A value is the number of hops it has yet to go. Where the last one ends, the ring is told to.
fn ring<C: Channel, S: Spawner>(
    spawner: &S,
    latch: &'static Latch,
    ops: u64,
    right: &Arc<AtomicU64>,
) {
    let channels = (0..RING_TASKS).map(|_| C::bounded(RING_VALUES));
    let (senders, receivers): (Vec<_>, Vec<_>) = channels.unzip();
    let left = Arc::new(AtomicU64::new(RING_VALUES as u64));
    for (number, receiver) in receivers.into_iter().enumerate() {
        let next = senders[(number + 1) % RING_TASKS].clone();
        let (left, right) = (left.clone(), right.clone());
        spawner.detach(async move {
            let hops = hand_on::<C>(receiver, next, &left).await;
            right.fetch_add(hops, Ordering::AcqRel);
            latch.arrive(number);
        });
    }
    let mut first = senders[0].clone();
    spawner.detach(async move {
        for number in 0..RING_VALUES {
            C::send(&mut first, share(ops, number, RING_VALUES)).await;
        }
    });
}

/// How many values it handed on.
async fn hand_on<C: Channel>(
    mut receiver: C::Receiver,
    mut next: C::Sender,
    left: &AtomicU64,
) -> u64 {
    let mut hops = 0;
    loop {
        match C::recv(&mut receiver).await {
            Some(0) if left.fetch_sub(1, Ordering::AcqRel) > 1 => {}
            None | Some(0 | END) => {
                C::send(&mut next, END).await;
                return hops;
            }
            Some(value) => {
                hops += 1;
                C::send(&mut next, value - 1).await;
            }
        }
    }
}

/// futures-channel, bounded.
#[derive(Clone, Copy)]
struct FuturesChannel;

impl Channel for FuturesChannel {
    const NAME: &'static str = "futures mpsc";
    const ROLE: Role = Role::Peer;
    const RECEIVERS_MAX: usize = 1;

    type Sender = mpsc::Sender<u64>;
    type Receiver = mpsc::Receiver<u64>;

    fn bounded(capacity: usize) -> (Self::Sender, Self::Receiver) {
        mpsc::channel(capacity)
    }

    fn receivers(receiver: Self::Receiver, _: usize) -> Vec<Self::Receiver> {
        vec![receiver]
    }

    #[inline]
    async fn send(sender: &mut Self::Sender, value: u64) -> bool {
        sender.send(value).await.is_ok()
    }

    #[inline]
    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.next().await
    }
}
