//! Two runtimes in one process, so that what computes cannot delay what answers: each has its own
//! workers, cores and bound on tasks, and channels between them.

use std::error::Error;
use std::time::{Duration, Instant};

use windlass::channel::{self, OneSender};
use windlass::{CorePlan, Runtime};

/// A question, and the way back.
type Question = (u64, OneSender<u64>);

fn main() -> Result<(), Box<dyn Error>> {
    for plan in [CorePlan::Compact, CorePlan::Spread] {
        // An error where threads cannot be bound, as without the feature `pin`.
        println!("{plan:?}, 4 workers: cores {:?}", plan.cores(4));
    }
    // Let the kernel place the one that answers; bind the one that computes, if this build can.
    let fronts = Runtime::builder().workers(1).cores(CorePlan::None);
    let front = fronts.thread_name("front").build()?;
    let backs = Runtime::builder().workers(2).cores(CorePlan::default());
    let back = backs
        .thread_name("back")
        .tasks_max(100)
        .on_thread_start(|worker| println!("back: worker {worker} begins"))
        .on_thread_stop(|worker| println!("back: worker {worker} ends"))
        .build()?;

    let (ask, questions) = channel::bounded::<Question>(16);
    for _ in 0..2 {
        let questions = questions.clone();
        drop(back.spawn(async move {
            while let Ok((number, reply)) = questions.recv().await {
                // Who asked may have gone.
                let _unwanted = reply.send(slow_sum(number));
            }
        }));
    }

    let begun = Instant::now();
    let pulses = front.spawn(async move {
        let mut pulses = 0_u64;
        while begun.elapsed() < Duration::from_millis(50) {
            pulses += 1;
            windlass::yield_now().await;
        }
        pulses
    });
    let answers = front.spawn(async move {
        let mut sum = 0_u64;
        for number in 0..20 {
            let (reply, answer) = channel::oneshot();
            if ask.send((number, reply)).await.is_err() {
                break;
            }
            sum = sum.wrapping_add(answer.await.unwrap_or(0));
        }
        sum
    });
    let (sum, pulses) =
        front.block_on(async { Ok::<_, windlass::JoinError>((answers.await?, pulses.await?)) })?;
    println!("the sum is {sum}; the front had {pulses} turns meanwhile");

    // In whichever order they are dropped, each ends its own tasks.
    drop(back);
    drop(front);
    Ok(())
}

/// Keeps a core for a while.
fn slow_sum(number: u64) -> u64 {
    (0..1_000_000).fold(number, |sum, n| std::hint::black_box(sum.wrapping_add(n)))
}
