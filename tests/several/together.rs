//! Runtimes that live side by side.

use std::sync::Arc;
use std::thread;

use windlass::{CorePlan, Handle, Runtime, channel, spawn, spawn_blocking, yield_now};

use crate::support::{bounded, runtime};

fn named(name: &str) -> Runtime {
    // Without guests: a task then runs on a thread that bears its runtime's name.
    let builder = Runtime::builder().workers(2).cores(CorePlan::None).guests(false);
    builder.thread_name(name).build().unwrap()
}

/// The name of the runtime on whose thread this runs: the threads are `name-0`, `name-1`.
fn here() -> String {
    let thread = thread::current();
    let name = thread.name().unwrap_or_default();
    name.split('-').next().unwrap_or_default().to_owned()
}

#[test]
fn guards_nest_and_each_gives_back_the_one_before() {
    bounded(|| {
        let (a, b, c) = (named("a"), named("b"), named("c"));
        assert!(Handle::try_current().is_err());
        let in_a = a.handle().enter();
        let in_block_on = c.block_on(async { spawn(async { here() }).await.unwrap() });
        assert_eq!(in_block_on, "c", "block_on enters, too");
        let spawned = || spawn(async { here() });
        let of_a = spawned();
        {
            let _in_b = b.handle().enter();
            let of_b = spawned();
            {
                let _in_a = a.handle().enter();
                let _in_c = c.handle().enter();
                assert_eq!(c.block_on(spawned()).unwrap(), "c");
            }
            assert_eq!(c.block_on(of_b).unwrap(), "b");
            assert_eq!(c.block_on(async { 1 }), 1);
            let again = spawned();
            assert_eq!(a.block_on(again).unwrap(), "b", "after block_on of others");
        }
        assert_eq!(b.block_on(of_a).unwrap(), "a");
        assert_eq!(b.block_on(spawned()).unwrap(), "a");
        drop(in_a);
        assert!(Handle::try_current().is_err());
    });
}

#[test]
fn a_handle_is_entered_inside_a_task_of_another_runtime() {
    bounded(|| {
        let (a, b) = (named("a"), named("b"));
        let of_a = a.handle().clone();
        let seen = b.spawn(async move {
            let before = spawn(async { here() });
            let (entered, blocking) = {
                let _in_a = of_a.enter();
                (spawn(async { here() }), spawn_blocking(here))
            };
            let after = spawn(async { here() });
            // A task wherever it is polled is in its own runtime.
            yield_now().await;
            let nested = of_a.spawn(async { spawn(async { here() }).await.unwrap() });
            [
                before.await.unwrap(),
                entered.await.unwrap(),
                blocking.await.unwrap(),
                after.await.unwrap(),
                nested.await.unwrap(),
                here(),
            ]
        });
        assert_eq!(a.block_on(seen).unwrap(), ["b", "a", "a", "b", "a", "b"]);
    });
}

#[test]
fn tasks_of_each_join_tasks_of_the_others() {
    bounded(|| {
        let three = [runtime(1), runtime(2), runtime(2)];
        let handles: Arc<Vec<Handle>> =
            Arc::new(three.iter().map(|r| r.handle().clone()).collect());
        fn nest(handles: Arc<Vec<Handle>>, depth: usize) -> windlass::JoinHandle<usize> {
            let on = handles[depth % handles.len()].clone();
            on.spawn(async move {
                if depth == 0 {
                    return 0;
                }
                yield_now().await;
                1 + nest(handles, depth - 1).await.unwrap()
            })
        }
        let tasks: Vec<_> = (0..200).map(|depth| nest(handles.clone(), depth)).collect();
        let sum = three[0].block_on(async {
            let mut sum = 0;
            for task in tasks {
                sum += task.await.unwrap();
            }
            sum
        });
        assert_eq!(sum, (0..200).sum::<usize>());
    });
}

#[test]
fn channels_carry_between_runtimes_in_both_directions() {
    bounded(|| {
        let (a, b) = (runtime(2), runtime(1));
        let (there, from_a) = channel::bounded::<usize>(4);
        let (back, from_b) = channel::bounded::<usize>(4);
        drop(b.spawn(async move {
            while let Ok(value) = from_a.recv().await {
                if back.send(value + 1).await.is_err() {
                    break;
                }
            }
        }));
        let asked = a.spawn(async move {
            let mut sum = 0;
            for value in 0..10_000 {
                there.send(value).await.unwrap();
                sum += from_b.recv().await.unwrap() - value;
            }
            sum
        });
        assert_eq!(a.block_on(asked).unwrap(), 10_000);
    });
}

#[cfg(feature = "net")]
#[test]
fn a_timer_of_one_runtime_wakes_a_task_of_another() {
    use std::future::poll_fn;
    use std::task::Poll;
    use std::time::{Duration, Instant};

    bounded(|| {
        let (a, b) = (runtime(1), runtime(1));
        let begun = Instant::now();
        let (sent, received) = channel::oneshot();
        drop(a.spawn(async move {
            let mut sleep = Box::pin(windlass::time::sleep(Duration::from_millis(5)));
            // Polled here once, so that the timer stands in this runtime's wheel.
            poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_ready())).await;
            let _received = sent.send(sleep);
        }));
        let awaited = b.spawn(async move {
            received.await.unwrap().await;
        });
        b.block_on(awaited).unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(5));
    });
}

#[cfg(feature = "net")]
#[test]
fn a_sleep_ends_with_its_runtime_whenever_it_began() {
    use std::time::Duration;
    use windlass::time::sleep;
    const FAR: Duration = Duration::from_secs(1_000_000);
    bounded(|| {
        let (a, b) = (runtime(1), runtime(1));
        let of_a = a.handle().clone();
        let (sent, received) = std::sync::mpsc::channel();
        let waiter = thread::spawn(move || {
            of_a.block_on(async {
                let _entered = sent.send(());
                sleep(FAR).await;
            });
        });
        received.recv().unwrap();
        let of_a = a.handle().clone();
        drop(a);
        waiter.join().unwrap();
        // Nobody turns that wheel any more.
        of_a.block_on(sleep(FAR));
        b.block_on(b.spawn_blocking(move || of_a.block_on(sleep(FAR)))).unwrap();
    });
}

#[test]
fn many_begin_and_end_at_once() {
    bounded(|| {
        let turns = |_| {
            thread::spawn(|| {
                for _ in 0..10 {
                    let (a, b) = (runtime(2), runtime(1));
                    let tasks: Vec<_> = (0..20).map(|n| a.spawn(async move { n })).collect();
                    let sum = b.spawn(async move {
                        let mut sum = 0;
                        for task in tasks {
                            sum += task.await.unwrap();
                        }
                        sum
                    });
                    assert_eq!(a.block_on(sum).unwrap(), 190);
                }
            })
        };
        let threads: Vec<_> = (0..4).map(turns).collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}
