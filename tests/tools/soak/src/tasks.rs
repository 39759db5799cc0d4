//! Soaks runtime, tasks and channels: tasks and a thread outside send boxed values to tasks, others
//! yield, are aborted, are left alone. Each value must come once. Small, so that sanitizers and
//! interpreters get through it.
//!
//! ```text
//! soak_tasks [ROUNDS]     2,000 rounds, 100 to a runtime
//! ```

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use windlass::channel::{Receiver, Sender, bounded, oneshot};
use windlass::{Runtime, spawn, yield_now};

const SENDERS: u64 = 3;
const EACH: u64 = 10;
const RUNTIME_ROUNDS: u64 = 100;

fn main() -> ExitCode {
    let mut given = std::env::args().skip(1).map(|word| word.parse::<u64>());
    let rounds = match (given.next(), given.next()) {
        (None, _) => 2_000,
        (Some(Ok(rounds)), None) => rounds,
        _ => {
            eprintln!("usage: soak_tasks [ROUNDS], a number");
            return ExitCode::from(2);
        }
    };
    let begun = Instant::now();
    let mut done = 0;
    while done < rounds {
        let workers = 1 + (done / RUNTIME_ROUNDS % 3) as usize;
        let mut builder = Runtime::builder().workers(workers);
        if cfg!(miri) {
            // Workers that look about keep the interpreter from the others.
            builder = builder.spin_max(Duration::ZERO);
        }
        let runtime = builder.build().expect("a runtime");
        let until = rounds.min(done + RUNTIME_ROUNDS);
        for round in done..until {
            runtime.block_on(play(round));
        }
        // It ends beside tasks that are left, each of which holds a box.
        let (_open, never) = bounded::<Box<u64>>(1);
        drop(runtime.spawn(async move { never.recv().await.map(|value| *value) }));
        done = until;
    }
    println!("soak: {rounds} rounds of tasks in {:.0} s: sound", begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

async fn play(round: u64) {
    let (sender, receiver) = bounded(1 + (round % 4) as usize);
    let mut senders = Vec::new();
    for number in 0..SENDERS {
        senders.push(spawn(sends(sender.clone(), number)));
    }
    let outside = thread::spawn(move || {
        for value in values(SENDERS) {
            sender.send_blocking(Box::new(value)).expect("somebody receives");
        }
    });
    let receivers = [spawn(receives(receiver.clone())), spawn(receives(receiver))];

    let (_open, never) = bounded::<Box<u64>>(1);
    let waits = spawn(async move { never.recv().await.map(|value| *value) });
    let (one, other) = oneshot();
    let answers = spawn(async move { other.await });
    let asks = spawn(async move {
        yield_now().await;
        one.send(Box::new(round)).expect("somebody waits");
    });
    waits.abort();

    let mut came = Vec::new();
    for receiver in receivers {
        came.extend(receiver.await.expect("a receiver ends"));
    }
    for sender in senders {
        sender.await.expect("a sender ends");
    }
    came.sort_unstable();
    let expected: Vec<u64> = (0..=SENDERS).flat_map(values).collect();
    assert_eq!(came, expected, "lost or twice");
    outside.join().expect("the thread ends");
    asks.await.expect("it ends");
    assert_eq!(answers.await.expect("it ends").expect("an answer"), Box::new(round));
    assert!(waits.await.expect_err("nobody sends to it").is_cancelled());
}

fn values(sender: u64) -> impl Iterator<Item = u64> {
    (0..EACH).map(move |number| sender * 100 + number)
}

async fn sends(sender: Sender<Box<u64>>, number: u64) {
    for value in values(number) {
        sender.send(Box::new(value)).await.expect("somebody receives");
        if value % 3 == 0 {
            yield_now().await;
        }
    }
}

async fn receives(receiver: Receiver<Box<u64>>) -> Vec<u64> {
    let mut came = Vec::new();
    while let Ok(value) = receiver.recv().await {
        came.push(*value);
    }
    came
}
