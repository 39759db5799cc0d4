//! Those who wait: in order, called once each, dropped without loss.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, RawWakerVTable, Waker};

use windlass::channel::{RecvError, SendError, bounded};

use crate::polling::Polled;
use crate::support::Counted;

#[test]
fn one_value_calls_one_receiver_the_first_in_line() {
    let (sender, receiver) = bounded(4);
    let mut line: Vec<_> = (0..3).map(|_| Polled::waiting(receiver.recv())).collect();
    let woken = |line: &[Polled<'_, _>]| line.iter().map(Polled::wakes).collect::<Vec<_>>();
    assert_eq!(sender.try_send('a'), Ok(()));
    assert_eq!(woken(&line), [1, 0, 0]);
    assert_eq!(sender.try_send('b'), Ok(()));
    assert_eq!(woken(&line), [1, 1, 0]);
    assert_eq!(line[1].poll(), Some(Ok('a')), "values go to who comes first");
    assert_eq!(line[0].poll(), Some(Ok('b')));
    assert_eq!(line[2].poll(), None);
    assert_eq!(sender.try_send('c'), Ok(()));
    assert_eq!(woken(&line), [1, 1, 1]);
    assert_eq!(line[2].poll(), Some(Ok('c')));
}

#[test]
fn one_place_calls_one_sender_the_first_in_line() {
    let (sender, receiver) = bounded(1);
    assert_eq!(sender.try_send(0), Ok(()));
    let mut line: Vec<_> = (1..4).map(|value| Polled::waiting(sender.send(value))).collect();
    for value in 0..3 {
        assert_eq!(receiver.try_recv(), Ok(value));
        let woken: Vec<_> = line.iter().map(Polled::wakes).collect();
        assert_eq!(woken.iter().sum::<usize>(), value + 1, "{woken:?}");
        assert_eq!(line[value].poll(), Some(Ok(())));
    }
    assert_eq!(receiver.try_recv(), Ok(3));
}

#[test]
fn a_batch_calls_as_many_as_it_has_values() {
    let (sender, receiver) = bounded(8);
    let line: Vec<_> = (0..5).map(|_| Polled::waiting(receiver.recv())).collect();
    assert_eq!(sender.send_many_blocking(&mut vec![1, 2, 3]), Ok(()));
    let woken: Vec<_> = line.iter().map(Polled::wakes).collect();
    assert_eq!(woken, [1, 1, 1, 0, 0]);
}

#[test]
fn who_was_called_in_vain_keeps_the_first_place() {
    let (sender, receiver) = bounded(4);
    let mut first = Polled::waiting(receiver.recv());
    let mut second = Polled::waiting(receiver.recv());
    assert_eq!(sender.try_send(1), Ok(()));
    assert_eq!(receiver.try_recv(), Ok(1), "another comes between");
    assert_eq!((first.wakes(), first.poll()), (1, None));
    assert_eq!(sender.try_send(2), Ok(()));
    assert_eq!((first.wakes(), second.wakes()), (2, 0));
    assert_eq!(first.poll(), Some(Ok(2)));
    assert_eq!(sender.try_send(3), Ok(()));
    assert_eq!(second.poll(), Some(Ok(3)));
}

#[test]
fn those_called_in_vain_together_keep_their_order() {
    let (sender, receiver) = bounded(4);
    let mut line: Vec<_> = (0..4).map(|_| Polled::waiting(receiver.recv())).collect();
    for round in 1..4 {
        assert_eq!(sender.send_many_blocking(&mut vec![0; 3]), Ok(()));
        assert_eq!(receiver.try_recv_many(&mut Vec::new(), 3), Ok(3));
        for at in [1, 0, 2] {
            assert_eq!(line[at].poll(), None);
        }
        let woken: Vec<_> = line.iter().map(Polled::wakes).collect();
        assert_eq!(woken, [round, round, round, 0]);
    }
    for (at, wakes) in [4, 4, 4, 1].into_iter().enumerate() {
        assert_eq!(sender.try_send(at), Ok(()));
        assert_eq!(line[at].wakes(), wakes);
        assert_eq!(line[at].poll(), Some(Ok(at)));
    }
}

#[test]
fn a_batch_that_got_a_part_waits_behind_the_others() {
    let (sender, receiver) = bounded(1);
    assert_eq!(sender.try_send(0), Ok(()));
    let mut values = vec![1, 2];
    let mut batch = Polled::waiting(sender.send_many(&mut values));
    let mut single = Polled::waiting(sender.send(9));
    assert_eq!(receiver.try_recv(), Ok(0));
    assert_eq!((batch.wakes(), single.wakes()), (1, 0));
    assert_eq!(batch.poll(), None);
    assert_eq!(receiver.try_recv(), Ok(1));
    assert_eq!((batch.wakes(), single.wakes()), (1, 1));
    assert_eq!(single.poll(), Some(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(9));
    assert_eq!(batch.poll(), Some(Ok(())));
    drop(batch);
    assert_eq!((receiver.try_recv(), values), (Ok(2), vec![]));
}

#[test]
fn a_receive_that_is_dropped_loses_nothing() {
    let (sender, receiver) = bounded(4);
    drop(Polled::waiting(receiver.recv()));
    let mut into = vec![0];
    drop(Polled::waiting(receiver.recv_many(&mut into, 3)));
    assert_eq!(sender.try_send(1), Ok(()));
    assert_eq!((receiver.try_recv(), into), (Ok(1), vec![0]));
}

#[test]
fn a_call_that_is_not_used_is_passed_on() {
    let (sender, receiver) = bounded(4);
    let first = Polled::waiting(receiver.recv());
    let mut second = Polled::waiting(receiver.recv());
    let third = Polled::waiting(receiver.recv());
    assert_eq!(sender.try_send(1), Ok(()));
    drop(first);
    assert_eq!((second.wakes(), third.wakes()), (1, 0));
    assert_eq!(second.poll(), Some(Ok(1)));
    drop(second);
    assert_eq!(third.wakes(), 0, "a call that was used is not passed on");

    let (sender, receiver) = bounded(1);
    assert_eq!(sender.try_send(0), Ok(()));
    let first = Polled::waiting(sender.send(1));
    let mut second = Polled::waiting(sender.send(2));
    assert_eq!(receiver.try_recv(), Ok(0));
    drop(first);
    assert_eq!((second.wakes(), second.poll()), (1, Some(Ok(()))));
    assert_eq!(receiver.try_recv(), Ok(2));
}

#[test]
fn who_waits_in_the_middle_may_leave() {
    let (sender, receiver) = bounded(4);
    let mut first = Polled::waiting(receiver.recv());
    let middle = Polled::waiting(receiver.recv());
    let mut last = Polled::waiting(receiver.recv());
    drop(middle);
    assert_eq!(sender.try_send(1), Ok(()));
    assert_eq!(sender.try_send(2), Ok(()));
    assert_eq!((first.wakes(), last.wakes()), (1, 1));
    assert_eq!(first.poll(), Some(Ok(1)));
    assert_eq!(last.poll(), Some(Ok(2)));
}

#[test]
fn a_send_that_is_dropped_has_sent_nothing_and_drops_its_value() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (sender, receiver) = bounded(1);
    assert!(sender.try_send(Counted(drops.clone())).is_ok());
    drop(sender.send(Counted(drops.clone())));
    drop(Polled::waiting(sender.send(Counted(drops.clone()))));
    assert_eq!(drops.load(Ordering::SeqCst), 2);
    drop(receiver.try_recv());
    assert!(receiver.is_empty());
    assert_eq!(drops.load(Ordering::SeqCst), 3);
}

#[test]
fn what_a_dropped_batch_has_not_sent_stays() {
    let (sender, receiver) = bounded(2);
    let mut values = vec![1, 2, 3, 4];
    drop(Polled::waiting(sender.send_many(&mut values)));
    assert_eq!(values, [3, 4]);
    assert_eq!((receiver.try_recv(), receiver.try_recv()), (Ok(1), Ok(2)));
    assert!(receiver.is_empty());
}

#[test]
fn polling_without_need_keeps_the_place() {
    let (sender, receiver) = bounded(4);
    let mut first = Polled::waiting(receiver.recv());
    let mut second = Polled::waiting(receiver.recv());
    for _ in 0..3 {
        assert_eq!((second.poll(), first.poll()), (None, None));
    }
    assert_eq!(sender.try_send(1), Ok(()));
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    assert_eq!(second.poll(), None, "it is not its turn");
    assert_eq!(first.poll(), Some(Ok(1)));
}

/// A waker whose clone panics leaves nobody in line who is not there.
#[test]
fn a_waker_that_cannot_be_cloned_spoils_nothing() {
    const FRAGILE: RawWakerVTable =
        RawWakerVTable::new(|_| panic!("cannot be cloned"), |_| (), |_| (), |_| ());
    // SAFETY: the functions touch no data.
    let waker = unsafe { Waker::new(std::ptr::null(), &FRAGILE) };
    let (sender, receiver) = bounded(4);
    let mut first = Polled::waiting(receiver.recv());
    let mut fragile = Box::pin(receiver.recv());
    let polled =
        catch_unwind(AssertUnwindSafe(|| fragile.as_mut().poll(&mut Context::from_waker(&waker))));
    assert!(polled.is_err());
    drop(fragile);
    let mut last = Polled::waiting(receiver.recv());
    assert_eq!(sender.send_many_blocking(&mut vec![1, 2]), Ok(()));
    assert_eq!((first.poll(), last.poll()), (Some(Ok(1)), Some(Ok(2))));
}

#[test]
fn closing_calls_all_who_wait() {
    let (sender, receiver) = bounded::<u8>(1);
    let mut line: Vec<_> = (0..3).map(|_| Polled::waiting(receiver.recv())).collect();
    assert!(receiver.close());
    for waits in &mut line {
        assert_eq!((waits.wakes(), waits.poll()), (1, Some(Err(RecvError))));
    }
    assert_eq!(Polled::new(sender.send(1)).poll(), Some(Err(SendError(1))));

    let (sender, receiver) = bounded(1);
    assert_eq!(sender.try_send(0), Ok(()));
    let mut one = Polled::waiting(sender.send(1));
    let mut values = vec![2, 3];
    let mut many = Polled::waiting(sender.send_many(&mut values));
    drop(receiver);
    assert_eq!((one.wakes(), one.poll()), (1, Some(Err(SendError(1)))));
    assert_eq!((many.wakes(), many.poll()), (1, Some(Err(SendError(())))));
    drop(many);
    assert_eq!(values, [2, 3]);
}

#[test]
fn the_end_of_the_last_sender_wakes_receivers() {
    let (sender, receiver) = bounded::<u8>(1);
    let other = sender.clone();
    let mut waits = Polled::waiting(receiver.recv());
    drop(sender);
    assert_eq!(waits.wakes(), 0);
    drop(other);
    assert_eq!((waits.wakes(), waits.poll()), (1, Some(Err(RecvError))));
}

#[test]
#[should_panic(expected = "after its value was sent")]
fn a_send_is_not_polled_after_its_end() {
    let (sender, _receiver) = bounded(2);
    let mut send = Polled::new(sender.send(1));
    assert_eq!(send.poll(), Some(Ok(())));
    assert_eq!(send.poll(), None, "it panics instead");
}
