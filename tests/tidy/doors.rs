//! Things only one file may touch: atomics, the kernel's readiness, the strongest ordering.

use crate::paths::paths;
use crate::source::{Finding, Source};

/// Checks one file of `src`.
pub(crate) fn check(source: &Source) -> Vec<Finding> {
    if !source.path.starts_with("src/") {
        return Vec::new();
    }
    let mut found = Vec::new();
    if !source.is_in(&["src/sync/", "src/kit/"]) {
        found.extend(atomics(source));
        found.extend(strongest(source));
    }
    if !source.is_in(&["src/reactor/driver.rs", "src/kit/load/"]) {
        found.extend(readiness(source));
    }
    found
}

fn atomics(source: &Source) -> Vec<Finding> {
    let paths = paths(&source.tokens());
    let door = ["sync", "atomic"];
    let sync_is_std = paths.iter().any(|path| {
        path.imported_as.as_deref() == Some("sync")
            && matches!(path.segments[0].as_str(), "std" | "core")
    });
    let names = |segments: &[String]| match segments {
        [root, rest @ ..] if root == "std" || root == "core" => {
            rest.starts_with(&door.map(String::from))
        }
        all => sync_is_std && all.starts_with(&door.map(String::from)),
    };
    paths
        .iter()
        .filter(|path| names(&path.segments))
        .map(|path| {
            let said = format!(
                "`{}` names the standard atomics; only src/sync does: use `crate::sync`",
                path.segments.join("::")
            );
            source.finding(path.line, said)
        })
        .collect()
}

fn strongest(source: &Source) -> Vec<Finding> {
    let tokens = source.tokens();
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    let mut found = Vec::new();
    let mut in_use = false;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "use" if text(at + 1) != "<" => in_use = true,
            ";" => in_use = false,
            "SeqCst" if !in_use => {
                let mut first = at;
                while first >= 2 && text(first - 1) == "::" {
                    first -= 2;
                }
                let fence = first >= 2 && text(first - 1) == "(" && text(first - 2) == "fence";
                if !(fence && text(at + 1) == ")") {
                    let said = "`SeqCst` outside a fence; the models take it for AcqRel: \
                                use AcqRel, or `fence(SeqCst)` in a store-buffer pair";
                    found.push(source.finding(token.line, said));
                }
            }
            _ => {}
        }
    }
    found
}

fn readiness(source: &Source) -> Vec<Finding> {
    let tokens = source.tokens();
    let named = paths(&tokens).into_iter().filter(|path| {
        path.segments[0] == "mio"
            && matches!(path.segments.get(1).map(String::as_str), Some("Poll" | "*"))
    });
    let mut lines: Vec<usize> = named.map(|path| path.line).collect();
    for at in 2..tokens.len() {
        let is_call = tokens[at - 2].text == "." && tokens[at - 1].text == "poll";
        let lent =
            tokens.get(at + 1..at + 3).is_some_and(|a| a[0].text == "&" && a[1].text == "mut");
        if is_call && tokens[at].text == "(" && lent && arguments(&tokens[at..]) > 1 {
            lines.push(tokens[at].line);
        }
    }
    let said = "asks the kernel for readiness; only src/reactor/driver.rs does: go through it";
    lines.into_iter().map(|line| source.finding(line, said)).collect()
}

/// How many arguments stand in the parentheses that open here (a trailing comma counts none).
fn arguments(tokens: &[crate::atomic_sites::masked::Token<'_>]) -> usize {
    let (mut depth, mut count, mut pending) = (0, 0, false);
    for token in tokens {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            "," if depth == 1 => {
                count += 1;
                pending = false;
                continue;
            }
            _ => pending = true,
        }
        if depth == 0 {
            break;
        }
    }
    count + usize::from(pending)
}

#[cfg(test)]
mod planted {
    use super::*;

    fn said(path: &str, text: &str) -> Vec<String> {
        check(&Source::new(path, text)).iter().map(ToString::to_string).collect()
    }

    fn one(path: &str, text: &str, expected: &str) {
        let said = said(path, text);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(expected), "{said:?}");
    }

    #[test]
    fn atomics_have_one_door() {
        one("src/ring/mod.rs", "use std::sync::{Arc, atomic::AtomicU8};", "standard atomics");
        one("src/ring/mod.rs", "\nfn f(a: &core::sync::atomic::AtomicU8) {}", "mod.rs:2:");
        let split = "use std::sync; fn f(a: &sync::atomic::AtomicU8) {}";
        one("src/ring/mod.rs", split, "standard atomics");
        let fine = "use crate::sync::{self, atomic::X}; use std::sync::Arc; // std::sync::atomic";
        assert_eq!(said("src/ring/mod.rs", fine), [""; 0]);
        assert_eq!(said("src/sync/mod.rs", "pub use std::sync::atomic::*;"), [""; 0]);
        assert_eq!(said("src/sync.rs", "pub use std::sync::atomic::*;"), [""; 0]);
        assert_eq!(said("src/kit/load/x.rs", "use std::sync::atomic::AtomicU8;"), [""; 0]);
    }

    #[test]
    fn the_kernel_is_asked_in_one_file() {
        one("src/net/mod.rs", "use mio::{Token, Poll as P};", "src/reactor/driver.rs");
        one("src/kit/serve/a.rs", "use mio::*;", "src/reactor/driver.rs");
        one("src/executor/w.rs", "fn f() { p.poll(&mut events, None) }", "src/reactor/driver.rs");
        assert_eq!(
            said("src/executor/w.rs", "fn f() { p.poll(&mut f(a, b),); r.poll(a, cx) }"),
            [""; 0]
        );
        assert_eq!(said("src/net/mod.rs", "use mio::{Token, net};"), [""; 0]);
        for path in ["src/reactor/driver.rs", "src/kit/load/loop.rs"] {
            assert_eq!(said(path, "use mio::Poll; fn f() { p.poll(&mut e, None) }"), [""; 0]);
        }
    }

    #[test]
    fn the_strongest_ordering_stands_in_fences() {
        one("src/park/mod.rs", "fn f() { a.load(Ordering::SeqCst) }", "outside a fence");
        one("src/park/mod.rs", "fn f() { a.swap(1, SeqCst) }", "outside a fence");
        let fine = "use crate::sync::Ordering::{self, SeqCst}; \
                    fn f() { fence(SeqCst); sync::fence(Ordering::SeqCst) }";
        assert_eq!(said("src/park/mod.rs", fine), [""; 0]);
    }
}
