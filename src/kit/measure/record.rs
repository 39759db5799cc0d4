//! The record of a bench: every raw round, with the machine it was measured on. Written whole or
//! not at all; read tolerantly.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::contender::{Better, Role};
use super::environment::Environment;
use super::figure::{Distribution, Series};
use super::noise::{Noise, Spin};
use super::rule::Rule;

/// The word that says a file is one of ours.
pub const FORMAT: &str = "windlass-record";
/// The version of the layout: files of another version are named and skipped.
pub const SCHEMA: u32 = 1;
/// Larger files than this are not ours, and are not read.
pub const RECORD_BYTES_MAX: u64 = 16 << 20;

/// All that one bench measured, newest measurement of each group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// [`FORMAT`].
    pub format: String,
    /// [`SCHEMA`].
    pub schema: u32,
    /// The bench's name, which is also the file's.
    pub bench: String,
    /// The claim about asynchronism that its groups are the evidence for, if there is one.
    #[serde(default)]
    pub claim: Option<ClaimText>,
    /// The runs its groups come from; the last is the newest.
    pub runs: Vec<Run>,
    /// The groups, in the order the bench defines them.
    pub groups: Vec<Group>,
}

/// A claim about asynchronism, in words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClaimText {
    /// What it is called (`non-blocking`).
    pub id: String,
    /// The same for a heading.
    pub title: String,
    /// What is claimed.
    pub claimed: String,
    /// What is measured for it.
    pub measured: String,
    /// What would refute it.
    pub refuted_by: String,
    /// How the verdict comes from the groups' own.
    pub rule: String,
    /// What it does not show.
    pub not_shown: String,
    /// The command that measures it alone.
    pub command: String,
}

/// One run of the bench.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Run {
    /// Machine, compiler, commit, command.
    pub environment: Environment,
    /// `quick`, `default` or `all`.
    pub profile: String,
    /// What else the machine did meanwhile.
    pub noise: Noise,
    /// What the spin test saw before.
    pub spin: Option<Spin>,
}

/// One question, answered by several contenders in interleaved rounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Short and stable, unique in the bench.
    pub id: String,
    /// What is measured, in a few words.
    pub title: String,
    /// The question it answers.
    #[serde(default)]
    pub question: String,
    /// The unit of the values (`ns per operation`).
    pub unit: String,
    /// Which direction is better.
    pub better: Better,
    /// How it was measured: retry policy, threads, sizes.
    #[serde(default)]
    pub method: String,
    /// What it does not show.
    #[serde(default)]
    pub not_shown: String,
    /// Groups of one family make one plot over [`Group::x`].
    #[serde(default)]
    pub family: Option<String>,
    /// The place on the family's axis.
    #[serde(default)]
    pub x: Option<Axis>,
    /// The workload has more threads than the machine has cores.
    #[serde(default)]
    pub crowded: bool,
    /// It shows where the baseline is as good or better, and decides no claim.
    #[serde(default)]
    pub boundary: bool,
    /// What is claimed of it.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// The rounds, in time order.
    pub rounds: Vec<Round>,
    /// Who took part; value `i` belongs to round `i`.
    pub contenders: Vec<Contender>,
    /// Index into [`Record::runs`].
    #[serde(default)]
    pub run: usize,
    /// Why the whole group could not be measured.
    #[serde(default)]
    pub failure: Option<String>,
}

/// A place on an axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Axis {
    /// What is varied (`connections`).
    pub name: String,
    /// How much of it.
    pub value: f64,
}

/// A bar the subject is held to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim in words.
    pub text: String,
    /// The contender it is measured against; `None`: the subject's own value.
    #[serde(default)]
    pub against: Option<String>,
    /// The value measured beside that is claimed of, of which less is better; `None`: the group's
    /// own value.
    #[serde(default)]
    pub of: Option<String>,
    /// With `against`: how many times better the subject must be. Without: the value it must
    /// reach (not exceed, where lower is better).
    pub bar: f64,
    /// Which way round it is held to the bar.
    #[serde(default)]
    pub rule: Rule,
}

/// One round: each contender once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Round {
    /// Run from the last contender to the first.
    pub backward: bool,
    /// Why it was noisy; empty when it was quiet.
    pub noisy: Vec<String>,
    /// It was noisy and another round was run in its place: kept, not counted.
    pub replaced: bool,
}

/// One contender's raw values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contender {
    /// Its name, unique in the group.
    pub name: String,
    /// Why it is there.
    pub role: Role,
    /// One value a round; `null` where it did not take part or failed.
    pub values: Vec<Option<f64>>,
    /// Values measured beside it, by name.
    #[serde(default)]
    pub side: BTreeMap<String, Vec<Option<f64>>>,
    /// How latencies were distributed over the rounds that count, by name.
    #[serde(default)]
    pub distributions: BTreeMap<String, Distribution>,
    /// What happened over a window's time, in the last round that counts, by name.
    #[serde(default)]
    pub series: BTreeMap<String, Series>,
    /// Operations in each sample, where the sample is a batch.
    #[serde(default)]
    pub ops: Option<u64>,
    /// Why it could not be measured.
    #[serde(default)]
    pub failure: Option<String>,
}

/// Why a record could not be read or written.
#[derive(Debug)]
pub enum RecordError {
    /// The file system said no.
    Io(PathBuf, io::Error),
    /// Not a record: damaged, or another program's file.
    Foreign(PathBuf, String),
    /// A record of another version.
    Schema(PathBuf, u64),
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Foreign(path, why) => {
                write!(f, "{}: not a windlass record, or damaged ({why})", path.display())
            }
            Self::Schema(path, schema) => write!(
                f,
                "{}: a record of schema {schema}, and this program reads schema {SCHEMA}: \
                 run `cargo bench` again",
                path.display()
            ),
        }
    }
}

impl std::error::Error for RecordError {}

impl Record {
    /// A record of `bench` with nothing in it.
    #[must_use]
    pub fn new(bench: &str) -> Self {
        let format = FORMAT.to_owned();
        let (bench, schema) = (bench.to_owned(), SCHEMA);
        Self { format, schema, bench, claim: None, runs: vec![], groups: vec![] }
    }

    /// The newest run.
    #[must_use]
    pub fn newest_run(&self) -> Option<&Run> {
        self.runs.last()
    }

    /// Adds a newer run's groups: each takes the place of the one with its id, the others stay with
    /// the run they come from, and runs that no group comes from any more are dropped.
    pub fn merge(&mut self, run: Run, groups: Vec<Group>) {
        let index = self.runs.len();
        self.runs.push(run);
        for mut group in groups {
            group.run = index;
            match self.groups.iter_mut().find(|old| old.id == group.id) {
                Some(old) => *old = group,
                None => self.groups.push(group),
            }
        }
        let mut kept = Vec::new();
        for (old, run) in std::mem::take(&mut self.runs).into_iter().enumerate() {
            let used = self.groups.iter().any(|group| group.run == old);
            if used || old == index {
                let new = kept.len();
                self.groups.iter_mut().filter(|g| g.run == old).for_each(|g| g.run = new);
                kept.push(run);
            }
        }
        self.runs = kept;
    }

    /// Reads one record.
    ///
    /// # Errors
    /// [`RecordError`], naming the file and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        let io = |error| RecordError::Io(path.to_owned(), error);
        let foreign = |why: String| RecordError::Foreign(path.to_owned(), why);
        let bytes = std::fs::metadata(path).map_err(io)?.len();
        if bytes > RECORD_BYTES_MAX {
            return Err(foreign(format!("{bytes} bytes, more than {RECORD_BYTES_MAX}")));
        }
        let text = std::fs::read(path).map_err(io)?;
        let value: serde_json::Value =
            serde_json::from_slice(&text).map_err(|error| foreign(error.to_string()))?;
        if value.get("format").and_then(|format| format.as_str()) != Some(FORMAT) {
            return Err(foreign(format!("no \"format\": \"{FORMAT}\"")));
        }
        match value.get("schema").and_then(serde_json::Value::as_u64) {
            Some(schema) if schema == u64::from(SCHEMA) => {}
            Some(schema) => return Err(RecordError::Schema(path.to_owned(), schema)),
            None => return Err(foreign("no \"schema\" number".to_owned())),
        }
        let record: Self =
            serde_json::from_value(value).map_err(|error| foreign(error.to_string()))?;
        record.check().map_err(foreign)?;
        Ok(record)
    }

    /// Writes it to `<dir>/<bench>.json`, whole or not at all, and returns the path.
    ///
    /// # Errors
    /// [`RecordError::Io`] when the directory or file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<PathBuf, RecordError> {
        let path = dir.join(format!("{}.json", self.bench));
        let mut text = serde_json::to_vec(self)
            .map_err(|error| RecordError::Foreign(path.clone(), error.to_string()))?;
        text.push(b'\n');
        write_whole(&path, &text).map_err(|error| RecordError::Io(path.clone(), error))?;
        Ok(path)
    }

    /// What the type cannot say: lengths fit, indices point somewhere, values are above zero.
    fn check(&self) -> Result<(), String> {
        for group in &self.groups {
            let id = &group.id;
            if group.run >= self.runs.len() {
                return Err(format!("group {id}: run {} does not exist", group.run));
            }
            for contender in &group.contenders {
                let name = &contender.name;
                let lengths = contender.side.values().map(Vec::len);
                let mut lengths = lengths.chain([contender.values.len()]);
                if lengths.any(|length| length != group.rounds.len()) {
                    return Err(format!("group {id}: {name} has not one value a round"));
                }
                if contender.values.iter().flatten().any(|&v| !v.is_finite() || v <= 0.0) {
                    return Err(format!("group {id}: {name} has a value that is not above zero"));
                }
            }
        }
        Ok(())
    }
}

/// Writes `bytes` beside `path` and renames: a reader sees the old file or the new one.
///
/// # Errors
/// The file system's.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir)?;
    }
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // The first error is the one to tell of; the leftover may not exist at all.
        let _ = std::fs::remove_file(&beside);
    }
    written
}

/// Reads every `*.json` of `dir` in name order: the records, and what had to be skipped and why.
///
/// # Errors
/// [`RecordError::Io`] when the directory itself cannot be read.
pub fn read_all(dir: &Path) -> Result<(Vec<Record>, Vec<RecordError>), RecordError> {
    let io = |error| RecordError::Io(dir.to_owned(), error);
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(io)? {
        let path = entry.map_err(io)?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut records: Vec<Record> = Vec::new();
    let mut skipped = Vec::new();
    for path in paths {
        match Record::read(&path) {
            Ok(record) if records.iter().any(|known| known.bench == record.bench) => {
                let why = format!("a second record of bench {}", record.bench);
                skipped.push(RecordError::Foreign(path, why));
            }
            Ok(record) => records.push(record),
            Err(error) => skipped.push(error),
        }
    }
    Ok((records, skipped))
}
