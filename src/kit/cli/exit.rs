//! How a command ends: exit codes, and errors that carry theirs.

use std::fmt;
use std::process::ExitCode;

/// It failed; or, with `--check`, what was measured fails the check.
pub(super) const FAILED: u8 = 1;

/// The arguments are wrong.
pub(super) const USAGE: u8 = 2;

/// The machine is too noisy, or unfit, to judge anything.
pub(super) const UNFIT: u8 = 3;

/// Ended by Ctrl-C: 128 and the number of the signal.
pub(super) const INTERRUPTED: u8 = 130;

/// How a command ends that judges: [`UNFIT`] when nothing may be said, else [`FAILED`] when
/// something fails the check, which is named on standard error.
pub(super) fn judged(unusable: bool, failed: &[String]) -> u8 {
    if unusable {
        return UNFIT;
    }
    failed.iter().for_each(|why| eprintln!("check: {why}"));
    if failed.is_empty() { 0 } else { FAILED }
}

/// Why a command ends without doing what it was asked for.
#[derive(Debug)]
pub(super) struct Failed {
    said: String,
    code: u8,
}

impl Failed {
    /// The arguments are wrong: `said` says which, and what would be right.
    pub(super) fn usage(said: impl fmt::Display) -> Failed {
        Failed { said: said.to_string(), code: USAGE }
    }

    /// It went wrong.
    pub(super) fn new(said: impl fmt::Display) -> Failed {
        Failed { said: said.to_string(), code: FAILED }
    }

    /// Says it on standard error: the exit code.
    pub(super) fn report(&self) -> ExitCode {
        eprintln!("windlass: {}", self.said);
        ExitCode::from(self.code)
    }
}
