//! Numbers and names as text: escaped, rounded to what can be read, grouped by thousands.

use std::fmt::Write;

use crate::kit::measure::statistics::Interval;

/// `text` with the characters that mean something in HTML replaced; good for attributes too.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Control characters are not allowed in a page at all.
            c if c.is_control() && c != '\n' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// `value` with three or four meaning figures: `0.0123`, `1.23`, `12.3`, `123`, `12,300`.
#[must_use]
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "-".to_owned();
    }
    let size = value.abs();
    let decimals = match size {
        0.0 => 0,
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.9995 => 2,
        s => (2.0 - s.log10().floor()).min(9.0) as usize,
    };
    let rounded = if size >= 10_000.0 {
        let step = 10f64.powf(size.log10().floor() - 3.0);
        (value / step).round() * step
    } else {
        value
    };
    thousands(&format!("{rounded:.decimals$}"))
}

/// `value` like [`figure`], without zeros after the point: `64`, `2.5`.
#[must_use]
pub fn plain(value: f64) -> String {
    let text = figure(value);
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `value` as short as an axis wants it: `2.5`, `150k`, `1.5M`.
#[must_use]
pub fn tick(value: f64) -> String {
    match value.abs() {
        size if size >= 1e9 => format!("{}G", plain(value / 1e9)),
        size if size >= 1e6 => format!("{}M", plain(value / 1e6)),
        size if size >= 1e4 => format!("{}k", plain(value / 1e3)),
        _ => plain(value),
    }
}

/// A ratio as text: `2.10×`.
#[must_use]
pub fn times(ratio: f64) -> String {
    format!("{}×", figure(ratio))
}

/// An interval as text: `2.00 to 2.21`.
#[must_use]
pub fn interval(interval: &Interval) -> String {
    format!("{} to {}", figure(interval.low), figure(interval.high))
}

/// A ratio that should be 1, with three decimals: `1.002 (0.998 to 1.006)`.
#[must_use]
pub fn near_one(interval: &Interval) -> String {
    format!("{:.3} ({:.3} to {:.3})", interval.median, interval.low, interval.high)
}

/// A share as percent: `2.1 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent.abs() >= 9.95 { format!("{percent:.0} %") } else { format!("{percent:.1} %") }
}

/// The name of a side value with its underscores as spaces: `cpu us per request`.
#[must_use]
pub fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

/// `text` without control characters other than line ends: a record may hold anything, and a
/// terminal obeys.
#[must_use]
pub fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

/// `text` cut to `width` characters, the cut marked.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(width.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// `text` broken at spaces into lines of at most `width` characters, each after `indent`.
#[must_use]
pub fn wrap(text: &str, width: usize, indent: &str) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            out.push('\n');
            used = 0;
        }
        let before = if used == 0 { indent } else { " " };
        let _ = write!(out, "{before}{word}");
        used += length + before.chars().count();
    }
    out
}

fn thousands(digits: &str) -> String {
    let (sign, rest) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let (whole, part) = rest.split_once('.').map_or((rest, None), |(w, p)| (w, Some(p)));
    let mut out = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(part) = part {
        out.push('.');
        out.push_str(part);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_keep_what_can_be_read() {
        let shown = [
            (0.0, "0"),
            (0.01234, "0.0123"),
            (1.0, "1.00"),
            (9.999, "10.0"),
            (12.34, "12.3"),
            (123.4, "123"),
            (1234.5, "1,234"),
            (151_234.0, "151,200"),
            (1_512_345.0, "1,512,000"),
            (-12.5, "-12.5"),
            (f64::NAN, "-"),
        ];
        for (value, text) in shown {
            assert_eq!(figure(value), text, "{value}");
        }
        assert_eq!((plain(64.0), plain(2.5), plain(0.0)), ("64".into(), "2.5".into(), "0".into()));
        assert_eq!(
            (tick(150_000.0), tick(2e6), tick(20.0)),
            ("150k".into(), "2M".into(), "20".into())
        );
        assert_eq!(percent(0.0213), "2.1 %");
    }

    #[test]
    fn text_is_escaped_cut_and_wrapped() {
        assert_eq!(escape("<a href='x'>&\"\u{7}"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;\u{fffd}");
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("abc", 4), "abc");
        assert_eq!(wrap("one two three", 9, "  "), "  one two\n  three");
    }
}
