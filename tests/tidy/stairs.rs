//! The rule of the stairs: a file uses rooms on lower floors, and siblings whose `mod` line stands
//! above its own.

use std::collections::HashMap;

use crate::paths::{Named, paths};
use crate::source::{Finding, Source, statement_starts};

/// Each room's floor. A room uses only rooms on lower floors.
pub(crate) const FLOORS: [(&str, usize); 11] = [
    ("sync", 0),
    ("ring", 1),
    ("park", 1),
    ("wake_cell", 1),
    ("task", 2),
    ("reactor", 2),
    ("executor", 3),
    ("net", 3),
    ("time", 3),
    ("runtime", 4),
    ("kit", 5),
];

/// The floor of a room, if it has one.
pub(crate) fn floor(room: &str) -> Option<usize> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, floor)| *floor)
}

/// What a module's own file declares.
#[derive(Default)]
struct Contents {
    /// The `mod` lines in order.
    children: Vec<String>,
    /// Files that stand in for a child by `path = "file.rs"`: file's name to child.
    aliases: HashMap<String, String>,
    /// Names imported from children: name to child.
    lifted: HashMap<String, String>,
}

impl Contents {
    /// Where a child's `mod` line stands among the others.
    fn place(&self, child: &String) -> Option<usize> {
        let child = self.aliases.get(child).unwrap_or(child);
        self.children.iter().position(|other| other == child)
    }
}

/// Checks every file of `src` but `lib.rs` and `main.rs`.
pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let contents: HashMap<Vec<String>, Contents> = sources
        .iter()
        .filter_map(|source| Some((source.module()?, contents_of(source))))
        .collect();
    let mut found = Vec::new();
    for source in sources {
        let Some(module) = source.module() else {
            continue;
        };
        let Some(own_floor) = floor(&module[0]) else {
            let said = format!(
                "room `{}` has no floor; add it to FLOORS in tests/tidy",
                module[0]
            );
            found.push(source.finding(1, said));
            continue;
        };
        let above = &module[..module.len() - 1];
        let unnamed = |parent: &Contents| parent.place(&module[above.len()]).is_none();
        if contents.get(above).is_some_and(unnamed) {
            let said = format!(
                "no `mod` line in `{}` names this file; add one",
                above.join("::")
            );
            found.push(source.finding(1, said));
            continue;
        }
        for named in paths(&source.tokens()) {
            let Some(absolute) = absolute(&module, &named) else {
                continue;
            };
            let wrong = if absolute.first() == Some(&module[0]) {
                within(&contents, &module, &absolute)
            } else {
                across(&module[0], own_floor, &absolute)
            };
            found.extend(wrong.map(|said| source.finding(named.line, said)));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn contents_of(source: &Source) -> Contents {
    let tokens = source.tokens();
    let starts = statement_starts(&tokens);
    let mut contents = Contents::default();
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" => depth += 1,
            "}" => depth -= 1,
            "mod" if depth == 0 && tokens.get(at + 2).is_some_and(|end| end.text == ";") => {
                let child = tokens[at + 1].text.to_owned();
                let attributes = &source.text[tokens[starts[at]].start..token.start];
                for part in attributes.split("path = \"").skip(1) {
                    let file = part.split(".rs\"").next().unwrap_or_default();
                    contents.aliases.insert(file.to_owned(), child.clone());
                }
                contents.children.push(child);
            }
            _ => {}
        }
    }
    let module = source.module().unwrap_or_default();
    for named in paths(&tokens) {
        let Some(name) = named.imported_as.clone() else {
            continue;
        };
        let inner = match absolute(&module, &named) {
            Some(absolute) => absolute.strip_prefix(&module[..]).map(<[String]>::to_vec),
            None => Some(named.segments),
        };
        let child = inner.and_then(|inner| inner.first().cloned());
        if let Some(child) = child.filter(|child| contents.children.contains(child)) {
            contents.lifted.insert(name, child);
        }
    }
    contents
}

/// The path from the crate's root; `None` for paths into other crates and for plain names.
fn absolute(module: &[String], named: &Named) -> Option<Vec<String>> {
    let mut rest = &named.segments[..];
    let first = rest.first()?;
    if first == "crate" {
        return Some(rest[1..].to_vec());
    }
    let mut base: Vec<String> = module.iter().chain(&named.inside).cloned().collect();
    if first == "self" {
        rest = &rest[1..];
    } else if first != "super" {
        return None;
    }
    while rest.first().is_some_and(|word| word == "super") {
        base.pop();
        rest = &rest[1..];
    }
    base.extend_from_slice(rest);
    Some(base)
}

/// A path out of the room: only strictly downstairs.
fn across(room: &str, own_floor: usize, absolute: &[String]) -> Option<String> {
    let first = absolute.first().map_or("*", String::as_str);
    match floor(first) {
        None => Some(format!(
            "`crate::{first}` imports from lib.rs; name the room that defines it: \
             `crate::<room>::{first}`"
        )),
        Some(floor) if floor >= own_floor => Some(format!(
            "`{room}` (floor {own_floor}) uses `{first}` (floor {floor}); \
             only lower floors may be used: move the code, or define a socket below"
        )),
        Some(_) => None,
    }
}

/// A path inside the room: only siblings whose `mod` line stands above.
fn within(
    contents: &HashMap<Vec<String>, Contents>,
    module: &[String],
    absolute: &[String],
) -> Option<String> {
    let shared = module
        .iter()
        .zip(absolute)
        .take_while(|(own, other)| own == other)
        .count();
    if shared == module.len() {
        return None;
    }
    let (parent, own) = (&module[..shared], &module[shared]);
    let home = parent.join("::");
    let Some(used) = absolute.get(shared) else {
        return Some(format!(
            "imports all of its parent `{home}`; name the sibling above it needs"
        ));
    };
    let mod_file = contents.get(parent)?;
    let child = match mod_file.lifted.get(used) {
        _ if mod_file.children.contains(used) => used,
        Some(child) => child,
        None => {
            return Some(format!(
                "uses `{used}` of its parent `{home}`; it belongs into a file whose `mod` line \
                 stands above `mod {own};`"
            ));
        }
    };
    let own = mod_file.aliases.get(own).unwrap_or(own);
    if child == own || mod_file.place(child) < mod_file.place(own) {
        return None;
    }
    Some(format!(
        "`{home}::{own}` uses `{child}`, whose `mod` line stands below its own; \
         move the line up, or the code down"
    ))
}

#[cfg(test)]
mod planted {
    use super::*;

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<_> = files
            .iter()
            .map(|(path, text)| Source::new(path, text))
            .collect();
        check(&sources).iter().map(ToString::to_string).collect()
    }

    fn one(files: &[(&str, &str)], expected: &str) {
        let said = said(files);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(expected), "{said:?}");
    }

    #[test]
    fn downstairs_and_std_are_fine() {
        let text = "use crate::{sync::X, ring::{Ring, slot::Slot}}; use std::fmt; use self::a::B;";
        assert_eq!(said(&[("src/task/mod.rs", text)]), [""; 0]);
        assert_eq!(
            said(&[("src/lib.rs", "pub use crate::runtime::Runtime;")]),
            [""; 0]
        );
    }

    #[test]
    fn upstairs_and_across_are_not() {
        one(
            &[("src/task/cell.rs", "use crate::executor::X;")],
            "src/task/cell.rs:1: `task` (floor",
        );
        one(
            &[("src/net/mod.rs", "use crate::{sync::A, time::Sleep};")],
            "`time` (floor 3)",
        );
        one(
            &[("src/ring/mod.rs", "fn f() { crate::park::g() }")],
            "`park` (floor 1)",
        );
    }

    #[test]
    fn nobody_imports_from_the_front_door() {
        one(
            &[("src/kit/mod.rs", "use crate::Runtime;")],
            "imports from lib.rs",
        );
        one(
            &[("src/kit/mod.rs", "use crate::{net::A, spawn};")],
            "`crate::spawn` imports from",
        );
        one(
            &[("src/ring/mod.rs", "use super::spawn;")],
            "imports from lib.rs",
        );
        one(
            &[("src/ring/mod.rs", "use super::*;")],
            "imports from lib.rs",
        );
    }

    #[test]
    fn a_room_needs_a_floor() {
        one(&[("src/attic/mod.rs", "")], "room `attic` has no floor");
    }

    const MOD: (&str, &str) = (
        "src/ring/mod.rs",
        "mod slot; mod index; pub mod q; pub use slot::Slot as S; pub use self::q::Q; fn own() {}",
    );

    #[test]
    fn siblings_above_are_fine() {
        let text = "use super::slot::Slot; use crate::ring::{index::I, S}; use super::S as T;";
        assert_eq!(said(&[MOD, ("src/ring/q.rs", text)]), [""; 0]);
        let tests = "mod tests { use super::*; } struct A; fn f() -> self::A {}";
        assert_eq!(said(&[MOD, ("src/ring/slot.rs", tests)]), [""; 0]);
    }

    #[test]
    fn siblings_below_are_not() {
        one(
            &[MOD, ("src/ring/slot.rs", "use super::index::I;")],
            "`ring::slot` uses `index`",
        );
        one(
            &[MOD, ("src/ring/slot.rs", "use crate::ring::q;")],
            "uses `q`",
        );
        one(
            &[MOD, ("src/ring/index.rs", "use super::{S, Q};")],
            "uses `q`",
        );
        one(
            &[
                MOD,
                ("src/ring/index.rs", "mod t { use super::super::q::A; }"),
            ],
            "uses `q`",
        );
    }

    #[test]
    fn the_parent_is_not_used() {
        one(
            &[MOD, ("src/ring/q.rs", "use super::own;")],
            "uses `own` of its parent `ring`",
        );
        one(
            &[MOD, ("src/ring/q.rs", "use super::*;")],
            "uses `*` of its parent",
        );
        one(
            &[MOD, ("src/ring/q.rs", "use crate::ring;")],
            "imports all of its parent `ring`",
        );
    }

    #[test]
    fn files_stand_where_their_mod_line_stands() {
        let text = "mod a; #[cfg_attr(x, path = \"b_on.rs\")]\n\
                    #[cfg_attr(not(x), path = \"b_off.rs\")]\nmod b; mod c;";
        let mod_file = ("src/net/mod.rs", text);
        let fine = ("src/net/b_off.rs", "use super::a::A;");
        assert_eq!(said(&[mod_file, fine]), [""; 0]);
        let wrong = ("src/net/b_on.rs", "use super::c::C;");
        one(&[mod_file, wrong], "uses `c`");
        one(
            &[mod_file, ("src/net/d.rs", "")],
            "no `mod` line in `net` names this file",
        );
    }

    #[test]
    fn rooms_of_the_kit_are_rooms_too() {
        let kit = ("src/kit/mod.rs", "pub mod http; pub mod serve;");
        let serve = ("src/kit/serve/mod.rs", "mod a; mod b;");
        let up = (
            "src/kit/serve/a.rs",
            "use crate::kit::http::parse; use crate::net::X;",
        );
        assert_eq!(said(&[kit, serve, up]), [""; 0]);
        one(
            &[kit, ("src/kit/http/x.rs", "use crate::kit::serve::S;")],
            "`kit::http` uses `serve`",
        );
        one(
            &[kit, serve, ("src/kit/serve/a.rs", "use super::b;")],
            "`kit::serve::a` uses `b`",
        );
    }
}
