//! A scheduling experiment: the same work under four policies, one of them made here, and what the
//! workers' counters say about each.
//!
//! ```sh
//! cargo run --release --example scheduling
//! ```

use std::time::Instant;

use windlass::channel;
use windlass::executor::{Pinned, Policy, Shared, Stealing};
use windlass::{BuildError, Runtime};

/// As `Stealing`, but a task that is woken waits for its turn behind the others.
struct NoLifo;

impl Policy for NoLifo {
    const LIFO_RUN_MAX: u32 = 0;
}

const PAIRS: u64 = 8;
const MESSAGES: u64 = 20_000;

fn main() -> Result<(), BuildError> {
    measure::<Stealing>("Stealing")?;
    measure::<NoLifo>("Stealing without LIFO slot")?;
    measure::<Shared>("Shared")?;
    measure::<Pinned>("Pinned")
}

/// Pairs of tasks that send each other messages through channels of one place.
fn measure<P: Policy>(name: &str) -> Result<(), BuildError> {
    let runtime = Runtime::builder().workers(2).policy::<P>().build()?;
    let began = Instant::now();
    let tasks: Vec<_> = (0..PAIRS).map(|_| runtime.spawn(pair())).collect();
    let sum: u64 = runtime.block_on(async {
        let mut sum = 0;
        for task in tasks {
            sum += task.await.expect("the task ends");
        }
        sum
    });
    assert_eq!(sum, PAIRS * MESSAGES);
    let ns = began.elapsed().as_nanos() as u64 / (PAIRS * MESSAGES);
    println!("{name}: {ns} ns a message there and back");
    for (worker, counts) in runtime.metrics().workers.iter().enumerate() {
        println!(
            "  worker {worker}: {} polls, {} from the LIFO slot, {} tasks stolen, {} sleeps",
            counts.polls, counts.lifo_hits, counts.stolen, counts.sleeps
        );
    }
    Ok(())
}

async fn pair() -> u64 {
    let (ask, asked) = channel::bounded(1);
    let (answer, answered) = channel::bounded(1);
    let echo = windlass::spawn(async move {
        while let Ok(number) = asked.recv().await {
            if answer.send(number).await.is_err() {
                break;
            }
        }
    });
    let mut received = 0;
    for number in 0..MESSAGES {
        ask.send(number).await.expect("the other task receives");
        received += u64::from(answered.recv().await == Ok(number));
    }
    drop(ask);
    echo.await.expect("the other task ends");
    received
}
