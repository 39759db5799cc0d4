//! The picture of a family: medians over what is varied, a line a contender, quartiles as whiskers;
//! and the same of a value measured beside.

use crate::kit::measure::contender::Better;
use crate::kit::measure::statistics::Summary;

use super::fits;
use super::parts;
use super::plot::{self, Key, LEFT, Plot, RIGHT};
use super::results::{Bench, Group, Row};
use super::svg::{Drawing, Scale, WIDTH};
use super::text;

struct Line {
    key: Key,
    points: Vec<Point>,
}

/// One contender at one place: the median, and the quartiles where there are rounds behind it.
struct Point {
    x: f64,
    y: f64,
    quartiles: Option<(f64, f64)>,
}

/// The names of the bench's families that have at least two places.
#[must_use]
pub fn families(bench: &Bench) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in bench.groups.iter().filter_map(|group| group.family.as_ref()) {
        if !names.contains(name) && places(bench, name).len() >= 2 {
            names.push(name.clone());
        }
    }
    names
}

/// The values measured beside that change along the family and are worth a curve.
#[must_use]
pub fn sides(bench: &Bench, family: &str) -> Vec<String> {
    const TOLD: [&str; 7] = ["memory", "resident", "bytes", "kib", "cpu", "switches", "threads"];
    let groups = places(bench, family);
    let rows = || groups.iter().flat_map(|(_, group)| &group.rows);
    let mut names: Vec<&String> = rows().flat_map(|row| row.side.keys()).collect();
    names.sort();
    names.dedup();
    let worth = |name: &&String| {
        let lower = name.to_lowercase();
        let values = rows().filter_map(|row| row.side.get(*name).copied());
        TOLD.iter().any(|told| lower.contains(told))
            && plot::range(values).is_some_and(|(low, high)| high > 0.0 && high > low)
    };
    names.into_iter().filter(worth).cloned().collect()
}

/// Draws one family; `None` when fewer than two places were measured.
#[must_use]
pub fn draw(bench: &Bench, family: &str, id: &str) -> Option<Plot> {
    let groups = places(bench, family);
    let (_, group) = groups.first()?;
    let value = |row: &Row| row.summary.map(|s: Summary| (s.median, Some((s.low, s.high))));
    let knees = fits::knees(&groups);
    let mut plot = curves(&groups, (family, &group.unit), id, &value, &knees)?;
    let better = match group.better {
        Better::Lower => "less is better",
        Better::Higher => "more is better",
    };
    plot.caption = format!("{}; {better}; whiskers are quartiles.", plot.caption);
    for sentence in knees.iter().map(|knee| &knee.sentence).chain(&fits::scalability(&groups)) {
        plot.caption.push(' ');
        plot.caption.push_str(sentence);
    }
    Some(plot)
}

/// Draws a value measured beside over the family's axis.
#[must_use]
pub fn draw_side(bench: &Bench, family: &str, side: &str, id: &str) -> Option<Plot> {
    let value = |row: &Row| row.side.get(side).map(|median| (*median, None));
    curves(&places(bench, family), (family, &text::spaced(side)), id, &value, &[])
}

type Value<'v> = &'v dyn Fn(&Row) -> Option<(f64, Option<(f64, f64)>)>;

fn curves(
    groups: &[(f64, &Group)],
    (family, unit): (&str, &str),
    id: &str,
    value: Value<'_>,
    knees: &[fits::KneeMark],
) -> Option<Plot> {
    let lines = lines(groups, value);
    let axis = groups.first()?.1.x.as_ref()?;
    let xs: Vec<f64> = groups.iter().map(|(x, _)| *x).collect();
    let all = || lines.iter().flat_map(|line| &line.points);
    let ends = |point: &Point| point.quartiles.unwrap_or((point.y, point.y));
    let (low, high) = plot::range(all().map(ends).flat_map(|(low, high)| [low, high]))?;
    if xs.len() < 2 || high <= 0.0 {
        return None;
    }
    let (from, to) = (xs[0], xs[xs.len() - 1]);
    let x_log = from > 0.0 && to / from >= 8.0;
    let x = match x_log {
        true => Scale::log(from, to, LEFT + 14.0, WIDTH - RIGHT),
        false => Scale::from_zero(to, LEFT, WIDTH - RIGHT),
    };
    let y = plot::upright(low, high);
    let ticks: Vec<(f64, String)> = xs.iter().map(|at| (x.place(*at), text::tick(*at))).collect();
    let over = format!("{}{}", axis.name, if x_log { " (logarithmic)" } else { "" });
    let mut drawing = Drawing::new();
    plot::frame(&mut drawing, &y, &ticks, unit, &over);
    for line in lines.iter().rev() {
        let at = |point: &Point| (x.place(point.x), y.place(point.y));
        let whisker = |point: &Point| {
            let ((low, high), px) = (point.quartiles?, x.place(point.x));
            Some(((px, y.place(low)), (px, y.place(high))))
        };
        let whiskers: Vec<_> = line.points.iter().filter_map(whisker).collect();
        drawing.lines(&format!("whisker {}", line.key.class), &whiskers);
        let places: Vec<(f64, f64)> = line.points.iter().map(at).collect();
        plot::line(&mut drawing, &line.key, &places, &places);
    }
    for knee in knees {
        drawing.ring("knee", x.place(knee.x), y.place(knee.y));
    }
    let described: Vec<String> = lines.iter().map(described).collect();
    let shown = format!("{unit} over {}", axis.name);
    let title = match family.starts_with(&*shown) {
        true => family.to_owned(),
        false => format!("{family}: {shown}"),
    };
    let description = text::cut(&described.join("; "), 240);
    let svg = drawing.finish(id, plot::HEIGHT, &title, &description);
    let table = table(&axis.name, &xs, &lines);
    let legend = lines.into_iter().map(|line| line.key).collect();
    Some(Plot { svg, legend, caption: title, table })
}

fn described(line: &Line) -> String {
    let one = |point: &Point| format!("{} at {}", text::figure(point.y), text::plain(point.x));
    let points: Vec<String> = line.points.iter().map(one).collect();
    format!("{}: {}", line.key.name, points.join(", "))
}

/// The family's groups by their place on its axis.
#[must_use]
pub fn places<'a>(bench: &'a Bench, family: &str) -> Vec<(f64, &'a Group)> {
    let own = bench.groups.iter().filter(|group| group.family.as_deref() == Some(family));
    let mut places: Vec<(f64, &Group)> =
        own.filter_map(|group| Some((group.x.as_ref()?.value, group))).collect();
    places.retain(|(x, _)| x.is_finite());
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    places
}

fn lines(groups: &[(f64, &Group)], value: Value<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (x, group) in groups {
        for (key, row) in plot::keyed(group) {
            let Some((y, quartiles)) = value(row) else { continue };
            let point = Point { x: *x, y, quartiles };
            match lines.iter_mut().find(|line| line.key.name == key.name) {
                Some(line) => line.points.push(point),
                None => lines.push(Line { key, points: vec![point] }),
            }
        }
    }
    lines
}

fn table(axis: &str, xs: &[f64], lines: &[Line]) -> String {
    let mut heads = vec![axis.to_owned()];
    heads.extend(lines.iter().map(|line| line.key.name.clone()));
    let rows = xs.iter().map(|x| {
        let mut row = vec![text::plain(*x)];
        row.extend(lines.iter().map(|line| {
            let point = line.points.iter().find(|point| point.x == *x);
            point.map_or("–".to_owned(), |point| match point.quartiles {
                None => text::figure(point.y),
                Some((low, high)) => {
                    let (low, high) = (text::figure(low), text::figure(high));
                    format!("{} ({low} to {high})", text::figure(point.y))
                }
            })
        }));
        row
    });
    parts::table(&heads, &rows.collect::<Vec<_>>())
}
