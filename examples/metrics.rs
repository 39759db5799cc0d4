//! What a runtime tells about itself: counters, poll times, slow polls by name.
//!
//! ```sh
//! cargo run --release --example metrics
//! ```

use std::thread;
use std::time::Duration;

use windlass::{BuildError, Runtime, yield_now};

fn main() -> Result<(), BuildError> {
    let runtime = Runtime::builder()
        .workers(2)
        .poll_times(true)
        .on_slow_poll(Duration::from_millis(20), |slow| {
            println!("worker {} is blocked since {:?} by {}", slow.worker, slow.lasted, slow.task);
        })
        .build()?;
    let polite = runtime.spawn(async {
        for _ in 0..100_000 {
            yield_now().await;
        }
    });
    let rude = runtime.spawn(blocks_its_worker());
    runtime.block_on(async {
        polite.await.expect("the task ends");
        rude.await.expect("the task ends");
    });
    let metrics = runtime.metrics();
    println!("{} tasks alive, {} workers asleep", metrics.tasks_alive, metrics.workers_asleep);
    for (worker, counts) in metrics.workers.iter().enumerate() {
        println!("worker {worker}: {counts:#?}");
        let classes = counts.poll_times.iter().flat_map(|times| times.0.iter().enumerate());
        for (class, polls) in classes.filter(|(_, polls)| **polls > 0) {
            println!("  {polls:>8} polls of {} ns and more", 1_u64 << class);
        }
    }
    Ok(())
}

async fn blocks_its_worker() {
    thread::sleep(Duration::from_millis(100));
}
