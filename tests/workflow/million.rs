//! A million messages through memory, four receivers: each comes once.

use windlass::workflow::queue::{Message, MessageQueue, QueueOptions, ReceiveError};

use super::support::{BOUND, runtime};

const MESSAGES: usize = 1_000_000;
const RECEIVERS: usize = 4;
const SENDERS: usize = 2;

#[test]
fn a_million_messages_come_once_each() {
    let begun = std::time::Instant::now();
    let options = QueueOptions { messages_max: 4096, ..QueueOptions::default() };
    let queue = MessageQueue::in_memory(options);
    let runtime = runtime(2);
    let receivers: Vec<_> = (0..RECEIVERS)
        .map(|_| {
            let queue = queue.clone();
            runtime.spawn(async move {
                let mut bodies = Vec::new();
                loop {
                    match queue.receive().await {
                        Ok(delivery) => {
                            assert_eq!(delivery.attempt(), 1, "it was delivered before");
                            let body: [u8; 8] = delivery.body().try_into().expect("eight bytes");
                            bodies.push(u64::from_le_bytes(body));
                            delivery.ack().await.expect("the lease holds");
                        }
                        Err(ReceiveError::Closed) => return bodies,
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        })
        .collect();
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let queue = queue.clone();
            runtime.spawn(async move {
                for number in (sender as u64..MESSAGES as u64).step_by(SENDERS) {
                    let message = Message::new(number.to_le_bytes());
                    queue.enqueue_when_room(message).await.expect("it is open");
                }
            })
        })
        .collect();
    for sender in senders {
        runtime.block_on(sender).expect("it ends");
    }
    queue.close();
    let mut seen = vec![false; MESSAGES];
    for receiver in receivers {
        for number in runtime.block_on(receiver).expect("it ends") {
            let seen = &mut seen[number as usize];
            assert!(!std::mem::replace(seen, true), "{number} came twice");
        }
    }
    assert!(seen.iter().all(|seen| *seen), "some never came");
    let totals = queue.totals();
    assert_eq!((totals.delivered, totals.redelivered), (MESSAGES as u64, 0));
    assert_eq!(queue.depth(), 0);
    assert!(begun.elapsed() < 3 * BOUND, "it hung for a while");
}
