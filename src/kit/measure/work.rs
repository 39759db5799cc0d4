//! Running one contender's work: calibrated, in bounded pieces, and never past a panic.

use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use super::contender::{Better, Sample};
use super::group::{Batch, Contender, Window, Work};
use super::rounds::{attempt, guarded};

/// What all contenders of a group share.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Which direction is better.
    pub better: Better,
    /// No call gets more operations.
    pub ops_max: u64,
    /// What a window is asked for.
    pub window: Window,
}

const CALIBRATION_STEPS_MAX: usize = 40;

impl Contender<'_> {
    /// Measures once: `ops` operations, or one window.
    pub(super) fn measure(&mut self, ops: u64, setting: &Setting) -> Result<Sample, String> {
        match &mut self.work {
            Work::Broken => Err(self.failure.clone().unwrap_or_default()),
            Work::Window(work) => work(&setting.window),
            Work::Batch(work) => {
                let batch = in_pieces(work, ops, setting.ops_max)?;
                let nanos = batch.elapsed.as_nanos().max(1) as f64;
                let value = match setting.better {
                    Better::Lower => nanos / ops as f64,
                    Better::Higher => ops as f64 * 1e9 / nanos,
                };
                let sample = Sample::new(value);
                Ok(batch
                    .side
                    .iter()
                    .fold(sample, |sample, (name, value)| sample.with(name, *value)))
            }
        }
    }

    /// The time criterion is told for `iters` operations. criterion knows no failures: one is kept
    /// here, and unwinds through criterion to whoever called it.
    ///
    /// # Panics
    /// With the message of what failed.
    pub fn drill(&mut self, iters: u64, setting: &Setting) -> Duration {
        match attempt(&mut || self.measure(iters, setting)) {
            Ok(sample) => {
                let nanos = match setting.better {
                    Better::Lower => sample.value,
                    Better::Higher => 1e9 / sample.value,
                };
                Duration::from_nanos((nanos * iters as f64).max(1.0) as u64)
            }
            Err(message) => {
                self.failure = Some(message.clone());
                resume_unwind(Box::new(message))
            }
        }
    }

    /// Finds how many operations take about `target`, and fails what cannot run at all.
    pub(super) fn calibrate(&mut self, target: Duration, setting: &Setting) {
        let Work::Batch(work) = &mut self.work else {
            return;
        };
        let mut ops = 1;
        for _ in 0..CALIBRATION_STEPS_MAX {
            let began = Instant::now();
            let tried = guarded(|| in_pieces(work, ops, setting.ops_max));
            match tried.and_then(|tried| tried) {
                Ok(batch) if batch.elapsed * 4 >= target => {
                    // A moment's hindrance must not pass for the work's own time.
                    let again = guarded(|| in_pieces(work, ops, setting.ops_max));
                    let elapsed = match again.and_then(|again| again) {
                        Ok(again) => batch.elapsed.min(again.elapsed),
                        Err(_) => batch.elapsed,
                    };
                    let share = target.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
                    if share > 8.0 {
                        ops *= 2;
                        continue;
                    }
                    ops = (ops as f64 * share).max(1.0) as u64;
                    break;
                }
                // Setting up may cost more than the operations: do not grow for ever.
                Ok(_) if began.elapsed() > target * 10 => break,
                Ok(_) => ops *= 2,
                Err(message) => {
                    self.failure = Some(message);
                    return;
                }
            }
        }
        self.ops = ops;
    }
}

fn in_pieces(
    work: &mut (dyn FnMut(u64) -> Result<Batch, String> + '_),
    ops: u64,
    ops_max: u64,
) -> Result<Batch, String> {
    let mut whole = work(ops.min(ops_max))?;
    let mut left = ops - ops.min(ops_max);
    while left > 0 {
        let piece = work(left.min(ops_max))?;
        whole.elapsed += piece.elapsed;
        whole.side = piece.side;
        left -= left.min(ops_max);
    }
    Ok(whole)
}
