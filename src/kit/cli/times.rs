//! Times as they are written on the command line: a number and its unit.

use std::time::Duration;

const RIGHT: &str = "give a number and its unit: 200ms, 3s, 1.5s or 2m";

/// Longest time that is taken.
const SECONDS_MAX: f64 = 86_400.0;

/// The time that `text` says.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| RIGHT.to_owned())?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "s" => number,
        "m" => number * 60.0,
        // Nothing of no unit is nothing of any.
        "" if number == 0.0 => 0.0,
        _ => return Err(RIGHT.to_owned()),
    };
    match seconds <= SECONDS_MAX {
        true => Ok(Duration::from_secs_f64(seconds)),
        false => Err("at most a day".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(parse("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(parse("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(parse("0"), Ok(Duration::ZERO));
        for wrong in ["", "5", "ms", "-1s", "1h", "1 s", "1.2.3s", "s1", "90000s", "1e3s"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
