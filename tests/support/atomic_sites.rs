//! Finds the atomic calls of a source by its text: what the models should have seen, and what
//! needs an ordering label.
//!
//! A call counts when its name is one of the atomics' and an ordering stands among its arguments.
//! `line` and `column` are those of `Location::caller` in a `#[track_caller]` method of the door.

#[path = "masked.rs"]
#[allow(dead_code, reason = "each includer needs another part")]
pub(crate) mod masked;

use masked::Token;

/// The names of memory orderings.
pub(crate) const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];

/// One atomic call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each includer needs another part")]
pub(crate) struct Site {
    /// Counted from 1.
    pub(crate) line: usize,
    /// In characters, counted from 1: the method's name, or the first word of `fence`'s path.
    pub(crate) column: usize,
    /// `load`, `compare_exchange_weak`, `fence` ...
    pub(crate) call: String,
    /// The orderings among its own arguments, in order.
    pub(crate) orderings: Vec<String>,
    /// Byte offset of the call's name.
    pub(crate) start: usize,
    /// Byte offset of the closing parenthesis.
    pub(crate) end: usize,
}

/// Every atomic call of the source, in order.
#[allow(dead_code, reason = "each includer needs another part")]
pub(crate) fn atomic_sites(source: &str) -> Vec<Site> {
    let code = masked::mask(source).code;
    sites_in(source, &masked::tokens(&code))
}

/// [`atomic_sites`] of a source that is already cut into tokens.
pub(crate) fn sites_in(source: &str, tokens: &[Token<'_>]) -> Vec<Site> {
    let calls: Vec<(usize, usize)> = (0..tokens.len())
        .filter(|at| is_call(tokens, *at))
        .filter_map(|at| Some((at, closing(tokens, at + 1)?)))
        .collect();
    let own = |&(at, end): &(usize, usize), word: usize| {
        at < word && word < end && !calls.iter().any(|c| at < c.0 && c.0 < word && word < c.1)
    };
    let mut sites = Vec::new();
    for call in &calls {
        let orderings: Vec<String> = (call.0..call.1)
            .filter(|word| ORDERINGS.contains(&tokens[*word].text) && own(call, *word))
            .map(|word| tokens[word].text.to_owned())
            .collect();
        if orderings.is_empty() {
            continue;
        }
        let first = &tokens[path_start(tokens, call.0)];
        let line_start = source[..first.start].rfind('\n').map_or(0, |at| at + 1);
        sites.push(Site {
            line: first.line,
            column: source[line_start..first.start].chars().count() + 1,
            call: tokens[call.0].text.to_owned(),
            orderings,
            start: tokens[call.0].start,
            end: tokens[call.1].start,
        });
    }
    sites
}

fn is_call(tokens: &[Token<'_>], at: usize) -> bool {
    let word = tokens[at].text;
    let before = at.checked_sub(1).map_or("", |before| tokens[before].text);
    let named = match word {
        "fence" => before != "." && before != "fn",
        "load" | "store" | "swap" | "compare_exchange" | "compare_exchange_weak" => {
            matches!(before, "." | "::")
        }
        _ => word.starts_with("fetch_") && matches!(before, "." | "::"),
    };
    named && tokens.get(at + 1).is_some_and(|next| next.text == "(")
}

/// The token that closes the parenthesis opened at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" => depth += 1,
            ")" if depth == 1 => return Some(at),
            ")" => depth -= 1,
            _ => {}
        }
    }
    None
}

fn path_start(tokens: &[Token<'_>], mut at: usize) -> usize {
    while at >= 2 && tokens[at - 1].text == "::" {
        at -= 2;
    }
    at
}
