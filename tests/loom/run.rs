//! The order of the run: litmus tests, models, sites, audit, summary.

use std::collections::BTreeSet;
use std::io;
use std::process::ExitCode;
use std::time::Instant;

use crate::audit::{self, Fate, Held};
use crate::explore::{Variant, keep_panics_quiet};
use crate::ledger;
use crate::models;
use crate::sites::Site;
use crate::sources;
use crate::tables;
use crate::totals::{Total, add};
use crate::worker::{self, WORKER, in_parallel};

/// Explores what the arguments name; without names everything, and audits.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    let flag = |name: &str| arguments.iter().any(|argument| argument == name);
    let all: Vec<Variant> = models::all().into_iter().flat_map(|model| model.variants()).collect();
    if flag(WORKER) {
        return ended(worker::serve(&all).map(|()| Vec::new()));
    }
    let filters: Vec<&String> = arguments.iter().filter(|word| !word.starts_with('-')).collect();
    let names = |name: &str| filters.is_empty() || filters.iter().any(|word| name.contains(*word));
    let chosen = all.into_iter().enumerate().filter(|(_, variant)| names(&variant.name()));
    if flag("--list") {
        chosen.for_each(|(_, variant)| println!("{}: test", variant.name()));
        return ExitCode::SUCCESS;
    }
    let began = Instant::now();
    let wrong = check(chosen.collect(), filters.is_empty());
    let failed = wrong.as_ref().map_or(1, Vec::len);
    let word = if failed == 0 { "ok" } else { "FAILED" };
    let code = ended(wrong);
    println!("loom: {word}. {failed} failed, {} s", began.elapsed().as_secs());
    code
}

fn ended(wrong: io::Result<Vec<String>>) -> ExitCode {
    match wrong {
        Ok(wrong) if wrong.is_empty() => return ExitCode::SUCCESS,
        Ok(wrong) => wrong.iter().for_each(|wrong| println!("FAILED: {wrong}")),
        Err(error) => println!("FAILED: no worker: {error}"),
    }
    ExitCode::FAILURE
}

/// What is wrong.
fn check(chosen: Vec<(usize, Variant)>, and_audit: bool) -> io::Result<Vec<String>> {
    keep_panics_quiet(|said| eprintln!("{said}"));
    let (litmus, mut wrong) = models::check_the_checker();
    println!("litmus tests: {litmus}, {} wrong", wrong.len());
    let (held, failures) = explore(chosen)?;
    wrong.extend(failures);
    if and_audit && wrong.is_empty() {
        let sites: BTreeSet<Site> = held.iter().flat_map(|held| held.reached.clone()).collect();
        wrong.extend(sources::unseen(&sites));
        wrong.extend(tables::check(&models::all())?);
        wrong.extend(audit_all(&sites, held)?);
    }
    Ok(wrong)
}

/// Those that were explored, and what is wrong with some.
fn explore(mut chosen: Vec<(usize, Variant)>) -> io::Result<(Vec<Held>, Vec<String>)> {
    let began = Instant::now();
    // The longest first, so that no worker is left alone with it at the end.
    chosen.sort_by_key(|(_, variant)| std::cmp::Reverse(variant.at_least));
    let models: BTreeSet<_> = chosen.iter().map(|(_, variant)| variant.model.name).collect();
    let models = models.len();
    let mut explored = in_parallel(chosen, |worker, (number, variant)| {
        Ok((number, variant, worker.explore(number, None)?))
    })?;
    explored.sort_by_key(|(number, ..)| *number);
    let (mut held, mut wrong) = (Vec::new(), Vec::new());
    for (number, variant, explored) in explored {
        let (name, executions) = (variant.name(), explored.executions);
        println!("{name:64} {executions:>7} executions {:>5} ms", explored.took_ms);
        if let Some(said) = explored.failure {
            wrong.push(format!("{name}: {said}, in execution {executions}"));
        } else if executions < variant.at_least {
            wrong.push(format!("{name}: {executions} executions, expected {}", variant.at_least));
        }
        held.push(Held { number, name, executions, reached: explored.reached });
    }
    let executions: usize = held.iter().map(|held| held.executions).sum();
    let (variants, took_ms) = (held.len(), began.elapsed().as_millis());
    println!("{models} models in {variants} variants, {executions} executions, {took_ms} ms");
    add(Total::Models, models);
    add(Total::Executions, executions);
    Ok((held, wrong))
}

fn audit_all(sites: &BTreeSet<Site>, held: Vec<Held>) -> io::Result<Vec<String>> {
    let began = Instant::now();
    let labels = sources::Labels::read();
    let audited = audit::audit(audit::mutants(sites), held, |site| labels.of(site))?;
    let mut wrong = Vec::new();
    let (mut killed, mut explained, mut borne) = (0, 0, 0);
    for audited in &audited {
        let (site, change) = (&audited.mutant.site, audited.mutant.change);
        let mutant = format!("[{}] {change} ({site})", labels.of(site));
        match &audited.fate {
            Fate::Killed { model, said } => {
                killed += 1;
                println!("{mutant}: fails in `{model}`: {said}");
            }
            Fate::Explained(explanation) => {
                explained += 1;
                println!("{mutant}: explained: {}", explanation.reason);
            }
            Fate::Borne(models) => {
                borne += 1;
                println!("{mutant}: allowed, and {models} models hold with it");
            }
            Fate::NotBorne { model, said } => {
                wrong.push(format!("{mutant}: allowed, and yet `{model}` fails: {said}"));
            }
            Fate::Limit(model) => wrong.push(format!("{mutant}: only the limit ends `{model}`")),
            Fate::Survived => wrong.push(format!("{mutant}: no model fails")),
        }
    }
    let (mutants, sites, took_ms) = (audited.len(), sites.len(), began.elapsed().as_millis());
    println!(
        "audit: {sites} sites, {mutants} changes, {killed} fail, {explained} explained, \
         {borne} allowed and borne, {took_ms} ms"
    );
    let counts = [
        (Total::Changes, mutants),
        (Total::Killed, killed),
        (Total::Explained, explained),
        (Total::Borne, borne),
    ];
    counts.into_iter().for_each(|(total, count)| add(total, count));
    wrong.extend(audit::unused(&audited));
    wrong.extend(ledger::check(&audited, &labels)?);
    Ok(wrong)
}
