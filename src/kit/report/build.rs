//! Writing the report, and saying in the terminal what it says.

use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};

use crate::kit::measure::record::{self, Record, RecordError};
use crate::kit::measure::{paths, previous};

use super::changes::{self, Changes};
use super::results::Results;
use super::{assemble, claims, decision, markdown, page, samples, statements, terminal};

/// What was written.
#[derive(Debug)]
pub struct Outcome {
    /// The page.
    pub page: PathBuf,
    /// The page's `file://` address.
    pub address: String,
    /// What it shows.
    pub results: Results,
}

/// Where `windlass report` reads and writes.
#[derive(Debug, Clone)]
pub struct ReportOptions {
    /// The directory of records.
    pub records: PathBuf,
    /// The directory of the report.
    pub out: PathBuf,
}

impl Default for ReportOptions {
    /// The directories `cargo bench` uses.
    fn default() -> Self {
        Self { records: paths::records_dir(), out: paths::report_dir() }
    }
}

/// Why there is no report.
#[derive(Debug)]
pub enum ReportError {
    /// There is nothing to report: the directory, and the files in it that had to be skipped.
    NoRecords(PathBuf, Vec<String>),
    /// A file could not be written.
    Write(PathBuf, io::Error),
}

impl fmt::Display for ReportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecords(dir, skipped) => {
                write!(f, "there are no usable records in {}", dir.display())?;
                for skipped in skipped {
                    write!(f, "\n  skipped {skipped}")?;
                }
                write!(f, "\nrun `cargo bench` first: each bench leaves its record there")
            }
            Self::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for ReportError {}

/// Builds `index.html`, `report.md`, `results.json` and `records.jsonl` in `out_dir` from the
/// records in `records_dir`. Damaged and foreign files are named in the report and skipped.
///
/// # Errors
/// [`ReportError::NoRecords`] when no record can be read, [`ReportError::Write`] when a file cannot
/// be written.
pub fn build(records_dir: &Path, out_dir: &Path) -> Result<Outcome, ReportError> {
    let (records, skipped) = match record::read_all(records_dir) {
        Ok((records, skipped)) => (records, skipped),
        Err(RecordError::Io(_, error)) if error.kind() == io::ErrorKind::NotFound => {
            (Vec::new(), Vec::new())
        }
        Err(error) => (Vec::new(), vec![error]),
    };
    let skipped: Vec<String> = skipped.iter().map(ToString::to_string).collect();
    if records.is_empty() {
        return Err(ReportError::NoRecords(records_dir.to_owned(), skipped));
    }
    let mut results = assemble::assemble(&records, skipped);
    results.changes = since_previous(records_dir, &records);
    claims::state(&mut results);
    statements::state(&mut results);
    decision::state(&mut results);
    let criterion = criterion_link(out_dir);
    let html = page::write(&results, criterion.as_deref());
    let summary = markdown::write(&results);
    let unwritten =
        |name: &str, error: serde_json::Error| ReportError::Write(out_dir.join(name), error.into());
    let json =
        serde_json::to_vec_pretty(&results).map_err(|error| unwritten("results.json", error))?;
    let lines = samples::write(&records).map_err(|error| unwritten("records.jsonl", error))?;
    let files: [(&str, &[u8]); 4] = [
        ("results.json", &json),
        ("records.jsonl", &lines),
        ("report.md", summary.as_bytes()),
        ("index.html", html.as_bytes()),
    ];
    for (name, bytes) in files {
        let path = out_dir.join(name);
        record::write_whole(&path, bytes).map_err(|error| ReportError::Write(path, error))?;
    }
    let page = out_dir.join("index.html");
    Ok(Outcome { address: address(&page), page, results })
}

/// What changed since the run before, where one was kept and something was measured again.
fn since_previous(dir: &Path, records: &[Record]) -> Option<Changes> {
    let before = previous::previous_dir(dir);
    let (old, skipped) = record::read_all(&before).ok()?;
    let (old_path, path) = (before.display().to_string(), dir.display().to_string());
    let mut changes = changes::between((&old_path, &old), (&path, records), false);
    // A bench that ran once has no run before: that is no news here.
    changes.alone.clear();
    changes.skipped = skipped.iter().map(ToString::to_string).collect();
    (!changes.rows.is_empty()).then_some(changes)
}

/// Builds the report, prints the summary on stdout, and last where the page is.
///
/// # Errors
/// Those of [`build`].
pub fn run(options: &ReportOptions) -> Result<Outcome, ReportError> {
    let outcome = build(&options.records, &options.out)?;
    print!("{}", terminal::summary(&outcome.results));
    println!("report: {}", outcome.address);
    Ok(outcome)
}

/// The way from the report to criterion's own index, where both lie in the same target directory.
fn criterion_link(out_dir: &Path) -> Option<String> {
    let index = Path::new("../../criterion/report/index.html");
    out_dir.join(index).is_file().then(|| index.display().to_string())
}

fn address(page: &Path) -> String {
    let whole = std::path::absolute(page).unwrap_or_else(|_| page.to_owned());
    let mut out = String::from("file://");
    for part in whole.components() {
        if let Component::Normal(name) = part {
            out.push('/');
            for byte in name.to_string_lossy().bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    out.push(byte as char);
                } else {
                    out.push_str(&format!("%{byte:02X}"));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_whole_and_quoted() {
        assert_eq!(address(Path::new("/a b/ü/index.html")), "file:///a%20b/%C3%BC/index.html");
        assert!(address(Path::new("x")).starts_with("file:///"));
    }
}
