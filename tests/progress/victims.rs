//! Ring, channels, oneshot, parker and runtime while a thread is stopped anywhere in them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use windlass::channel::{self, topic};
use windlass::park::Parker;
use windlass::ring::Ring;

use crate::stopped::{Victim, alone};
use crate::support::{runtime, wait_until};

const ROUNDS: u32 = 200;

/// Another ring, or channel, is touched by nothing.
fn elsewhere() {
    let ring = Ring::new(2);
    let (sender, receiver) = channel::bounded(2);
    for value in 0..20 {
        assert_eq!((ring.push(value), ring.pop()), (Ok(()), Some(value)));
        assert_eq!((sender.try_send(value), receiver.try_recv()), (Ok(()), Ok(value)));
    }
}

#[test]
fn a_ring_goes_on_but_for_the_slot_of_who_is_stopped() {
    alone(|| {
        let ring = Arc::new(Ring::new(2));
        let own = ring.clone();
        let mut victim = Victim::doing(move || {
            let _full = own.push(1_u64);
            own.pop();
        });
        let free = || {
            elsewhere();
            // Weak polls give up, questions are answered.
            for value in 0..20 {
                let _full = ring.try_push(value);
                ring.try_pop();
                assert!(ring.len() <= ring.capacity());
                let _either = (ring.is_empty(), ring.is_full());
                assert!(!ring.is_closed());
            }
        };
        let own = ring.clone();
        let bound = move || {
            for value in 0..8 {
                let _full = own.push(value);
                own.pop();
            }
        };
        let waited = victim.rounds(ROUNDS, free, bound);
        println!("ring: a peer waited in {waited} of {ROUNDS} rounds");
        // In the midst of a claim it is waited for, elsewhere by nobody.
        assert!((1..ROUNDS).contains(&waited), "{waited}");
    });
}

#[test]
fn a_close_waits_for_nobody() {
    alone(|| {
        for _ in 0..50 {
            let ring = Arc::new(Ring::new(2));
            let own = ring.clone();
            let mut victim = Victim::doing(move || {
                let _full_or_closed = own.push(1_u64);
                own.pop();
            });
            let closed = victim.stopped(|| (ring.close(), ring.close(), ring.is_closed()));
            assert_eq!(closed, (true, false, true));
            drop(victim);
            assert_eq!(ring.drain().count(), 0, "the last pop took the last push");
        }
    });
}

#[test]
fn a_channel_goes_on_when_who_was_stopped_does() {
    alone(|| {
        let (sender, receiver) = channel::bounded(2);
        let (send, receive) = (sender.clone(), receiver.clone());
        let mut victim = Victim::doing(move || {
            let _full = send.try_send(1_u64);
            let _empty = receive.try_recv();
        });
        let free = || {
            elsewhere();
            assert!(sender.len() <= sender.capacity());
            assert!(!receiver.is_closed());
        };
        let (send, receive) = (sender.clone(), receiver.clone());
        let bound = move || {
            for value in 0..4 {
                send.send_blocking(value).expect("it is open");
                let _taken_by_the_victim = receive.try_recv();
            }
        };
        let waited = victim.rounds(ROUNDS, free, bound);
        println!("channel: a peer waited in {waited} of {ROUNDS} rounds");
    });
}

#[test]
fn a_oneshot_is_sent_whatever_its_receiver_is_stopped_in() {
    alone(|| {
        let (give, take) = std::sync::mpsc::sync_channel::<channel::OneReceiver<u64>>(1);
        let came = Arc::new(AtomicUsize::new(0));
        let sum = came.clone();
        let mut victim = Victim::doing(move || {
            let Ok(mut receiver) = take.try_recv() else { return };
            let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
            // Polled, hence registering, until the value is there.
            while std::pin::Pin::new(&mut receiver).poll(&mut cx).is_pending() {}
            sum.fetch_add(1, Ordering::Relaxed);
        });
        for sent in 1..=300 {
            let (sender, receiver) = channel::oneshot();
            give.send(receiver).expect("the victim lives");
            (0..sent % 61).for_each(|_| std::hint::spin_loop());
            victim.stopped(|| sender.send(7).expect("it is wanted"));
            wait_until(|| came.load(Ordering::Relaxed) == sent);
        }
    });
}

#[test]
fn a_topic_is_received_whatever_its_publisher_is_stopped_in() {
    alone(|| {
        let news = topic::topic(2);
        let mut subscriber = news.subscribe();
        let own = news.clone();
        let mut victim = Victim::doing(move || {
            own.publish(1_u64);
        });
        let bound = move || assert!(news.publish(2) > 0, "it is subscribed");
        let other = topic::topic(1);
        let mut elsewhere = other.subscribe();
        let free = || assert_eq!((other.publish(3), elsewhere.try_recv()), (1, Ok(3)));
        let waited = victim.rounds(ROUNDS, free, bound);
        println!("topic: a publisher waited in {waited} of {ROUNDS} rounds");
        while subscriber.try_recv().is_ok_and(|value| value != 2) {}
    });
}

#[test]
fn a_parker_is_unparked_whatever_another_unparker_is_stopped_in() {
    alone(|| {
        let mut parker = Parker::new();
        let (unparker, other) = (parker.unparker(), parker.unparker());
        let mut victim = Victim::doing(move || unparker.unpark());
        for _ in 0..300 {
            // Nobody sleeps: leaving the token is one step.
            victim.stopped(|| other.unpark());
            parker.park();
        }
    });
}

/// Who spawns from outside may be stopped with the next place of the injector claimed: then the
/// workers wait for it, with all that it does not concern.
#[test]
fn all_tasks_run_when_who_was_stopped_in_a_spawn_goes_on() {
    alone(|| {
        let runtime = runtime(2);
        let (handle, done) = (runtime.handle().clone(), Arc::new(AtomicUsize::new(0)));
        let mut victim = Victim::doing(move || {
            drop(handle.spawn(async {}));
            thread::yield_now();
        });
        let (handle, count) = (runtime.handle().clone(), done.clone());
        let bound = move || {
            let count = count.clone();
            let task = handle.spawn(async move {
                windlass::yield_now().await;
                count.fetch_add(1, Ordering::Relaxed);
            });
            wait_until(|| task.is_finished());
        };
        let waited = victim.rounds(ROUNDS, elsewhere, bound);
        println!("spawn: a task waited in {waited} of {ROUNDS} rounds");
        assert_eq!(done.load(Ordering::Relaxed), ROUNDS as usize);
    });
}
