//! The line that helps to decide: up to where blocking is fine on this machine. Read off the
//! claims' own curves; where they do not tell, or were measured under too much noise to be judged,
//! the line says so.

use crate::kit::measure::compare::Outcome;
use crate::kit::measure::contender::Role;
use crate::kit::measure::knee;

use super::fits;
use super::lines;
use super::results::{Bench, Decision, Group, Results, Row};
use super::text;

/// The claims whose curves are asked; the first that tells is believed: what users of a service
/// notice before what it costs.
const ASKED: [&str; 3] = ["throughput", "scalability", "resource-use"];

/// The bound on the 99th percentile, in milliseconds, under which a rate counts as kept.
pub const P99_MS: f64 = 10.0;

/// What axes that count connections are called by.
const AT_ONCE: [&str; 4] = ["connection", "concurren", "at once", "in flight"];

/// Fills in the decision.
pub fn state(results: &mut Results) {
    let (mut connections, mut rate) = (UpTo::Unknown, UpTo::Unknown);
    let mut noisy = Vec::new();
    for id in ASKED {
        let own = |bench: &&Bench| !bench.void && bench.claim.as_ref().is_some_and(|c| c.id == id);
        let Some(bench) = results.benches.iter().find(own) else { continue };
        if bench.is_too_noisy() {
            noisy.push(id);
            continue;
        }
        let (own_connections, own_rate) = read_off(bench);
        if connections == UpTo::Unknown {
            connections = own_connections;
        }
        if rate == UpTo::Unknown {
            rate = own_rate;
        }
    }
    results.decision = Decision {
        sentence: sentence(connections, rate) + &left_out(&noisy),
        connections: connections.found(),
        rate_per_s: rate.found(),
        p99_ms: P99_MS,
    };
}

/// What the curves of one claim say: up to how many connections, up to which rate.
fn read_off(bench: &Bench) -> (UpTo, UpTo) {
    let (mut connections, mut rates) = (Vec::new(), Vec::new());
    for family in lines::families(bench) {
        let places = lines::places(bench, &family);
        let axis = places.first().and_then(|(_, group)| group.x.as_ref());
        let name = axis.map_or(String::new(), |axis| axis.name.to_lowercase());
        if fits::is_rate(&name) {
            rates.push(kept_rate(&places));
        } else if AT_ONCE.iter().any(|word| name.contains(word)) {
            connections.push(as_good(&places));
        }
    }
    (least(connections), least(rates))
}

/// Up to where something is so, along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
enum UpTo {
    /// Up to here; further on it is not, or nothing was measured.
    Here(f64),
    /// Not even at the first place, which is this.
    Nowhere(f64),
    /// The curve does not tell, or there is none.
    Unknown,
}

impl UpTo {
    fn found(self) -> Option<f64> {
        match self {
            Self::Here(at) => Some(at),
            _ => None,
        }
    }
}

/// The most careful answer: the least that is known; unknown only when no curve tells.
fn least(all: Vec<UpTo>) -> UpTo {
    let rank = |up_to: &UpTo| match up_to {
        UpTo::Nowhere(_) => 0.0,
        UpTo::Here(at) => *at,
        UpTo::Unknown => f64::INFINITY,
    };
    all.into_iter().min_by(|a, b| rank(a).total_cmp(&rank(b))).unwrap_or(UpTo::Unknown)
}

/// The last place up to which the best blocking baseline is ahead or level all the way.
fn as_good(places: &[(f64, &Group)]) -> UpTo {
    let mut reached = None;
    for (x, group) in places {
        let subject = group.row(Role::Subject).and_then(|row| row.to_blocking.as_ref());
        match subject.map(|comparison| comparison.outcome) {
            Some(Outcome::Behind | Outcome::Tie) => reached = Some(*x),
            Some(Outcome::Ahead) => return reached.map_or(UpTo::Nowhere(*x), UpTo::Here),
            _ => break,
        }
    }
    reached.map_or(UpTo::Unknown, UpTo::Here)
}

/// The last rate up to which a blocking baseline's p99 stays under the bound all the way. One at
/// which it fell behind is not kept, however soon the rest is answered.
fn kept_rate(places: &[(f64, &Group)]) -> UpTo {
    let mut reached = None;
    for (rate, group) in places {
        let blocking = group.rows.iter().filter(|row| row.role == Role::Baseline);
        let (saturated, kept): (Vec<&Row>, Vec<&Row>) =
            blocking.partition(|row| fell_behind(row, *rate, group.rounds));
        let best = kept.into_iter().filter_map(p99_ms).min_by(f64::total_cmp);
        match best {
            Some(ms) if ms <= P99_MS => reached = Some(*rate),
            None if saturated.is_empty() => break,
            _ => return reached.map_or(UpTo::Nowhere(*rate), UpTo::Here),
        }
    }
    reached.map_or(UpTo::Unknown, UpTo::Here)
}

/// Whether more was left unanswered when the windows were over than one leaves that keeps to the
/// bound: what was due no longer before. How long a window was, all that was answered tells.
fn fell_behind(row: &Row, rate: f64, rounds: usize) -> bool {
    let answered = row.distributions.values().map(|distribution| distribution.count).max();
    let window_ms = answered.map(|count| count as f64 * 1e3 / (rate * rounds as f64));
    let not_yet = window_ms.filter(|ms| *ms > 0.0).map_or(0.0, |ms| P99_MS / ms);
    fits::answered(row) + not_yet < knee::ANSWERED_MIN
}

/// A contender's p99 in milliseconds, from its distribution, else from a value measured beside.
fn p99_ms(row: &Row) -> Option<f64> {
    if row.failure.is_some() {
        return None;
    }
    let worst = row.distributions.values().filter_map(|distribution| distribution.ms(0.99));
    let beside = row.side.iter().filter(|(name, _)| name.contains("p99") && !name.contains("p999"));
    let beside = beside.filter_map(|(name, value)| match name {
        name if name.contains("ms") => Some(*value),
        name if name.contains("us") => Some(value / 1e3),
        _ => None,
    });
    worst.max_by(f64::total_cmp).or_else(|| beside.max_by(f64::total_cmp))
}

/// What to say of the claims that were measured under too much noise.
fn left_out(noisy: &[&str]) -> String {
    match noisy {
        [] => String::new(),
        _ => format!(" (Too noisy to judge, and left out: {}.)", noisy.join(", ")),
    }
}

fn sentence(connections: UpTo, rate: UpTo) -> String {
    let bound = text::plain(P99_MS);
    if (connections, rate) == (UpTo::Unknown, UpTo::Unknown) {
        return format!(
            "Up to how many connections or which rate blocking is fine on this machine, these \
             measurements cannot tell: measure {}.",
            ASKED.join(", ")
        );
    }
    let first = match connections {
        UpTo::Here(at) => format!("blocking is fine up to {} connections", text::plain(at)),
        UpTo::Nowhere(at) => {
            format!(
                "blocking is behind from the fewest connections measured on ({})",
                text::plain(at)
            )
        }
        UpTo::Unknown => "for connections these measurements cannot tell".to_owned(),
    };
    let second = match rate {
        UpTo::Here(at) => {
            format!("blocking is fine up to {} requests/s at p99 under {bound} ms", text::plain(at))
        }
        UpTo::Nowhere(at) => format!(
            "blocking does not answer the lowest rate measured, {} requests/s, at p99 under \
             {bound} ms",
            text::plain(at)
        ),
        UpTo::Unknown => {
            format!("for the rate at p99 under {bound} ms these measurements cannot tell")
        }
    };
    format!("On this machine {first}; {second}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_careful_answer_is_taken() {
        use UpTo::{Here, Nowhere, Unknown};
        assert_eq!(least(vec![Here(64.0), Unknown, Here(8.0)]), Here(8.0));
        assert_eq!(least(vec![Here(64.0), Nowhere(1.0)]), Nowhere(1.0));
        assert_eq!(least(vec![]), Unknown);
        let both = sentence(Here(64.0), Here(4000.0));
        assert!(
            both.contains("fine up to 64 connections; blocking is fine up to 4,000 requests/s")
        );
        for (connections, rate) in [(Unknown, Unknown), (Here(8.0), Unknown), (Unknown, Here(9.0))]
        {
            assert!(sentence(connections, rate).contains("cannot tell"));
        }
        assert!(sentence(Nowhere(1.0), Nowhere(100.0)).contains("behind from the fewest"));
    }
}
