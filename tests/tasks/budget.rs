//! No task that is always ready keeps the others of its worker, or its timers, from running.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker, ready};

use windlass::channel;
use windlass::task::{consume_budget, unconstrained};

use crate::support::{bounded, runtime};

/// On one worker, a task that goes on until another one, which comes behind it, has run.
fn gives_way<F>(hog: impl FnOnce(Arc<AtomicBool>) -> F + Send + 'static)
where
    F: Future<Output = ()> + Send + 'static,
{
    bounded(move || turns(hog));
}

fn turns<F>(hog: impl FnOnce(Arc<AtomicBool>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = runtime(1);
    let stop = Arc::new(AtomicBool::new(false));
    let hog = runtime.spawn(hog(stop.clone()));
    let other = runtime.spawn(async move { stop.store(true, Ordering::Relaxed) });
    runtime.block_on(async {
        other.await.unwrap();
        hog.await.unwrap();
    });
}

#[test]
fn a_channel_that_is_always_ready() {
    gives_way(|stop| async move {
        let (sender, receiver) = channel::bounded(1);
        while !stop.load(Ordering::Relaxed) {
            sender.send(1).await.unwrap();
            assert_eq!(receiver.recv().await, Ok(1));
        }
    });
    gives_way(|stop| async move {
        let (sender, receiver) = channel::bounded(8);
        let (mut some, mut into) = (vec![1; 8], Vec::new());
        while !stop.load(Ordering::Relaxed) {
            sender.send_many(&mut some).await.unwrap();
            receiver.recv_many(&mut into, 8).await.unwrap();
            std::mem::swap(&mut some, &mut into);
        }
    });
    gives_way(|stop| async move {
        let topic = channel::topic(1);
        let mut subscriber = topic.subscribe();
        while !stop.load(Ordering::Relaxed) {
            topic.publish(1);
            assert_eq!(subscriber.recv().await, Ok(1));
        }
    });
}

#[test]
fn outputs_of_tasks_that_are_always_there() {
    let full = windlass::Runtime::builder().tasks_max(1).workers(1);
    let full = full.cores(windlass::CorePlan::None).build().unwrap();
    let only = full.spawn(std::future::pending::<()>());
    let handle = full.handle().clone();
    gives_way(|stop| async move {
        while !stop.load(Ordering::Relaxed) {
            handle.spawn(async {}).await.unwrap_err();
        }
    });
    only.detach();
}

#[test]
fn a_loop_that_asks() {
    gives_way(|stop| async move {
        while !stop.load(Ordering::Relaxed) {
            consume_budget().await;
        }
    });
}

#[cfg(feature = "net")]
mod net {
    use std::time::Duration;

    use windlass::net::{TcpListener, TcpStream};
    use windlass::time::{interval, sleep, timeout};

    use super::*;

    #[test]
    fn a_socket_that_is_always_ready() {
        bounded(|| {
            let runtime = runtime(1);
            let client = runtime.block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").unwrap();
                let client = TcpStream::connect(listener.local_addr().unwrap()).await;
                drop(listener.accept().await.unwrap());
                client.unwrap()
            });
            // Both from outside: on the only worker.
            let stop = Arc::new(AtomicBool::new(false));
            let stopped = stop.clone();
            let hog = runtime.spawn(async move {
                while !stopped.load(Ordering::Relaxed) {
                    assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 0);
                }
            });
            let timer = runtime.spawn(async move {
                sleep(Duration::from_millis(2)).await;
                stop.store(true, Ordering::Relaxed);
            });
            runtime.block_on(timer).unwrap();
            runtime.block_on(hog).unwrap();
        });
    }

    #[test]
    fn timers_that_are_always_ready() {
        gives_way(|stop| async move {
            while !stop.load(Ordering::Relaxed) {
                sleep(Duration::ZERO).await;
            }
        });
        gives_way(|stop| async move {
            let mut often = interval(Duration::ZERO);
            while !stop.load(Ordering::Relaxed) {
                often.tick().await;
            }
        });
    }

    /// The sleep of a `timeout` is asked last, when nothing is left.
    #[test]
    fn the_time_of_a_task_that_is_always_ready_ends() {
        bounded(|| {
            let runtime = runtime(1);
            let hog = runtime.spawn(timeout(Duration::from_millis(2), async {
                loop {
                    consume_budget().await;
                }
            }));
            runtime.block_on(hog).unwrap().unwrap_err();
        });
    }
}

/// How often `future` is polled on a worker until it is ready.
fn polls<F: Future<Output = ()> + Send + 'static>(future: F) -> usize {
    let runtime = runtime(1);
    let polls = Arc::new(AtomicUsize::new(0));
    let counted = polls.clone();
    let task = runtime.spawn(async move {
        let mut future = pin!(future);
        poll_fn(|cx| {
            counted.fetch_add(1, Ordering::Relaxed);
            future.as_mut().poll(cx)
        })
        .await;
    });
    runtime.block_on(task).unwrap();
    polls.load(Ordering::Relaxed)
}

#[test]
fn a_poll_has_128_units_unless_it_is_unconstrained() {
    let spend = || async {
        for _ in 0..128 * 10 {
            consume_budget().await;
        }
    };
    assert_eq!(polls(spend()), 10);
    assert_eq!(polls(unconstrained(spend())), 1);
    // Within the task, what follows it is metered as before.
    let half = async move {
        unconstrained(spend()).await;
        spend().await;
    };
    assert_eq!(polls(half), 10);
}

#[test]
fn what_is_not_ready_costs_nothing() {
    let in_vain = async {
        let (sender, receiver) = channel::bounded::<u8>(1);
        let mut waiting: Vec<_> = (0..1000).map(|_| Box::pin(receiver.recv())).collect();
        poll_fn(|cx| {
            let mut pending = waiting.iter_mut().map(|recv| recv.as_mut().poll(cx));
            assert!(pending.all(|polled| polled.is_pending()));
            Poll::Ready(())
        })
        .await;
        drop(sender);
    };
    assert_eq!(polls(in_vain), 1);
}

#[test]
fn an_executor_inside_a_poll_goes_on() {
    let nested = async {
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..1000 {
            let mut unit = pin!(consume_budget());
            while unit.as_mut().poll(&mut cx).is_pending() {}
        }
    };
    assert_eq!(polls(nested), 1);
}

#[test]
fn there_is_no_limit_where_no_task_is_polled() {
    let mut cx = Context::from_waker(Waker::noop());
    for _ in 0..10_000 {
        assert!(pin!(consume_budget()).poll(&mut cx).is_ready());
    }
    // A thread in `block_on` takes turns with the tasks it runs; on its way out it is free again.
    let runtime = runtime(1);
    runtime.block_on(async {
        for _ in 0..1000 {
            consume_budget().await;
        }
    });
    let all = poll_fn(|cx| {
        for _ in 0..10_000 {
            ready!(pin!(consume_budget()).poll(cx));
        }
        Poll::Ready(())
    });
    assert!(pin!(all).poll(&mut cx).is_ready());
}
