//! Twenty lines that embed the executor: tasks, timers, joins.

use std::time::Duration;

use windlass::time::sleep;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = windlass::Runtime::builder().workers(2).build()?;
    let greet = |name, wait_ms| async move {
        sleep(Duration::from_millis(wait_ms)).await;
        println!("hello, {name}");
        wait_ms
    };
    let waited_ms = runtime.block_on(async {
        let late = windlass::spawn(greet("late", 20));
        let early = windlass::spawn(greet("early", 10));
        Ok::<_, windlass::JoinError>(late.await? + early.await?)
    })?;
    println!("{waited_ms} ms of waiting, at the same time");
    Ok(())
}
