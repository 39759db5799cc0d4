//! The order of the run: litmus tests, models, sites, audit, summary.

use std::process::ExitCode;
use std::time::Instant;

use crate::audit::{self, Fate, Held};
use crate::explore::{Variant, keep_panics_quiet};
use crate::models;
use crate::pool::in_parallel;
use crate::sites::{self, Site};
use crate::sources;

/// Explores what the arguments name; without arguments everything, and audits.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    let filters: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let names = |name: &str| filters.is_empty() || filters.iter().any(|word| name.contains(*word));
    let all = models::all().into_iter().flat_map(|model| model.variants());
    let chosen: Vec<Variant> = all.filter(|variant| names(&variant.name())).collect();
    if flag("--list") {
        chosen.iter().for_each(|variant| println!("{}: test", variant.name()));
        return ExitCode::SUCCESS;
    }
    keep_panics_quiet();
    let began = Instant::now();
    let (litmus, mut wrong) = models::check_the_checker();
    println!("litmus tests: {litmus}, {} wrong", wrong.len());
    let models = chosen.len();
    let (mut held, failures) = explore(chosen);
    wrong.extend(failures);
    let executions: usize = held.iter().map(|held| held.executions).sum();
    println!("models: {models}, {executions} executions, {} ms", began.elapsed().as_millis());
    if filters.is_empty() && wrong.is_empty() {
        let sites = sites::sites();
        wrong.extend(sources::unseen(&sites));
        wrong.extend(audit_all(&sites, &mut held));
    }
    wrong.iter().for_each(|wrong| println!("FAILED: {wrong}"));
    let word = if wrong.is_empty() { "ok" } else { "FAILED" };
    println!("loom: {word}. {} failed, {} s", wrong.len(), began.elapsed().as_secs());
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Those that held, and what is wrong with the others.
fn explore(chosen: Vec<Variant>) -> (Vec<Held>, Vec<String>) {
    let explored = in_parallel(chosen, |variant| (variant, variant.explore(None)));
    let (mut held, mut wrong) = (Vec::new(), Vec::new());
    for (variant, explored) in explored {
        let (name, executions) = (variant.name(), explored.executions);
        println!("{name:66} {executions:>7} executions {:>5} ms", explored.took.as_millis());
        if let Some(said) = explored.failure {
            wrong.push(format!("{name}: {said}, in execution {executions}"));
        } else if executions < variant.at_least {
            wrong.push(format!("{name}: {executions} executions, expected {}", variant.at_least));
        }
        held.push(Held { variant, executions, reached: explored.reached });
    }
    (held, wrong)
}

fn audit_all(sites: &[Site], held: &mut [Held]) -> Vec<String> {
    let began = Instant::now();
    let labels = sources::Labels::read(sites);
    let mutants = audit::mutants(sites, |site| labels.of(site));
    let audited = audit::audit(mutants, held);
    let mut wrong = Vec::new();
    let (mut killed, mut explained) = (0, 0);
    for audited in &audited {
        let mutant = &audited.mutant;
        match &audited.fate {
            Fate::Killed { model, execution, said } => {
                killed += 1;
                let limit = if audited.fate.is_limit() { " LIMIT" } else { "" };
                println!("{mutant}: killed{limit} by {model} in execution {execution}: {said}");
                if audited.fate.is_limit() {
                    wrong.push(format!("{mutant}: only the branch limit answers"));
                }
            }
            Fate::Explained(explanation) => {
                explained += 1;
                println!("{mutant}: explained: {}", explanation.reason);
            }
            Fate::Survived => wrong.push(format!("{mutant}: no model fails")),
        }
    }
    let (mutants, sites, took) = (audited.len(), sites.len(), began.elapsed().as_millis());
    println!("audit: {sites} sites, {mutants} mutants, {killed} killed, {explained} explained, {took} ms");
    wrong
}
