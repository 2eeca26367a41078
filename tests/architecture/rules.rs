//! The rules: which module may name which, and the form of a file.

use std::path::Path;

use super::scanner::{code_of, paths_in};

/// Which modules of the crate each one may name. `main` names the crate from outside.
pub const ARROWS: [(&str, &[&str]); 15] = [
    ("http", &["domain", "telemetry", "fields", "json"]),
    ("store", &["domain", "json"]),
    ("config", &["domain", "fields", "tokens"]),
    ("domain", &[]),
    ("telemetry", &["json"]),
    ("tokens", &["domain"]),
    ("healthcheck", &["local_gateway"]),
    ("explain", &["local_gateway"]),
    ("local_gateway", &[]),
    ("fields", &["domain"]),
    ("json", &[]),
    ("dev", &["domain", "config"]),
    ("app", &["http", "store", "config", "domain", "telemetry", "fields", "tokens"]),
    ("lib", &[]),
    ("main", &[]),
];
const MAX_LINES: usize = 330;
const MAX_HEADER_LINES: usize = 14;

/// The module path of a file: `http/auth.rs` is `http::auth`.
pub fn module_of(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    path.iter().map(|step| step.to_str().expect("a name of text").to_owned()).collect()
}

/// The module right under the crate's root that a path names from within `module`; `None` for what is outside
/// the crate or below the module itself.
pub fn top_module(path: &[String], module: &[String]) -> Option<String> {
    let supers = path.iter().take_while(|step| *step == "super").count();
    match path.first().map(String::as_str) {
        Some("crate") => path.get(1).cloned(),
        Some("super") if supers >= module.len() => path.get(supers).cloned(),
        _ => None,
    }
}

/// What is wrong with the dependencies of one file.
pub fn forbidden_arrows(file: &Path, text: &str) -> Vec<String> {
    let module = module_of(file);
    let top = &module[0];
    let row = ARROWS.iter().find(|(name, _)| name == top);
    let Some((_, allowed)) = row else {
        return vec![format!("{}: the architecture has no module {top}", file.display())];
    };
    let mut faults = Vec::new();
    for path in paths_in(&code_of(text)) {
        let names_store = top == "http" && path.iter().any(|step| step == "store");
        let arrow = top_module(&path, &module);
        let is_forbidden = arrow.is_some_and(|to| to != *top && !allowed.contains(&to.as_str()));
        if names_store || is_forbidden || (top == "domain" && is_of_the_outside(&path)) {
            faults.push(format!("{} names {}", file.display(), path.join("::")));
        }
    }
    faults
}

/// What the domain must not know.
fn is_of_the_outside(path: &[String]) -> bool {
    let is_named = |step: &String| {
        step.starts_with("actix") || ["redis", "chrono", "SystemTime"].contains(&step.as_str())
    };
    path.iter().any(is_named) || path.windows(2).any(|pair| pair == ["std", "env"])
}

/// What is wrong with the form of one file.
pub fn faults_of_form(file: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let header = text.lines().take_while(|line| line.starts_with("//!")).count();
    if !(1..=MAX_HEADER_LINES).contains(&header) {
        faults.push(format!(
            "{}: a header of {header} lines; 1 to {MAX_HEADER_LINES} are allowed",
            file.display()
        ));
    }
    let lines = text.lines().count();
    if lines > MAX_LINES {
        faults.push(format!("{}: {lines} lines; {MAX_LINES} are allowed", file.display()));
    }
    faults
}

#[test]
fn the_checker_finds_forbidden_arrows() {
    for (file, text, forbidden) in [
        ("http/auth.rs", "use crate::store::redis::RedisStore;", "crate::store::redis::RedisStore"),
        ("http/auth.rs", "use crate::{domain::portal, app::{start as s}};", "crate::app::start"),
        ("http/auth.rs", "fn f() { crate::config::Settings::load(x) }", "crate::config::Settings::load"),
        ("http/auth.rs", "use super::super::store::memory;", "super::super::store::memory"),
        ("http.rs", "use super::config::Settings;", "super::config::Settings"),
        ("http.rs", "pub(in crate::app) struct S;", "crate::app"),
        ("http.rs", "use crate::*;", "crate::*"),
        ("http/auth.rs", "fn f(store: &dyn T) {}", "store"),
        ("store/redis.rs", "type T = Vec<crate::http::Gateway>;", "crate::http::Gateway"),
        ("store/redis.rs", "use crate :: telemetry /* x */ :: Metrics;", "crate::telemetry::Metrics"),
        ("domain/portal.rs", "use crate::fields::text;", "crate::fields::text"),
        ("domain/portal.rs", "use std::{fmt, env};", "std::env"),
        ("domain/portal.rs", "let t = std::time::SystemTime::now();", "std::time::SystemTime::now"),
        ("domain/portal.rs", "#[derive(Debug)] struct S(::chrono::Utc);", "chrono::Utc"),
        ("domain.rs", "use actix_web::web;", "actix_web::web"),
        ("domain/x.rs", "fn f() -> redis::RedisResult<()> {}", "redis::RedisResult"),
        ("telemetry.rs", "use crate::domain::error::Error as E;", "crate::domain::error::Error"),
        ("lib.rs", "use crate::app;", "crate::app"),
    ] {
        let faults = forbidden_arrows(Path::new(file), text);
        assert_eq!(faults, [format!("{file} names {forbidden}")], "{text}");
    }
    assert_eq!(
        forbidden_arrows(Path::new("new/part.rs"), ""),
        ["new/part.rs: the architecture has no module new"]
    );
}

#[test]
fn the_checker_lets_the_architecture_be() {
    for (file, text) in [
        ("http/auth.rs", "use crate::domain::portal::Portals; use super::problem::Problem;"),
        ("http/auth.rs", "use crate::http::limits; use super::super::fields; use super::super::http::x;"),
        ("http/auth.rs", "// use crate::store;\n/* crate::app /* nested */ crate::app */ fn f() {}"),
        ("http/auth.rs", "const S: &str = \"crate::store\"; const R: &str = r#\"\"crate::store\"#;"),
        ("http/auth.rs", "const C: [char; 2] = ['\"', '\\'']; fn f<'a>(x: &'a str) { g(\"store\") }"),
        ("http/auth.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use crate::store::X; fn g() { if x { y } } }"),
        ("http/auth.rs", "#[cfg(test)]\n#[path = \"auth_tests.rs\"]\nmod tests;\nuse crate::domain::x;"),
        ("app.rs", "use crate::http; use crate::store::memory; use crate::config::{self, Settings};"),
        ("domain/x.rs", "use super::error::Error; use std::time::Duration; env!(\"X\"); // redis"),
        ("lib.rs", "pub mod app;"),
    ] {
        assert_eq!(forbidden_arrows(Path::new(file), text), [""; 0], "{text}");
    }
    // What follows a test module counts again.
    let after = "#[cfg(test)]\nmod tests { use crate::store::X; }\nuse crate::app::Y;";
    assert_eq!(forbidden_arrows(Path::new("http/x.rs"), after), ["http/x.rs names crate::app::Y"]);
}

#[test]
fn the_checker_knows_the_form_of_a_file() {
    let file = Path::new("x.rs");
    let lines = |count: usize| "\n".repeat(count);
    assert_eq!(faults_of_form(file, "//! X.\n"), [""; 0]);
    assert_eq!(faults_of_form(file, &format!("{}\nfn f() {{}}", "//!\n".repeat(14))), [""; 0]);
    assert_eq!(faults_of_form(file, &format!("//! X.{}", lines(330))), [""; 0]);
    for bad in ["", "fn f() {}", "\n//! late", "// X.", &"//!\n".repeat(15), &format!("//! X.{}", lines(331))]
    {
        assert_eq!(faults_of_form(file, bad).len(), 1, "{bad:?}");
    }
}
