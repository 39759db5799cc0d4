//! `windlass doctor`: its arguments, and how a diagnosis is shown.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Args;
use clap::builder::styling::{AnsiColor, Style};

use crate::kit::doctor::{self, Diagnosis, Fact, Grade};
use crate::kit::report::text::{harmless, wrap};

use super::exit::UNFIT;

const WIDTH: usize = 80;

/// Columns of the grade and of the name.
const GRADE: usize = 6;
const NAME: usize = 17;

/// Is this machine fit to measure, and what would have to change?
///
/// Exit code 0: fit. 3: nothing could be judged on it as it is.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Print one JSON object instead of the table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &DoctorArgs) -> ExitCode {
    let diagnosis = doctor::examine();
    let text = match args.json {
        true => serde_json::to_string_pretty(&diagnosis).unwrap_or_default() + "\n",
        false => table(&diagnosis),
    };
    // Fails only if nobody reads it.
    let _ = anstream::stdout().write_all(text.as_bytes());
    if diagnosis.fit { ExitCode::SUCCESS } else { ExitCode::from(UNFIT) }
}

/// The facts, and last what they come to. Coloured: whoever writes it out decides by where it goes.
fn table(diagnosis: &Diagnosis) -> String {
    let mut out = String::new();
    let unknown = || "unknown".to_owned();
    let machine = [&diagnosis.cpu, &diagnosis.kernel];
    let machine = machine.map(|name| name.as_deref().map_or_else(unknown, harmless)).join(", ");
    let _ = writeln!(out, "{}\n", wrap(&machine, WIDTH, ""));
    for fact in &diagnosis.facts {
        row(&mut out, fact);
    }
    let (warn, bad) = (diagnosis.count(Grade::Warn), diagnosis.count(Grade::Bad));
    let verdict = match (bad, warn) {
        (0, 0) => "fit to measure".to_owned(),
        (0, warn) => format!("fit to measure; {warn} to bear in mind"),
        (bad, _) => format!("NOT fit to measure: {bad} bad; change them, and ask again"),
    };
    let _ = writeln!(out, "\n{verdict}");
    out
}

fn row(out: &mut String, fact: &Fact) {
    let style = Style::new().bold().fg_color(Some(match fact.grade {
        Grade::Ok => AnsiColor::Green.into(),
        Grade::Warn => AnsiColor::Yellow.into(),
        Grade::Bad => AnsiColor::Red.into(),
    }));
    let (word, name) = (fact.grade.word(), fact.name);
    let _ = write!(out, "{style}{word:<GRADE$}{style:#}{name:<NAME$}");
    let room = WIDTH - GRADE - NAME;
    let found = wrap(&harmless(&fact.found), room, "");
    let change = fact.change.as_deref().map(|change| wrap(&format!("-> {change}"), room, ""));
    let lines = found.lines().chain(change.iter().flat_map(|change| change.lines()));
    for (at, line) in lines.enumerate() {
        let indent = if at == 0 { 0 } else { GRADE + NAME };
        let _ = writeln!(out, "{:indent$}{line}", "");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_fits_a_terminal() {
        let fact = |grade, name, found: &str, change: Option<&str>| Fact {
            name,
            grade,
            found: found.to_owned(),
            change: change.map(str::to_owned),
        };
        let long = "word ".repeat(60);
        let diagnosis = Diagnosis {
            format: doctor::FORMAT,
            schema: doctor::SCHEMA,
            cpu: Some("A processor".to_owned()),
            kernel: None,
            fit: false,
            facts: vec![
                fact(Grade::Ok, "cores", "8", None),
                fact(Grade::Warn, "virtual machine", &long, Some(&long)),
                fact(Grade::Bad, "other processes", "evil\u{1b}[2J (7) 98 %", Some("end it")),
            ],
        };
        let plain = anstream::adapter::strip_str(&table(&diagnosis)).to_string();
        assert!(plain.lines().all(|line| line.chars().count() <= WIDTH), "{plain}");
        assert!(plain.contains("ok    cores            8\n"), "{plain}");
        assert!(plain.contains("A processor, unknown\n"), "{plain}");
        assert!(plain.contains("NOT fit to measure: 1 bad"), "{plain}");
        assert!(plain.contains("-> end it\n") && !plain.contains('\u{1b}'), "{plain}");
        let styled = table(&diagnosis);
        assert!(!styled.contains("[2J (7)\u{1b}") && styled.contains("\u{1b}["), "{styled}");
    }
}
