//! The picture of a bench: each group's ratio to the best blocking baseline and to the best peer,
//! with its interval, on one axis around 1.

use super::results::{Against, PROJECT, Results, Statement};
use super::strip;
use super::svg::{Anchor, Drawing, Scale, WIDTH};
use super::text;

const LEFT: f64 = 16.0;
const RIGHT: f64 = 28.0;
const ROW: f64 = 46.0;
const TOP: f64 = 30.0;

/// Draws the ratios of `bench`; `None` when there are none.
#[must_use]
pub fn draw(results: &Results, bench: &str, id: &str) -> Option<String> {
    let own = results.statements.iter().filter(|s| s.bench == bench);
    let statements: Vec<&Statement> = own.collect();
    let mut groups: Vec<(&str, &str)> = statements.iter().map(|s| (&*s.group, &*s.title)).collect();
    groups.dedup();
    if groups.is_empty() {
        return None;
    }
    let low = statements.iter().map(|s| s.ratio.low).fold(0.8, f64::min);
    let high = statements.iter().map(|s| s.ratio.high).fold(1.25, f64::max);
    let scale = Scale::log(low / 1.08, high * 1.08, LEFT, WIDTH - RIGHT);
    let bottom = TOP + groups.len() as f64 * ROW + 4.0;
    let mut drawing = Drawing::new();
    axis(&mut drawing, &scale, bottom);
    for (index, (group, title)) in groups.iter().enumerate() {
        let top = TOP + index as f64 * ROW;
        if index > 0 {
            drawing.line("guide", (LEFT, top), (WIDTH - RIGHT, top));
        }
        let name = text::cut(title, 52);
        drawing.text("name", Anchor::Start, LEFT, top + 19.0, &name);
        for statement in statements.iter().filter(|s| s.group == *group) {
            mark(&mut drawing, statement, &scale, top);
        }
    }
    let described: Vec<String> = statements.iter().map(|s| s.text.clone()).collect();
    let title = format!("{PROJECT} against the best blocking baseline and the best peer");
    Some(drawing.finish(id, bottom + 60.0, &title, &described.join(" ")))
}

fn axis(drawing: &mut Drawing, scale: &Scale, bottom: f64) {
    for tick in scale.ticks(6) {
        let x = scale.place(tick);
        drawing.line("grid", (x, TOP), (x, bottom));
        drawing.text("tick", Anchor::Middle, x, bottom + 22.0, &text::tick(tick));
    }
    let one = scale.place(1.0);
    drawing.line("one", (one, TOP - 4.0), (one, bottom));
    // The words stand inside the drawing on whichever sides have room for them.
    if one - LEFT > 150.0 {
        drawing.text("note", Anchor::End, one - 10.0, 16.0, "other wins");
    }
    if WIDTH - RIGHT - one > 150.0 {
        let wins = format!("{PROJECT} wins");
        drawing.text("note", Anchor::Start, one + 10.0, 16.0, &wins);
    }
    drawing.line("axis", (LEFT, bottom), (WIDTH - RIGHT, bottom));
    let note = "ratio with 95 % interval (logarithmic)";
    drawing.text("note", Anchor::Start, LEFT, bottom + 50.0, note);
}

fn mark(drawing: &mut Drawing, statement: &Statement, scale: &Scale, top: f64) {
    let (class, y) = match statement.against {
        Against::Blocking => ("baseline0", top + 29.0),
        Against::Peer => ("peer0", top + 40.0),
    };
    let ratio = &statement.ratio;
    let (low, high) = (scale.place(ratio.low), scale.place(ratio.high));
    drawing.line(&format!("whisker {class}"), (low, y), (high, y));
    drawing.mark(class, strip::shape(class), scale.place(ratio.median), y);
}
