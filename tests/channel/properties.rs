//! Any sequence of calls: a bounded channel against a list, a topic against what it published.

use std::collections::VecDeque;

use proptest::prelude::*;
use proptest::test_runner::Config;
use windlass::channel::topic::{self, topic};
use windlass::channel::{TryRecvError, TrySendError, bounded};

#[derive(Clone, Debug)]
enum Call {
    Send,
    SendMany(usize),
    Recv,
    RecvMany(usize),
    Close,
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        8 => Just(Call::Send),
        3 => (0..9_usize).prop_map(Call::SendMany),
        6 => Just(Call::Recv),
        3 => (0..9_usize).prop_map(Call::RecvMany),
        1 => Just(Call::Close),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 200, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_channel_is_a_list_with_an_end(
        capacity in 1..9_usize,
        calls in prop::collection::vec(call(), 0..80),
    ) {
        let (sender, receiver) = bounded(capacity);
        let mut list = VecDeque::new();
        let mut open = true;
        let mut next = 0;
        let nothing = |open: bool| if open { TryRecvError::Empty } else { TryRecvError::Closed };
        for call in calls {
            match call {
                Call::Send => {
                    let expected = match (open, list.len() < capacity) {
                        (false, _) => Err(TrySendError::Closed(next)),
                        (true, false) => Err(TrySendError::Full(next)),
                        (true, true) => {
                            list.push_back(next);
                            Ok(())
                        }
                    };
                    prop_assert_eq!(sender.try_send(next), expected);
                    next += 1;
                }
                Call::SendMany(count) => {
                    let mut values: Vec<usize> = (next..next + count).collect();
                    let fits = if open { count.min(capacity - list.len()) } else { 0 };
                    let mut send = crate::polling::Polled::new(sender.send_many(&mut values));
                    let sent = send.poll();
                    drop(send);
                    prop_assert_eq!(sent.is_none(), open && fits < count);
                    list.extend(next..next + fits);
                    prop_assert!(values.iter().copied().eq(next + fits..next + count));
                    next += count;
                }
                Call::Recv => {
                    let expected = list.pop_front().ok_or(nothing(open));
                    prop_assert_eq!(receiver.try_recv(), expected);
                }
                Call::RecvMany(max) => {
                    let mut into = Vec::new();
                    let count = max.min(list.len());
                    let there = count > 0 || max == 0;
                    let expected = there.then_some(count).ok_or(nothing(open));
                    prop_assert_eq!(receiver.try_recv_many(&mut into, max), expected);
                    prop_assert!(into.into_iter().eq(list.drain(..count)));
                }
                Call::Close => {
                    prop_assert_eq!(sender.close(), open);
                    open = false;
                }
            }
            prop_assert_eq!(receiver.len(), list.len());
            prop_assert_eq!(sender.is_full(), list.len() == capacity);
        }
    }

    /// Each call publishes so many values, then looks so often.
    #[test]
    fn a_subscriber_receives_or_misses(
        capacity in 1..9_usize,
        calls in prop::collection::vec((0..12_u64, 0..12_usize), 0..40),
    ) {
        let topic = topic(capacity);
        let mut subscriber = topic.subscribe();
        let mut published = 0_u64;
        let mut expected = 0;
        let mut held = None;
        for (publish, look) in calls {
            for _ in 0..publish {
                prop_assert_eq!(topic.publish(published), 1);
                published += 1;
            }
            for _ in 0..look {
                // The oldest value that its ring still holds, besides the one behind a gap.
                let oldest = expected.max(published.saturating_sub(capacity as u64));
                let wanted = match held.take() {
                    Some(value) => Ok(value),
                    None if expected == published => Err(topic::TryRecvError::Empty),
                    None => {
                        let missed = oldest - expected;
                        expected = oldest + 1;
                        if missed > 0 {
                            held = Some(oldest);
                            Err(topic::TryRecvError::Lagged(missed))
                        } else {
                            Ok(oldest)
                        }
                    }
                };
                prop_assert_eq!(subscriber.try_recv(), wanted);
            }
        }
    }
}
