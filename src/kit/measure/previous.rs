//! The run before: each bench's record is kept once more before a new run's takes its place.

use std::io;
use std::path::{Path, PathBuf};

use super::record::{RecordError, write_whole};

/// Where the records of the run before lie, in the directory of records.
#[must_use]
pub fn previous_dir(records: &Path) -> PathBuf {
    records.join("previous")
}

/// Keeps the record of `bench` as that of the run before. To be called once a run, before its first
/// record is written; without a record it does nothing.
///
/// # Errors
/// [`RecordError::Io`].
pub fn keep_previous(records: &Path, bench: &str) -> Result<(), RecordError> {
    let name = format!("{bench}.json");
    let path = records.join(&name);
    match std::fs::read(&path) {
        Ok(bytes) => {
            let path = previous_dir(records).join(name);
            write_whole(&path, &bytes).map_err(|error| RecordError::Io(path, error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(RecordError::Io(path, error)),
    }
}
