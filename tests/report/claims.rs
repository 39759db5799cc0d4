//! The claims: their verdicts, their sentences, the line that helps to decide.

use windlass::kit::claims::ALL;
use windlass::kit::measure::contender::Better;
use windlass::kit::measure::record::{Claim, Group, Record, Round};
use windlass::kit::measure::rule::Rule;
use windlass::kit::measure::statistics::Verdict;
use windlass::kit::report::results::{ClaimResult, Level, Results};
use windlass::kit::report::terminal;

use crate::made_up::claims::{
    THREADS, against_threads, all, claim, over, scalability, throughput, with_side,
};
use crate::made_up::{built, four, full_size, record};

/// A group that decides, windlass three times better.
fn holding(id: &str) -> Group {
    against_threads(id, Better::Lower, 10.0, 30.0)
}

fn judged(name: &str, groups: Vec<Group>) -> ClaimResult {
    let (_, _, results) = built(name, &[claim("made-up", groups)]);
    results.claims.into_iter().find(|claim| claim.words.id == "made-up").unwrap()
}

#[test]
fn a_claim_holds_when_all_hold_that_decide() {
    let mut boundary = against_threads("few", Better::Lower, 30.0, 10.0);
    boundary.boundary = true;
    let weaker = against_threads("the weakest", Better::Lower, 10.0, 15.0);
    let mut held_to_nothing = holding("shown");
    held_to_nothing.claims.clear();
    let groups = vec![boundary, holding("many"), weaker, held_to_nothing];
    let made = judged("claim-holds", groups);
    assert_eq!(made.verdict, Verdict::Holds);
    let headline = made.headline.unwrap();
    assert_eq!((&*headline.title, headline.against.as_deref()), ("the weakest", Some(THREADS)));
    assert!((1.4..1.6).contains(&headline.measured.median));
    assert!(made.sentence.contains("the weakest of 2 comparisons in 2 cases"), "{}", made.sentence);
    let evidence: Vec<(&str, bool)> =
        made.evidence.iter().map(|evidence| (&*evidence.title, evidence.boundary)).collect();
    let deciding = [("many", false), ("the weakest", false), ("shown", false)];
    assert_eq!((&evidence[..3], evidence[3]), (&deciding[..], ("few", true)));
    assert_eq!(made.quality, Level::Quiet);
}

#[test]
fn one_refuted_group_refutes() {
    let worse = against_threads("worse", Better::Lower, 30.0, 10.0);
    let made = judged("claim-refuted", vec![holding("better"), worse]);
    assert_eq!(made.verdict, Verdict::Refuted);
    assert_eq!(made.headline.unwrap().title, "worse");
    assert!(made.sentence.contains("at least 1.00× is claimed"), "{}", made.sentence);
}

#[test]
fn who_is_level_is_told_that_this_is_not_better() {
    let beats = |name: &str, blocking| {
        let mut made = against_threads("a case", Better::Lower, 10.0, blocking);
        made.claims[0].rule = Rule::Beats;
        judged(name, vec![made])
    };
    let level = beats("claim-level", 10.05);
    assert_eq!(level.verdict, Verdict::Refuted);
    let said = "; more than 1.00× by 2 % or more is claimed: level is not better.";
    assert!(level.sentence.ends_with(said), "{}", level.sentence);
    let worse = beats("claim-worse", 5.0);
    assert_eq!(worse.verdict, Verdict::Refuted);
    assert!(worse.sentence.ends_with("by 2 % or more is claimed."), "{}", worse.sentence);
}

#[test]
fn what_cannot_be_told_says_why() {
    let mut few = against_threads("few rounds", Better::Lower, 10.0, 30.0);
    few.rounds.truncate(4);
    few.contenders.iter_mut().for_each(|contender| contender.values.truncate(4));
    let made = judged("claim-few", vec![holding("a"), few]);
    assert_eq!(made.verdict, Verdict::Undecided);
    assert!(made.sentence.starts_with("few rounds: 3.0"), "{}", made.sentence);

    let mut failed = holding("broken");
    failed.failure = Some("no socket".to_owned());
    failed.contenders.clear();
    failed.claims.clear();
    let made = judged("claim-failed", vec![holding("a"), failed]);
    assert_eq!(made.verdict, Verdict::Undecided, "a group that fails holds nothing");
    assert!(made.sentence.contains("broken failed: no socket"), "{}", made.sentence);

    let mut boundary = holding("a");
    boundary.boundary = true;
    let made = judged("claim-nothing", vec![boundary]);
    assert_eq!((made.verdict, made.headline), (Verdict::Undecided, None));
    assert!(made.sentence.contains("Nothing that decides was measured"));

    let mut spoiled = holding("a");
    spoiled.contenders[3].values.iter_mut().flatten().for_each(|value| *value *= 1.2);
    let made = judged("claim-void", vec![spoiled]);
    assert_eq!((made.verdict, made.quality), (Verdict::Undecided, Level::Unusable));
    assert!(made.sentence.contains("shows a winner"), "{}", made.sentence);

    let mut noisy = holding("a");
    let mark = |round: &mut Round| round.noisy = vec!["stolen time 9 %".to_owned()];
    noisy.rounds.iter_mut().for_each(mark);
    assert_eq!(judged("claim-noisy", vec![noisy]).quality, Level::Noisy);

    let mut busy = claim("made-up", vec![holding("a")]);
    busy.runs[0].noise.foreign_share = Some(0.8);
    busy.runs[0].noise.reasons = vec!["other processes 80 %".to_owned()];
    let (page, _, results) = built("claim-busy", &[busy]);
    let made = results.claims.iter().find(|claim| claim.words.id == "made-up").unwrap();
    assert_eq!((made.verdict, made.quality), (Verdict::Undecided, Level::Unusable));
    assert!(made.sentence.contains("Too noisy to judge: other processes 80 %"));
    assert!(page.contains("unusable run") && page.contains("did mostly other things"));
}

#[test]
fn a_value_of_nothing_is_held_to_nothing() {
    let lost = |values: f64| {
        let mut made = holding("an outage");
        let contender = &mut made.contenders[0];
        contender.side.insert("lost".to_owned(), vec![Some(values); contender.values.len()]);
        let text = "no order is lost".to_owned();
        made.claims = vec![Claim {
            text,
            against: None,
            of: Some("lost".to_owned()),
            bar: 0.0,
            rule: Rule::AtLeast,
        }];
        made
    };
    let none = judged("claim-none-lost", vec![lost(0.0)]);
    assert_eq!(none.verdict, Verdict::Holds);
    // Nothing of nothing has no ratio, and is yet the one that is told.
    let told = none.headline.unwrap();
    assert_eq!((&*told.title, told.measured.median), ("an outage, lost", 0.0));
    let made = judged("claim-some-lost", vec![lost(3.0)]);
    assert_eq!(made.verdict, Verdict::Refuted);
    assert!(made.sentence.contains("an outage, lost: 3.00 lost"), "{}", made.sentence);
    // Once is too often, in a round that was run again for its noise, too.
    for replaced in [false, true] {
        let mut once = lost(0.0);
        once.rounds[3].replaced = replaced;
        once.contenders[0].side.get_mut("lost").unwrap()[3] = Some(1.0);
        assert_eq!(judged("claim-one-lost", vec![once]).verdict, Verdict::Refuted, "{replaced}");
    }
}

#[test]
fn a_claim_not_to_win_is_said_the_right_way_round() {
    let made = |id: &str, better, subject, blocking| {
        let mut made = against_threads(id, better, subject, blocking);
        made.claims[0].rule = Rule::NoBetter;
        made.claims[0].bar = 1.1;
        made
    };
    // A rate of 1.05 times and one of 0.9 times: the first is nearer to its bar.
    let rates =
        vec![made("nearly", Better::Higher, 10.5, 10.0), made("slower", Better::Higher, 9.0, 10.0)];
    let held = judged("claim-not-to-win", rates);
    assert_eq!(held.verdict, Verdict::Holds);
    let headline = held.headline.unwrap();
    assert_eq!((&*headline.title, headline.rule), ("nearly", Rule::NoBetter));
    assert!((1.0..1.1).contains(&headline.measured.median), "{:?}", headline.measured);

    let won = judged("claim-to-win", vec![made("faster", Better::Lower, 10.0, 15.0)]);
    assert_eq!(won.verdict, Verdict::Refuted);
    let said = "as good as thread per connection";
    assert!(won.sentence.contains("faster: 1.") && won.sentence.contains(said), "{}", won.sentence);
    assert!(won.sentence.contains("at most 1.10× is claimed"), "{}", won.sentence);
}

#[test]
fn what_never_happens_has_the_worst_round_told() {
    let mut made = holding("a queue");
    let depths = made.contenders[0].values.iter().enumerate();
    let depths = depths.map(|(round, _)| Some(if round == 2 { 65.0 } else { 10.0 })).collect();
    made.contenders[0].side.insert("depth".to_owned(), depths);
    let (text, of) = ("at most 64".to_owned(), Some("depth".to_owned()));
    made.claims = vec![Claim { text, against: None, of, bar: 64.0, rule: Rule::Never }];
    // A round that was run again is one more that was looked at.
    made.rounds[4].replaced = true;
    let (page, _, results) = built("claim-never", &[claim("made-up", vec![made])]);
    let own = results.claims.iter().find(|claim| claim.words.id == "made-up").unwrap();
    assert_eq!(own.verdict, Verdict::Refuted);
    let said = "a queue, depth: 65.0 depth in the worst of 12 rounds";
    assert!(own.sentence.contains(said), "{}", own.sentence);
    assert!(own.sentence.contains("never more than 64.0 is claimed"), "{}", own.sentence);
    assert!(page.contains("bar never more than 64.0 depth"));
}

#[test]
fn claims_without_a_record_are_named_with_the_command() {
    let (page, markdown, results) = built("claim-missing", &[claim("other", vec![holding("a")])]);
    let terminal = terminal::summary(&results);
    assert_eq!(results.claims.len(), ALL.len() + 1);
    for known in ALL {
        let missing = results.missing.iter().find(|m| m.bench == known.record()).unwrap();
        assert_eq!(missing.command, format!("windlass bench {}", known.id));
        let own = results.claims.iter().find(|claim| claim.words.id == known.id).unwrap();
        assert!(own.bench.is_none() && own.sentence.contains("Not measured here"));
        assert!(markdown.contains(&own.words.title) && terminal.contains(known.id));
    }
    assert!(page.contains("Claims not measured here: <code>windlass bench "));
    assert!(page.contains("– not measured"));
}

#[test]
fn the_table_of_claims_comes_first_and_the_control_before_it() {
    let mut records = all();
    records.extend(full_size());
    let (page, markdown, results) = built("claim-first", &records);
    let place = |text: &str, what: &str| text.find(what).unwrap_or_else(|| panic!("{what}"));
    let claims: Vec<&ClaimResult> =
        results.claims.iter().filter(|claim| claim.bench.is_some()).collect();
    assert_eq!(claims.len(), 13);
    for claim in claims {
        let title = &claim.words.title;
        assert!(place(&page, "A/A control") < place(&page, title), "{title}");
        assert!(place(&markdown, "| A/A control") < place(&markdown, title), "{title}");
    }
    let order = ["The claims", "Where blocking wins", "What this does not show", "in short"];
    assert!(order.windows(2).all(|two| place(&page, two[0]) < place(&page, two[1])));
    let text = terminal::summary(&results);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(place(&text, "A/A control") < place(&text, "resilience"));
    assert!(place(&text, "resilience") < place(&text, "\nexecutor (default)"));
    assert!(text.contains("cpu-bound                REFUTED"), "{text}");
    assert!(page.contains("blocking wins, thread per connection over windlass"));
}

fn decision(name: &str, records: &[Record]) -> Results {
    built(name, records).2
}

#[test]
fn the_line_that_helps_to_decide_is_read_off_the_curves() {
    let both = decision("decision-both", &[throughput(), scalability()]);
    assert_eq!(both.decision.connections, Some(8.0));
    assert_eq!(both.decision.rate_per_s, Some(1000.0));
    let told = "On this machine blocking is fine up to 8 connections; blocking is fine up to \
                1,000 requests/s at p99 under 10 ms.";
    assert_eq!(both.decision.sentence, told);

    // A rate that was not answered was not kept, however short the latency of the rest.
    let mut dropped = scalability();
    let slowest = dropped.groups.iter_mut().find(|group| group.id == "1000 a second").unwrap();
    *slowest = with_side(slowest.clone(), "answered_share", [1.0, 0.9, 0.9, 1.0]);
    let dropped = decision("decision-dropped", &[throughput(), dropped]).decision;
    assert_eq!((dropped.connections, dropped.rate_per_s), (Some(8.0), None));
    assert!(dropped.sentence.contains("not answer the lowest rate measured, 1,000 requests/s, at"));

    // What came in just before a window is over may be answered after it, by the bound of 10 ms:
    // of 50 ms that is a fifth, of 200 ms a twentieth.
    let behind = |window_ms: u64| {
        let mut made = scalability();
        let slowest = made.groups.iter_mut().find(|group| group.id == "1000 a second").unwrap();
        *slowest = with_side(slowest.clone(), "answered_share", [1.0, 0.9, 0.9, 1.0]);
        for contender in &mut slowest.contenders {
            let answered = slowest.rounds.len() as u64 * window_ms;
            contender.distributions.values_mut().for_each(|own| own.count = answered);
        }
        decision("decision-behind", &[made]).decision.rate_per_s
    };
    assert_eq!([50, 200].map(behind), [Some(1000.0), None]);

    let mut noisy = scalability();
    noisy.runs[0].noise.foreign_share = Some(0.8);
    let noisy = decision("decision-noisy", &[throughput(), noisy]).decision;
    assert_eq!((noisy.connections, noisy.rate_per_s), (Some(8.0), None));
    let told = "these measurements cannot tell. (Too noisy to judge, and left out: scalability.)";
    assert!(noisy.sentence.ends_with(told), "{}", noisy.sentence);

    let nothing =
        decision("decision-none", &[record("ring", vec![four("a", Better::Lower, 1.0, 2.0, 3.0)])]);
    assert_eq!((nothing.decision.connections, nothing.decision.rate_per_s), (None, None));
    assert!(nothing.decision.sentence.contains("cannot tell"));

    let mut unsure = throughput();
    let odd = unsure.groups[0].contenders[1].values.iter_mut().flatten().step_by(2);
    odd.for_each(|value| *value *= 0.5);
    let unsure = decision("decision-unsure", &[unsure]);
    assert_eq!(unsure.decision.connections, None, "the first place is undecided");

    let ahead = |n: f64| {
        let made = against_threads(&format!("at {n}"), Better::Higher, 30.0, 10.0);
        over(made, "rate", "connections", n)
    };
    let ahead = decision("decision-ahead", &[claim("throughput", vec![ahead(1.0), ahead(64.0)])]);
    assert_eq!(ahead.decision.connections, None);
    assert!(ahead.decision.sentence.contains("behind from the fewest connections measured on (1)"));
}
