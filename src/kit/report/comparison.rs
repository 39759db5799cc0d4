//! `windlass compare`: two runs from their records or results, or two builds measured in turn.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::kit::measure::builds::{self, BuildsError, BuildsPlan};
use crate::kit::measure::noise;
use crate::kit::measure::record::{self, RECORD_BYTES_MAX, Record, RecordError, Run};

use super::changes::{self, Changes};
use super::results::{self, Results};

/// The file of results in a report's directory.
const RESULTS: &str = "results.json";

/// How the changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// As a table for a terminal; with all rows, or only those that say something and some more.
    Terminal {
        /// All rows.
        all: bool,
    },
    /// As Markdown.
    Markdown,
    /// As JSON.
    Json,
}

/// Why two runs cannot be compared.
#[derive(Debug)]
pub enum CompareError {
    /// A file or directory cannot be read.
    Read(PathBuf, io::Error),
    /// There is nothing of ours in it: what was skipped, and why.
    Nothing(PathBuf, Vec<String>),
}

impl fmt::Display for CompareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(path, error) => write!(f, "cannot read {}: {error}", path.display()),
            Self::Nothing(path, skipped) => {
                let path = path.display();
                write!(f, "{path} holds no usable records; give a directory of records (such as")?;
                write!(f, " target/windlass/records), one record, or a results.json")?;
                skipped.iter().try_for_each(|skipped| write!(f, "\n  skipped {skipped}"))
            }
        }
    }
}

impl std::error::Error for CompareError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(_, error) => Some(error),
            Self::Nothing(..) => None,
        }
    }
}

/// The changes from one run to another. Each is a directory of records, one that holds `records`,
/// a report's directory, a record, or a `results.json`. `absolute`: see [`changes::between`].
///
/// # Errors
/// [`CompareError`] when one of them has nothing to compare.
pub fn runs(old: &Path, new: &Path, absolute: bool) -> Result<Changes, CompareError> {
    let (before, mut skipped) = read(old)?;
    let (after, more) = read(new)?;
    skipped.extend(more);
    let names = [old, new].map(|path| path.display().to_string());
    let mut changes = changes::between((&names[0], &before), (&names[1], &after), absolute);
    changes.skipped = skipped;
    Ok(changes)
}

/// `windlass compare OLD NEW`. Exit codes: 0; with `check` 1 when something is slower, else 3 when
/// it could not be told ([`Changes::unsure`]); 2 when one of the two cannot be read.
#[must_use]
pub fn command(old: &Path, new: &Path, absolute: bool, check: bool, shown: Shown) -> ExitCode {
    match runs(old, new, absolute) {
        Ok(changes) => finish(&changes, check, shown),
        Err(error) => {
            eprintln!("windlass compare: {error}");
            ExitCode::from(2)
        }
    }
}

/// `windlass compare --bin OLD NEW`: measures two builds in turn. Exit codes as [`command`]'s; 1
/// also when a build does not serve as it should, 2 when it cannot be started.
#[must_use]
pub fn builds_command(
    builds: [&Path; 2],
    plan: &BuildsPlan,
    check: bool,
    shown: Shown,
    progress: &mut dyn FnMut(usize),
) -> ExitCode {
    let spin = noise::spin_test();
    let names = builds.map(|path| path.display().to_string());
    match builds::in_turn(builds, plan, progress) {
        Ok(measured) => {
            let changes = changes::of_builds([&names[0], &names[1]], &measured, &spin);
            finish(&changes, check, shown)
        }
        Err(error) => {
            eprintln!("windlass compare: {error}");
            let served = matches!(error, BuildsError::Served { .. });
            ExitCode::from(if served { 1 } else { 2 })
        }
    }
}

fn finish(changes: &Changes, check: bool, shown: Shown) -> ExitCode {
    match shown {
        Shown::Terminal { all } => print!("{}", changes::terminal(changes, all)),
        Shown::Markdown => print!("{}", changes::markdown(changes)),
        Shown::Json => match serde_json::to_string_pretty(changes) {
            Ok(text) => println!("{text}"),
            Err(error) => {
                eprintln!("windlass compare: {error}");
                return ExitCode::FAILURE;
            }
        },
    }
    if !check {
        return ExitCode::SUCCESS;
    }
    if changes.has_slower() {
        return ExitCode::FAILURE;
    }
    let unsure = changes.unsure();
    unsure.iter().for_each(|why| eprintln!("check: {why}"));
    if unsure.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(3) }
}

/// The records, and what had to be skipped.
fn read(path: &Path) -> Result<(Vec<Record>, Vec<String>), CompareError> {
    let kind = std::fs::metadata(path).map_err(|error| CompareError::Read(path.into(), error))?;
    let (records, skipped) = if !kind.is_dir() {
        read_file(path)
    } else if path.join(RESULTS).is_file() {
        read_file(&path.join(RESULTS))
    } else {
        let within = path.join("records");
        let dir = if within.is_dir() { &within } else { path };
        let (records, skipped) = record::read_all(dir).map_err(|error| match error {
            RecordError::Io(path, error) => CompareError::Read(path, error),
            other => CompareError::Nothing(path.into(), vec![other.to_string()]),
        })?;
        (records, skipped.iter().map(ToString::to_string).collect())
    };
    match records.is_empty() {
        true => Err(CompareError::Nothing(path.into(), skipped)),
        false => Ok((records, skipped)),
    }
}

/// One record, or the results of several benches.
fn read_file(path: &Path) -> (Vec<Record>, Vec<String>) {
    let foreign = match Record::read(path) {
        Ok(record) => return (vec![record], Vec::new()),
        Err(error) => error.to_string(),
    };
    let fits = std::fs::metadata(path).is_ok_and(|file| file.len() <= RECORD_BYTES_MAX);
    let bytes = if fits { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if value.get("format").and_then(|format| format.as_str()) != Some(results::FORMAT) {
        return (Vec::new(), vec![foreign]);
    }
    let name = path.display();
    let schema = value.get("schema").and_then(serde_json::Value::as_u64);
    if schema != Some(u64::from(results::SCHEMA)) {
        let ours = results::SCHEMA;
        let said = format!("{name}: results of another schema; this program reads schema {ours}");
        return (Vec::new(), vec![said]);
    }
    match serde_json::from_value::<Results>(value) {
        Ok(results) => from_results(&results),
        Err(error) => (Vec::new(), vec![format!("{name}: damaged results ({error})")]),
    }
}

/// Records as far as results still hold them: the values of the rounds, and of what was measured
/// beside only medians, which cannot be compared.
fn from_results(results: &Results) -> (Vec<Record>, Vec<String>) {
    let (mut records, mut skipped) = (Vec::new(), Vec::new());
    for bench in &results.benches {
        let groups: Result<Vec<record::Group>, _> = bench.groups.iter().map(group).collect();
        match groups {
            Ok(groups) => {
                let (environment, noise) = (bench.environment.clone(), bench.noise.clone());
                let (profile, spin) = (bench.profile.clone(), bench.spin.clone());
                let mut record = Record::new(&bench.name);
                record.claim.clone_from(&bench.claim);
                record.merge(Run { environment, profile, noise, spin }, groups);
                records.push(record);
            }
            Err(error) => skipped.push(format!("bench {} of the results: {error}", bench.name)),
        }
    }
    (records, skipped)
}

/// A group of a record; rows whose rounds are not whole, so that they cannot be paired, count as
/// failed.
fn group(group: &results::Group) -> Result<record::Group, serde_json::Error> {
    let whole = group.rows.iter().map(|row| row.values.len()).max().unwrap_or(0);
    let contenders: Vec<serde_json::Value> = group
        .rows
        .iter()
        .map(|row| {
            let partly = row.values.len() != whole;
            let told = partly.then(|| "not all of its rounds are in the results".to_owned());
            let mut values: Vec<Option<f64>> = row.values.iter().copied().map(Some).collect();
            values.resize(whole, None);
            let failure = row.failure.clone().or(told);
            let (name, role) = (&row.name, row.role);
            serde_json::json!({ "name": name, "role": role, "values": values, "failure": failure })
        })
        .collect();
    serde_json::from_value(serde_json::json!({
        "id": group.id,
        "title": group.title,
        "unit": group.unit,
        "better": group.better,
        "rounds": vec![serde_json::json!({}); whole],
        "contenders": contenders,
    }))
}
