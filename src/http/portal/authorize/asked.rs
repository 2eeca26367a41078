//! What a proxy asks: the query of `portal.authorize`.
//!
//! Owns: the query's fields, and what counts as a CORS preflight. The query is written by the operator, in the proxy's
//! configuration; a header may come from the client.
//! Must not know: who is signed in.

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN};

use super::identity::{self, Told};
use crate::domain::error::Error;
use crate::domain::invalid::{Fault, Faults, Invalid};
use crate::domain::permission::Permission;

/// The headers in which proxies send the method of the request that they ask about.
const METHOD_HEADERS: [&str; 2] = ["x-forwarded-method", "x-original-method"];

/// The question.
#[derive(Default)]
pub struct Asked {
    /// What the session must hold.
    pub required: Vec<Permission>,
    /// What the portal is told in addition to what it is always told.
    pub with: Vec<&'static Told>,
    /// A refusal is a bare status, for a proxy that cannot redirect.
    pub denies_by_status: bool,
    /// The portal gets a signed token too, for an upstream that must not trust plain headers.
    pub with_assertion: bool,
    allows_preflights: bool,
    method_header: Option<&'static str>,
}

impl Asked {
    /// Reads the query, and reports all its faults at once.
    pub fn read(request: &HttpRequest) -> Result<Self, Error> {
        let (mut asked, mut faults) = (Asked::default(), Faults::default());
        let mut permissions = 0;
        for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
            match &*name {
                "permission" => {
                    let at = || format!("query.permission[{permissions}]");
                    asked.required.extend(kept(Permission::parse_loosely(&value), at, &mut faults));
                    permissions += 1;
                }
                "with" => {
                    let at = || "query.with".to_owned();
                    for told in kept(read_with(&value), at, &mut faults).into_iter().flatten() {
                        // Whoever names one again, even thousands of times, has it told once.
                        if !asked.with.iter().any(|(header, _)| *header == told.0) {
                            asked.with.push(told);
                        }
                    }
                }
                // Read with what is presented.
                "slug" => {}
                "deny" => asked.denies_by_status |= value == "status",
                "assertion" => asked.with_assertion |= value == "true",
                "preflight" => asked.allows_preflights |= value == "allow",
                "method_header" => {
                    let at = || "query.method_header".to_owned();
                    asked.method_header = kept(read_method_header(&value), at, &mut faults);
                }
                // A mistyped condition must not let everybody through. Anything else a proxy may add of its own.
                _ if looks_like_a_condition(&name) => faults.add(|| unknown(&name)),
                _ => {}
            }
        }
        if faults.is_empty() { Ok(asked) } else { Err(Error::invalid(faults)) }
    }

    /// Whether the request is a CORS preflight, which the portal itself is to answer; browsers send no cookie with
    /// one. The method is that of the request itself. A header counts only if the operator says that the proxy sets
    /// it: a client that could set it would get a GET through.
    pub fn lets_through_unasked(&self, request: &HttpRequest) -> bool {
        let headers = request.headers();
        let is_options = match self.method_header {
            None => request.method() == Method::OPTIONS,
            Some(name) => {
                let mut values = headers.get_all(HeaderName::from_static(name));
                values.next().is_some_and(|value| value == "OPTIONS") && values.next().is_none()
            }
        };
        self.allows_preflights
            && is_options
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }
}

fn looks_like_a_condition(name: &str) -> bool {
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    let letters = letters.to_ascii_lowercase();
    ["perm", "scope", "slug", "portal"].iter().any(|start| letters.starts_with(start))
}

fn unknown(name: &str) -> Fault {
    let known = "slug, permission, with, deny, assertion, preflight, method_header";
    let fix = format!("Remove it, or correct its spelling. Known here: {known}.");
    let name: String = name.chars().take(64).collect();
    Invalid::new("This parameter is unknown.", fix).at(format!("query.{name}"))
}

fn kept<T>(read: Result<T, Invalid>, at: impl FnOnce() -> String, faults: &mut Faults) -> Option<T> {
    read.map_err(|invalid| faults.add(|| invalid.at(at()))).ok()
}

fn read_with(words: &str) -> Result<Vec<&'static Told>, Invalid> {
    let find = |word: &str| {
        let fix = format!(
            "Name what you need of: {}.",
            identity::ON_REQUEST.each_ref().map(|(word, _)| *word).join(", ")
        );
        let found = identity::ON_REQUEST.iter().find(|(known, _)| *known == word);
        found.map(|(_, told)| told).ok_or_else(|| Invalid::new("The list has an unknown word.", fix))
    };
    words.split(',').map(find).collect()
}

fn read_method_header(name: &str) -> Result<&'static str, Invalid> {
    let found = METHOD_HEADERS.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    found.ok_or_else(|| {
        let fix = "Use X-Forwarded-Method or X-Original-Method, whichever your proxy sets by itself.";
        Invalid::new("This header is not one in which the original method is read.", fix)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn what_is_asked_for_thousands_of_times_is_told_once() {
        let uri = format!("/?{}", "with=email,email,metadata&".repeat(2_000));
        let asked = Asked::read(&TestRequest::with_uri(&uri).to_http_request()).expect("a question");
        assert_eq!(asked.with.len(), 2);
    }
}
