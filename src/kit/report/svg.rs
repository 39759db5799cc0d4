//! A small drawing board for inline SVG: colours come from the page's CSS variables, so that one
//! drawing serves light, dark and print.
//!
//! Coordinates have at most one decimal. Text and marks are styled by class; see `page.css`.

use std::fmt::Write;

use super::text;

/// How wide every drawing is, in its own units.
pub const WIDTH: f64 = 640.0;

/// From where to where a straight line goes.
pub type Segment = ((f64, f64), (f64, f64));

/// A drawing being made.
#[derive(Debug, Default)]
pub struct Drawing {
    body: String,
}

/// Where a text is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// At its beginning.
    Start,
    /// In its middle.
    Middle,
    /// At its end.
    End,
}

impl Drawing {
    /// An empty drawing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x1, y1, x2, y2) = (short(from.0), short(from.1), short(to.0), short(to.1));
        self.push(format_args!("<path class=\"{class}\" d=\"M{x1} {y1}L{x2} {y2}\"/>"));
    }

    /// A line through `points`.
    pub fn polyline(&mut self, class: &str, points: &[(f64, f64)]) {
        let mut path = String::new();
        for (index, (x, y)) in points.iter().enumerate() {
            let letter = if index == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{} {}", short(*x), short(*y));
        }
        self.push(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    /// A filled rectangle.
    pub fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let (x, y, width, height) = (short(x), short(y), short(width.max(0.5)), short(height));
        self.push(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        ));
    }

    /// Many round dots at one height, as one path of zero-length strokes.
    pub fn dots(&mut self, class: &str, xs: &[f64], y: f64) {
        let mut path = String::new();
        for x in xs {
            let _ = write!(path, "M{} {}h0", short(*x), short(y));
        }
        self.push(format_args!("<path class=\"dots {class}\" d=\"{path}\"/>"));
    }

    /// Straight lines of one class, as one path.
    pub fn lines(&mut self, class: &str, lines: &[Segment]) {
        let mut path = String::new();
        for ((x1, y1), (x2, y2)) in lines {
            let _ = write!(path, "M{} {}", short(*x1), short(*y1));
            let _ = match (x1 == x2, y1 == y2) {
                (_, true) => write!(path, "H{}", short(*x2)),
                (true, _) => write!(path, "V{}", short(*y2)),
                _ => write!(path, "L{} {}", short(*x2), short(*y2)),
            };
        }
        if !path.is_empty() {
            self.push(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
        }
    }

    /// Marks of one of four shapes (circle, square, triangle, diamond, by `shape` modulo 4), as one
    /// path.
    pub fn marks(&mut self, class: &str, shape: usize, places: &[(f64, f64)]) {
        let path: String = places.iter().map(|(x, y)| outline(shape, *x, *y)).collect();
        if !path.is_empty() {
            self.push(format_args!("<path class=\"mark {class}\" d=\"{path}\"/>"));
        }
    }

    /// Ticks of an axis: places with their labels, all held at `anchor`.
    pub fn ticks(&mut self, anchor: Anchor, labels: &[(f64, f64, String)]) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.push(format_args!("<g text-anchor=\"{anchor}\">"));
        for (x, y, label) in labels {
            let (x, y, label) = (short(*x), short(*y), text::escape(label));
            self.push(format_args!("<text class=\"tick\" x=\"{x}\" y=\"{y}\">{label}</text>"));
        }
        self.push(format_args!("</g>"));
    }

    /// A mark of one of four shapes.
    pub fn mark(&mut self, class: &str, shape: usize, x: f64, y: f64) {
        self.marks(class, shape, &[(x, y)]);
    }

    /// A ring around a place.
    pub fn ring(&mut self, class: &str, x: f64, y: f64) {
        let (x, y) = (short(x), short(y));
        self.push(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"11\"/>"));
    }

    /// A line of text.
    pub fn text(&mut self, class: &str, anchor: Anchor, x: f64, y: f64, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let (x, y, text) = (short(x), short(y), text::escape(text));
        self.push(format_args!("<text{class}{anchor} x=\"{x}\" y=\"{y}\">{text}</text>"));
    }

    /// The finished `<svg>`, `height` units high, with its text alternatives. `id`, by which it can
    /// be linked to, must be unique in the page and plain (letters, digits, hyphens).
    #[must_use]
    pub fn finish(self, id: &str, height: f64, title: &str, description: &str) -> String {
        let (title, description) = (text::escape(title), text::escape(description));
        format!(
            "<svg id=\"{id}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\
             <title>{title}</title><desc>{description}</desc>{}</svg>",
            self.body
        )
    }

    /// The drawing as a `<symbol>` of 48 by 16 units, to be used in legends.
    #[must_use]
    pub fn symbol(self, id: &str) -> String {
        format!("<symbol id=\"{id}\" viewBox=\"0 0 48 16\">{}</symbol>", self.body)
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to a String cannot fail.
        let _ = self.body.write_fmt(arguments);
    }
}

/// An axis: values to places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Whether it is logarithmic.
    pub log: bool,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// A linear axis from zero to a little above `max`, drawn between `from` and `to`.
    #[must_use]
    pub fn from_zero(max: f64, from: f64, to: f64) -> Self {
        let high = if max > 0.0 { max } else { 1.0 };
        Self { log: false, low: 0.0, high, from, to }
    }

    /// A logarithmic axis over `min..=max`, both above zero, drawn between `from` and `to`.
    #[must_use]
    pub fn log(min: f64, max: f64, from: f64, to: f64) -> Self {
        let low = min.max(f64::MIN_POSITIVE);
        let high = if max > low * 1.01 { max } else { low * 1.01 };
        Self { log: true, low, high, from, to }
    }

    /// Where `value` is drawn; values beyond the axis are drawn at its ends.
    #[must_use]
    pub fn place(&self, value: f64) -> f64 {
        let value = value.clamp(self.low, self.high);
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from + share * (self.to - self.from)
    }

    /// Round values to mark: about `count` of them, all on the axis.
    #[must_use]
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        if self.log { self.log_ticks(count) } else { self.linear_ticks(count) }
    }

    fn linear_ticks(&self, count: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / count.max(1) as f64;
        let power = 10f64.powf(rough.log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
        let step = steps.iter().map(|s| s * power).find(|s| *s >= rough * 0.999);
        let step = step.unwrap_or(10.0 * power);
        let mut ticks = Vec::new();
        while ticks.len() as f64 * step <= self.high * 1.000_001 && ticks.len() < 50 {
            ticks.push(ticks.len() as f64 * step);
        }
        ticks
    }

    fn log_ticks(&self, count: usize) -> Vec<f64> {
        let decades = (self.low.log10().floor() as i32)..=(self.high.log10().ceil() as i32);
        let with = |factors: &[f64]| -> Vec<f64> {
            let all = decades.clone().flat_map(|d| factors.iter().map(move |f| f * 10f64.powi(d)));
            all.filter(|t| *t >= self.low * 0.999 && *t <= self.high * 1.001).collect()
        };
        let choices: [&[f64]; 4] =
            [&[1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 7.0], &[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0]];
        for factors in choices {
            let ticks = with(factors);
            if ticks.len() <= count + 1 && ticks.len() >= 2 {
                return ticks;
            }
        }
        let tens = with(&[1.0]);
        if tens.len() < 2 {
            return vec![self.low, self.high];
        }
        let skip = tens.len().div_ceil(count.max(1)).max(1);
        tens.into_iter().step_by(skip).collect()
    }
}

/// The outline of a mark.
fn outline(shape: usize, x: f64, y: f64) -> String {
    let at = |dx: f64, dy: f64| format!("{} {}", short(x + dx), short(y + dy));
    match shape % 4 {
        0 => format!("M{}a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0", at(-4.5, 0.0)),
        1 => format!("M{}h8v8h-8z", at(-4.0, -4.0)),
        2 => format!("M{}l5 9h-10z", at(0.0, -5.5)),
        _ => format!("M{}l5.5 5.5-5.5 5.5-5.5-5.5z", at(0.0, -5.5)),
    }
}

/// A coordinate with at most one decimal.
fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_place_and_tick_within_their_ends() {
        let linear = Scale::from_zero(87.0, 0.0, 100.0);
        assert_eq!(linear.place(0.0), 0.0);
        assert_eq!(linear.place(1000.0), 100.0);
        assert_eq!(linear.ticks(5), [0.0, 20.0, 40.0, 60.0, 80.0]);
        let log = Scale::log(3.0, 9000.0, 0.0, 100.0);
        assert_eq!(log.ticks(5), [10.0, 100.0, 1000.0]);
        assert!((log.place(3.0)).abs() < 1e-9 && (log.place(9000.0) - 100.0).abs() < 1e-9);
        for (low, high) in [(1.0, 1.0), (0.4, 2.1), (1e-9, 1e9), (80.0, 120.0)] {
            let ticks = Scale::log(low, high, 0.0, 1.0).ticks(5);
            assert!((2..=7).contains(&ticks.len()), "{low} {high} {ticks:?}");
        }
        assert!(Scale::from_zero(0.0, 0.0, 1.0).place(0.0).is_finite());
    }

    #[test]
    fn drawings_are_escaped_and_short() {
        let mut drawing = Drawing::new();
        drawing.text("", Anchor::End, 1.04, 2.0, "<b>");
        let svg = drawing.finish("p1", 10.0, "a & b", "");
        assert!(svg.contains("x=\"1\" y=\"2\">&lt;b&gt;</text>"), "{svg}");
        assert!(svg.contains("a &amp; b"));
    }
}
