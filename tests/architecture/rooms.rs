//! The rooms of `http`, and circles: which file names which, and that nothing leads back to where it began.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::rules::module_of;
use super::scanner::{code_of, paths_in};

/// From the top down. A room may name its own files and those of rooms below it, never one above.
pub const ROOMS: [&str; 10] = [
    "wire",
    "operating",
    "people",
    "openapi",
    "portal",
    "backend",
    "foreseen",
    "answer",
    "request",
    "gateway",
];

/// The files that a file names, by their modules.
pub type Arrows = BTreeMap<Vec<String>, BTreeSet<Vec<String>>>;

/// Every arrow between the files of `src`.
pub fn arrows_of(sources: &[(PathBuf, String)]) -> Arrows {
    let modules: BTreeSet<Vec<String>> = sources.iter().map(|(file, _)| module_of(file)).collect();
    let arrows_from = |(file, text): &(PathBuf, String)| {
        let module = module_of(file);
        let paths = paths_in(&code_of(text));
        let named = paths.iter().filter_map(|path| file_of(path, &module, &modules));
        let others = named.filter(|other| *other != module).collect();
        (module, others)
    };
    sources.iter().map(arrows_from).collect()
}

/// The file that a path names from within `module`: that of the longest beginning that is a module.
fn file_of(path: &[String], module: &[String], modules: &BTreeSet<Vec<String>>) -> Option<Vec<String>> {
    let first = path.first()?.as_str();
    let absolute: Vec<String> = match first {
        "crate" => path[1..].to_vec(),
        "super" => {
            let up = path.iter().take_while(|step| *step == "super").count();
            [module.get(..module.len().checked_sub(up)?)?, &path[up..]].concat()
        }
        "self" => [module, &path[1..]].concat(),
        _ => [module, path].concat(),
    };
    let longest = (1..=absolute.len()).rev().find(|length| modules.contains(&absolute[..*length]))?;
    // A name alone is no arrow: `mod x;` declares a file and `pub(super)` says who may see, but neither needs it.
    let declares = path.len() == 1;
    (!declares && (first == "crate" || first == "super" || longest > module.len()))
        .then(|| absolute[..longest].to_vec())
}

/// What leads from a room to one above it.
pub fn arrows_up(arrows: &Arrows) -> Vec<String> {
    let floor = |module: &[String]| match module {
        [http, room, ..] if http == "http" => ROOMS.iter().position(|name| name == room),
        _ => None,
    };
    let mut faults = Vec::new();
    for (from, to) in arrows.iter().flat_map(|(from, others)| others.iter().map(move |to| (from, to))) {
        if let (Some(upper), Some(lower)) = (floor(from), floor(to))
            && lower < upper
        {
            faults.push(format!("{} names {}", from.join("/"), to.join("/")));
        }
    }
    faults
}

/// Files that lead back to themselves: each group once.
pub fn circles(arrows: &Arrows) -> Vec<String> {
    let reachable = |from: &Vec<String>| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = next.pop() {
            for to in arrows.get(&module).into_iter().flatten() {
                if seen.insert(to.clone()) {
                    next.push(to.clone());
                }
            }
        }
        seen
    };
    let all: BTreeMap<_, _> = arrows.keys().map(|module| (module.clone(), reachable(module))).collect();
    let mut found = BTreeSet::new();
    for (module, reached) in all.iter().filter(|(module, reached)| reached.contains(*module)) {
        let members =
            reached.iter().filter(|other| all.get(*other).is_some_and(|back| back.contains(module)));
        found.insert(members.map(|member| member.join("/")).collect::<Vec<_>>().join(", "));
    }
    found.into_iter().collect()
}

fn arrows_among(files: &[(&str, &str)]) -> Arrows {
    let files: Vec<_> =
        files.iter().map(|(file, text)| (Path::new(file).to_owned(), (*text).to_owned())).collect();
    arrows_of(&files)
}

#[test]
fn the_checker_finds_arrows_up() {
    for (from, text, expected) in [
        ("http/request/auth.rs", "use crate::http::answer::problem::Problem;", 1),
        ("http/answer/problem.rs", "fn f() { crate::http::request::auth::g() }", 0),
        ("http/request/auth.rs", "use super::super::answer::problem;", 1),
        ("http/request/auth.rs", "#[cfg(test)]\nmod tests { use crate::http::answer::problem; }", 0),
    ] {
        let arrows =
            arrows_among(&[("http/request/auth.rs", ""), ("http/answer/problem.rs", ""), (from, text)]);
        assert_eq!(arrows_up(&arrows).len(), expected, "{text}");
    }
}

#[test]
fn the_checker_finds_circles() {
    let circle = arrows_among(&[
        ("a.rs", "mod b; use b::B;"),
        ("a/b.rs", "use crate::c::{C, D};"),
        ("c.rs", "fn f() -> crate::a::A {}"),
    ]);
    assert_eq!(circles(&circle), ["a, a/b, c"]);
    let parent_and_child =
        arrows_among(&[("a.rs", "mod b; fn f() { self::b::g() }"), ("a/b.rs", "use super::A;")]);
    assert_eq!(circles(&parent_and_child), ["a, a/b"]);
    let none =
        arrows_among(&[("a.rs", "mod b; use b::B;"), ("a/b.rs", "use crate::c::C;"), ("c.rs", "fn b() {}")]);
    assert_eq!(circles(&none), [""; 0]);
}
