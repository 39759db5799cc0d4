//! A message from a sender to a receiver, through memory.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use windlass::Runtime;
use windlass::kit::measure::contender::Role;
use windlass::workflow::queue::{Message, MessageQueue, QueueOptions};
use windlass_benches::{Batch, Harness};

/// What the issue allows a message, in nanoseconds.
const BAR_NS: f64 = 1000.0;

const CAPACITY: usize = 4096;

pub(crate) fn measure(bench: &mut Harness) {
    alone(bench);
    across(bench);
}

fn queue() -> MessageQueue {
    MessageQueue::in_memory(QueueOptions { messages_max: CAPACITY, ..QueueOptions::default() })
}

/// One task sends, receives and acknowledges, in turn: the work itself.
fn alone(bench: &mut Harness) {
    bench.group("hop_alone", |group| {
        group
            .title("queue: send, receive, ack")
            .question("What does a message cost through the queue in memory, where nobody waits?")
            .method("one task: enqueue, receive, ack; eight bytes a message, made anew")
            .not_shown("contention; the wake-up of a receiver that sleeps")
            .limit("a hop costs under 1 us", BAR_NS);
        let runtime = Runtime::new().expect("a runtime");
        let queue = queue();
        group.checked("windlass", Role::Subject, move |ops| {
            runtime.block_on(async {
                let begun = Instant::now();
                for number in 0..ops {
                    let message = Message::new(number.to_le_bytes());
                    queue.enqueue(message).await.map_err(|error| error.to_string())?;
                    let delivery = queue.receive().await.map_err(|error| error.to_string())?;
                    if delivery.body() != number.to_le_bytes() {
                        return Err(format!("message {number} is another"));
                    }
                    delivery.ack().await.map_err(|error| error.to_string())?;
                }
                Ok(Batch::from(begun.elapsed()))
            })
        });
        group.batch("std::sync::mpsc", Role::Baseline, |ops| {
            let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(CAPACITY);
            let begun = Instant::now();
            for number in 0..ops {
                sender.send(number.to_le_bytes().to_vec()).expect("there is a receiver");
                assert_eq!(receiver.recv().expect("it was sent"), number.to_le_bytes());
            }
            begun.elapsed()
        });
    });
}

/// A sender and four receivers as tasks.
fn across(bench: &mut Harness) {
    bench.group("hop_across", |group| {
        group
            .title("queue: one sender, four receivers")
            .question("What does a message cost from task to task, in a stream?")
            .method("one task sends, waiting for room; four receive and ack; 4,096 places")
            .not_shown("receivers that do something with the message")
            .limit("a hop costs under 1 us", BAR_NS);
        let runtime = Runtime::new().expect("a runtime");
        group.checked("windlass", Role::Subject, move |ops| stream(&runtime, ops));
        group.batch("std::sync::mpsc", Role::Baseline, |ops| {
            let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(CAPACITY);
            let begun = Instant::now();
            let sending = thread::spawn(move || {
                (0..ops).for_each(|n| sender.send(n.to_le_bytes().to_vec()).expect("it listens"));
            });
            let count = receiver.iter().count() as u64;
            sending.join().expect("it sent");
            assert_eq!(count, ops);
            begun.elapsed()
        });
    });
}

fn stream(runtime: &Runtime, ops: u64) -> Result<Batch, String> {
    let queue = queue();
    let begun = Instant::now();
    let receivers: Vec<_> = (0..4)
        .map(|_| {
            let queue = queue.clone();
            runtime.spawn(async move {
                let mut sum = 0_u64;
                while let Ok(delivery) = queue.receive().await {
                    let body = delivery.body().try_into().unwrap_or_default();
                    sum += u64::from_le_bytes(body);
                    delivery.ack().await.map_err(|error| error.to_string())?;
                }
                Ok::<_, String>(sum)
            })
        })
        .collect();
    let sender = queue.clone();
    let sender = runtime.spawn(async move {
        for number in 1..=ops {
            let message = Message::new(number.to_le_bytes());
            sender.enqueue_when_room(message).await.map_err(|error| error.to_string())?;
        }
        sender.close();
        Ok::<_, String>(())
    });
    runtime.block_on(sender).map_err(|error| error.to_string())??;
    let mut sum = 0;
    for receiver in receivers {
        sum += runtime.block_on(receiver).map_err(|error| error.to_string())??;
    }
    let elapsed: Duration = begun.elapsed();
    let totals = queue.totals();
    if sum != ops * (ops + 1) / 2 || totals.delivered != ops || queue.depth() != 0 {
        return Err(format!("of {ops} messages not all came once: {totals:?}"));
    }
    Ok(elapsed.into())
}
