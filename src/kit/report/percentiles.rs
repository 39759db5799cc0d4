//! How latencies are distributed: percentiles on the scale of HdrHistogram's plots, on which each
//! further nine takes the same room.

use crate::kit::measure::figure::{Distribution, nines};

use super::plot::{self, Key, LEFT, Plot, RIGHT};
use super::results::{Group, Row};
use super::svg::{Drawing, Scale, WIDTH};
use super::text;

/// The shares that have a tick, a mark and a row in the table.
const SHARES: [(f64, &str); 6] = [
    (0.5, "50 %"),
    (0.9, "90 %"),
    (0.99, "99 %"),
    (0.999, "99.9 %"),
    (0.9999, "99.99 %"),
    (0.99999, "99.999 %"),
];

/// The distributions of the group, by name.
#[must_use]
pub fn names(group: &Group) -> Vec<&String> {
    let with_points = |row: &'_ Row, name: &String| !row.distributions[name].points.is_empty();
    let mut names: Vec<&String> = Vec::new();
    for row in &group.rows {
        names.extend(row.distributions.keys().filter(|name| with_points(row, name)));
    }
    names.sort();
    names.dedup();
    names
}

/// Draws the distribution called `name` of all contenders that have it; `None` when none has.
#[must_use]
pub fn draw(group: &Group, name: &str, id: &str) -> Option<Plot> {
    let found = plot::keyed(group).into_iter().filter_map(|(key, row)| {
        let distribution = row.distributions.get(name)?;
        (!distribution.points.is_empty()).then_some((key, distribution))
    });
    let found: Vec<(Key, &Distribution)> = found.collect();
    let values = found.iter().flat_map(|(_, d)| &d.points).map(|point| point[1]);
    let (low, high) = plot::range(values.filter(|ms| *ms > 0.0))?;
    let most = found.iter().map(|(_, d)| nines(d.told())).fold(1.0, f64::max);
    let x = Scale::from_zero(most, LEFT, WIDTH - RIGHT);
    let y = plot::upright(low, high);
    let shares: Vec<(f64, &str)> =
        SHARES.iter().copied().filter(|(share, _)| nines(*share) <= most + 1e-9).collect();
    let ticks: Vec<(f64, String)> = shares
        .iter()
        .map(|(share, label)| (x.place(nines(*share)), label.replace(' ', "")))
        .collect();
    let mut drawing = Drawing::new();
    plot::frame(&mut drawing, &y, &ticks, "ms", "share of values (each nine takes the same room)");
    for (key, distribution) in found.iter().rev() {
        let told = distribution.told();
        let at = |share: f64, ms: f64| (x.place(nines(share.min(told))), y.place(ms));
        let places: Vec<(f64, f64)> =
            distribution.points.iter().map(|point| at(point[0], point[1])).collect();
        let own = shares.iter().filter(|(share, _)| *share <= told);
        let marks: Vec<(f64, f64)> = own
            .filter_map(|(share, _)| Some(at(*share, distribution.ms(*share)?)))
            .chain(places.last().copied())
            .collect();
        plot::line(&mut drawing, key, &places, &marks);
    }
    let described: Vec<String> = found.iter().map(|(key, d)| described(key, d)).collect();
    let title = format!("{name}, {}", group.title);
    let svg = drawing.finish(id, plot::HEIGHT, &title, &described.join("; "));
    let caption = format!("{name}: percentiles over all rounds that count; lower is better.");
    let table = table(&found, &shares);
    let legend = found.into_iter().map(|(key, _)| key).collect();
    Some(Plot { svg, legend, caption, table })
}

fn described(key: &Key, distribution: &Distribution) -> String {
    let at = |share: f64| distribution.ms(share).map_or("-".to_owned(), text::figure);
    format!("{}: p50 {}, p99 {}, most {} ms", key.name, at(0.5), at(0.99), at(1.0))
}

fn table(found: &[(Key, &Distribution)], shares: &[(f64, &str)]) -> String {
    let mut heads = vec!["ms".to_owned()];
    heads.extend(shares.iter().map(|(_, label)| (*label).to_owned()));
    heads.extend(["most", "values"].map(str::to_owned));
    let rows = found.iter().map(|(key, distribution)| {
        let last = distribution.told();
        let cell = |share: f64| match share <= last {
            true => distribution.ms(share).map_or("–".to_owned(), text::figure),
            false => "–".to_owned(),
        };
        let mut row = vec![key.name.clone()];
        row.extend(shares.iter().map(|(share, _)| cell(*share)));
        row.push(distribution.ms(1.0).map_or("–".to_owned(), text::figure));
        row.push(text::figure(distribution.count as f64));
        row
    });
    super::parts::table(&heads, &rows.collect::<Vec<_>>())
}
