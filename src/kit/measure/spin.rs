//! The spin test: what a machine that should be idle takes away from a loop that only counts.
//!
//! One thread for each core repeats a piece of work of known length and looks at the clock after
//! each. Nothing is shared and nothing waits: what a piece takes much longer than usual was taken
//! by somebody else, be it another process, an interrupt or the hypervisor.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::random::Random;

/// How long one piece of work is meant to take.
const PIECE: Duration = Duration::from_micros(20);
/// How long the test runs, besides calibration.
const LENGTH: Duration = Duration::from_millis(300);
/// A piece that takes so many times the usual was interrupted; less is the clock rate's doing.
const INTERRUPTED: f64 = 1.5;
/// No thread keeps more pieces than this.
const PIECES_MAX: usize = 1 << 16;

/// More time lost than this share makes a machine noisy.
pub const LOST_NOISY: f64 = 0.02;
/// More time lost than this share makes a machine unusable.
pub const LOST_UNUSABLE: f64 = 0.10;
/// A longer gap than this, in ms, makes a machine noisy: the kernel gave the core to another.
pub const GAP_MS_NOISY: f64 = 3.0;
/// Work that usually takes so many times its best makes a machine noisy: its speed changes.
pub const USUAL_NOISY: f64 = 1.15;

/// How far a machine is fit to measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nothing speaks against it.
    #[default]
    Quiet,
    /// Wide intervals are to be expected.
    Noisy,
    /// Nothing measured here means anything.
    Unusable,
}

/// What the spin test saw.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spin {
    /// How many threads spun, one a core.
    pub cores: usize,
    /// How long, in seconds.
    pub seconds: f64,
    /// The best piece of work, in microseconds.
    pub piece_us: f64,
    /// The usual piece (the median) as a multiple of the best, on the worst core.
    pub usual: f64,
    /// The 99th percentile of the pieces as a multiple of the usual, on the worst core.
    pub p99: f64,
    /// The longest time that was taken away at once, in milliseconds.
    pub gap_ms_max: f64,
    /// The share of the time that was taken away, over all cores.
    pub lost_share: f64,
    /// What this says of the machine.
    pub grade: Grade,
    /// Why it is not quiet; empty when it is.
    pub reasons: Vec<String>,
}

/// Spins on every core this process may use, for about a third of a second.
#[must_use]
pub fn spin_test() -> Spin {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let pieces: Vec<Vec<f64>> = thread::scope(|scope| {
        let spun: Vec<_> = (0..cores)
            .map_while(|seed| {
                let body = move || spin(seed as u64);
                thread::Builder::new().name("windlass-spin".into()).spawn_scoped(scope, body).ok()
            })
            .collect();
        spun.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    judge(&pieces)
}

/// The time of each piece, in microseconds.
fn spin(seed: u64) -> Vec<f64> {
    let mut random = Random::new(seed);
    let mut piece = |turns: u32| {
        let began = Instant::now();
        for _ in 0..turns {
            black_box(random.bits());
        }
        began.elapsed()
    };
    let mut turns = 64;
    // The best of three: a hindrance while calibrating must not make the pieces short.
    while turns < 1 << 24 && (0..3).map(|_| piece(turns)).min() < Some(PIECE) {
        turns += turns / 4;
    }
    let (mut taken, began) = (Vec::new(), Instant::now());
    while began.elapsed() < LENGTH && taken.len() < PIECES_MAX {
        taken.push(piece(turns).as_secs_f64() * 1e6);
    }
    taken
}

/// What the pieces of each core say.
fn judge(cores: &[Vec<f64>]) -> Spin {
    let mut seen = Spin::default();
    let (mut lost_us, mut all_us) = (0.0, 0.0);
    for pieces in cores.iter().filter(|pieces| !pieces.is_empty()) {
        let mut sorted = pieces.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share: f64| sorted[(share * (sorted.len() - 1) as f64) as usize];
        let (best, usual, longest) = (at(0.0).max(1e-3), at(0.5).max(1e-3), at(1.0));
        let interrupted = pieces.iter().filter(|taken| **taken > INTERRUPTED * usual);
        lost_us += interrupted.map(|taken| taken - usual).sum::<f64>();
        all_us += pieces.iter().sum::<f64>();
        seen.seconds = seen.seconds.max(pieces.iter().sum::<f64>() / 1e6);
        let first = seen.cores == 0;
        seen.piece_us = if first { best } else { seen.piece_us.min(best) };
        seen.usual = seen.usual.max(usual / best);
        seen.p99 = seen.p99.max(at(0.99) / usual);
        seen.gap_ms_max = seen.gap_ms_max.max((longest - usual) / 1e3);
        seen.cores += 1;
    }
    seen.lost_share = if all_us > 0.0 { lost_us / all_us } else { 0.0 };
    grade(&mut seen);
    seen
}

fn grade(seen: &mut Spin) {
    let mut gate = |tripped: bool, grade: Grade, reason: String| {
        if tripped {
            seen.grade = seen.grade.max(grade);
            seen.reasons.push(reason);
        }
    };
    if seen.cores == 0 {
        gate(true, Grade::Unusable, "spin test: no thread could be started".to_owned());
        return;
    }
    let lost = seen.lost_share;
    let taken = if lost > LOST_UNUSABLE { Grade::Unusable } else { Grade::Noisy };
    let text = format!("spin test: {:.1} % of the time was taken away", lost * 100.0);
    gate(lost > LOST_NOISY, taken, text);
    let gap = seen.gap_ms_max;
    let text = format!("spin test: {gap:.1} ms were taken away at once");
    gate(gap > GAP_MS_NOISY, Grade::Noisy, text);
    let usual = seen.usual;
    let text = format!("spin test: work usually takes {usual:.2} times its best: unsteady speed");
    gate(usual > USUAL_NOISY, Grade::Noisy, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_core_is_quiet_and_each_gate_trips_by_its_own_cause() {
        let steady = vec![20.0; 10_000];
        let seen = judge(&[steady.clone(), steady.clone()]);
        assert_eq!((seen.cores, seen.grade, seen.reasons.len()), (2, Grade::Quiet, 0));
        let with = |extra_us: f64, every: usize| {
            let slowed = steady.iter().enumerate();
            let slowed = slowed.map(|(at, us)| if at % every == 0 { us + extra_us } else { *us });
            judge(&[slowed.collect(), steady.clone()])
        };
        // Of one core of two 500 us every 200 pieces: 11 % of its time, 6 % of both.
        let often = with(500.0, 200);
        assert_eq!(often.grade, Grade::Noisy);
        assert!(often.reasons[0].contains("5.9 % of the time"), "{often:?}");
        let once = with(4_000.0, 10_000);
        assert_eq!((once.grade, once.reasons.len()), (Grade::Noisy, 1));
        assert!(once.reasons[0].contains("4.0 ms were taken away at once"));
        assert_eq!(
            with(40_000.0, 10_000).grade,
            Grade::Noisy,
            "one long gap is no reason to give up"
        );
        assert_eq!(with(1_000.0, 50).grade, Grade::Unusable);
        let halved = [vec![20.0; 1_000], vec![40.0; 3_000]].concat();
        assert!(judge(&[halved]).reasons[0].contains("2.00 times its best"));
        assert_eq!(judge(&[]).grade, Grade::Unusable);
    }

    #[test]
    fn a_real_machine_is_read() {
        let seen = spin_test();
        assert!(seen.cores >= 1 && seen.seconds > 0.0, "{seen:?}");
        assert!(seen.usual >= 1.0 && seen.p99 >= 1.0 && seen.lost_share < 1.0, "{seen:?}");
    }
}
