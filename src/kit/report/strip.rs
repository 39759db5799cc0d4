//! The picture of one group: a row a contender, a dot a round, a bar to the median.

use crate::kit::measure::contender::{Better, Role};

use super::results::{Group, Row};
use super::svg::{Anchor, Drawing, Scale, WIDTH};
use super::text;

/// Above this range of values the axis is logarithmic, and has no bars.
const LINEAR_RANGE_MAX: f64 = 25.0;

const LEFT: f64 = 12.0;
const RIGHT: f64 = 28.0;
const ROW: f64 = 46.0;

/// The class that colours and dashes a role; `place` counts within the role.
#[must_use]
pub fn class(role: Role, place: usize) -> String {
    match role {
        Role::Subject if place > 0 => "variant".to_owned(),
        Role::Subject => "subject".to_owned(),
        Role::Control => "control".to_owned(),
        Role::Limit => "limit".to_owned(),
        Role::Baseline => format!("baseline{}", place % 3),
        Role::Peer => format!("peer{}", place % 4),
    }
}

/// The shape of the marks of `class`, which tells lines apart where colours do not.
#[must_use]
pub fn shape(class: &str) -> usize {
    CLASSES.iter().find(|(name, _)| *name == class).map_or(0, |(_, shape)| *shape)
}

/// All classes, with the shape of their marks.
pub const CLASSES: [(&str, usize); 11] = [
    ("subject", 0),
    ("variant", 3),
    ("control", 2),
    ("limit", 2),
    ("baseline0", 1),
    ("baseline1", 2),
    ("baseline2", 3),
    ("peer0", 3),
    ("peer1", 0),
    ("peer2", 1),
    ("peer3", 2),
];

/// Draws `group`; `dots`: each round too. `None` when nothing was measured.
#[must_use]
pub fn draw(group: &Group, id: &str, dots: bool) -> Option<String> {
    let mut rows: Vec<(&Row, f64)> = group
        .rows
        .iter()
        .filter_map(|row| row.summary.map(|summary| (row, summary.median)))
        .collect();
    rows.sort_by(|a, b| match group.better {
        Better::Lower => a.1.total_cmp(&b.1),
        Better::Higher => b.1.total_cmp(&a.1),
    });
    let summaries = || rows.iter().filter_map(|(row, _)| row.summary);
    let max = summaries().map(|s| s.max).fold(0.0, f64::max);
    let min = summaries().map(|s| s.min).fold(f64::MAX, f64::min);
    if rows.is_empty() {
        return None;
    }
    // One wild round must not squeeze the rest: the axis ends a little above the largest quartile
    // where that is much less, and rounds beyond it are drawn at its end.
    let calm = summaries().map(|s| s.high).fold(0.0, f64::max) * 1.5;
    let end = max.min(calm);
    let log = end / min > LINEAR_RANGE_MAX;
    let to = WIDTH - RIGHT;
    let scale = if log {
        Scale::log(min / 1.2, end * 1.2, LEFT, to)
    } else {
        Scale::from_zero(end * 1.03, LEFT, to)
    };
    let bottom = rows.len() as f64 * ROW + 6.0;
    let mut drawing = Drawing::new();
    axis(&mut drawing, &scale, bottom);
    for (index, (row, _)) in rows.iter().enumerate() {
        let own = group.is_subject(row);
        row_of(&mut drawing, (row, own), &scale, index as f64 * ROW, dots);
    }
    let kind = if log { "logarithmic axis" } else { "axis from zero" };
    let better = match group.better {
        Better::Lower => "less is better",
        Better::Higher => "more is better",
    };
    let cut = if max > end { ", rounds beyond it drawn at its end" } else { "" };
    let note = format!("{}; {better}; {kind}{cut}", group.unit);
    drawing.text("note", Anchor::Start, LEFT, bottom + 52.0, &note);
    let described: Vec<String> = rows
        .iter()
        .map(|(row, median)| format!("{} {}", row.name, text::figure(*median)))
        .collect();
    let described = text::cut(&described.join(", "), 160);
    let description = format!("Medians in {}, best first: {described}.", group.unit);
    Some(drawing.finish(id, bottom + 62.0, &group.title, &description))
}

fn axis(drawing: &mut Drawing, scale: &Scale, bottom: f64) {
    let ticks = scale.ticks(5);
    let xs: Vec<f64> = ticks.iter().map(|tick| scale.place(*tick)).collect();
    let grid: Vec<_> = xs.iter().map(|x| ((*x, 4.0), (*x, bottom))).collect();
    drawing.lines("grid", &grid);
    let labels = ticks.iter().zip(&xs).map(|(tick, x)| (*x, bottom + 22.0, text::tick(*tick)));
    drawing.ticks(Anchor::Middle, &labels.collect::<Vec<_>>());
    drawing.line("axis", (LEFT, bottom), (WIDTH - RIGHT, bottom));
}

/// `own`: it is the subject.
fn row_of(drawing: &mut Drawing, (row, own): (&Row, bool), scale: &Scale, top: f64, dots: bool) {
    let Some(summary) = row.summary else { return };
    let class = class(row.role, 0);
    let (bar, middle) = (top + 27.0, top + 34.0);
    if !scale.log {
        let from = scale.place(0.0);
        let width = scale.place(summary.median) - from;
        drawing.rect(&format!("bar {class}"), from, bar, width, 14.0);
    }
    let (low, high) = (scale.place(summary.low), scale.place(summary.high));
    drawing.line(&format!("box {class}"), (low, middle), (high.max(low + 1.0), middle));
    if dots {
        let xs: Vec<f64> = row.values.iter().map(|value| scale.place(*value)).collect();
        drawing.dots(&class, &xs, middle);
    }
    let at = scale.place(summary.median);
    drawing.line(&format!("median {class}"), (at, bar - 2.0), (at, bar + 16.0));
    let weight = if own { "name own" } else { "name" };
    drawing.text(weight, Anchor::Start, LEFT, top + 20.0, &text::cut(&row.name, 34));
    let value = text::figure(summary.median);
    drawing.text("value", Anchor::End, WIDTH - RIGHT, top + 20.0, &value);
}
