//! What this process has checked, for the closing summary (`tests/z_summary.rs`).
//!
//! Tests run in no order, and what they print is kept back: so a file is written at the very end.

use std::ffi::c_int;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each target counts something else")]
pub(crate) enum Total {
    Models,
    Executions,
    Changes,
    Killed,
    Explained,
    Borne,
    Histories,
    Refused,
    Seeds,
    Mistakes,
    Stops,
}

impl Total {
    /// All, in the order of the table.
    pub(crate) const ALL: [Self; 11] = [
        Self::Models,
        Self::Executions,
        Self::Changes,
        Self::Killed,
        Self::Explained,
        Self::Borne,
        Self::Histories,
        Self::Refused,
        Self::Seeds,
        Self::Mistakes,
        Self::Stops,
    ];

    /// As it stands in the table, and in the files.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Models => "models, each in all its turns",
            Self::Executions => "executions explored",
            Self::Changes => "atomic calls changed, one at a time",
            Self::Killed => "of these, that a model fails at",
            Self::Explained => "of these, explained",
            Self::Borne => "of these, allowed by the language and borne",
            Self::Histories => "histories checked",
            Self::Refused => "broken variants refused",
            Self::Seeds => "seeds run",
            Self::Mistakes => "planted mistakes found",
            Self::Stops => "threads stopped in mid-operation",
        }
    }
}

static COUNTS: [AtomicUsize; Total::ALL.len()] = [const { AtomicUsize::new(0) }; Total::ALL.len()];

unsafe extern "C" {
    fn atexit(at_end: extern "C" fn()) -> c_int;
}

/// So many more.
#[allow(dead_code, reason = "the summary only reads")]
pub(crate) fn add(total: Total, count: usize) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the function lives as long as the process, and reads atomics.
        assert_eq!(unsafe { atexit(save) }, 0);
    });
    COUNTS[total as usize].fetch_add(count, Ordering::Relaxed);
}

/// Where the files are, one for each target.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("totals")
}

/// What a file says: whose child the process was (that of one `cargo test` for all its targets),
/// and what it counted.
pub(crate) fn text(parent: u32, counts: &[usize; Total::ALL.len()]) -> String {
    let mut text = format!("parent {parent}\n");
    for (total, count) in Total::ALL.into_iter().zip(counts).filter(|(_, count)| **count > 0) {
        let _ = writeln!(text, "{count} {}", total.name());
    }
    text
}

extern "C" fn save() {
    let counts = COUNTS.each_ref().map(|count| count.load(Ordering::Relaxed));
    let file = folder().join(env!("CARGO_CRATE_NAME"));
    let saved = std::fs::create_dir_all(folder());
    // The summary says of a target without a file that it is missing.
    let _ = saved
        .and_then(|()| std::fs::write(file, text(std::os::unix::process::parent_id(), &counts)));
}
