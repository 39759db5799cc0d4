//! What is read off a curve: the knee where load meets latency, and the scalability law.

use crate::kit::measure::contender::{Better, Role};
use crate::kit::measure::knee::{self, Load, Place};
use crate::kit::measure::usl;

use super::results::{Group, Row};
use super::text;

/// The value measured beside by which a window says which share of its requests was answered.
const ANSWERED: &str = "answered_share";

/// A knee to be marked.
#[derive(Debug)]
pub struct KneeMark {
    /// Its place on the axis: the rate that was offered.
    pub x: f64,
    /// Its height.
    pub y: f64,
    /// What it says.
    pub sentence: String,
}

/// The knees of the family's contenders, where it shows latency over an offered rate; none where
/// it shows something else, or where the knee lies outside what was measured.
#[must_use]
pub fn knees(groups: &[(f64, &Group)]) -> Vec<KneeMark> {
    let is_latency = |group: &Group| {
        group.better == Better::Lower
            && ["ms", "us", "ns"].iter().any(|unit| {
                group.unit.split(|c: char| !c.is_alphanumeric()).any(|word| word == *unit)
            })
    };
    let over_rate = groups.iter().all(|(_, group)| {
        is_latency(group) && group.x.as_ref().is_some_and(|axis| is_rate(&axis.name))
    });
    let Some((_, first)) = groups.first().filter(|_| over_rate) else {
        return Vec::new();
    };
    let unit = &first.unit;
    let told = first.rows.iter().filter(|row| matches!(row.role, Role::Subject | Role::Baseline));
    let found = told.filter_map(|row| {
        let point = |(x, group): &(f64, &Group)| {
            let own = group.rows.iter().find(|own| own.name == row.name)?;
            Some(Load { offered: *x, answered: x * answered(own), latency: own.summary?.median })
        };
        let curve: Vec<Load> = groups.iter().filter_map(point).collect();
        let knee = knee::knee(&curve).ok().filter(|knee| knee.place == Place::Within)?;
        let (x, y) = (knee.at.offered, knee.at.latency);
        let (rate, latency) = (text::plain(knee.at.answered.round()), text::figure(y));
        let sentence = format!(
            "The knee of {} (ringed: most answered for its latency) lies at {rate} answered a \
             second with {latency} {unit}.",
            row.name
        );
        Some(KneeMark { x, y, sentence })
    });
    found.collect()
}

/// The share of the offered requests that was answered in time; all, where nothing else is told.
#[must_use]
pub fn answered(row: &Row) -> f64 {
    row.side.get(ANSWERED).copied().unwrap_or(1.0)
}

/// Whether an axis of this name counts what comes in a second.
#[must_use]
pub fn is_rate(axis: &str) -> bool {
    axis.contains("/s") || axis.contains("per second") || axis.contains("a second")
}

/// The scalability law fitted to the family's rounds: a sentence for each contender where it shows
/// a rate over how many work at once, at four places or more.
#[must_use]
pub fn scalability(groups: &[(f64, &Group)]) -> Vec<String> {
    let Some((_, first)) = groups.first() else {
        return Vec::new();
    };
    let counts = first.x.as_ref().is_some_and(|axis| !is_rate(&axis.name));
    if !counts || first.better != Better::Higher {
        return Vec::new();
    }
    let told = first.rows.iter().filter(|row| matches!(row.role, Role::Subject | Role::Baseline));
    let fitted = told.filter_map(|row| {
        let own = groups.iter().flat_map(|(n, group)| {
            let own = group.rows.iter().filter(|own| own.name == row.name);
            own.flat_map(|own| own.values.iter().map(|value| (*n, *value)))
        });
        let points: Vec<(f64, f64)> = own.collect();
        let law = usl::fit(&points).ok()?;
        let peak = match law.peak {
            Some(peak) if peak.measured => {
                format!("most at {}", text::plain(peak.n.round()))
            }
            _ => "no peak within what was measured".to_owned(),
        };
        Some(format!(
            "Scalability law of {}: one alone {}, contention {}, coherency {}, {peak}, \
             R² {:.3}.",
            row.name,
            text::figure(law.lambda),
            text::figure(law.sigma),
            text::figure(law.kappa),
            law.r_squared
        ))
    });
    fitted.collect()
}
