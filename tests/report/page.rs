//! The page as a reader's program sees it: links, text alternatives, its size, what it asks for.

use std::collections::BTreeSet;
use std::fs;
use std::sync::OnceLock;

use windlass::kit::measure::contender::Better;
use windlass::kit::measure::record::Record;
use windlass::kit::report;

use crate::made_up::claims::{
    against_threads, all, claim, over, scalability, with_backlog, with_latencies, with_side,
};
use crate::made_up::{built, four, full_size, record, scratch};

/// The values of an attribute.
fn attributes<'p>(page: &'p str, name: &str) -> Vec<&'p str> {
    let begin = format!(" {name}=\"");
    page.split(&*begin).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// The page of a whole made-up run, built once.
fn whole_run() -> &'static str {
    static PAGE: OnceLock<String> = OnceLock::new();
    PAGE.get_or_init(|| {
        let mut records = all();
        records.extend(full_size());
        built("page-whole", &records).0
    })
}

#[test]
fn every_link_leads_somewhere_and_every_name_is_its_own() {
    let page = whole_run();
    let ids = attributes(page, "id");
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "an id came twice");
    let links = attributes(page, "href");
    assert!(links.len() > 40, "{}", links.len());
    for link in links {
        match link.strip_prefix('#') {
            Some(to) => assert!(unique.contains(to), "{link} leads nowhere"),
            None => assert!(
                ["results.json", "report.md", "records.jsonl"].contains(&link),
                "{link} leads out of the report"
            ),
        }
    }
}

#[test]
fn every_picture_has_words_and_every_figure_its_data() {
    let page = whole_run();
    let pictures: Vec<&str> = page.split("<svg ").skip(1).collect();
    assert!(pictures.len() > 30, "{}", pictures.len());
    for picture in pictures {
        let tag = picture.split('>').next().unwrap();
        if tag.contains("aria-hidden=\"true\"") {
            continue;
        }
        assert!(tag.contains("role=\"img\""), "{tag}");
        let picture = picture.split("</svg>").next().unwrap();
        for part in ["<title>", "<desc>"] {
            let text = picture.split(part).nth(1).unwrap_or_default();
            assert!(!text.is_empty() && !text.starts_with('<'), "{part} of {tag}");
        }
    }
    let claims = page.split("id=\"b-claim-resilience-\"").nth(1).unwrap();
    let claims = claims.split("</section>").next().unwrap();
    let figures: Vec<&str> = claims.split("<figure>").skip(1).collect();
    assert!(figures.len() >= 2);
    let with_data = figures.iter().filter(|figure| figure.contains("<summary>Data</summary>"));
    assert!(with_data.count() >= 2, "a percentile plot and a timeline");
    assert!(claims.contains("Repeat: <code>windlass bench resilience</code>"));
}

#[test]
fn a_whole_run_with_claims_is_small_and_asks_for_nothing() {
    let page = whole_run();
    assert!(page.len() < 300_000, "{} bytes", page.len());
    for foreign in ["http://", "https://", "<script", "@import", "url(", " src=", "<link", "NaN"] {
        assert!(!page.contains(foreign), "{foreign}");
    }
}

#[test]
fn more_than_fits_is_left_out_and_named() {
    let many = |index: usize| {
        let case = |place: usize| {
            let id = format!("case {place} of claim {index}, with a title of the usual length");
            let made = against_threads(&id, Better::Lower, 1.0 + place as f64, 9.0);
            with_backlog(with_latencies(over(made, "made up", "cases", place as f64), 2.0))
        };
        claim(&format!("claim-{index}"), (1..12).map(case).collect())
    };
    let mut records: Vec<_> = (0..14).map(many).collect();
    records.extend(full_size());
    let (page, _, results) = built("page-large", &records);
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert!(page.contains("Left out to keep this one small file: the dots of single rounds"));
    for claim in results.claims.iter().filter(|claim| claim.bench.is_some()) {
        assert!(page.contains(&claim.words.title), "each claim keeps its line");
    }
    let ids: BTreeSet<&str> = attributes(&page, "id").into_iter().collect();
    let links = attributes(&page, "href").into_iter().filter_map(|link| link.strip_prefix('#'));
    links.for_each(|to| assert!(ids.contains(to), "#{to} leads nowhere"));
}

#[test]
fn curves_tell_their_knee_and_their_law() {
    let (page, _, _) = built("page-curves", &[scalability()]);
    assert!(page.contains("The knee of windlass (ringed"), "a knee lies within what was measured");
    assert!(page.contains("<circle class=\"knee\""));
    let law = page.split("Scalability law of windlass: one alone ").nth(1).unwrap();
    assert!(["39,", "40,", "41,"].iter().any(|near| law.starts_with(near)), "{:.40}", law);
}

#[test]
fn what_was_not_answered_is_beyond_the_knee() {
    let rings = |record: &Record| built("page-saturated", std::slice::from_ref(record)).0;
    let knee = |page: &str| {
        let told = page.split("The knee of thread per connection (ringed: most answered").nth(1);
        told.and_then(|told| told.split(" answered a second").next()).map(str::to_owned)
    };
    let all = scalability();
    assert!(knee(&rings(&all)).unwrap().ends_with(" lies at 20,000"));
    let mut some = all.clone();
    let saturated = some.groups.iter_mut().find(|group| group.id == "20000 a second").unwrap();
    *saturated = with_side(saturated.clone(), "answered_share", [1.0, 0.8, 0.8, 1.0]);
    let page = rings(&some);
    assert!(knee(&page).unwrap().ends_with(" lies at 10,000"), "the last load that was answered");
    assert!(
        page.contains("The knee of windlass (ringed: most answered for its latency) lies at 20")
    );
}

#[test]
fn the_pages_of_criterion_are_linked_where_they_are() {
    let dir = scratch("page-criterion");
    let (records, out) = (dir.join("windlass/records"), dir.join("windlass/report"));
    let own = record("ring", vec![four("a", Better::Lower, 1.0, 2.0, 3.0)]);
    own.write(&records).unwrap();
    let page = || fs::read_to_string(report::build(&records, &out).unwrap().page).unwrap();
    assert!(!page().contains("criterion/report"));
    fs::create_dir_all(dir.join("criterion/report")).unwrap();
    fs::write(dir.join("criterion/report/index.html"), "made up").unwrap();
    assert!(page().contains("<a href=\"../../criterion/report/index.html\">"));
}
