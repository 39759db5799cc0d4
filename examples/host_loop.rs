//! A runtime without threads, driven from a loop that has other things to do: here, drawing frames.
//!
//! ```sh
//! cargo run --example host_loop
//! ```

use std::time::{Duration, Instant};

use windlass::time::sleep;
use windlass::{BuildError, Runtime};

const FRAME: Duration = Duration::from_millis(16);

fn main() -> Result<(), BuildError> {
    let mut hosted = Runtime::builder().build_hosted()?;
    let download = hosted.handle().spawn(async {
        for part in 1..=5 {
            sleep(Duration::from_millis(30)).await;
            println!("  part {part} is there");
        }
    });
    let mut frame = 0;
    while !download.is_finished() {
        frame += 1;
        println!("frame {frame}");
        // What is left of the frame's time belongs to the tasks.
        let end = Instant::now() + FRAME;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            hosted.turn(Some(left));
            if left.is_zero() {
                break;
            }
        }
    }
    Ok(())
}
