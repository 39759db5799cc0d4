//! What a flush to the disk of the target directory costs: that is where databases and records lie.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::kit::measure::paths;
use crate::kit::measure::statistics;

use super::fact::{Fact, Grade};

/// Flushes that are timed, each of one block; fewer where they take long.
const FLUSHES: usize = 20;
const BLOCK_BYTES: usize = 4096;
const FLUSHES_TIME_MAX: Duration = Duration::from_secs(3);

/// A flush that costs less reaches no disk.
const MS_MIN: f64 = 0.02;
/// One that costs more makes the database's rows take long.
const MS_MAX: f64 = 50.0;

/// What there is to say.
pub(super) fn fact() -> Fact {
    let target = paths::target_dir();
    let there = target.ancestors().find(|dir| dir.is_dir()).unwrap_or(Path::new("."));
    match flushes(there) {
        Ok(ms) => judge(&ms, there),
        Err(error) => {
            let found = format!("nothing can be written to {}: {error}", there.display());
            let change = "set CARGO_TARGET_DIR to a directory that can be written";
            Fact::graded("disk", Grade::Bad, found, change)
        }
    }
}

fn judge(ms: &[f64], there: &Path) -> Fact {
    let median = statistics::median(ms).unwrap_or_default();
    let longest = ms.iter().copied().fold(0.0, f64::max);
    let (grade, change) = match median {
        ms if ms < MS_MIN => (
            Grade::Warn,
            "no disk is that fast: what a group commit saves cannot show; set CARGO_TARGET_DIR to \
             a directory on a disk",
        ),
        ms if ms > MS_MAX => (
            Grade::Warn,
            "rows with a database take long: set CARGO_TARGET_DIR to a directory on a faster disk",
        ),
        _ => (Grade::Ok, ""),
    };
    let there = there.display();
    let found = format!("a flush takes {median:.2} ms, {longest:.2} ms at the longest ({there})");
    Fact::graded("disk", grade, found, change)
}

/// How long each flush took, in milliseconds.
fn flushes(there: &Path) -> io::Result<Vec<f64>> {
    let path = there.join(format!(".windlass-doctor-{}", std::process::id()));
    let timed = File::create_new(&path).and_then(|file| timed(&file));
    let removed = fs::remove_file(&path);
    let ms = timed?;
    removed.map(|()| ms)
}

fn timed(mut file: &File) -> io::Result<Vec<f64>> {
    let (began, mut ms) = (Instant::now(), Vec::new());
    while ms.len() < FLUSHES && began.elapsed() < FLUSHES_TIME_MAX {
        file.write_all(&[7; BLOCK_BYTES])?;
        let flush = Instant::now();
        file.sync_data()?;
        ms.push(flush.elapsed().as_secs_f64() * 1e3);
    }
    Ok(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flushes_are_judged() {
        let judged = |ms: &[f64]| judge(ms, Path::new("/t")).grade;
        assert_eq!(judged(&[1.0, 2.0, 3.0]), Grade::Ok);
        assert_eq!(judged(&[0.001, 0.002]), Grade::Warn);
        assert_eq!(judged(&[80.0, 90.0]), Grade::Warn);
        let found = judge(&[1.0, 4.0, 1.0], Path::new("/t")).found;
        assert_eq!(found, "a flush takes 1.00 ms, 4.00 ms at the longest (/t)");
    }

    #[test]
    fn nothing_is_left_behind() {
        let there = std::env::temp_dir();
        let ms = flushes(&there).unwrap();
        assert!(!ms.is_empty() && ms.iter().all(|ms| *ms >= 0.0));
        let left = there.join(format!(".windlass-doctor-{}", std::process::id()));
        assert!(!left.exists());
        assert!(flushes(Path::new("/nonexistent")).is_err());
    }
}
