//! What `windlass bench` says at the end: a table of at most 80 columns, or JSON.

use std::fmt::Write;

use serde::Serialize;

use crate::kit::claims::claim::Claim;
use crate::kit::claims::run::Finished;
use crate::kit::measure::rule::Rule;
use crate::kit::measure::statistics::{Interval, Verdict};
use crate::kit::report::results::{ClaimResult, Control, Level, Results};
use crate::kit::report::text::{cut, figure, harmless, near_one, wrap};

const WIDTH: usize = 80;

/// What came of it.
#[derive(Debug, Serialize)]
pub(super) struct BenchResult {
    format: &'static str,
    schema: u32,
    /// Ctrl-C ended it before all was measured.
    pub(super) stopped: bool,
    quality: Level,
    reasons: Vec<String>,
    /// Windlass against itself, over all claims of the report.
    control: Option<Control>,
    claims: Vec<Judged>,
    /// What could not be measured, and why.
    failures: Vec<String>,
    /// The address of the page.
    report: String,
}

/// A claim, as the report judges it.
#[derive(Debug, Serialize)]
struct Judged {
    id: &'static str,
    title: &'static str,
    verdict: Verdict,
    /// What came out, in plain words.
    sentence: String,
    /// How far its run can be trusted.
    quality: Level,
    evidence: Vec<Evidence>,
}

/// What one group that decides says of a claim.
#[derive(Debug, Serialize)]
struct Evidence {
    group: String,
    text: String,
    verdict: Verdict,
    against: Option<String>,
    bar: f64,
    rule: Rule,
    /// The ratio, above 1 where windlass is better; or windlass's own value.
    measured: Option<Interval>,
}

impl BenchResult {
    pub(super) fn new(
        claims: &[&'static Claim],
        finished: &Finished,
        results: &Results,
        report: &str,
    ) -> BenchResult {
        let measured = claims.iter().filter(|claim| finished.measured.contains(&claim.id));
        BenchResult {
            format: "windlass-bench",
            schema: 1,
            stopped: finished.stopped,
            quality: results.quality.level,
            reasons: results.quality.reasons.clone(),
            control: results.control().cloned(),
            claims: measured.map(|claim| judged(claim, results)).collect(),
            failures: finished.failures.clone(),
            report: report.to_owned(),
        }
    }

    /// Whether windlass against itself showed a winner where it was measured now: then nothing is
    /// judged.
    pub(super) fn is_unusable(&self) -> bool {
        self.claims.iter().any(|claim| claim.quality == Level::Unusable)
    }

    /// What `--check` fails for.
    pub(super) fn check(&self) -> Vec<String> {
        let refuted = self.claims.iter().filter(|claim| claim.verdict == Verdict::Refuted);
        let refuted = refuted.map(|claim| format!("refuted: {}", claim.id));
        let failed = self.failures.iter().map(|why| format!("not measured: {why}"));
        refuted.chain(failed).collect()
    }

    /// The table.
    pub(super) fn table(&self) -> String {
        let mut out = String::new();
        if let Some(control) = &self.control {
            let _ = writeln!(out, "{:<13}A/A control", control.loud());
            let told = format!("{}; it {}.", near_one(&control.ratio), control.told());
            let _ = writeln!(out, "{}", wrap(&told, WIDTH - 2, "  "));
        }
        for claim in &self.claims {
            let title = cut(claim.title, WIDTH - 13);
            let _ = writeln!(out, "{:<13}{title}", word(claim.verdict));
            let _ = writeln!(out, "{}", wrap(&claim.sentence, WIDTH - 2, "  "));
            for evidence in &claim.evidence {
                let measured = evidence.measured.as_ref().map_or("-".to_owned(), |measured| {
                    let Interval { median, low, high, .. } = measured;
                    format!("{} ({} to {})", figure(*median), figure(*low), figure(*high))
                });
                let text = cut(&format!("{}: {}", evidence.group, evidence.text), 39);
                let _ = writeln!(out, "  {:<13}{text:<40}{measured}", word(evidence.verdict));
            }
        }
        let quality = match self.quality {
            Level::Quiet => "quiet",
            Level::Noisy => "noisy: read with care",
            Level::Unusable => "unusable: nothing may be said",
        };
        let _ = writeln!(out, "\nthe run was {quality}");
        for reason in &self.reasons {
            let _ = writeln!(out, "{}", wrap(&format!("- {reason}"), WIDTH, ""));
        }
        for why in &self.failures {
            let _ = writeln!(out, "{}", wrap(&format!("not measured: {why}"), WIDTH, ""));
        }
        if self.stopped {
            let _ = writeln!(out, "stopped by Ctrl-C: this is what was measured until then");
        }
        harmless(&out)
    }

    /// One JSON object.
    pub(super) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

fn judged(claim: &Claim, results: &Results) -> Judged {
    let name = claim.record();
    let benches = results.benches.iter().filter(|bench| bench.name == name);
    let deciding = benches.flat_map(|bench| &bench.groups).filter(|group| !group.boundary);
    let evidence = deciding
        .flat_map(|group| group.claims.iter().map(move |claim| (group, claim)))
        .map(|(group, claim)| Evidence {
            group: group.id.clone(),
            text: claim.text.clone(),
            verdict: claim.verdict,
            against: claim.against.clone(),
            bar: claim.bar,
            rule: claim.rule,
            measured: claim.measured,
        });
    let (id, title, evidence) = (claim.id, claim.title, evidence.collect());
    match results.claims.iter().find(|judged| judged.words.id == claim.id) {
        Some(ClaimResult { verdict, sentence, quality, .. }) => {
            let (verdict, sentence, quality) = (*verdict, sentence.clone(), *quality);
            Judged { id, title, verdict, sentence, quality, evidence }
        }
        None => {
            let (verdict, quality) = (Verdict::Undecided, Level::Noisy);
            Judged { id, title, verdict, sentence: String::new(), quality, evidence }
        }
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "holds",
        Verdict::Refuted => "REFUTED",
        Verdict::Undecided => "cannot tell",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(verdicts: &[Verdict]) -> Vec<Evidence> {
        let each = verdicts.iter().map(|verdict| Evidence {
            group: "a_group_with_a_long_name".to_owned(),
            text: "better than the best of all ways of blocking, by far".to_owned(),
            verdict: *verdict,
            against: None,
            bar: 1.0,
            rule: Rule::AtLeast,
            measured: Some(Interval { median: 123.456, low: 99.95, high: 12_345.6, rounds: 8 }),
        });
        each.collect()
    }

    fn result(verdicts: &[Verdict], failures: &[&str]) -> BenchResult {
        let evidence = evidence(verdicts);
        let verdict = verdicts[0];
        let sentence = "It is so, as far as a sentence of this length can say it. ".repeat(3);
        let (id, title, quality) = ("a", "A claim", Level::Noisy);
        let claim = Judged { id, title, verdict, sentence, quality, evidence };
        BenchResult {
            format: "windlass-bench",
            schema: 1,
            stopped: false,
            quality: Level::Noisy,
            reasons: vec!["ring: stolen time 12 %".to_owned()],
            control: None,
            claims: vec![claim],
            failures: failures.iter().map(|why| (*why).to_owned()).collect(),
            report: String::new(),
        }
    }

    #[test]
    fn what_was_measured_now_decides_whether_it_is_usable() {
        let mut result = result(&[Verdict::Holds], &[]);
        result.quality = Level::Unusable;
        assert!(!result.is_unusable(), "an older record is none of it");
        result.claims[0].quality = Level::Unusable;
        assert!(result.is_unusable());
    }

    #[test]
    fn the_check_names_what_it_fails_for() {
        assert_eq!(result(&[Verdict::Holds], &[]).check(), [""; 0]);
        assert_eq!(result(&[Verdict::Undecided], &[]).check(), [""; 0]);
        let failed = result(&[Verdict::Refuted], &["a/g: no server"]).check();
        assert_eq!(failed, ["refuted: a", "not measured: a/g: no server"]);
    }

    #[test]
    fn the_table_fits_a_terminal_and_obeys_nothing() {
        let result = result(&[Verdict::Refuted, Verdict::Undecided], &["a/g: \u{1b}[2J"]);
        let table = result.table();
        assert!(table.lines().all(|line| line.chars().count() <= WIDTH), "{table}");
        assert!(table.contains("REFUTED      A claim") && table.contains("cannot tell"), "{table}");
        assert!(table.contains("noisy") && table.contains("stolen time 12 %"), "{table}");
        assert!(!table.contains('\u{1b}'), "{table}");
    }
}
