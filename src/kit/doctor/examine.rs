//! All facts together, and whether the machine is fit.

use std::path::Path;

use serde::Serialize;

use crate::kit::measure::environment::Environment;

use super::fact::{Fact, Grade};
use super::{disk, limits, processor, quiet};

/// The word that says a JSON object is a diagnosis.
pub const FORMAT: &str = "windlass-doctor";
/// The version of its layout.
pub const SCHEMA: u32 = 1;

/// Whether a machine is fit to measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// [`FORMAT`].
    pub format: &'static str,
    /// [`SCHEMA`].
    pub schema: u32,
    /// The processor's name, where it is known.
    pub cpu: Option<String>,
    /// The kernel's name and release, where they are known.
    pub kernel: Option<String>,
    /// Whether no fact is [`Grade::Bad`].
    pub fit: bool,
    /// The facts.
    pub facts: Vec<Fact>,
}

impl Diagnosis {
    /// How many facts have this grade.
    #[must_use]
    pub fn count(&self, grade: Grade) -> usize {
        self.facts.iter().filter(|fact| fact.grade == grade).count()
    }
}

/// Examines this machine. Takes about three seconds: it is watched for two of them, one core is
/// kept busy for half a second, and a small file in the target directory is flushed to its disk,
/// and removed again.
#[must_use]
pub fn examine() -> Diagnosis {
    let environment = Environment::read("windlass doctor", Path::new("."));
    let mut facts = quiet::facts();
    facts.extend(processor::facts(environment.virtualised.as_deref()));
    facts.extend(limits::facts());
    facts.push(disk::fact());
    Diagnosis {
        format: FORMAT,
        schema: SCHEMA,
        cpu: environment.cpu_model,
        kernel: environment.kernel,
        fit: facts.iter().all(|fact| fact.grade < Grade::Bad),
        facts,
    }
}
