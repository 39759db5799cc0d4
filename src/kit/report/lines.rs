//! The picture of a family: medians over what is varied, a line a contender, quartiles as whiskers.

use crate::kit::measure::contender::Role;
use crate::kit::measure::statistics::Summary;

use super::results::{Bench, Group};
use super::strip;
use super::svg::{Anchor, Drawing, Scale, WIDTH};
use super::text;

const LEFT: f64 = 74.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 300.0;

/// A plot and its legend.
#[derive(Debug)]
pub struct Plot {
    /// The drawing.
    pub svg: String,
    /// Each line's class, shape and name.
    pub legend: Vec<(String, usize, String)>,
    /// What stands under it.
    pub caption: String,
}

struct Line {
    name: String,
    class: String,
    shape: usize,
    points: Vec<(f64, Summary)>,
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

/// Draws one family; `None` when fewer than two places were measured.
#[must_use]
pub fn draw(bench: &Bench, family: &str, id: &str) -> Option<Plot> {
    let groups = places(bench, family);
    let lines = lines(&groups);
    let first = groups.first().and_then(|(_, group)| group.x.as_ref().map(|x| (group, x)));
    let (group, axis) = first?;
    let xs: Vec<f64> = groups.iter().map(|(x, _)| *x).collect();
    let summaries = || lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    let (low, high) = (summaries().map(|s| s.low), summaries().map(|s| s.high));
    let (low, high) = (low.fold(f64::MAX, f64::min), high.fold(0.0, f64::max));
    if xs.len() < 2 || high <= 0.0 {
        return None;
    }
    let (from, to) = (xs[0], xs[xs.len() - 1]);
    let x_log = from > 0.0 && to / from >= 8.0;
    let x = if x_log {
        Scale::log(from, to, LEFT + 14.0, WIDTH - RIGHT)
    } else {
        Scale::from_zero(to, LEFT, WIDTH - RIGHT)
    };
    let y_log = high / low > 30.0;
    let y = if y_log {
        Scale::log(low / 1.3, high * 1.3, BOTTOM, TOP)
    } else {
        Scale::from_zero(high * 1.05, BOTTOM, TOP)
    };
    let mut drawing = Drawing::new();
    axes(&mut drawing, &x, &y, &xs);
    let kind = if y_log { "logarithmic" } else { "from zero" };
    drawing.text("note", Anchor::Start, 8.0, 16.0, &format!("{} ({kind})", group.unit));
    let over = format!("{}{}", axis.name, if x_log { " (logarithmic)" } else { "" });
    drawing.text("note", Anchor::End, WIDTH - RIGHT, BOTTOM + 50.0, &over);
    for line in lines.iter().rev() {
        draw_line(&mut drawing, line, &x, &y);
    }
    let described = lines.iter().map(|line| {
        let points: Vec<String> = line.points.iter().map(|(x, s)| described(*x, s)).collect();
        format!("{}: {}", line.name, points.join(", "))
    });
    let description = described.collect::<Vec<_>>().join("; ");
    let title = format!("{family}: {} over {}", group.unit, axis.name);
    let svg = drawing.finish(id, BOTTOM + 60.0, &title, &description);
    let legend = lines.into_iter().map(|line| (line.class, line.shape, line.name)).collect();
    Some(Plot { svg, legend, caption: title })
}

fn described(x: f64, summary: &Summary) -> String {
    format!("{} at {}", text::figure(summary.median), text::plain(x))
}

fn places<'a>(bench: &'a Bench, family: &str) -> Vec<(f64, &'a Group)> {
    let own = bench.groups.iter().filter(|group| group.family.as_deref() == Some(family));
    let mut places: Vec<(f64, &Group)> =
        own.filter_map(|group| Some((group.x.as_ref()?.value, group))).collect();
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    places
}

fn lines(groups: &[(f64, &Group)]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let (mut subjects, mut baselines, mut peers) = (0.., 0.., 0..);
    for (x, group) in groups {
        for row in group.rows.iter().filter(|row| row.role != Role::Control) {
            let Some(summary) = row.summary else { continue };
            let known = lines.iter().position(|line| line.name == row.name);
            let index = known.unwrap_or_else(|| {
                let place = match row.role {
                    Role::Subject => subjects.next().unwrap_or(0),
                    Role::Baseline => baselines.next().unwrap_or(0),
                    Role::Peer => peers.next().unwrap_or(0),
                    _ => 0,
                };
                let class = strip::class(row.role, place);
                let (name, shape) = (row.name.clone(), lines.len());
                lines.push(Line { name, class, shape, points: Vec::new() });
                lines.len() - 1
            });
            lines[index].points.push((*x, summary));
        }
    }
    lines
}

fn axes(drawing: &mut Drawing, x: &Scale, y: &Scale, xs: &[f64]) {
    for tick in y.ticks(5) {
        let at = y.place(tick);
        drawing.line("grid", (LEFT, at), (WIDTH - RIGHT + 8.0, at));
        drawing.text("tick", Anchor::End, LEFT - 8.0, at + 5.0, &text::tick(tick));
    }
    // The places themselves are the ticks while they stand far enough apart.
    let mut last = f64::MIN;
    for value in xs {
        let at = x.place(*value);
        drawing.line("grid", (at, BOTTOM), (at, BOTTOM + 6.0));
        if at - last > 56.0 {
            drawing.text("tick", Anchor::Middle, at, BOTTOM + 26.0, &text::tick(*value));
            last = at;
        }
    }
    drawing.line("axis", (LEFT, BOTTOM), (WIDTH - RIGHT + 8.0, BOTTOM));
}

fn draw_line(drawing: &mut Drawing, line: &Line, x: &Scale, y: &Scale) {
    let at = |point: &(f64, Summary)| (x.place(point.0), y.place(point.1.median));
    let points: Vec<(f64, f64)> = line.points.iter().map(at).collect();
    drawing.polyline(&format!("line {}", line.class), &points);
    for point in &line.points {
        let (px, py) = at(point);
        let (low, high) = (y.place(point.1.low), y.place(point.1.high));
        drawing.line(&format!("whisker {}", line.class), (px, low), (px, high));
        drawing.mark(&line.class, line.shape, px, py);
    }
}
