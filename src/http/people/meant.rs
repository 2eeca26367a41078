//! Which call a mistyped path means.
//!
//! Owns: the words about it. They never repeat what was sent: a path may hold a credential.
//! Must not know: what a call does.

use crate::http::foreseen::ROUTES;

/// Longer ones were not typed.
const LONGEST: usize = 200;

/// What a developer does about a path where nothing is, if it is close to one where something is.
pub fn advice(path: &str) -> Option<String> {
    if path.len() > LONGEST {
        return None;
    }
    if path.starts_with("//") {
        return Some(
            "The path begins with two slashes. Write the gateway's address without one at its end.".into(),
        );
    }
    let typed = letters(path);
    let mut calls = ROUTES.iter().filter_map(|(route, _)| Some((*route, route.strip_prefix("/v2/")?)));
    let (route, _) = calls.find(|(_, call)| typed.ends_with(&letters(call)))?;
    Some(format!("There is nothing at this path. The call is {route}, right after the gateway's address."))
}

/// What is left of a path without its case and punctuation.
fn letters(path: &str) -> String {
    path.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}
