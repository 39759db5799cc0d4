//! When output is coloured: `--color`, else `NO_COLOR` and its like, else on a terminal alone.

use std::ffi::OsString;

use clap::{ColorChoice, ValueEnum};

const FLAG: &str = "--color";

/// Makes `--color` hold for all output, errors about wrong arguments included: so it is looked for
/// before the arguments are understood.
pub(super) fn settle(arguments: &[OsString]) {
    let choice = match asked(arguments) {
        ColorChoice::Always => anstream::ColorChoice::Always,
        ColorChoice::Never => anstream::ColorChoice::Never,
        ColorChoice::Auto => anstream::ColorChoice::Auto,
    };
    choice.write_global();
}

fn asked(arguments: &[OsString]) -> ColorChoice {
    let mut words = arguments.iter().map_while(|word| word.to_str().filter(|word| *word != "--"));
    let mut found = None;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix(FLAG) {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        found = value.and_then(|value| ColorChoice::from_str(value, false).ok()).or(found);
    }
    found.unwrap_or(ColorChoice::Auto)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_is_found_wherever_it_stands() {
        let asked = |line: &str| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            super::asked(&words)
        };
        assert_eq!(asked("windlass --color never doctor"), ColorChoice::Never);
        assert_eq!(asked("windlass doctor --color=always"), ColorChoice::Always);
        assert_eq!(asked("windlass doctor"), ColorChoice::Auto);
        assert_eq!(asked("windlass load -- --color never"), ColorChoice::Auto);
        assert_eq!(asked("windlass --color"), ColorChoice::Auto);
        assert_eq!(asked("windlass --colors never"), ColorChoice::Auto);
    }
}
