//! What all plots with two axes share: the frame, the axes, the lines and their marks.

use crate::kit::measure::contender::Role;

use super::results::{Group, Row};
use super::strip;
use super::svg::{Anchor, Drawing, Scale, WIDTH};
use super::text;

/// Where the frame begins and ends, in the drawing's units.
pub const LEFT: f64 = 74.0;
/// Room at the right.
pub const RIGHT: f64 = 40.0;
/// Room at the top.
pub const TOP: f64 = 34.0;
/// The lower axis.
pub const BOTTOM: f64 = 300.0;
/// The drawing's height.
pub const HEIGHT: f64 = BOTTOM + 60.0;

/// Above this range of values an axis is logarithmic.
const LINEAR_RANGE_MAX: f64 = 30.0;

/// A plot with what stands beside it.
#[derive(Debug)]
pub struct Plot {
    /// The drawing.
    pub svg: String,
    /// What its lines stand for.
    pub legend: Vec<Key>,
    /// What stands under it.
    pub caption: String,
    /// Its data, as an HTML table.
    pub table: String,
}

/// One line's class and name.
#[derive(Debug, Clone)]
pub struct Key {
    /// Colours and dashes it, and shapes its marks.
    pub class: String,
    /// The contender.
    pub name: String,
}

/// The contenders that get a line, each with its key: all but the control, whose line would lie
/// on the subject's.
#[must_use]
pub fn keyed(group: &Group) -> Vec<(Key, &Row)> {
    let mut seen: Vec<Role> = Vec::new();
    let rows = group.rows.iter().filter(|row| row.role != Role::Control);
    rows.map(|row| {
        let place = seen.iter().filter(|role| **role == row.role).count();
        seen.push(row.role);
        let (class, name) = (strip::class(row.role, place), row.name.clone());
        (Key { class, name }, row)
    })
    .collect()
}

/// The upright axis over the values `low..=high`: logarithmic when they range far.
#[must_use]
pub fn upright(low: f64, high: f64) -> Scale {
    if low > 0.0 && high / low > LINEAR_RANGE_MAX {
        Scale::log(low / 1.3, high * 1.3, BOTTOM, TOP)
    } else {
        Scale::from_zero(high * 1.05, BOTTOM, TOP)
    }
}

/// Draws the frame: `ticks` are places on the lower axis with their labels, `unit` and `over` say
/// what the axes show.
pub fn frame(drawing: &mut Drawing, y: &Scale, ticks: &[(f64, String)], unit: &str, over: &str) {
    let marked: Vec<(f64, f64)> = y.ticks(5).iter().map(|tick| (y.place(*tick), *tick)).collect();
    let across = marked.iter().map(|(at, _)| ((LEFT, *at), (WIDTH - RIGHT + 8.0, *at)));
    let below = ticks.iter().map(|(at, _)| ((*at, BOTTOM), (*at, BOTTOM + 6.0)));
    drawing.lines("grid", &across.chain(below).collect::<Vec<_>>());
    let left = marked.iter().map(|(at, tick)| (LEFT - 8.0, at + 5.0, text::tick(*tick)));
    drawing.ticks(Anchor::End, &left.collect::<Vec<_>>());
    let mut labels: Vec<(f64, f64, String)> = Vec::new();
    for (at, label) in ticks {
        // Labels stand only while they are far enough apart.
        if labels.last().is_none_or(|last| at - last.0 > 56.0) {
            labels.push((*at, BOTTOM + 26.0, label.clone()));
        }
    }
    drawing.ticks(Anchor::Middle, &labels);
    drawing.line("axis", (LEFT, BOTTOM), (WIDTH - RIGHT + 8.0, BOTTOM));
    let kind = if y.log { "logarithmic" } else { "from zero" };
    drawing.text("note", Anchor::Start, 8.0, 16.0, &format!("{unit} ({kind})"));
    drawing.text("note", Anchor::End, WIDTH - RIGHT, BOTTOM + 50.0, over);
}

/// Draws a line through `places`, with marks on those of `marks`.
pub fn line(drawing: &mut Drawing, key: &Key, places: &[(f64, f64)], marks: &[(f64, f64)]) {
    let mut kept = Vec::new();
    if let [first, .., last] = places {
        kept.push(*first);
        keep_what_shows(places, &mut kept);
        kept.push(*last);
    } else {
        kept.extend_from_slice(places);
    }
    drawing.polyline(&format!("line {}", key.class), &kept);
    drawing.marks(&key.class, strip::shape(&key.class), marks);
}

/// Keeps those of the inner places that lie off the straight line by what can be seen (the method
/// of Ramer, Douglas and Peucker); splits where one lies farthest off, so it goes no deeper than
/// there are places.
fn keep_what_shows(places: &[(f64, f64)], kept: &mut Vec<(f64, f64)>) {
    const SEEN: f64 = 0.5;
    let ([first, inner @ .., last], true) = (places, places.len() > 2) else {
        return;
    };
    let (dx, dy) = (last.0 - first.0, last.1 - first.1);
    let length = dx.hypot(dy).max(1e-9);
    let off =
        |place: &(f64, f64)| ((place.0 - first.0) * dy - (place.1 - first.1) * dx).abs() / length;
    let farthest = inner.iter().map(off).enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
    if let Some((at, _)) = farthest.filter(|(_, distance)| *distance > SEEN) {
        keep_what_shows(&places[..=at + 1], kept);
        kept.push(inner[at]);
        keep_what_shows(&places[at + 1..], kept);
    }
}

/// The least and the greatest of `values`; `None` when there are none.
#[must_use]
pub fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| match range {
        None => Some((value, value)),
        Some((low, high)) => Some((value.min(low), value.max(high))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_on_a_straight_line_is_left_out_and_peaks_stay() {
        let flat: Vec<(f64, f64)> = (0..100).map(|x| (f64::from(x), 5.0)).collect();
        let mut kept = Vec::new();
        keep_what_shows(&flat, &mut kept);
        assert!(kept.is_empty());
        let mut peak = flat;
        peak[40].1 = 90.0;
        keep_what_shows(&peak, &mut kept);
        assert_eq!(kept, [(39.0, 5.0), (40.0, 90.0), (41.0, 5.0)]);
    }
}
