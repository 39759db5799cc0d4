//! The event bus: who received, who missed, who is behind.

use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use windlass::channel::topic::{RecvError, TryRecvError};
use windlass::workflow::events::{EventBus, EventMetrics, Subscription};

use crate::polled::{cases, now};
use crate::support::{bounded, runtime};

#[test]
fn a_bus_without_room_is_refused() {
    assert_eq!(EventBus::<()>::new(0).unwrap_err().setting(), "capacity");
    assert!(EventBus::<u64>::new(usize::MAX).is_err());
}

fn figures(metrics: &EventMetrics, name: &str) -> [u64; 4] {
    let own = metrics.subscribers.iter().find(|own| &*own.name == name).unwrap();
    [own.received, own.missed, own.lags, own.behind]
}

#[test]
fn each_subscriber_is_counted_apart() {
    let bus = EventBus::new(3).unwrap();
    assert_eq!(bus.publish(0), 0, "nobody hears it");
    let mut quick = bus.subscribe("quick");
    let mut slow = bus.subscribe("slow");
    for number in 1..=5 {
        assert_eq!(bus.publish(number), 2);
        assert_eq!(now(quick.recv()), Some(Ok(number)));
    }
    assert_eq!(figures(&bus.metrics(), "quick"), [5, 0, 0, 0]);
    assert_eq!(figures(&bus.metrics(), "slow"), [0, 0, 0, 5]);
    assert_eq!(slow.try_recv(), Err(TryRecvError::Lagged(2)));
    assert_eq!(figures(&bus.metrics(), "slow"), [0, 2, 1, 3]);
    assert_eq!(slow.recv_timeout(Duration::from_millis(1)), Ok(3));
    assert_eq!(slow.try_recv(), Ok(4));
    assert_eq!(figures(&bus.metrics(), "slow"), [2, 2, 1, 1]);
    drop(quick);
    assert_eq!(bus.metrics().subscribers.len(), 1);
    assert!(bus.close() && !bus.close());
    assert_eq!(bus.publish(6), 0);
    assert_eq!(slow.recv_blocking(), Ok(5));
    assert_eq!(slow.recv_blocking(), Err(RecvError::Closed));
    assert_eq!(slow.try_recv(), Err(TryRecvError::Closed));
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn received_missed_and_behind_are_all_that_was_published(
        capacity in 1..6_usize,
        steps in prop::collection::vec(0..8_u8, 0..200),
    ) {
        let bus = EventBus::new(capacity).unwrap();
        let mut all: Vec<(Subscription<u64>, u64)> = Vec::new();
        let mut published = 0;
        for step in steps {
            match step {
                0 if all.len() < 4 => {
                    all.push((bus.subscribe(&format!("{published}")), published));
                }
                1..=3 => {
                    bus.publish(published);
                    published += 1;
                }
                4 if !all.is_empty() => drop(all.remove(0)),
                _ => {
                    let next = published as usize % all.len().max(1);
                    if let Some((subscription, _)) = all.get_mut(next) {
                        let _ = subscription.try_recv();
                    }
                }
            }
            let metrics = bus.metrics();
            prop_assert_eq!((metrics.published, metrics.subscribers.len()), (published, all.len()));
            for (own, (_, since)) in metrics.subscribers.iter().zip(&all) {
                prop_assert_eq!(own.received + own.missed + own.behind, published - since);
            }
        }
    }
}

#[test]
fn publishers_and_subscribers_on_all_threads() {
    bounded(|| {
        let bus = EventBus::new(10_000).unwrap();
        let runtime = runtime(2);
        let tasks: Vec<_> = (0..3)
            .map(|number| {
                let mut own = bus.subscribe(&format!("task {number}"));
                runtime.spawn(async move {
                    let mut sum = 0;
                    while let Ok(number) = own.recv().await {
                        sum += number;
                    }
                    (sum, own)
                })
            })
            .collect();
        thread::scope(|scope| {
            for publisher in 0..2_u64 {
                let bus = bus.clone();
                scope.spawn(move || {
                    for n in 0..1000 {
                        bus.publish(publisher * 1000 + n);
                    }
                });
            }
        });
        bus.close();
        let ended: Vec<_> = tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).collect();
        assert!(ended.iter().all(|(sum, _)| *sum == 1999 * 2000 / 2));
        for number in 0..3 {
            assert_eq!(figures(&bus.metrics(), &format!("task {number}")), [2000, 0, 0, 0]);
        }
    });
}
