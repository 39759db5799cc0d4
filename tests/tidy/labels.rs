//! Ordering labels: each ordering above Relaxed says which one it pairs with, and that one answers.
//!
//! `// [ring.publish] pairs with [ring.claim], [ring.peek]: so that the value is seen whole`, on
//! the call's own lines or in a comment above its statement, one label a call. The first word is
//! the room, or the file within it.

use std::collections::{BTreeMap, BTreeSet};

use crate::atomic_sites::{ORDERINGS, sites_in};
use crate::paths::paths;
use crate::source::{Finding, Source, statement_starts};

/// How far above its statement (or call) the comment with the label may end.
const REACH_LINES: usize = 3;

const FORM: &str = "write `// [room.name] pairs with [room.other]: reason`";

/// A label as one comment states it.
#[derive(Debug)]
struct Label {
    line: usize,
    name: String,
    partners: Vec<String>,
}

/// Something that needs a label: the lines from its statement's start to its own end.
struct Need {
    statement: usize,
    line: usize,
    end: usize,
    what: String,
}

/// Checks every file of `src` outside `sync` and `kit`, and that partners answer each other.
pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut all: Vec<(&Source, Label)> = Vec::new();
    for source in sources {
        let Some(module) = source.module() else {
            continue;
        };
        if module[0] == "sync" || module[0] == "kit" {
            continue;
        }
        let (labels, malformed) = labels(source, &module);
        found.extend(malformed);
        found.extend(unlabelled(source, &labels));
        all.extend(labels.into_iter().map(|label| (source, label)));
    }
    let mut partners: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (_, label) in &all {
        partners.entry(&label.name).or_default().extend(label.partners.iter().map(String::as_str));
    }
    for (source, label) in &all {
        for partner in &label.partners {
            let name = &label.name;
            let said = match partners.get(partner.as_str()) {
                None => format!("[{name}] pairs with [{partner}], which stands nowhere; add it"),
                Some(back) if !back.contains(name.as_str()) => {
                    format!("[{partner}] does not name [{name}] back; both sides name each other")
                }
                Some(_) => continue,
            };
            found.push(source.finding(label.line, said));
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The labels of a file, and what is wrong with the way they are written.
fn labels(source: &Source, module: &[String]) -> (Vec<Label>, Vec<Finding>) {
    let mut labels = Vec::new();
    let mut wrong = Vec::new();
    let mut comments = source.comments.iter().peekable();
    while let Some(comment) = comments.next() {
        let Some(said) = comment.plain().filter(|said| opens_label(said)) else {
            continue;
        };
        let mut said = said.to_owned();
        let mut last = comment.line;
        while let Some(next) = comments.peek().filter(|next| comment.alone && next.alone) {
            let Some(more) = next.plain() else { break };
            let opens = opens_label(more) && !said.ends_with(',');
            if opens || next.line != last + 1 {
                break;
            }
            said = format!("{said} {more}");
            last = next.line;
            comments.next();
        }
        match parse(&said) {
            Some((name, partners)) => {
                let prefix = name.split('.').next().unwrap_or_default();
                if !module.iter().any(|part| part == prefix) {
                    let place = module.join("::");
                    let said =
                        format!("[{name}] stands in `{place}`; call it [{}.<name>]", module[0]);
                    wrong.push(source.finding(comment.line, said));
                }
                labels.push(Label { line: comment.line, name, partners });
            }
            None => {
                let said = format!("cannot read this label; {FORM}");
                wrong.push(source.finding(comment.line, said));
                labels.push(Label { line: comment.line, name: String::new(), partners: vec![] });
            }
        }
    }
    (labels, wrong)
}

/// `[room.name]` at the start, or anything that says "pairs with [".
fn opens_label(said: &str) -> bool {
    said.contains("pairs with [") || bracketed(said).is_some_and(|(name, _)| is_label(name))
}

fn bracketed(said: &str) -> Option<(&str, &str)> {
    said.trim_start().strip_prefix('[')?.split_once(']')
}

fn is_label(name: &str) -> bool {
    let word = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c == '_' || c.is_ascii_digit() || c.is_ascii_lowercase())
    };
    name.split_once('.').is_some_and(|(room, rest)| word(room) && rest.split('.').all(word))
}

fn parse(said: &str) -> Option<(String, Vec<String>)> {
    let (name, mut rest) = bracketed(said)?;
    rest = rest.trim_start().strip_prefix("pairs with")?;
    let mut partners = Vec::new();
    loop {
        let (partner, after) = bracketed(rest)?;
        partners.push(partner.to_owned());
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break,
        }
    }
    let reason = rest.strip_prefix(':')?.trim();
    let sound = is_label(name) && partners.iter().all(|p| is_label(p)) && !reason.is_empty();
    sound.then(|| (name.to_owned(), partners))
}

/// The calls (and orderings outside calls) that no label covers.
fn unlabelled(source: &Source, labels: &[Label]) -> Vec<Finding> {
    let needs = needs(source);
    let mut found = Vec::new();
    for (at, need) in needs.iter().enumerate() {
        let mate = |other: &&Need| other.statement == need.statement || other.line == need.line;
        let mates = || needs.iter().filter(mate);
        let before = needs[..at].iter().rev().find(|other| !mate(other));
        let floor = before.map_or(0, |before| before.end);
        let first = mates().map(|mate| mate.line).min().unwrap_or(need.line);
        let last = mates().map(|mate| mate.end).max().unwrap_or(need.end);
        let mut lines: BTreeSet<usize> = (need.statement.max(floor)..=last).collect();
        for below in [need.statement, first] {
            for bottom in (below + 1).saturating_sub(REACH_LINES).max(1)..=below {
                let block = source.block_above(bottom);
                lines.extend(block.iter().map(|comment| comment.line).filter(|line| *line > floor));
            }
        }
        let given = labels.iter().filter(|label| lines.contains(&label.line)).count();
        let wanted = mates().count();
        if given < wanted {
            let said = format!(
                "{} has no ordering label ({given} for {wanted} in its statement); {FORM}",
                need.what
            );
            found.push(source.finding(need.line, said));
        }
    }
    found
}

fn needs(source: &Source) -> Vec<Need> {
    let tokens = source.tokens();
    let starts = statement_starts(&tokens);
    let statement = |offset: usize| {
        let at = tokens.partition_point(|token| token.start < offset);
        tokens[starts[at]].line
    };
    let strong = |word: &str| word != "Relaxed" && ORDERINGS.contains(&word);
    let sites = sites_in(&source.text, &tokens);
    let mut needs: Vec<Need> = sites
        .iter()
        .filter(|site| site.orderings.iter().any(|ordering| strong(ordering)))
        .map(|site| Need {
            statement: statement(site.start),
            line: source.line_of(site.start),
            end: source.line_of(site.end),
            what: format!("`{}` with {}", site.call, site.orderings.join(", ")),
        })
        .collect();
    let imported: Vec<String> = paths(&tokens)
        .into_iter()
        .filter(|path| path.segments.iter().any(|word| word == "Ordering"))
        .filter_map(|path| path.imported_as)
        .collect();
    let mut in_use = false;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "use" => in_use = true,
            ";" => in_use = false,
            _ => {}
        }
        let covered = sites.iter().any(|site| site.start < token.start && token.start < site.end);
        let qualified = at >= 2 && tokens[at - 1].text == "::" && tokens[at - 2].text == "Ordering";
        let bare = imported.iter().any(|name| name == token.text)
            && tokens.get(at.wrapping_sub(1)).is_none_or(|before| before.text != "::");
        if strong(token.text) && !in_use && !covered && (qualified || bare) {
            needs.push(Need {
                statement: statement(token.start),
                line: token.line,
                end: token.line,
                what: format!("`{}` outside a call", token.text),
            });
        }
    }
    needs.sort_by_key(|need| need.line);
    needs
}

#[cfg(test)]
mod planted {
    use super::*;

    const A: &str = "// [ring.a] pairs with [ring.b]: so that it is seen";
    const B: &str = "// [ring.b] pairs with [ring.a]: so that it is seen";

    fn said(text: &str) -> Vec<String> {
        check(&[Source::new("src/ring/x.rs", text)]).iter().map(ToString::to_string).collect()
    }

    fn one(text: &str, expected: &str) {
        let said = said(text);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(expected), "{said:?}");
    }

    #[test]
    fn labels_above_beside_and_inside_are_fine() {
        let inside = "let v = unsafe {\n    (*p)\n        .load(Ordering::Acquire)\n};";
        let split = "match x.compare_exchange(\n0,\n1,\nAcqRel,\nAcquire) {}";
        let two = "if x.load(Acquire) == y.load(Acquire) {}";
        let wide = "if x.load(Acquire)\n  || z\n  || z\n  || z\n  || y.load(Acquire) {}";
        let wrapped = "// [ring.a] pairs with [ring.a],\n// [ring.c]: because\nx.load(Acquire);\n\
                       // [ring.c] pairs with [ring.a]: because\nx.swap(0, AcqRel);";
        let fine = [
            format!("{A}\nx.load(Acquire);\ny.store(1, Release); {B}"),
            format!("{A}\n{inside}\n{B}\nfence(Release);"),
            format!("{A}\n// and more of why\n{split}\n{B}\nfence(Release);"),
            format!("{A}\n{B}\n{two}"),
            format!("{A}\n{B}\n{wide}"),
            "x.load(Relaxed); s.swap(1, 2); other.load(self); f(Idle::Release);".to_owned(),
            "use std::sync::atomic::Ordering::{Acquire, Release};".to_owned(),
            wrapped.to_owned(),
        ];
        for text in &fine {
            assert_eq!(said(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_call_without_a_label_is_found() {
        one("x.load(Ordering::Acquire);", "`load` with Acquire has no ordering label");
        one("x.compare_exchange(0, 1, Relaxed, Acquire);", "x.rs:1: `compare_exchange` with");
        one("const O: Ordering = Ordering::Release;", "`Release` outside a call");
        let bare = "use crate::sync::Ordering::Release;\nf(Release);";
        one(bare, "`Release` outside a call");
    }

    #[test]
    fn a_label_covers_one_call() {
        let next = format!("{A}\nx.load(Acquire);\ny.load(Acquire);\n{B}\nz.store(1, Release);");
        one(&next, "x.rs:3: `load` with Acquire has no ordering label");
        let beside = format!("x.load(Acquire); {A}\ny.load(Acquire);\n{B}\nz.store(1, Release);");
        one(&beside, "x.rs:2:");
        let both = format!("{A}\nlet c = x.load(Acquire) + y.load(Acquire);\n{B}\nfence(Release);");
        one(&both, "(1 for 2 in its statement)");
        let far = format!("{A}\nf();\nf();\nf();\nx.load(Acquire);\n{B}\nfence(Release);");
        one(&far, "x.rs:5:");
    }

    #[test]
    fn labels_are_read_exactly() {
        assert_eq!(said("// [x.a] pairs with [x.a]: why\nx.load(Acquire);"), [""; 0]);
        one("// [ring.a] pairs with [ring.a]\nx.load(Acquire);\n", "cannot read this label");
        one("// [ring.a]: because", "cannot read this label");
        one("// pairs with [ring.a]: because", "cannot read this label");
        one("// [net.a] pairs with [net.a]: why\nx.load(Acquire);", "stands in `ring::x`");
        one("/// [ring.a] pairs with [ring.a]: why\nx.load(Acquire);", "no ordering label");
    }

    #[test]
    fn partners_answer() {
        one(&format!("{A}\nx.load(Acquire);"), "[ring.b], which stands nowhere");
        let deaf =
            format!("{A}\nx.load(Acquire);\n// [ring.b] pairs with [ring.b]: x\nfence(Release);");
        one(&deaf, "[ring.b] does not name [ring.a] back");
    }

    #[test]
    fn the_door_and_the_kit_are_exempt() {
        let sources = ["src/sync/mod.rs", "src/kit/load/a.rs", "tests/x.rs"]
            .map(|path| Source::new(path, "x.load(Acquire);"));
        assert_eq!(check(&sources), []);
    }
}
