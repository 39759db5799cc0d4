//! One fact about the machine: what was found, how far it matters, what to change.

use serde::Serialize;

/// How far a fact matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// As it should be; or it cannot be read, and nothing speaks against it.
    Ok,
    /// Figures are wider, or some cannot be had.
    Warn,
    /// Nothing can be judged on this machine as it is.
    Bad,
}

impl Grade {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is about: short and stable.
    pub name: &'static str,
    /// How far it matters.
    pub grade: Grade,
    /// What was found.
    pub found: String,
    /// What it means and what to change; `None` when all is well.
    pub change: Option<String>,
}

impl Fact {
    pub(super) fn ok(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, grade: Grade::Ok, found: found.into(), change: None }
    }

    /// What cannot be read: no fault.
    pub(super) fn unknown(name: &'static str) -> Self {
        Self::ok(name, "not readable here")
    }

    /// A fact that is `grade`; what to change is said unless that is [`Grade::Ok`].
    pub(super) fn graded(
        name: &'static str,
        grade: Grade,
        found: impl Into<String>,
        change: impl Into<String>,
    ) -> Self {
        let change = (grade > Grade::Ok).then(|| change.into());
        Self { name, grade, found: found.into(), change }
    }
}

/// The grade of `value`: above `warn`, above `bad`.
pub(super) fn above(value: f64, warn: f64, bad: f64) -> Grade {
    match value {
        value if value > bad => Grade::Bad,
        value if value > warn => Grade::Warn,
        _ => Grade::Ok,
    }
}

/// The text of a file of the system's, without the space around; `None` when there is none.
pub(super) fn read(path: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}
