//! Twenty lines that embed the executor: tasks, a timer, a panic that stays where it happened.

use std::time::Duration;

use windlass::time::sleep;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = windlass::Runtime::builder().workers(2).build()?;
    let sum = runtime.block_on(async {
        let tasks: Vec<_> = (1..=4_u64)
            .map(|number| {
                windlass::spawn(async move {
                    sleep(Duration::from_millis(10 * number)).await;
                    println!("task {number} is done");
                    number
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await?;
        }
        Ok::<_, windlass::JoinError>(sum)
    })?;
    println!("sum: {sum}");

    let failed = runtime.block_on(runtime.spawn(async { panic!("this task alone") }));
    println!("and one failed: {}", failed.unwrap_err());
    Ok(())
}
