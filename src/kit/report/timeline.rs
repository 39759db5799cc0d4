//! What happened when: a value over the time of one window, with marks for what was done meanwhile.

use crate::kit::measure::figure::{Mark, Series};

use super::plot::{self, BOTTOM, Key, LEFT, Plot, RIGHT, TOP};
use super::results::Group;
use super::svg::{Anchor, Drawing, Scale, WIDTH};
use super::text;

/// Rows of the data table: each tells the highest value of its stretch of time.
const STRETCHES: usize = 12;

/// Marks on each line, which tell it from others where colour does not.
const MARKS: usize = 7;

/// The group's series, by name.
#[must_use]
pub fn names(group: &Group) -> Vec<&String> {
    let mut names: Vec<&String> = Vec::new();
    for row in &group.rows {
        let own = row.series.iter().filter(|(_, series)| !series.points.is_empty());
        names.extend(own.map(|(name, _)| name));
    }
    names.sort();
    names.dedup();
    names
}

/// Draws the series called `name` of all contenders that have it, each with at most `points`
/// points; `None` when none has.
#[must_use]
pub fn draw(group: &Group, name: &str, id: &str, points: usize) -> Option<Plot> {
    let found = plot::keyed(group).into_iter().filter_map(|(key, row)| {
        let series = row.series.get(name)?;
        (!series.points.is_empty()).then_some((key, series))
    });
    let found: Vec<(Key, &Series)> = found.collect();
    let all = || found.iter().flat_map(|(_, series)| &series.points);
    let (_, last) = plot::range(all().map(|point| point[0]))?;
    let (low, high) = plot::range(all().map(|point| point[1].max(0.0)))?;
    let x = Scale::from_zero(last, LEFT, WIDTH - RIGHT);
    let y = plot::upright(low, high);
    let ticks: Vec<(f64, String)> =
        x.ticks(6).into_iter().map(|tick| (x.place(tick), text::plain(tick))).collect();
    let unit = found[0].1.unit.clone();
    let mut drawing = Drawing::new();
    plot::frame(&mut drawing, &y, &ticks, &unit, "seconds since the window began");
    let marks = marks(&found);
    for (at, mark) in marks.iter().enumerate() {
        let place = x.place(mark.at);
        drawing.line("event", (place, TOP - 6.0), (place, BOTTOM));
        let label = format!("{}", at + 1);
        drawing.text("tick", Anchor::Middle, place, TOP - 10.0, &label);
    }
    for (key, series) in found.iter().rev() {
        let places: Vec<(f64, f64)> = thinned(series, points)
            .iter()
            .map(|point| (x.place(point[0]), y.place(point[1])))
            .collect();
        let each = places.len().div_ceil(MARKS).max(1);
        let marks: Vec<(f64, f64)> = places.iter().step_by(each).copied().collect();
        plot::line(&mut drawing, key, &places, &marks);
    }
    let told: Vec<String> = marks.iter().enumerate().map(|(at, mark)| told(at, mark)).collect();
    let most = found.iter().map(|(key, series)| {
        let (_, most) = plot::range(series.points.iter().map(|p| p[1])).unwrap_or_default();
        format!("{}: at most {}", key.name, text::figure(most))
    });
    let most = most.collect::<Vec<_>>().join("; ");
    let title = format!("{name} over time, {}", group.title);
    let description = format!("{unit}. {most}. {}", told.join(", "));
    let svg = drawing.finish(id, plot::HEIGHT, &title, &description);
    let events = if told.is_empty() { String::new() } else { format!(" {}.", told.join("; ")) };
    let caption = format!("{name}: {unit} over time, in the last round that counts.{events}");
    let table = table(&found, last);
    let legend = found.into_iter().map(|(key, _)| key).collect();
    Some(Plot { svg, legend, caption, table })
}

/// What was done, of all contenders, in time order; the same thing at the same moment once.
fn marks(found: &[(Key, &Series)]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    for mark in found.iter().flat_map(|(_, series)| &series.marks) {
        let near = |known: &Mark| known.text == mark.text && (known.at - mark.at).abs() < 0.25;
        if mark.at.is_finite() && !marks.iter().any(near) {
            marks.push(mark.clone());
        }
    }
    marks.sort_by(|a, b| a.at.total_cmp(&b.at));
    marks
}

fn told(at: usize, mark: &Mark) -> String {
    format!("{} at {} s: {}", at + 1, text::figure(mark.at), mark.text)
}

/// The highest of each of at most `points` stretches.
fn thinned(series: &Series, points: usize) -> Vec<[f64; 2]> {
    let each = series.points.len().div_ceil(points.max(1)).max(1);
    let highest = |chunk: &[[f64; 2]]| {
        chunk.iter().copied().max_by(|a, b| a[1].total_cmp(&b[1])).unwrap_or_default()
    };
    series.points.chunks(each).map(highest).collect()
}

fn table(found: &[(Key, &Series)], last: f64) -> String {
    let step = last / STRETCHES as f64;
    let mut heads = vec!["from s".to_owned()];
    heads.extend(found.iter().map(|(key, _)| format!("{}, highest", key.name)));
    let rows = (0..STRETCHES).map(|at| {
        let (from, to) = (step * at as f64, step * (at + 1) as f64);
        let within = |second: f64| second >= from && (second < to || at + 1 == STRETCHES);
        let mut row = vec![text::figure(from)];
        row.extend(found.iter().map(|(_, series)| {
            let own = series.points.iter().filter(|point| within(point[0]));
            let highest = plot::range(own.map(|point| point[1]));
            highest.map_or("–".to_owned(), |(_, high)| text::figure(high))
        }));
        row
    });
    super::parts::table(&heads, &rows.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_survive_and_the_same_event_is_told_once() {
        let mut series = Series::new("orders");
        (0..1000).for_each(|at| series.push(f64::from(at), f64::from(u8::from(at == 777))));
        series.mark(2.0, "gone");
        let thin = thinned(&series, 50);
        assert!(thin.len() <= 50 && thin.contains(&[777.0, 1.0]));
        let mut other = Series::new("orders");
        other.mark(2.1, "gone");
        other.mark(1.0, "slow");
        let key = || Key { class: String::new(), name: String::new() };
        let told = marks(&[(key(), &series), (key(), &other)]);
        assert_eq!(told.iter().map(|mark| &*mark.text).collect::<Vec<_>>(), ["slow", "gone"]);
    }
}
