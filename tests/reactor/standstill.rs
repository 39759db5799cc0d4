//! A task that blocks its worker: what its sockets and timers bring goes to the others.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, ThreadId};
use std::time::Duration;

use windlass::net::{TcpListener, TcpStream};
use windlass::time::sleep;
use windlass::{spawn, yield_now};

use crate::support::{BOUND, runtime};

/// Starts `waiting` as a task, and once it waits, with what it waits for held by the reactor of
/// this very worker, blocks the worker until `waiting` has ended elsewhere.
async fn blocked_beside<F>(make: impl Fn() -> (F, Box<dyn FnOnce() + Send>))
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    for _ in 0..1000 {
        let (waiting, provoke) = make();
        let (begun, began) = mpsc::channel::<ThreadId>();
        let (ended, end) = mpsc::channel::<ThreadId>();
        drop(spawn(async move {
            begun.send(thread::current().id()).unwrap();
            let output = waiting.await;
            // Nobody listens when this try is given up.
            let _ = ended.send(thread::current().id());
            drop(output);
        }));
        let there = loop {
            match began.try_recv() {
                Ok(there) => break there,
                Err(_) => yield_now().await,
            }
        };
        if there != thread::current().id() {
            continue;
        }
        provoke();
        let elsewhere = end.recv_timeout(BOUND).expect("it ends while this worker is blocked");
        assert_ne!(elsewhere, thread::current().id(), "this worker is blocked");
        return;
    }
    panic!("the two were never polled by one worker");
}

#[test]
fn a_socket_of_a_worker_that_stands_still_is_served_by_another() {
    let runtime = runtime(2);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let task = runtime.spawn(blocked_beside(move || {
        let client = std::net::TcpStream::connect(addr).unwrap();
        let server = TcpStream::from_std(listener.accept().unwrap().0).unwrap();
        let echo = async move {
            // Several round trips: each needs an event of the blocked worker's reactor.
            for _ in 0..5 {
                let mut byte = [0];
                assert_eq!(server.read(&mut byte).await.unwrap(), 1);
                server.write_all(&byte).await.unwrap();
            }
        };
        let provoke = move || {
            let mut client = client;
            client.set_read_timeout(Some(BOUND)).unwrap();
            thread::spawn(move || {
                for sent in 0..5 {
                    client.write_all(&[sent]).unwrap();
                    let mut received = [0];
                    client.read_exact(&mut received).unwrap();
                    assert_eq!(received, [sent]);
                }
            });
        };
        (echo, Box::new(provoke) as Box<dyn FnOnce() + Send>)
    }));
    runtime.block_on(task).unwrap();
}

#[test]
fn timers_of_a_worker_that_stands_still_fire() {
    let runtime = runtime(2);
    let task = runtime.spawn(blocked_beside(|| {
        let sleeps = async {
            for _ in 0..3 {
                sleep(Duration::from_millis(2)).await;
            }
        };
        (sleeps, Box::new(|| ()) as Box<dyn FnOnce() + Send>)
    }));
    runtime.block_on(task).unwrap();
}

#[test]
fn a_listener_of_a_worker_that_stands_still_accepts() {
    let runtime = runtime(2);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let task = runtime.spawn(blocked_beside(move || {
        let addr = listener.local_addr().unwrap();
        let listener = TcpListener::from_std(listener.try_clone().unwrap()).unwrap();
        let accept = async move { drop(listener.accept().await.unwrap()) };
        let provoke = move || drop(thread::spawn(move || std::net::TcpStream::connect(addr)));
        (accept, Box::new(provoke) as Box<dyn FnOnce() + Send>)
    }));
    runtime.block_on(task).unwrap();
}

/// After a long sleep of all workers the monitor rests: whoever gets up stirs it.
#[test]
fn a_worker_that_blocks_after_a_long_rest_is_seen() {
    let runtime = runtime(2);
    for _ in 0..3 {
        // Longer than the monitor takes to lie down.
        thread::sleep(Duration::from_millis(40));
        let ran = Arc::new(AtomicBool::new(false));
        let task = runtime.spawn(async move {
            let own = ran.clone();
            drop(spawn(async move { own.store(true, Ordering::Relaxed) }));
            let began = std::time::Instant::now();
            while !ran.load(Ordering::Relaxed) {
                assert!(began.elapsed() < BOUND, "nobody helps the worker that stands still");
                std::hint::spin_loop();
            }
        });
        runtime.block_on(task).unwrap();
    }
}
