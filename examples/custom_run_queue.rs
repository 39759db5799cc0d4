//! A run queue of one's own inside the executor: `Mutex<VecDeque>` in the place of windlass's ring.
//!
//! ```sh
//! cargo run --release --example custom_run_queue
//! ```

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use windlass::executor::{RunQueue, RunQueues};
use windlass::{BuildError, Runtime, yield_now};

/// A queue that makes its callers wait for each other: what a wake promises (it never blocks) is
/// given up.
struct Locked<T>(Mutex<VecDeque<T>>);

impl<T: Send> RunQueue<T> for Locked<T> {
    fn with_capacity(capacity: usize) -> Self {
        // Room for all from the start, so that a wake at least never allocates.
        Self(Mutex::new(VecDeque::with_capacity(capacity)))
    }

    fn push(&self, task: T) -> Result<(), T> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tasks.len() == tasks.capacity() {
            return Err(task);
        }
        tasks.push_back(task);
        Ok(())
    }

    fn pop(&self) -> Option<T> {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.pop_front()
    }

    fn len(&self) -> usize {
        let tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.len()
    }
}

/// The kind, which makes such queues for whatever type the executor's tasks have.
struct LockedQueues;

impl RunQueues for LockedQueues {
    type Queue<T: Send> = Locked<T>;
}

const TASKS: u32 = 64;
const YIELDS: u32 = 10_000;

fn main() -> Result<(), BuildError> {
    // In turn, so that a slow phase of the machine meets both.
    for _ in 0..3 {
        yields("windlass's ring", &Runtime::builder().workers(2).build()?);
        let locked = Runtime::builder().workers(2).queues::<LockedQueues>();
        yields("Mutex<VecDeque>", &locked.build()?);
    }
    Ok(())
}

async fn work() {
    for _ in 0..YIELDS {
        yield_now().await;
    }
}

fn yields(name: &str, runtime: &Runtime) {
    let began = Instant::now();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..TASKS).map(|_| windlass::spawn(work())).collect();
        for task in tasks {
            task.await.expect("the task ends");
        }
    });
    let ns = began.elapsed().as_nanos() / u128::from(TASKS * YIELDS);
    println!("{name}: {ns} ns a yield");
}
