//! A runtime that the host drives by hand.

#[path = "support/runtime.rs"]
mod support;

use std::future::poll_fn;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Poll::Pending, Poll::Ready, Waker};
use std::thread;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use support::{BOUND, Counted, bounded, wait_until};
use windlass::hosted::Hosted;
use windlass::net::{TcpListener, TcpStream};
use windlass::time::sleep;
use windlass::{Runtime, spawn, yield_now};

fn hosted() -> Hosted {
    Runtime::builder().build_hosted().unwrap()
}

/// Waits as a host does: for the descriptor and the next timer. Whether the descriptor is readable.
fn host_waits(hosted: &Hosted, at_most: Duration) -> io::Result<bool> {
    let mut poll = Poll::new()?;
    let fd = hosted.descriptor().expect("there is one with sockets");
    let source = &mut SourceFd(&fd);
    poll.registry().register(source, Token(0), Interest::READABLE)?;
    let mut events = Events::with_capacity(1);
    let until_timer = hosted.until_timer().unwrap_or(at_most);
    poll.poll(&mut events, Some(until_timer.min(at_most)))?;
    Ok(!events.is_empty())
}

#[test]
fn nothing_runs_between_calls_and_all_that_is_ready_within() {
    bounded(|| {
        let mut hosted = hosted();
        let here = thread::current().id();
        let task = hosted.handle().spawn(async move {
            assert_eq!(thread::current().id(), here);
            spawn(async { yield_now().await }).await.unwrap();
            7
        });
        assert!(!task.is_finished());
        assert!(hosted.run_until_stalled() >= 4, "two tasks, each polled twice");
        assert!(task.is_finished());
        assert_eq!(hosted.run_until_stalled(), 0);
        assert_eq!(hosted.block_on(task).unwrap().unwrap(), 7);
    });
}

#[test]
fn a_turn_is_bounded_by_tasks_and_by_time() {
    bounded(|| {
        let mut hosted = hosted();
        let begun = Instant::now();
        assert_eq!(hosted.turn(Some(Duration::from_millis(20))), 0);
        assert!(begun.elapsed() >= Duration::from_millis(20));
        let busy = hosted.handle().spawn(async {
            loop {
                yield_now().await;
            }
        });
        assert_eq!(hosted.turn(None), 256);
        assert!(host_waits(&hosted, BOUND).unwrap(), "there is more to do");
        busy.abort();
        hosted.run_until_stalled();
        assert!(busy.is_finished());
    });
}

#[test]
fn a_wake_from_another_thread_makes_the_descriptor_readable_or_ends_the_turn() {
    bounded(|| {
        let mut hosted = hosted();
        let ran = Arc::new(AtomicUsize::new(0));
        for round in 0..20 {
            let (handle, ran) = (hosted.handle().clone(), ran.clone());
            let count = ran.clone();
            let spawning = thread::spawn(move || {
                drop(handle.spawn(async move { count.fetch_add(1, Ordering::Relaxed) }));
            });
            // The notice of a task that a turn saw before it was sent may be there as well.
            while round % 2 == 0 && ran.load(Ordering::Relaxed) == round {
                assert!(host_waits(&hosted, BOUND).unwrap(), "round {round}");
                hosted.turn(Some(Duration::ZERO));
            }
            while ran.load(Ordering::Relaxed) == round {
                hosted.turn(None);
            }
            assert_eq!(ran.load(Ordering::Relaxed), round + 1);
            spawning.join().unwrap();
        }
        hosted.run_until_stalled();
        assert!(!host_waits(&hosted, Duration::ZERO).unwrap(), "all is quiet");
    });
}

/// Else a host that asks before each turn would never wait again.
#[test]
fn a_turn_without_waiting_takes_the_notice_from_the_descriptor() {
    bounded(|| {
        let mut hosted = hosted();
        drop(hosted.handle().spawn(async {}));
        assert!(host_waits(&hosted, BOUND).unwrap(), "a task waits");
        assert_eq!(hosted.turn(Some(Duration::ZERO)), 1);
        assert!(!host_waits(&hosted, Duration::ZERO).unwrap(), "all is quiet");
    });
}

#[test]
fn timers_and_sockets_work_from_the_hosts_loop() {
    bounded(|| {
        let mut hosted = hosted();
        let task = hosted.handle().spawn(async {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let server = spawn(async move {
                let (stream, _) = listener.accept().await.unwrap();
                sleep(Duration::from_millis(5)).await;
                stream.write_all(b"ahoy").await.unwrap();
            });
            let stream = TcpStream::connect(address).await.unwrap();
            let mut reply = [0; 4];
            let mut filled = 0;
            while filled < 4 {
                filled += stream.read(&mut reply[filled..]).await.unwrap();
            }
            server.await.unwrap();
            reply
        });
        let begun = Instant::now();
        while !task.is_finished() {
            assert!(begun.elapsed() < BOUND);
            hosted.turn(Some(Duration::ZERO));
            if !task.is_finished() {
                host_waits(&hosted, BOUND).unwrap();
            }
        }
        assert_eq!(&hosted.block_on(task).unwrap().unwrap(), b"ahoy");
    });
}

#[test]
fn block_on_drives_what_it_waits_for_and_is_refused_inside_itself() {
    bounded(|| {
        let mut hosted = hosted();
        let handle = hosted.handle().clone();
        let slept = hosted.block_on(async move {
            let task = spawn(sleep(Duration::from_millis(5)));
            assert!(handle.try_block_on(async {}).is_err());
            task.await
        });
        assert!(slept.unwrap().is_ok());
    });
}

/// A wake that comes while the host is on its way to the turn in which it waits.
#[test]
fn no_wake_of_the_future_is_lost_at_any_moment() {
    bounded(|| {
        let mut hosted = hosted();
        let (ask, asked) = mpsc::channel::<(Arc<AtomicUsize>, Waker)>();
        let waker = thread::spawn(move || {
            for (turn, (done, waker)) in asked.into_iter().enumerate() {
                // Somewhere within the way to sleep.
                (0..turn % 512).for_each(|_| std::hint::spin_loop());
                done.store(1, Ordering::SeqCst);
                waker.wake();
            }
        });
        for _ in 0..50_000 {
            let done = Arc::new(AtomicUsize::new(0));
            let mut told = false;
            let waits = poll_fn(|cx| {
                if !std::mem::replace(&mut told, true) {
                    ask.send((done.clone(), cx.waker().clone())).unwrap();
                }
                if done.load(Ordering::SeqCst) == 0 { Pending } else { Ready(()) }
            });
            hosted.block_on(waits).unwrap();
        }
        drop(ask);
        waker.join().unwrap();
    });
}

#[test]
fn the_end_drops_what_is_left() {
    bounded(|| {
        let mut hosted = hosted();
        let drops = Arc::new(AtomicUsize::new(0));
        for _ in 0..10 {
            let counted = Counted(drops.clone());
            drop(hosted.handle().spawn(async move {
                let _counted = counted;
                std::future::pending::<()>().await;
            }));
        }
        hosted.turn(None);
        let counted = Counted(drops.clone());
        drop(hosted.handle().spawn(async move { drop(counted) }));
        let handle = hosted.handle().clone();
        drop(hosted);
        wait_until(|| drops.load(Ordering::SeqCst) == 11);
        assert!(handle.block_on(handle.spawn(async {})).is_err());
    });
}
