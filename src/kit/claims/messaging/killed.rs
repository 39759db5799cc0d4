//! The receiver's process is killed with letters waiting in it, and started again.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::kit::load::nanos_histogram;
use crate::kit::measure::contender::Sample;
use crate::kit::measure::group::Window;
use crate::kit::stage::folder::Folder;
use crate::kit::stage::letters::{Letters, Received, Way};

use super::super::bits::{ms, record};
use super::counts::{DUPLICATES, HELD, LOST, MISORDERED};

/// Letters in all, and those taken before the process is killed; the next is then on its way.
const LETTERS: u64 = 40;
const KILL_AFTER: u64 = 25;

/// One run: share of the letters said to be taken that were received, in percent.
pub(super) fn run(way: Way, window: &Window) -> Result<Sample, String> {
    let folder = Folder::fresh("killed")?;
    let database = folder.path().join("letters.db");
    let (letters, kill_after) = if window.smoke { (6, 3) } else { (LETTERS, KILL_AFTER) };
    let (mut held, mut receiver) = (nanos_histogram(), Letters::start(way, &database)?);
    for number in 0..kill_after {
        send(&mut receiver, number, &mut held)?;
    }
    receiver.send(kill_after)?;
    receiver.kill();
    let restarted = Instant::now();
    let mut receiver = Letters::start(way, &database)?;
    // Whether the one on its way was taken the sender cannot know: it sends it again.
    for number in kill_after..letters {
        send(&mut receiver, number, &mut held)?;
    }
    let Received { letters: all, different, misordered } = receiver.finish()?;
    let catch_up = restarted.elapsed();
    if all == 0 || different > letters {
        return Err(format!("{letters} letters were taken, {all} received, {different} different"));
    }
    Ok(Sample::new(different as f64 * 100.0 / letters as f64)
        .with(LOST, (letters - different) as f64)
        .with(DUPLICATES, (all - different) as f64)
        .with(MISORDERED, misordered as f64)
        .with(HELD, ms(&held, 0.5))
        .with("catch_up_ms", catch_up.as_secs_f64() * 1e3)
        .with_latencies("sender held", held))
}

/// Sends one letter and waits until it is taken.
fn send(receiver: &mut Letters, number: u64, held: &mut Histogram<u64>) -> Result<(), String> {
    let begun = Instant::now();
    receiver.send(number)?;
    receiver.taken(number)?;
    record(held, begun.elapsed().max(Duration::from_nanos(1)));
    Ok(())
}
