//! The rule of the stairs: a file uses rooms on lower floors, and siblings whose `mod` line stands
//! above its own.

use std::collections::HashMap;

use crate::contents::{Contents, absolute, contents_of};
use crate::order::bottom_up;
use crate::paths::paths;
use crate::source::{Finding, Source};

/// Each room's floor. A room uses only rooms on lower floors.
pub(crate) const FLOORS: [(&str, usize); 22] = [
    ("sync", 0),
    ("text", 0),
    ("budget", 1),
    ("ring", 1),
    ("park", 1),
    ("wake_cell", 1),
    ("task", 2),
    ("reactor", 2),
    ("channel", 3),
    ("executor", 3),
    ("net", 3),
    ("time", 3),
    ("runtime", 4),
    ("groups", 5),
    ("hosted", 5),
    ("dial", 5),
    ("signal", 5),
    ("workflow", 5),
    ("process", 6),
    ("sim", 6),
    ("hyper", 5),
    ("kit", 6),
];

/// The floor of a room, if it has one.
pub(crate) fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().find(|(name, _)| *name == room).map(|(_, floor)| *floor)
}

/// A use of a sibling, in the own room or in one around it.
struct Sibling {
    /// The room that holds both.
    home: Vec<String>,
    user: String,
    used: String,
}

/// Checks every file of `src` but `lib.rs` and `main.rs`.
pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let contents: HashMap<Vec<String>, Contents> =
        sources.iter().filter_map(|source| Some((source.module()?, contents_of(source)))).collect();
    let mut found = Vec::new();
    let mut uses = Vec::new();
    for source in sources {
        let Some(module) = source.module() else {
            continue;
        };
        if let Some(said) = misplaced(&contents, &module) {
            found.push(source.finding(1, said));
            continue;
        }
        for named in paths(&source.tokens()) {
            let Some(absolute) = absolute(&module, &named) else {
                continue;
            };
            if absolute.first() != Some(&module[0]) {
                let wrong = across(&module[0], &absolute);
                found.extend(wrong.map(|said| source.finding(named.line, said)));
                continue;
            }
            match within(&contents, &module, &absolute) {
                Ok(sibling) => uses.extend(sibling.map(|sibling| (source, named.line, sibling))),
                Err(said) => found.push(source.finding(named.line, said)),
            }
        }
    }
    found.extend(upwards(&contents, &uses));
    found.sort();
    found.dedup();
    found
}

/// A file that stands on no floor, or in no `mod.rs`.
fn misplaced(contents: &HashMap<Vec<String>, Contents>, module: &[String]) -> Option<String> {
    if floor(&module[0]).is_none() {
        return Some(format!("room `{}` has no floor; add it to FLOORS in tests/tidy", module[0]));
    }
    let (own, above) = module.split_last()?;
    let unnamed = contents.get(above)?.place(own).is_none();
    let home = above.join("::");
    unnamed.then(|| format!("no `mod` line in `{home}` names this file; add one"))
}

/// The uses of siblings whose `mod` line stands below.
fn upwards(
    contents: &HashMap<Vec<String>, Contents>,
    uses: &[(&Source, usize, Sibling)],
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (source, line, Sibling { home, user, used }) in uses {
        let mod_file = &contents[home];
        if mod_file.place(used) < mod_file.place(user) {
            continue;
        }
        let here = uses.iter().filter(|(_, _, other)| other.home == *home);
        let pairs: Vec<_> =
            here.map(|(_, _, other)| (other.user.clone(), other.used.clone())).collect();
        let right = match bottom_up(&mod_file.children, &pairs) {
            Ok(order) => format!("this order of `mod` lines does: {order}"),
            Err(circle) => format!("no order does: {circle}; move what both need below both"),
        };
        let home = home.join("::");
        let said = format!("`{home}::{user}` uses `{used}`, which stands below it; {right}");
        found.push(source.finding(*line, said));
    }
    found
}

/// A path out of the room: only strictly downstairs.
fn across(room: &str, absolute: &[String]) -> Option<String> {
    let own_floor = floor(room)?;
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

/// A path inside the room: the sibling it leads to, if any, or what is wrong.
fn within(
    contents: &HashMap<Vec<String>, Contents>,
    module: &[String],
    absolute: &[String],
) -> Result<Option<Sibling>, String> {
    let together = module.iter().zip(absolute);
    let shared = together.take_while(|(own, other)| own == other).count();
    let (home, Some(own)) = (&module[..shared], module.get(shared)) else {
        return Ok(None);
    };
    let parent = home.join("::");
    let Some(name) = absolute.get(shared) else {
        return Err(format!(
            "imports all of its parent `{parent}`; name the sibling above it needs"
        ));
    };
    let Some(mod_file) = contents.get(home) else {
        return Ok(None);
    };
    let own = mod_file.aliases.get(own).unwrap_or(own);
    match mod_file.child(name) {
        Some(child) if child == own => Ok(None),
        Some(child) => {
            Ok(Some(Sibling { home: home.to_vec(), user: own.clone(), used: child.clone() }))
        }
        None => Err(format!(
            "uses `{name}` of its parent `{parent}`; it belongs into a file whose `mod` line \
             stands above `mod {own};`"
        )),
    }
}

#[cfg(test)]
mod planted {
    use super::*;

    fn said(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<_> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
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
        assert_eq!(said(&[("src/lib.rs", "pub use crate::runtime::Runtime;")]), [""; 0]);
    }

    #[test]
    fn upstairs_and_across_are_not() {
        one(
            &[("src/task/cell.rs", "use crate::executor::X;")],
            "src/task/cell.rs:1: `task` (floor",
        );
        one(&[("src/net/mod.rs", "use crate::{sync::A, time::Sleep};")], "`time` (floor 3)");
        one(&[("src/ring/mod.rs", "fn f() { crate::park::g() }")], "`park` (floor 1)");
    }

    #[test]
    fn nobody_imports_from_the_front_door() {
        one(&[("src/kit/mod.rs", "use crate::Runtime;")], "imports from lib.rs");
        one(&[("src/kit/mod.rs", "use crate::{net::A, spawn};")], "`crate::spawn` imports from");
        one(&[("src/ring/mod.rs", "use super::spawn;")], "imports from lib.rs");
        one(&[("src/ring/mod.rs", "use super::*;")], "imports from lib.rs");
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
        one(&[MOD, ("src/ring/slot.rs", "use super::index::I;")], "`ring::slot` uses `index`");
        one(&[MOD, ("src/ring/slot.rs", "use crate::ring::q;")], "uses `q`");
        one(&[MOD, ("src/ring/index.rs", "use super::{S, Q};")], "uses `q`");
        one(&[MOD, ("src/ring/index.rs", "mod t { use super::super::q::A; }")], "uses `q`");
    }

    #[test]
    fn circles_are_named() {
        let slot = ("src/ring/slot.rs", "use super::index::I;");
        let index = ("src/ring/index.rs", "use super::slot::J;");
        one(&[MOD, slot, index], "no order does: slot uses index uses slot");
    }

    #[test]
    fn the_parent_is_not_used() {
        one(&[MOD, ("src/ring/q.rs", "use super::own;")], "uses `own` of its parent `ring`");
        one(&[MOD, ("src/ring/q.rs", "use super::*;")], "uses `*` of its parent");
        one(&[MOD, ("src/ring/q.rs", "use crate::ring;")], "imports all of its parent `ring`");
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
        one(&[mod_file, ("src/net/d.rs", "")], "no `mod` line in `net` names this file");
    }

    #[test]
    fn rooms_of_the_kit_are_rooms_too() {
        let kit = ("src/kit/mod.rs", "pub mod http; pub mod serve;");
        let serve = ("src/kit/serve/mod.rs", "mod a; mod b;");
        let up = ("src/kit/serve/a.rs", "use crate::kit::http::parse; use crate::net::X;");
        assert_eq!(said(&[kit, serve, up]), [""; 0]);
        one(
            &[kit, ("src/kit/http/x.rs", "use crate::kit::serve::S;")],
            "this order of `mod` lines does: serve, http",
        );
        one(&[kit, serve, ("src/kit/serve/a.rs", "use super::b;")], "`kit::serve::a` uses `b`");
    }
}
